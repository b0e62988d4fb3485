"""Where in a block's call the number of its filters is written."""

from __future__ import annotations

from resdsl.diagnostics import Span
from resdsl.ir.graph import Argument, Block


def filters_argument(block: Block) -> Argument | None:
    """The argument that decides the block's filters: the one called `filters`, else the first."""
    named = next((argument for argument in block.arguments if argument.name == "filters"), None)
    return named or next(iter(block.arguments), None)


def filters_place(block: Block) -> Span:
    """Where that argument stands, or else the whole call."""
    argument = filters_argument(block)
    return argument.span if argument and argument.span else block.span


def with_filters(block: Block, leaves: int) -> int | None:
    """The value of that argument with which the block would leave `leaves` channels, if it is in proportion."""
    argument = filters_argument(block)
    if argument is None or not argument.span or leaves * argument.value % block.output.channels:
        return None
    return leaves * argument.value // block.output.channels
