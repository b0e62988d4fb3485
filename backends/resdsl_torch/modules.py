"""Small modules that PyTorch has not got: each is emitted where a network needs it."""

from __future__ import annotations

import re

# By the name that is looked for: what a text here refers to stands above it.
SOURCES: dict[str, str] = {
    "Subsample": '''\
class Subsample(nn.Module):
    """Keeps rows and columns 0, stride, 2 * stride, ..."""

    def __init__(self, stride: int | tuple[int, int]) -> None:
        super().__init__()
        self.rows, self.columns = (stride, stride) if isinstance(stride, int) else stride

    def forward(self, x: Tensor) -> Tensor:
        return x[:, :, :: self.rows, :: self.columns]''',
    "BlurPool": '''\
class BlurPool(nn.Module):
    """Blurs each channel by binomial weights, then keeps every `stride`-th row and column (Zhang 2019)."""

    filter: Tensor

    def __init__(self, kernel: tuple[int, int], stride: int | tuple[int, int]) -> None:
        super().__init__()
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        binomials = ([math.comb(side - 1, place) / 2 ** (side - 1) for place in range(side)] for side in kernel)
        rows, columns = (torch.tensor(shares, device="cpu") for shares in binomials)
        self.register_buffer("filter", torch.outer(rows, columns), persistent=False)
        top, left = ((side + step - 2) // 2 for side, step in zip(kernel, self.stride, strict=True))
        self.around = (left, left, top, top)

    def forward(self, x: Tensor) -> Tensor:
        channels = x.shape[1]
        padded = nn.functional.pad(x, self.around, mode="reflect")
        weight = self.filter.to(x.dtype).expand(channels, 1, -1, -1)
        return nn.functional.conv2d(padded, weight, stride=self.stride, groups=channels)''',
    "Scale": '''\
class Scale(nn.Module):
    """Multiplies by a constant."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def forward(self, x: Tensor) -> Tensor:
        return x * self.factor''',
    "EvoNorm": '''\
class EvoNorm(nn.Module):
    """EvoNorm-S0, a norm and an activation in one; without activation only the scale and shift of each channel."""

    def __init__(self, groups: int, channels: int, eps: float = 1e-05, activates: bool = True) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(channels)), nn.Parameter(torch.zeros(channels))
        self.v = nn.Parameter(torch.ones(channels)) if activates else None
        self.groups, self.eps = groups, eps

    def forward(self, x: Tensor) -> Tensor:
        scale, shift = self.weight[:, None, None], self.bias[:, None, None]
        if self.v is None:
            return x * scale + shift
        wide = x.to(torch.promote_types(x.dtype, torch.float32)).unflatten(1, (self.groups, -1))
        variance = wide.var((2, 3, 4), correction=0, keepdim=True).expand_as(wide).flatten(1, 2)
        return x * torch.sigmoid(x * self.v[:, None, None]) * torch.rsqrt(variance + self.eps).to(x.dtype) * scale + shift''',
    "PaddedConv2d": '''\
class PaddedConv2d(nn.Conv2d):
    """A convolution with padding of its own on each side: left, right, top, bottom."""

    def __init__(self, *args: Any, around: tuple[int, int, int, int], **options: Any) -> None:
        super().__init__(*args, **options)
        self.around = around

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(nn.functional.pad(input, self.around))''',
    "StandardizedConv2d": '''\
class StandardizedConv2d(nn.Conv2d):
    """A convolution whose filters are used with mean 0 and variance 1 (Qiao et al. 2019)."""

    def __init__(self, *args: Any, eps: float, **options: Any) -> None:
        super().__init__(*args, **options)
        self.eps = eps

    def forward(self, input: Tensor) -> Tensor:
        variance, mean = torch.var_mean(self.weight, (1, 2, 3), correction=0, keepdim=True)
        weight = (self.weight - mean) * torch.rsqrt(variance + self.eps)
        return self._conv_forward(input, weight, self.bias)''',
    "PadChannels": '''\
class PadChannels(nn.Module):
    """Adds zero channels before and after the existing ones."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.padding = (0, 0, 0, 0, before, after)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pad(x, self.padding)''',
    "SqueezeExcite": '''\
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
    "ChannelAttention": '''\
class ChannelAttention(nn.Module):
    """Scales each channel by a gate that the averages of the channels next to it decide on (Wang et al. 2020)."""

    def __init__(self, kernel: int, gate: Callable[[Tensor], Tensor] = torch.sigmoid) -> None:
        super().__init__()
        self.conv = nn.Conv1d(1, 1, kernel, padding=kernel // 2, bias=False)
        self.gate = gate

    def forward(self, x: Tensor) -> Tensor:
        average = x.mean((2, 3))
        return x * self.gate(self.conv(average[:, None]))[:, 0, :, None, None]''',
    "DropPath": '''\
class DropPath(nn.Dropout):
    """In training, leaves the branch out of some images, and scales the others up (Huang et al. 2016)."""

    def forward(self, input: Tensor) -> Tensor:
        if not self.training:
            return input
        return input * super().forward(input.new_ones(len(input), 1, 1, 1))''',
    "GlobalContext": '''\
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
    "SplitAttention": '''\
class SplitAttention(nn.Module):
    """The sum of `radix` splits, weighted by what all of them hold (Zhang et al. 2020, ResNeSt)."""

    def __init__(
        self,
        conv: nn.Module,
        bn0: nn.Module,
        act0: nn.Module,
        fc1: nn.Module,
        bn1: nn.Module,
        act1: nn.Module,
        fc2: nn.Module,
        radix: int,
        groups: int,
    ) -> None:
        super().__init__()
        self.conv, self.bn0, self.act0 = conv, bn0, act0
        self.fc1, self.bn1, self.act1, self.fc2 = fc1, bn1, act1, fc2
        self.radix, self.groups = radix, groups

    def forward(self, x: Tensor) -> Tensor:
        splits = self.act0(self.bn0(self.conv(x))).unflatten(1, (self.radix, -1))
        average = splits.sum(1).mean((2, 3), keepdim=True)
        seen = self.fc2(self.act1(self.bn1(self.fc1(average))))
        shares = seen.unflatten(1, (self.groups, self.radix, -1)).transpose(1, 2).softmax(1)
        return (splits * shares.reshape(*splits.shape[:3], 1, 1)).sum(1)''',
    "SelectiveKernel": '''\
class SelectiveKernel(nn.Module):
    """Two convolutions, of a half each with `split`, weighted by what both hold (Li et al. 2019, SKNet)."""

    def __init__(
        self,
        near: nn.Module,
        near_norm: nn.Module,
        far: nn.Module,
        far_norm: nn.Module,
        reduce: nn.Module,
        norm: nn.Module,
        select: nn.Module,
        act: nn.Module,
        split: bool,
    ) -> None:
        super().__init__()
        pairs = ((near, near_norm), (far, far_norm))
        self.paths = nn.ModuleList(nn.Sequential(OrderedDict(conv=conv, bn=bn)) for conv, bn in pairs)
        self.attn = nn.Sequential(OrderedDict(fc_reduce=reduce, bn=norm, relu=nn.ReLU(), fc_select=select))
        self.act, self.split = act, split

    def forward(self, x: Tensor) -> Tensor:
        arrive = x.chunk(2, 1) if self.split else (x, x)
        maps = [self.act(path(part)) for path, part in zip(self.paths, arrive, strict=True)]
        seen = self.attn((maps[0] + maps[1]).mean((2, 3), keepdim=True))
        first, second = seen.unflatten(1, (2, -1)).softmax(1).unbind(1)
        return maps[0] * first + maps[1] * second''',
    "HierarchicalConv": '''\
class HierarchicalConv(nn.Module):
    """Parts of the channels, each through a convolution with what the one before it left (Gao et al. 2019, Res2Net)."""

    def __init__(
        self, convs: list[nn.Module], norms: list[nn.Module], act: nn.Module, stride: int | tuple[int, int], first: bool
    ) -> None:
        super().__init__()
        self.convs, self.bns, self.act = nn.ModuleList(convs), nn.ModuleList(norms), act
        self.stride, self.first = stride, first

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(len(self.convs) + 1, 1)
        left: list[Tensor] = []
        for conv, norm, part in zip(self.convs, self.bns, parts, strict=False):
            left.append(self.act(norm(conv(part if self.first or not left else left[-1] + part))))
        last = nn.functional.avg_pool2d(parts[-1], 3, self.stride, padding=1) if self.first else parts[-1]
        return torch.cat((*left, last), 1)''',
    "CrossStage": '''\
Factory = Callable[[int], nn.Module]


class CrossUnit(nn.Module):
    """A bottleneck next to an identity shortcut."""

    def __init__(self, channels: int, filters: int, norm: Factory, act: Factory, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 1, bias=False)
        self.bn1, self.act1 = norm(filters), act(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, groups=groups, bias=False)
        self.bn2, self.act2 = norm(filters), act(filters)
        self.conv3 = nn.Conv2d(filters, channels, 1, bias=False)
        self.bn3, self.act3 = norm(channels), act(channels)

    def forward(self, x: Tensor) -> Tensor:
        branch = self.act1(self.bn1(self.conv1(x)))
        branch = self.act2(self.bn2(self.conv2(branch)))
        return self.act3(self.bn3(self.conv3(branch)) + x)


class Transition(nn.Module):
    """A 1x1 conv with its norm and activation."""

    def __init__(self, channels: int, norm: Factory, act: Factory) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 1, bias=False)
        self.bn, self.act = norm(channels), act(channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.act(self.bn(self.conv(x)))


class CrossStage(nn.Module):
    """Half of the channels as they are, the others after bottlenecks and a 1x1 conv (Wang et al. 2020, CSPNet)."""

    def __init__(self, count: int, channels: int, filters: int, norm: Factory, act: Factory, groups: int = 1) -> None:
        super().__init__()
        half = channels // 2
        self.units = nn.Sequential(*(CrossUnit(half, filters, norm, act, groups) for _ in range(count)))
        self.transition = Transition(half, norm, act)

    def forward(self, x: Tensor) -> Tensor:
        kept, used = x.chunk(2, 1)
        return torch.cat((kept, self.transition(self.units(used))), 1)''',
    "AttentionPool": '''\
class AttentionPool(nn.Module):
    """What the mean of a map finds by attention among its pixels (Radford et al. 2021, CLIP)."""

    def __init__(self, q: nn.Linear, k: nn.Linear, v: nn.Linear, proj: nn.Linear, places: int, heads: int) -> None:
        super().__init__()
        self.pos_embed = nn.Parameter(torch.empty(places, q.in_features).normal_(std=q.in_features**-0.5))
        self.q, self.k, self.v, self.proj, self.heads = q, k, v, proj, heads

    def forward(self, x: Tensor) -> Tensor:
        pixels = x.flatten(2).transpose(1, 2)
        pixels = torch.cat((pixels.mean(1, keepdim=True), pixels), 1) + self.pos_embed
        q, k, v = (
            each.unflatten(2, (self.heads, -1)).transpose(1, 2)
            for each in (self.q(pixels[:, :1]), self.k(pixels), self.v(pixels))
        )
        shares = (q @ k.transpose(2, 3) * q.shape[-1] ** -0.5).softmax(3)
        return self.proj((shares @ v).transpose(1, 2).flatten(2))[:, 0, :, None, None]''',
    "MapLinear": '''\
class MapLinear(nn.Linear):
    """A fully connected layer that leaves a map of one pixel."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(torch.flatten(input, 1))[:, :, None, None]''',
}


def needed_modules(body: str) -> list[str]:
    """The sources of those that `body` uses, and of those that they use in turn."""
    found: list[str] = []
    for name, source in reversed(SOURCES.items()):
        if re.search(rf"(?<![.\w]){name}\(", "\n".join((body, *found))):
            found.insert(0, source)
    return found
