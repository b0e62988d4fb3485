"""ResNet-1202 (He et al. 2016, Deep Residual Learning, Section 4.2).

Compiled by resdsl 0.1.0 from resnet1202.res: edit the spec, not this file.

sha256 of what it was compiled from:
    35315e33b95622b31bbc023f2ce4a56680797dcbb34469906e1a7e61be32028d  resnet1202.res
    a9eb0aac6e966fcb307b9c0ae45c19e6c65f9812e5935623b9f2bbadb82536c2  cifar.res
"""

import torch
from torch import Tensor, nn


class Subsample(nn.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int | tuple[int, int]) -> None:
        super().__init__()
        self.rows, self.columns = (stride, stride) if isinstance(stride, int) else stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.rows, :: self.columns]


class PadChannels(nn.Module):
    """Adds zero channels before and after the existing ones."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.padding = (0, 0, 0, 0, before, after)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, self.padding)


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
                Subsample(stride),
                PadChannels(0, filters - channels),
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


class ResNet1202(nn.Module):
    """1202 weight layers: from 3x32x32 images to 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = stage(channels=16, filters=16, blocks=200)
        self.layer2 = stage(channels=16, filters=32, blocks=200, stride=2)
        self.layer3 = stage(channels=32, filters=64, blocks=200, stride=2)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)
