#!/usr/bin/env python3
"""ResNet-34 as people write it by hand in PyTorch, post-activation (v1) and pre-activation (v2).

What is particular: every group of blocks begins with a projection, conv and norm, even where nothing changes shape; v2 has no
norm after its last block; the end is avg_pool2d(7), view, linear, so that the image must be 224x224.
"""
import torch
from from_torch import dynamo, legacy
from torch import nn
from torch.nn import functional as F


def conv_bn(inputs, outputs, kernel, stride):
    return [nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(outputs)]


class BlockV1(nn.Module):
    def __init__(self, inputs, outputs, stride=1, shortcut=None):
        super().__init__()
        self.branch = nn.Sequential(*conv_bn(inputs, outputs, 3, stride), nn.ReLU(inplace=True), *conv_bn(outputs, outputs, 3, 1))
        self.shortcut = shortcut

    def forward(self, x):
        out = self.branch(x)
        out += x if self.shortcut is None else self.shortcut(x)
        return F.relu(out)


class BlockV2(nn.Module):
    def __init__(self, inputs, outputs, stride=1, shortcut=None):
        super().__init__()
        self.branch = nn.Sequential(
            nn.BatchNorm2d(inputs), nn.ReLU(inplace=True), *conv_bn(inputs, outputs, 3, stride),
            nn.ReLU(inplace=True), nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False))
        self.shortcut = shortcut

    def forward(self, x):
        residual = x.clone() if self.shortcut is None else self.shortcut(x)  # the branch's first relu works in place
        return self.branch(x) + residual


class ResNet34(nn.Module):
    def __init__(self, block, classes=1000):
        super().__init__()
        self.pre = nn.Sequential(*conv_bn(3, 64, 7, 2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1))
        groups, inputs = [], 64
        for outputs, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
            projection = nn.Sequential(*conv_bn(inputs, outputs, 1, stride))
            groups += [block(inputs, outputs, stride, projection), *[block(outputs, outputs) for _ in range(count - 1)]]
            inputs = outputs
        self.groups = nn.Sequential(*groups)
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = F.avg_pool2d(self.groups(self.pre(x)), 7)
        return self.fc(x.view(x.size(0), -1))


def main():
    torch.manual_seed(0)
    for version, block in (("v1", BlockV1), ("v2", BlockV2)):
        legacy(f"handwritten_resnet34_{version}_legacy11", ResNet34(block), 224, 11, dynamic=True)
        legacy(f"handwritten_resnet34_{version}_legacy17_bn", ResNet34(block), 224, 17, fold=False)
        dynamo(f"handwritten_resnet34_{version}_dynamo20", ResNet34(block), 224, 20)


if __name__ == "__main__":
    main()
