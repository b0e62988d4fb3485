"""ResNet-34 (He et al. 2016, Deep Residual Learning, Table 1).

Compiled by resdsl 0.1.0 from resnet34.res: edit the spec, not this file.

sha256 of what it was compiled from:
    08877d3e263aa272dffef5729156d21d52c214aa1fdaf85e91fdc0646ae3935d  resnet34.res
    ae490277731276f40a26e8cb0390601a6fb3baa17efeb36d4dc75b3843085ca0  resnet.res
"""

import torch
from torch import Tensor, nn


class BasicBlock(nn.Module):
    """Two 3x3 weight layers next to a shortcut; ReLU after the addition."""

    def __init__(self, channels: int, filters: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu = nn.ReLU(inplace=True)
        if stride == 1 and channels == filters:
            self.downsample: nn.Module = nn.Identity()
        else:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, filters, 1, stride, bias=False),
                nn.BatchNorm2d(filters),
            )

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu(self.bn1(self.conv1(x)))
        branch = self.bn2(self.conv2(branch))
        return self.relu(branch + self.downsample(x))


def stage(channels: int, filters: int, blocks: int, stride: int = 1) -> nn.Sequential:
    """`blocks` blocks; only the first changes the stride."""
    first = BasicBlock(channels, filters, stride)
    rest = [BasicBlock(filters, filters) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


class ResNet34(nn.Module):
    """34 weight layers: from 3x224x224 images to 1000 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        self.layer1 = stage(channels=64, filters=64, blocks=3)  # conv2_x
        self.layer2 = stage(channels=64, filters=128, blocks=4, stride=2)  # conv3_x
        self.layer3 = stage(channels=128, filters=256, blocks=6, stride=2)  # conv4_x
        self.layer4 = stage(channels=256, filters=512, blocks=3, stride=2)  # conv5_x
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(512, 1000)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.maxpool(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.layer4(x)
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)
