"""What a forward pass does, line by line, as an expert would break it up."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from resdsl.codegen.model import Apply, Assign, Choose, Downsample, Flatten, Joined, Member, Stage, Value, Variable
from resdsl.ir.join import Join
from resdsl.ir.layers import Act, Alpha, BaseLayer, BaseNorm, Conv, Gate, GlobalAvgPool, PRelu
from resdsl.ir.order import Order, Part


@dataclass(frozen=True, slots=True)
class Path:
    """Layers (and blocks) one after another; `fresh` says that nothing else reads what arrives at the first."""

    layers: Sequence[object]
    fresh: bool = False

    def overwrites(self) -> list[bool]:
        """For each layer, whether it may overwrite what arrives at it."""
        left = (isinstance(layer, BaseLayer) and layer.overwritable for layer in self.layers)
        return [self.fresh, *left][: len(self.layers)]


def acts(paths: Iterable[Path], taken: Iterable[str]) -> dict[Hashable, Member]:
    """A member for every kind of activation in `paths`, named for it; in place if that is safe wherever it is applied."""
    found: dict[Hashable, Member] = {}
    names = set(taken)
    for path in paths:
        for layer, free in zip(path.layers, path.overwrites(), strict=True):
            if not isinstance(layer, Act):
                continue
            known = found.get(act_key(layer)) or Member(_free_name(layer.kind, names), layer, in_place=True)
            names.add(known.name)
            found[act_key(layer)] = replace(known, in_place=known.in_place and free)
    return found


def act_key(layer: Act) -> Hashable:
    """Equal for activations that compute the same."""
    return layer.kind, layer.slope


def _free_name(kind: str, taken: set[str]) -> str:
    name, number = kind, 1
    while name in taken:
        number += 1
        name = f"{kind}_{number}"
    return name


Item = Member | Stage
_PARTS: dict[Part, tuple[type[BaseLayer], ...]] = {"norm": (BaseNorm,), "act": (Act, PRelu), "conv": (Conv,)}


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
    return _is_weight_layer(item) or is_layer(item, (BaseNorm, Act, PRelu))


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


X, BRANCH, SHORTCUT = Variable("x"), Variable("branch"), Variable("shortcut")
Members = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """The members of a block in the order of the computation, acts included.

    `shared` stands before branch and shortcut part, `after` after they join by `join`, which learns with `learned`; without
    `joins` there is no shortcut, and nothing is shared. `side` is what stands in the shortcut of any of the class's blocks.
    """

    order: Order
    join: Join
    learned: Members
    shared: Members
    branch: Members
    side: Downsample | None
    after: Members
    joins: bool

    @property
    def members(self) -> Members:
        """All members, in canonical order."""
        return (*self.learned, *self.shared, *self.branch, *(self.side.members if self.side else ()), *self.after)

    def acts(self) -> dict[Hashable, Member]:
        """The acts of the block itself, one member for each kind; those of the shortcut stand in it."""
        shared, branch, after = ([m.layer for m in part] for part in (self.shared, self.branch, self.after))
        joined = [Path(shared), Path(branch), Path(after, fresh=True)] if self.joins else [Path([*branch, *after])]
        return acts(joined, taken=(m.name for m in self.members if not isinstance(m.layer, Act)))

    def forward(self, own: Mapping[Hashable, Member], flag: str) -> Iterator[Assign]:
        """The lines, with the acts that the block has of its `own`.

        With a `flag`, the shortcut starts after what is shared only where that member is true.
        """
        shared, branch, after = (_with_acts(part, own) for part in (self.shared, self.branch, self.after))
        named = replace(self, shared=shared, branch=branch, after=after)
        if not self.joins:
            return lines("x", "x", units(branch + after, self.order))
        return named._mixed(flag) if flag else named._parting()

    def _parting(self) -> Iterator[Assign]:
        yield from self._gate()
        yield from lines("x", "x", units(self.shared, self.order))
        yield from lines("branch", "x", units(self.branch, self.order))
        yield self._joined(BRANCH if self.branch else X, self._beside(X))

    def _mixed(self, flag: str) -> Iterator[Assign]:
        yield from self._gate()
        yield from lines("branch", "x", units(self.shared, self.order))
        yield Assign("shortcut", self._beside(Choose(flag, BRANCH, X)))
        yield from lines("branch", "branch", units(self.branch, self.order))
        yield self._joined(BRANCH, SHORTCUT)

    def _beside(self, value: Value) -> Value:
        return Apply(self.side, value) if self.side else value

    def _joined(self, branch: Value, shortcut: Value) -> Assign:
        alpha = next((member for member in self.learned if is_layer(member, (Alpha,))), None)
        return Assign("x", applied(self.after, Joined(self.join, branch, shortcut, alpha)))

    def _gate(self) -> Iterator[Assign]:
        """The line of the gate, which looks at the block's input."""
        yield from (Assign("gate", Apply(member, X)) for member in self.learned if is_layer(member, (Gate,)))


def _with_acts(members: Members, own: Mapping[Hashable, Member]) -> Members:
    return tuple(own[act_key(member.layer)] if isinstance(member.layer, Act) else member for member in members)
