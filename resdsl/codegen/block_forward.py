"""What a block computes, from its layers to the lines of its forward pass."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace

from resdsl.codegen.activations import Path, act_key, acts
from resdsl.codegen.dataflow import applied, lines, units
from resdsl.codegen.model import Add, Apply, Assign, Choose, Downsample, Member, Value, Variable
from resdsl.ir.layers import Act
from resdsl.ir.order import Order

X, BRANCH, SHORTCUT = Variable("x"), Variable("branch"), Variable("shortcut")
Members = tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Paths:
    """The members of a block in the order of the computation, acts included.

    `shared` stands before branch and shortcut part, `after` behind the addition; without `joins` there is no shortcut,
    nothing is shared, and nothing is added. `side` is what stands in the shortcut of any of the class's blocks.
    """

    order: Order
    shared: Members
    branch: Members
    side: Downsample | None
    after: Members
    joins: bool

    @property
    def members(self) -> Members:
        """All members, in canonical order."""
        return (*self.shared, *self.branch, *(self.side.members if self.side else ()), *self.after)

    def acts(self) -> dict[Hashable, Member]:
        """The acts of the block itself, one member for each kind; those of the shortcut stand in it."""
        shared, branch, after = ([m.layer for m in part] for part in (self.shared, self.branch, self.after))
        joined = [Path(shared), Path(branch), Path(after, fresh=True)] if self.joins else [Path([*branch, *after])]
        return acts(joined, taken=(m.name for m in self.members if not isinstance(m.layer, Act)))

    def forward(self, own: Mapping[Hashable, Member], flag: str) -> Iterator[Assign]:
        """The lines, with the acts that the block has of its `own`.

        With a `flag`, the shortcut starts behind what is shared only where that member is true.
        """
        shared, branch, after = (_with_acts(part, own) for part in (self.shared, self.branch, self.after))
        named = replace(self, shared=shared, branch=branch, after=after)
        if not self.joins:
            return lines("x", "x", units(branch + after, self.order))
        return named._mixed(flag) if flag else named._parting()

    def _parting(self) -> Iterator[Assign]:
        yield from lines("x", "x", units(self.shared, self.order))
        yield from lines("branch", "x", units(self.branch, self.order))
        yield self._joined(BRANCH if self.branch else X, self._beside(X))

    def _mixed(self, flag: str) -> Iterator[Assign]:
        yield from lines("branch", "x", units(self.shared, self.order))
        yield Assign("shortcut", self._beside(Choose(flag, BRANCH, X)))
        yield from lines("branch", "branch", units(self.branch, self.order))
        yield self._joined(BRANCH, SHORTCUT)

    def _beside(self, value: Value) -> Value:
        return Apply(self.side, value) if self.side else value

    def _joined(self, branch: Value, shortcut: Value) -> Assign:
        return Assign("x", applied(self.after, Add(branch, shortcut)))


def _with_acts(members: Members, own: Mapping[Hashable, Member]) -> Members:
    return tuple(own[act_key(member.layer)] if isinstance(member.layer, Act) else member for member in members)
