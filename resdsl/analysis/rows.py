"""A network as the rows of a table: per block or per layer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from resdsl.analysis.receptive_field import Field, receptive_fields
from resdsl.ir.block import Block
from resdsl.ir.cost import Cost
from resdsl.ir.layers import Layer
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape


@dataclass(frozen=True, slots=True)
class Row:
    """One block, one layer, or the whole stem or head: what leaves it, what it costs, what its pixels see.

    `same` is equal for blocks that are alike. A folded row stands for several of them: its cost is theirs together,
    its field the last one's.
    """

    name: str
    kind: str
    output: Shape
    cost: Cost
    field: Field
    same: object = None


def layer_rows(network: Network) -> Iterator[Row]:
    """A row per layer, in canonical order."""
    fields = receptive_fields(network)
    for name, layer in network.layers():
        yield Row(name, layer.word, layer.output, layer.cost(), fields[name])


def block_rows(network: Network) -> Iterator[Row]:
    """A row per block and per layer between blocks; one for the stem and one for the head."""
    fields = receptive_fields(network)
    if network.stem:
        yield _section("stem", network.stem, fields)
    for stage in network.stages:
        for item in stage.items:
            if isinstance(item, Block):
                yield Row(item.name, item.kind, item.output, item.cost(), fields[item.name], (stage.name, item.alike))
            else:
                name = f"{stage.name}.{item.name}"
                yield Row(name, item.word, item.output, item.cost(), fields[name])
    if network.head or network.tail:
        yield _section("head", network.tail + network.head, fields)


def folded(rows: Iterable[Row]) -> Iterator[Row]:
    """The rows with equal consecutive blocks as one: `layer3.1–5`."""
    for same, group in groupby(rows, key=lambda row: row.same):
        first, *others = group
        if same is None or not others:
            yield from (first, *others)
            continue
        last, count = others[-1], 1 + len(others)
        total = Cost(first.cost.params * count, first.cost.macs * count)
        yield replace(last, name=f"{first.name}–{last.name.rpartition('.')[2]}", cost=total)


def _section(name: str, layers: tuple[Layer, ...], fields: dict[str, Field]) -> Row:
    costs = [layer.cost() for layer in layers]
    total = Cost(sum(c.params for c in costs), sum(c.macs for c in costs))
    return Row(name, "", layers[-1].output, total, fields[layers[-1].name])
