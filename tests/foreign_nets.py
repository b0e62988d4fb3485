"""Networks as others write and name them, small.

Written after torchvision (resnet.py, vgg.py), timm (resnetv2.py), kuangliu/pytorch-cifar (preact_resnet.py),
akamaster/pytorch_resnet_cifar10 (resnet.py) and weiaicunzai/pytorch-cifar100 (resnet.py): the names and the order of
registration are theirs, the sizes are not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor, nn


def conv(channels: int, filters: int, kernel: int = 3, stride: int = 1, bias: bool = False) -> nn.Conv2d:
    return nn.Conv2d(channels, filters, kernel, stride, kernel // 2, bias=bias)


class TorchvisionBlock(nn.Module):
    """conv1 bn1 conv2 bn2 downsample; `shortcut` renames the last, as akamaster's option B and kuangliu's do."""

    def __init__(self, channels: int, filters: int, stride: int, shortcut: str = "downsample", option_a: bool = False):
        super().__init__()
        self.conv1, self.bn1 = conv(channels, filters, 3, stride), nn.BatchNorm2d(filters)
        self.conv2, self.bn2 = conv(filters, filters), nn.BatchNorm2d(filters)
        self.stride, self.grow, self.name = stride, filters - channels, shortcut
        if (stride != 1 or channels != filters) and not option_a:
            setattr(self, shortcut, nn.Sequential(conv(channels, filters, 1, stride), nn.BatchNorm2d(filters)))

    def forward(self, x: Tensor) -> Tensor:
        branch = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (branch + self._beside(x)).relu()

    def _beside(self, x: Tensor) -> Tensor:
        if hasattr(self, self.name):
            return getattr(self, self.name)(x)
        half = self.grow // 2
        return nn.functional.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, half, self.grow - half))


class PreActBlock(nn.Module):
    """kuangliu's: bn1 before conv1, a bare conv as `shortcut.0`."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.bn1, self.conv1 = nn.BatchNorm2d(channels), conv(channels, filters, 3, stride)
        self.bn2, self.conv2 = nn.BatchNorm2d(filters), conv(filters, filters)
        if stride != 1 or channels != filters:
            self.shortcut = nn.Sequential(conv(channels, filters, 1, stride))

    def forward(self, x: Tensor) -> Tensor:
        out = self.bn1(x).relu()
        beside = self.shortcut(out) if hasattr(self, "shortcut") else x
        return self.conv2(self.bn2(self.conv1(out)).relu()) + beside


class _TimmDownsample(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv = conv(channels, filters, 1, stride)

    def forward(self, x: Tensor) -> Tensor:
        return self.conv(x)


class TimmPreActBottleneck(nn.Module):
    """timm's resnetv2: `downsample` is registered before the branch."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        middle = filters // 4
        if stride != 1 or channels != filters:
            self.downsample = _TimmDownsample(channels, filters, stride)
        self.norm1, self.conv1 = nn.BatchNorm2d(channels), conv(channels, middle, 1)
        self.norm2, self.conv2 = nn.BatchNorm2d(middle), conv(middle, middle, 3, stride)
        self.norm3, self.conv3 = nn.BatchNorm2d(middle), conv(middle, filters, 1)

    def forward(self, x: Tensor) -> Tensor:
        out = self.norm1(x).relu()
        beside = self.downsample(out) if hasattr(self, "downsample") else x
        out = self.conv2(self.norm2(self.conv1(out)).relu())
        return self.conv3(self.norm3(out).relu()) + beside


class ResidualFunction(nn.Module):
    """weiaicunzai's bottleneck: two Sequentials."""

    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        middle = filters // 4
        self.residual_function = nn.Sequential(
            conv(channels, middle, 1),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            conv(middle, middle, 3, stride),
            nn.BatchNorm2d(middle),
            nn.ReLU(),
            conv(middle, filters, 1),
            nn.BatchNorm2d(filters),
        )
        self.shortcut = nn.Sequential()
        if stride != 1 or channels != filters:
            self.shortcut = nn.Sequential(conv(channels, filters, 1, stride), nn.BatchNorm2d(filters))

    def forward(self, x: Tensor) -> Tensor:
        return (self.residual_function(x) + self.shortcut(x)).relu()


Layers = list[tuple[str, nn.Module]]
Block = Callable[[int, int, int], nn.Module]


def blocks(block: Block, channels: int, filters: int, stride: int, count: int = 2) -> nn.Sequential:
    first = block(channels, filters, stride)
    return nn.Sequential(first, *(block(filters, filters, 1) for _ in range(count - 1)))


def stages(block: Block, widths: list[int], names: str = "layer{}", first: int = 1, channels: int = 8) -> Layers:
    ins = [channels, *widths]
    return [(names.format(first + i), blocks(block, ins[i], width, 1 + (i > 0))) for i, width in enumerate(widths)]


def named(*layers: tuple[str, nn.Module]) -> nn.Sequential:
    return nn.Sequential(OrderedDict(layers))


def pooled() -> nn.Module:
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())


