"""The network as a flat directed graph of layers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import networkx

from resdsl.ir.graph import Block, Layer, Network

INPUT = "input"


def to_networkx(network: Network) -> networkx.DiGraph:
    """A node per layer under its canonical name, one per addition (`layer2.0.add`), and `input`.

    Node attributes: `op`, `shape` (the map that leaves it), `layer` (None for input and additions), `block` and
    `stage` (names or None). Edge attribute `path`: `main` or `shortcut`.
    """
    graph = networkx.DiGraph(name=network.name)
    graph.add_node(INPUT, op="input", shape=network.input, layer=None, block=None, stage=None)
    end = _run(graph, INPUT, network.stem, "", {"block": None, "stage": None})
    for stage in network.stages:
        for item in stage.items:
            if isinstance(item, Block):
                end = _block(graph, end, item, stage.name)
            else:
                end = _run(graph, end, [item], f"{stage.name}.", {"block": None, "stage": stage.name})
    _run(graph, end, network.tail + network.head, "", {"block": None, "stage": None})
    return graph


def _run(
    graph: networkx.DiGraph,
    end: str,
    layers: Iterable[Layer],
    prefix: str,
    owner: Mapping[str, str | None],
    path: str = "main",
) -> str:
    """Appends layers one after another behind `end`; returns the last one's name."""
    for layer in layers:
        name = f"{prefix}{layer.name}"
        graph.add_node(name, op=layer.op, shape=layer.output, layer=layer, **owner)
        graph.add_edge(end, name, path=path)
        end = name
    return end


def _block(graph: networkx.DiGraph, end: str, block: Block, stage: str) -> str:
    prefix, owner = f"{block.name}.", {"block": block.name, "stage": stage}
    start = _run(graph, end, block.shared, prefix, owner)
    branch = _run(graph, start, block.branch, prefix, owner)
    if block.shortcut is not None:
        beside = _run(graph, start, block.shortcut.layers, f"{prefix}downsample.", owner, "shortcut")
        joined = f"{prefix}add"
        graph.add_node(joined, op="add", shape=block.output, layer=None, **owner)
        graph.add_edge(branch, joined, path="main")
        graph.add_edge(beside, joined, path="shortcut")
        branch = joined
    return _run(graph, branch, block.after, prefix, owner)
