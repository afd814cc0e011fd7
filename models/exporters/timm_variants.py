#!/usr/bin/env python3
"""The variants that timm's users have: other stems and shortcuts (B, C, D), squeeze and excitation, ECA, RS, group normalization
with standardised weights (BiT), blur pooling, other activations."""
import timm
import torch
from from_torch import dynamo, legacy
from torch import nn

SIZE = 64


def main():
    torch.manual_seed(0)
    net = timm.create_model
    legacy("timm_resnet18d_legacy17", net("resnet18d"), SIZE, 17)
    legacy("timm_resnet50c_legacy13_bn", net("resnet50c"), SIZE, 13, fold=False)
    dynamo("timm_resnet26t_dynamo20", net("resnet26t"), SIZE, 20)
    legacy("timm_resnetv2_18_legacy17", net("resnetv2_18"), SIZE, 17)
    legacy("timm_seresnet18_legacy17", net("legacy_seresnet18"), SIZE, 17)
    dynamo("timm_seresnet50_dynamo20", net("seresnet50"), SIZE, 20)
    legacy("timm_ecaresnet26t_legacy17", net("ecaresnet26t"), SIZE, 17)
    legacy("timm_resnetrs50_legacy17", net("resnetrs50"), SIZE, 17)
    dynamo("timm_resnet50_gn_dynamo20", net("resnet50_gn"), SIZE, 20)
    legacy("timm_bit_resnetv2_50_legacy17", net("resnetv2_50x1_bit"), SIZE, 17)
    legacy("timm_resnetblur50_legacy17", net("resnetblur50"), SIZE, 17)
    for act in (nn.ReLU6, nn.SiLU, nn.Hardswish, nn.LeakyReLU):
        legacy(f"timm_resnet18_{act.__name__.lower()}_legacy17", net("resnet18", act_layer=act), SIZE, 17)


if __name__ == "__main__":
    main()
