#!/usr/bin/env python3
"""The networks for 32x32 images: ResNet-20/56/110 with shortcuts of kind A (strided slice and new channels of zeros) and B (1x1
convolution), and the pre-activation bottleneck networks of 164 and 1001 layers."""
import torch
from from_torch import dynamo, legacy
from torch import nn
from torch.nn import functional as F

SIZE = 32


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class PadShortcut(nn.Module):
    def __init__(self, more):
        super().__init__()
        self.more = more

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.more // 2, self.more - self.more // 2))


class Basic(nn.Module):
    def __init__(self, inputs, outputs, stride, kind):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Identity()
        if stride != 1:
            self.shortcut = PadShortcut(outputs - inputs) if kind == "A" else nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(y + self.shortcut(x))


class PreactBottleneck(nn.Module):
    """Where the shape changes, norm and relu come before the shortcut's convolution too."""

    def __init__(self, inputs, outputs, stride, kind):
        super().__init__()
        width = outputs // 4
        self.bn1, self.conv1 = nn.BatchNorm2d(inputs), conv(inputs, width, 1)
        self.bn2, self.conv2 = nn.BatchNorm2d(width), conv(width, width, 3, stride)
        self.bn3, self.conv3 = nn.BatchNorm2d(width), conv(width, outputs, 1)
        self.shortcut = conv(inputs, outputs, 1, stride) if inputs != outputs or stride != 1 else None

    def forward(self, x):
        first = F.relu(self.bn1(x))
        y = self.conv3(F.relu(self.bn3(self.conv2(F.relu(self.bn2(self.conv1(first)))))))
        return y + (x if self.shortcut is None else self.shortcut(first))


class Cifar(nn.Module):
    def __init__(self, depth, block, kind="B"):
        super().__init__()
        is_basic = block is Basic
        count, widths = (depth - 2) // (6 if is_basic else 9), (16, 32, 64) if is_basic else (64, 128, 256)
        self.stem = nn.Sequential(conv(3, 16, 3), *([nn.BatchNorm2d(16), nn.ReLU()] if is_basic else []))
        blocks, inputs = [], 16
        for stage, outputs in enumerate(widths):
            for i in range(count):
                blocks.append(block(inputs, outputs, 2 if stage and not i else 1, kind))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks, *([] if is_basic else [nn.BatchNorm2d(inputs), nn.ReLU()]))
        self.fc = nn.Linear(inputs, 10)

    def forward(self, x):
        x = self.blocks(self.stem(x))
        return self.fc(F.avg_pool2d(x, x.size(3)).view(x.size(0), -1))


def main():
    torch.manual_seed(0)
    legacy("cifar_resnet20_A_legacy13_bn", Cifar(20, Basic, "A"), SIZE, 13, fold=False)
    dynamo("cifar_resnet20_A_dynamo20", Cifar(20, Basic, "A"), SIZE, 20)
    legacy("cifar_resnet56_B_legacy11", Cifar(56, Basic, "B"), SIZE, 11, dynamic=True)
    legacy("cifar_resnet110_A_legacy17", Cifar(110, Basic, "A"), SIZE, 17)
    legacy("cifar_preact164_legacy13", Cifar(164, PreactBottleneck), SIZE, 13)
    legacy("cifar_preact1001_legacy13", Cifar(1001, PreactBottleneck), SIZE, 13)


if __name__ == "__main__":
    main()
