"""The ResNet-110s of He et al. 2016b, Table 1, as one would write them by hand: plain PyTorch, nothing of resdsl."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

Kind = Literal["scaled", "gate", "shortcut_gate", "conv", "dropout"]


class Unit(nn.Module):
    """A residual unit whose two paths join in one of the ways of Fig. 2."""

    def __init__(self, kind: Kind, arrive: int, leave: int, stride: int, factors: tuple[float, float]) -> None:
        super().__init__()
        self.kind, self.stride, self.extra, self.factors = kind, stride, leave - arrive, factors
        self.conv1 = nn.Conv2d(arrive, leave, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(leave)
        self.conv2 = nn.Conv2d(leave, leave, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(leave)
        if kind in ("gate", "shortcut_gate"):
            self.gate = nn.Conv2d(arrive, leave, 1, stride)
        if kind == "conv":
            projection = nn.Conv2d(arrive, leave, 1, stride, bias=False)
            self.downsample = nn.Sequential(projection, nn.BatchNorm2d(leave))

    def forward(self, x: Tensor) -> Tensor:
        branch = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        shortcut = F.pad(x[:, :, :: self.stride, :: self.stride], (0, 0, 0, 0, 0, self.extra))
        if self.kind == "scaled":
            return F.relu(self.factors[0] * shortcut + self.factors[1] * branch)
        if self.kind == "conv":
            return F.relu(self.downsample(x) + branch)
        if self.kind == "dropout":
            return F.relu(F.dropout(shortcut, 0.5, self.training) + branch)
        gate = torch.sigmoid(self.gate(x))
        return F.relu((1 - gate) * shortcut + (gate * branch if self.kind == "gate" else branch))


class Twin(nn.Module):
    """3 stages of 18 units."""

    def __init__(self, kind: Kind, factors: tuple[float, float] = (1.0, 1.0)) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        for stage, (arrive, leave, stride) in enumerate(((16, 16, 1), (16, 32, 2), (32, 64, 2)), 1):
            units = [Unit(kind, arrive, leave, stride, factors)]
            units += [Unit(kind, leave, leave, 1, factors) for _ in range(17)]
            setattr(self, f"layer{stage}", nn.Sequential(*units))
        self.fc = nn.Linear(64, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.fc(x.mean((2, 3)))
