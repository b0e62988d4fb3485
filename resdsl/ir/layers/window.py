"""Sliding windows: the map that they leave, and what cannot be."""

from __future__ import annotations

from resdsl.codes import G001, G002
from resdsl.ir.layers.layer import Unsound
from resdsl.ir.shape import Pair, Shape

Around = tuple[Pair, Pair]
"""Rows and columns of padding before a map, and after it."""


def slid(arrives: Shape, kernel: Pair, stride: Pair, around: Around, dilation: int = 1, ceil: bool = False) -> Pair:
    """Rows and columns after a sliding window: `(size + padding - dilation * (kernel - 1) - 1) // stride + 1`.

    Rounded up with `ceil`, unless the last window would see nothing but padding. Raises Unsound where no pixel is left.
    """
    rows, columns = (
        _steps(size, before, after, dilation * (side - 1) + 1, step, ceil)
        for size, side, step, before, after in zip(arrives.map, kernel, stride, *around, strict=True)
    )
    if rows < 1 or columns < 1:
        found = f"the kernel {kernel[0]}x{kernel[1]} does not fit a map of {arrives.height}x{arrives.width}"
        raise Unsound(G001, found, "use a larger input, fewer strides, or padding", label="no pixel is left")
    return rows, columns


def _steps(size: int, before: int, after: int, reach: int, step: int, ceil: bool) -> int:
    """How often a window fits."""
    room = before + size + after - reach
    last = -(-room // step) if ceil else room // step
    return last if ceil and last * step >= size + before else last + 1


def same_padding(kernel: Pair, dilation: int = 1) -> Pair:
    """What keeps the size of a map under an odd kernel, on every side."""
    return dilation * (kernel[0] - 1) // 2, dilation * (kernel[1] - 1) // 2


def check_groups(channels: int, filters: int, groups: int) -> None:
    """Groups divide the channels on both sides (Unsound)."""
    for count, side in ((channels, "channels that arrive"), (filters, "filters")):
        if count % groups:
            remedy = f"choose a divisor of {count}, or change the {side.split()[0]}"
            raise Unsound(G002, f"{groups} groups do not divide the {count} {side}", remedy)


def size_text(size: Pair) -> str:
    """`3x3`."""
    return f"{size[0]}x{size[1]}"


def stride_text(stride: Pair) -> str:
    """`, /2`, `, /2x1`, or nothing."""
    return "" if stride == (1, 1) else f", /{stride[0] if stride[0] == stride[1] else size_text(stride)}"


def padding_text(before: Pair, after: Pair) -> str:
    """`1x1`, or `0x0 before and 1x1 after`."""
    return size_text(before) if before == after else f"{size_text(before)} before and {size_text(after)} after"
