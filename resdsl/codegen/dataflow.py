"""What a forward pass does, line by line, as an expert would break it up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from resdsl.codegen.model import Apply, Assign, Flatten, Member, Stage, Value, Variable
from resdsl.ir.layers import Act, BaseLayer, BaseNorm, Conv, GlobalAvgPool
from resdsl.ir.order import Order, Part

Item = Member | Stage
_PARTS: dict[Part, tuple[type[BaseLayer], ...]] = {"norm": (BaseNorm,), "act": (Act,), "conv": (Conv,)}


def units(items: Iterable[Item], order: Order = Order.POST) -> list[list[Item]]:
    """A weight layer with its norm and activation, in any order, is one unit; everything else is one by itself."""
    found: list[list[Item]] = []
    for item in items:
        if found and _joins(item, found[-1], order):
            found[-1].append(item)
        else:
            found.append([item])
    return found


def _joins(item: Item, unit: Sequence[Item], order: Order) -> bool:
    if not (_is_part(item) and _is_part(unit[-1])):
        return False
    # Once there has been a weight layer, what the order puts before one opens a new unit.
    opens = _is_weight_layer(item) or any(is_layer(item, _PARTS[part]) for part in order.preactivation)
    return not (opens and any(map(_is_weight_layer, unit)))


def _is_part(item: Item) -> bool:
    return _is_weight_layer(item) or is_layer(item, (BaseNorm, Act))


def _is_weight_layer(item: Item) -> bool:
    return isinstance(item, Member) and item.layer.is_weight_layer


def is_layer(item: Item, kinds: tuple[type[BaseLayer], ...]) -> bool:
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
