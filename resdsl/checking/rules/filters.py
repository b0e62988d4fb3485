"""How many filters a block yields, which argument of its call decides it, and what to write there instead."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple, assert_never

from resdsl.diagnostics import Fix, Span
from resdsl.ir.block import Argument, Block
from resdsl.ir.expression import Expression, Negation, Number, Operation, Variable


class Mend(NamedTuple):
    """Where to change a block's filters, in words and, where the text is a plain number, as a fix."""

    span: Span
    remedy: str
    label: str
    fix: Fix | None


def mend(block: Block, expected: int) -> Mend:
    """What makes `block` yield `expected` filters."""
    argument = deciding_argument(block)
    if argument is None or argument.span is None:
        return Mend(block.span, f"make it {expected} filters", f"expected {expected} filters", None)
    value, rest = divmod(expected * argument.value, block.output.channels)
    if rest or not argument.literal:
        return Mend(argument.span, f"make it {expected} filters", f"expected {expected} filters", None)
    others = ", …" if sum(other.span is not None for other in block.arguments) > 1 else ""
    remedy = f"write {block.kind}({value}{others})"
    label = f"expected {value}" if value == expected else f"expected {value}, for {expected} filters"
    return Mend(argument.span, remedy, label, Fix(argument.span, str(value)))


def deciding_argument(block: Block) -> Argument | None:
    """The argument, given in the call, that the block's filters are in proportion to; of several, `filters`."""
    arguments = {argument.name: argument for argument in block.arguments}
    factors = Counter(_factors(_formula(block), arguments))
    single = [name for name, count in factors.items() if count == 1 and name in arguments]
    if "" in factors or not single:
        return None
    return arguments["filters" if "filters" in single else single[0]]


def _formula(block: Block) -> Expression | None:
    """What the block's author wrote for the channels that leave its branch; None for a number."""
    deciding = next((layer for layer in reversed(block.branch) if layer.LEAVES != "channels"), None)
    if deciding is None:
        return Variable("in")
    quantity = next(each for each in deciding.QUANTITIES if each.name == deciding.LEAVES)
    return deciding.formulas.get(quantity.argument)


def _factors(formula: Expression | None, arguments: dict[str, Argument]) -> Iterator[str]:
    """The given arguments that a product multiplies; an empty name stands for whatever is not so simple."""
    match formula:
        case None | Number():
            return
        case Operation(operator="*"):
            yield from _factors(formula.left, arguments)
            yield from _factors(formula.right, arguments)
        case Variable():
            argument = arguments.get(formula.name)
            if argument is None:
                yield ""
            elif argument.span:
                yield argument.name
            else:
                yield from _factors(argument.formula, arguments)
        case Negation() | Operation():
            yield ""
        case _:
            assert_never(formula)
