"""Small modules that PyTorch has not got: each is emitted where a network needs it."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.codegen.model import Member, Plan, Stage
from resdsl.ir.layers import DropPath, Eca, GlobalContext, Layer, Linear, PadChannels, SqueezeExcite, Subsample

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

    def __init__(
        self,
        channels: int,
        width: int,
        bias: bool = True,
        act: Callable[[Tensor], Tensor] = torch.relu,
        gate: Callable[[Tensor], Tensor] = torch.sigmoid,
    ) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, width, 1, bias=bias)
        self.fc2 = nn.Conv2d(width, channels, 1, bias=bias)
        self.act, self.gate = act, gate

    def forward(self, x: Tensor) -> Tensor:
        average = x.mean((2, 3), keepdim=True)
        return x * self.gate(self.fc2(self.act(self.fc1(average))))''',
    Eca: '''\
class ChannelAttention(nn.Module):
    """Scales each channel by a gate that the averages of the channels next to it decide on (Wang et al. 2020)."""

    def __init__(self, kernel: int, gate: Callable[[Tensor], Tensor] = torch.sigmoid) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        average = x.mean((2, 3))
        return x * self.gate(self.conv(average[:, None]))[:, 0, :, None, None]''',
    DropPath: '''\
class DropPath(nn.Dropout):
    """In training, leaves the branch out of some images, and scales the others up (Huang et al. 2016)."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return input
        return input * super().forward(input.new_ones(len(input), 1, 1, 1))''',
    GlobalContext: '''\
class ContextMlp(nn.Module):
    """Two 1x1 convs, with a layer norm over the channels and a ReLU between them, on a map of one pixel."""

    def __init__(self, channels: int, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, width, 1)
        self.norm = nn.GroupNorm(1, width, eps=1e-06)
        self.fc2 = nn.Conv2d(width, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.norm(self.fc1(x)))
        return self.fc2(x)


class GlobalContext(nn.Module):
    """The mean of the map, weighted by a softmax over its pixels, scales the map or is added to it (Cao et al. 2019)."""

    def __init__(self, channels: int, width: int, add: bool = False) -> None:
        super().__init__()
        self.conv_attn = nn.Conv2d(channels, 1, 1)
        self.mlp_scale = None if add else ContextMlp(channels, width)
        self.mlp_add = ContextMlp(channels, width) if add else None

    def forward(self, x: Tensor) -> Tensor:
        attention = torch.softmax(self.conv_attn(x).flatten(2), 2)
        context = (x.flatten(2) * attention).sum(2)[:, :, None, None]
        if self.mlp_scale is not None:
            x = x * torch.sigmoid(self.mlp_scale(context))
        if self.mlp_add is not None:
            x = x + self.mlp_add(context)
        return x''',
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