def torchvision_resnet() -> nn.Module:
    layers = stages(TorchvisionBlock, [8, 16])
    return named(
        ("conv1", conv(3, 8)),
        ("bn1", nn.BatchNorm2d(8)),
        ("relu", nn.ReLU()),
        *layers,
        ("avgpool", pooled()),
        ("fc", nn.Linear(16, 5)),
    )


def idelbayev_resnet() -> nn.Module:
    layers = stages(lambda *sizes: TorchvisionBlock(*sizes, option_a=True), [8, 16, 32])
    return named(
        ("conv1", conv(3, 8)),
        ("bn1", nn.BatchNorm2d(8)),
        ("relu", nn.ReLU()),
        *layers,
        ("avgpool", pooled()),
        ("linear", nn.Linear(32, 5)),
    )


def kuangliu_resnet() -> nn.Module:
    layers = stages(lambda *sizes: TorchvisionBlock(*sizes, shortcut="shortcut"), [8, 16])
    return named(
        ("conv1", conv(3, 8)),
        ("bn1", nn.BatchNorm2d(8)),
        ("relu", nn.ReLU()),
        *layers,
        ("avgpool", pooled()),
        ("linear", nn.Linear(16, 5)),
    )


def kuangliu_preact() -> nn.Module:
    """With the last norm of the paper, which the released code leaves out."""
    end = [("bn", nn.BatchNorm2d(16)), ("relu", nn.ReLU()), ("avgpool", pooled()), ("linear", nn.Linear(16, 5))]
    return named(("conv1", conv(3, 8)), *stages(PreActBlock, [8, 16]), *end)


class _ConvHead(nn.Module):
    """timm's ClassifierHead with a 1x1 conv for the linear layer."""

    def __init__(self, channels: int, classes: int):
        super().__init__()
        self.fc = nn.Conv2d(channels, classes, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.mean((2, 3), keepdim=True)).flatten(1)


def timm_resnetv2() -> nn.Module:
    inner = [named(("blocks", stage)) for _, stage in stages(TimmPreActBottleneck, [16, 32])]
    return named(
        ("stem", named(("conv", conv(3, 8)))),
        ("stages", nn.Sequential(*inner)),
        ("norm", nn.BatchNorm2d(32)),
        ("relu", nn.ReLU()),
        ("head", _ConvHead(32, 5)),
    )


def weiaicunzai_resnet() -> nn.Module:
    stem = nn.Sequential(conv(3, 8), nn.BatchNorm2d(8), nn.ReLU())
    layers = stages(ResidualFunction, [16, 32], "conv{}_x", 2)
    return named(("conv1", stem), *layers, ("avg_pool", pooled()), ("fc", nn.Linear(32, 5)))


def torchvision_vgg() -> nn.Module:
    features = nn.Sequential(
        conv(3, 8, bias=True),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(2),
        conv(8, 16, bias=True),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        conv(16, 16, bias=True),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
    )
    classifier = nn.Sequential(nn.Linear(16 * 4 * 4, 12), nn.ReLU(), nn.Dropout(), nn.Linear(12, 5))
    return named(("features", features), ("flatten", nn.Flatten()), ("classifier", classifier))


def filled(model: nn.Module, seed: int = 0) -> nn.Module:
    """`model` in evaluation mode, each number in it drawn anew, statistics included: no two tensors are alike."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if tensor.is_floating_point():
            low = 0.5 if name.endswith("running_var") else -0.5
            tensor.copy_(torch.rand(tensor.shape, generator=generator) + low)
    return model.eval()
