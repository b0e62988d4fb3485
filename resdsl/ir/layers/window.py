"""Sliding windows: the map that they leave, and what cannot be."""

from __future__ import annotations

from resdsl.codes import G001, G002
from resdsl.ir.layers.layer import Unsound
from resdsl.ir.shape import Pair, Shape


def slid(arrives: Shape, kernel: Pair, stride: int, padding: Pair, dilation: int = 1) -> Pair:
    """Rows and columns after a sliding window: `(size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1`.

    Raises Unsound where no pixel is left.
    """
    rows, columns = (
        (size + 2 * pad - dilation * (side - 1) - 1) // stride + 1
        for size, side, pad in zip(arrives.map, kernel, padding, strict=True)
    )
    if rows < 1 or columns < 1:
        found = f"the kernel {kernel[0]}x{kernel[1]} does not fit a map of {arrives.height}x{arrives.width}"
        raise Unsound(G001, found, "use a larger input, fewer strides, or padding", label="no pixel is left")
    return rows, columns


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


def stride_text(stride: int) -> str:
    """`, /2`, or nothing."""
    return f", /{stride}" if stride > 1 else ""
