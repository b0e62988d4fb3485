"""The map that leaves each kind of layer, from the map that arrives."""

from __future__ import annotations

from resdsl.codes import G001, G002, G003
from resdsl.diagnostics import Span
from resdsl.ir.graph import Pair, Shape
from resdsl.ir.mistake import mistake

MAX_ELEMENTS = 2**31


def window(arrives: Shape, kernel: Pair, stride: int, padding: Pair, dilation: int, span: Span) -> Pair:
    """Rows and columns behind a sliding window: `(size + 2 * padding - dilation * (kernel - 1) - 1) // stride + 1`."""
    rows, columns = (
        (size + 2 * pad - dilation * (side - 1) - 1) // stride + 1
        for size, side, pad in zip((arrives.height, arrives.width), kernel, padding, strict=True)
    )
    if rows < 1 or columns < 1:
        raise mistake(
            G001,
            span,
            f"the kernel {kernel[0]}x{kernel[1]} does not fit a map of {arrives.height}x{arrives.width}",
            "use a larger input, fewer strides, or padding",
            "no pixel is left",
        )
    return rows, columns


def subsampled(arrives: Shape, stride: int) -> Shape:
    """Every stride-th row and column, from the first."""
    return Shape(arrives.channels, -(-arrives.height // stride), -(-arrives.width // stride))


def check_groups(channels: int, filters: int, groups: int, span: Span) -> None:
    """Groups divide the channels on both sides."""
    for count, side in ((channels, "channels that arrive"), (filters, "filters")):
        if count % groups:
            remedy = f"choose a divisor of {count}, or change the {side.split()[0]}"
            raise mistake(G002, span, f"{groups} groups do not divide the {count} {side}", remedy)


def check_size(shape: Shape, span: Span) -> Shape:
    """`shape`, if one image's tensor of it is within bounds."""
    if shape.size > MAX_ELEMENTS:
        raise mistake(G003, span, f"a map of {shape} has {shape.size:,} elements", "stay within 2^31 for one image")
    return shape
