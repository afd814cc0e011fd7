#!/usr/bin/env python3
"""torchvision's networks: ResNet-18 to 152, ResNeXt, wide, dilated; one network through every habit of the two exporters."""
import torchvision.models as tv
from from_torch import dynamo, legacy

SIZE = 64


def main():
    resnet18 = tv.resnet18()
    legacy("torchvision_resnet18_legacy11_shared", resnet18, SIZE, 11, fold=False, trained=False)  # equal tensors become one
    legacy("torchvision_resnet18_legacy7_inputs", resnet18, SIZE, 7, fold=False, keep_initializers_as_inputs=True)
    legacy("torchvision_resnet18_legacy9", resnet18, SIZE, 9, dynamic=True)
    legacy("torchvision_resnet18_legacy11_bn", resnet18, SIZE, 11, fold=False)
    legacy("torchvision_resnet18_legacy17", resnet18, SIZE, 17, dynamic=True)
    legacy("torchvision_resnet18_legacy17_functions", resnet18, SIZE, 17, export_modules_as_functions={tv.resnet.BasicBlock})
    dynamo("torchvision_resnet18_dynamo18", resnet18, SIZE, 18)
    dynamo("torchvision_resnet18_dynamo20_unoptimized", resnet18, SIZE, 20, optimize=False)
    dynamo("torchvision_resnet18_dynamo23_dynamic", resnet18, SIZE, 23, dynamic=True)
    dynamo("torchvision_resnet18_dynamo20_external", resnet18, SIZE, 20, external_data=True)
    legacy("torchvision_resnet34_legacy13_bn", tv.resnet34(), SIZE, 13, fold=False)
    legacy("torchvision_resnet50_legacy13_bn", tv.resnet50(), SIZE, 13, fold=False)
    dynamo("torchvision_resnet50_dynamo18_dynamic", tv.resnet50(), SIZE, 18, dynamic=True)
    legacy("torchvision_resnet50_dilated_legacy13", tv.resnet50(replace_stride_with_dilation=[False, True, True]), SIZE, 13)
    legacy("torchvision_resnet101_legacy17", tv.resnet101(), SIZE, 17, dynamic=True)
    legacy("torchvision_resnet152_legacy17", tv.resnet152(), SIZE, 17)
    legacy("torchvision_resnext50_32x4d_legacy17", tv.resnext50_32x4d(), SIZE, 17, dynamic=True)
    legacy("torchvision_resnext101_32x8d_legacy17", tv.resnext101_32x8d(), SIZE, 17)
    dynamo("torchvision_resnext101_64x4d_dynamo20", tv.resnext101_64x4d(), SIZE, 20)
    dynamo("torchvision_wide_resnet50_2_dynamo18", tv.wide_resnet50_2(), SIZE, 18)
    legacy("torchvision_wide_resnet101_2_legacy17", tv.wide_resnet101_2(), SIZE, 17)


if __name__ == "__main__":
    main()
