"""What a forward pass does, line by line, as an expert would break it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from resdsl.codegen.model import Apply, Assign, Flatten, Member, Stage, Value, Variable
from resdsl.ir.block import Order
from resdsl.ir.layers import Act, Conv, GlobalAvgPool, Layer, Linear, Norm

Item = Member | Stage

WEIGHTED = (Conv, Linear)
# What opens a new unit once there has been a weight layer.
_OPENS: dict[Order, tuple[type[Layer], ...]] = {"pre": (Norm, Act, *WEIGHTED), "act_pre": (Act, *WEIGHTED)}


def units(items: Iterable[Item], order: Order = "post") -> list[list[Item]]:
    """A weight layer with its norm and act, in any order, is one unit; everything else is one by itself."""
    found: list[list[Item]] = []
    opens = _OPENS.get(order, WEIGHTED)
    for item in items:
        if found and _joins(item, found[-1], opens):
            found[-1].append(item)
        else:
            found.append([item])
    return found


def _joins(item: Item, unit: Sequence[Item], opens: tuple[type[Layer], ...]) -> bool:
    if not all(is_layer(other, (*WEIGHTED, Norm, Act)) for other in (item, unit[-1])):
        return False
    return not (is_layer(item, opens) and any(is_layer(other, WEIGHTED) for other in unit))


def is_layer(item: Item, kinds: tuple[type[Layer], ...]) -> bool:
    """Whether `item` is a layer of one of these kinds."""
    return isinstance(item, Member) and isinstance(item.layer, kinds)


def applied(items: Iterable[Item], value: Value) -> Value:
    """`c(b(a(value)))`."""
    for item in items:
        value = Apply(item, value)
    return value


def lines(target: str, source: str, parts: Iterable[Sequence[Item]]) -> Iterator[Assign]:
    """One line per unit: the first reads `source`, the others what the last one wrote."""
    for unit in parts:
        yield Assign(target, applied(unit, Variable(source)))
        source = target


def flattened(before: Sequence[Assign]) -> Iterator[Assign]:
    """The lines of `before` with `x` flattened at the end: in the same line where that is a global pooling."""
    match before:
        case [*first, Assign(value=Apply(member=Member(layer=GlobalAvgPool())) as pooled)]:
            yield from first
            yield Assign("x", Flatten(pooled))
        case _:
            yield from before
            yield Assign("x", Flatten(Variable("x")))
