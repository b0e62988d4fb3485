"""Small modules that PyTorch has not got: each is emitted where a network needs it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.codegen.model import Member, Plan, Stage
from resdsl.ir.layers import Layer, Linear, PadChannels, SqueezeExcite, Subsample

SOURCES: dict[type[Layer], str] = {
    Subsample: '''\
class Subsample(nn.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int) -> None:
        super().__init__()
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.stride, :: self.stride]''',
    PadChannels: '''\
class PadChannels(nn.Module):
    """Adds zero channels before and after the existing ones."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.padding = (0, 0, 0, 0, before, after)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, self.padding)''',
    SqueezeExcite: '''\
class SqueezeExcite(nn.Module):
    """Scales each channel by a gate that all channels' averages decide on (Hu et al. 2018)."""

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        average = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.fc2(torch.relu(self.fc1(average))))
        return x * gate''',
    Linear: '''\
class MapLinear(nn.Linear):
    """A fully connected layer that leaves a map of one pixel."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(torch.flatten(input, 1))[:, :, None, None]''',
}


def needed_modules(plan: Plan) -> list[str]:
    """The sources of those that `plan` uses."""
    used = {type(member.layer) for member in _members(plan) if not member.flat}
    return [source for kind, source in SOURCES.items() if kind in used]


def _members(plan: Plan) -> Iterator[Member]:
    """Every member of every class."""
    for block in plan.blocks:
        yield from (*block.members, *(block.downsample.members if block.downsample else ()), *block.after)
    for item in plan.network.members:
        yield from (part for part in item.parts if isinstance(part, Member)) if isinstance(item, Stage) else (item,)
