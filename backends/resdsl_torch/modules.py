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

    def __init__(self, kernel: tuple[int, int], stride: int | tuple[int, int]) -> None:
        super().__init__()
        self.stride = (stride, stride) if isinstance(stride, int) else stride
        rows, columns = ([math.comb(side - 1, place) / 2 ** (side - 1) for place in range(side)] for side in kernel)
        self.register_buffer("filter", torch.outer(torch.tensor(rows, device="cpu"), torch.tensor(columns, device="cpu")), persistent=False)
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

    def __init__(self, channels: int, reduction: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, channels // reduction, 1)
        self.fc2 = nn.Conv2d(channels // reduction, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        average = x.mean((2, 3), keepdim=True)
        gate = torch.sigmoid(self.fc2(torch.relu(self.fc1(average))))
        return x * gate''',
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
