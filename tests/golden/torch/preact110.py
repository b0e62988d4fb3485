"""PreAct-ResNet-110 (He et al. 2016b, Identity Mappings in Deep Residual Networks, Table 3).

Compiled by resdsl 0.1.0 from preact110.res: edit the spec, not this file.

sha256 of what it was compiled from:
    970e3bc941f2c5e340c1b5fd1a1b17750ec6f7f82049aac7a16de87ec67a3b8c  preact110.res
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
    """Two 3x3 weight layers next to a shortcut; norm and ReLU before each weight layer."""

    def __init__(self, channels: int, filters: int, stride: int = 1, activate_both: bool = False) -> None:
        super().__init__()
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.relu = nn.ReLU(inplace=True)
        changes_shape = stride != 1 or channels != filters
        # Where the shape changes, and in the first block of all, the shortcut starts after the first activation.
        self.activate_both = activate_both or changes_shape
        if changes_shape:
            self.downsample: nn.Module = nn.Sequential(
                Subsample(stride),
                PadChannels(0, filters - channels),
            )
        else:
            self.downsample = nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        branch = self.relu(self.bn1(x))
        shortcut = self.downsample(branch if self.activate_both else x)
        branch = self.conv1(branch)
        branch = self.conv2(self.relu(self.bn2(branch)))
        return branch + shortcut


def stage(channels: int, filters: int, blocks: int, stride: int = 1, activate_both: bool = False) -> nn.Sequential:
    """`blocks` blocks; only the first changes the stride."""
    first = BasicBlock(channels, filters, stride, activate_both)
    rest = [BasicBlock(filters, filters) for _ in range(blocks - 1)]
    return nn.Sequential(first, *rest)


class PreActResNet110(nn.Module):
    """110 weight layers: from 3x32x32 images to 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.layer1 = stage(channels=16, filters=16, blocks=18, activate_both=True)
        self.layer2 = stage(channels=16, filters=32, blocks=18, stride=2)
        self.layer3 = stage(channels=32, filters=64, blocks=18, stride=2)
        self.bn_final = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(64, 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1(x)
        x = self.layer1(x)
        x = self.layer2(x)
        x = self.layer3(x)
        x = self.relu(self.bn_final(x))
        x = torch.flatten(self.avgpool(x), 1)
        return self.fc(x)
