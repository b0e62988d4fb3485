"""The IR of accepted specs: tests/accepted/*.res layer by layer, the networks of the papers as digests.

After a change, read what `git diff tests/golden/ir` shows: `python tests/test_ir_goldens.py` writes the files anew.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.checking.checker import check_file
from resdsl.ir.network import Network, NotANetwork

TESTS = Path(__file__).parent
GOLDENS = TESTS / "golden" / "ir"
ACCEPTED = sorted((TESTS / "accepted").glob("*.res"))
PAPERS = (
    "resnet34",
    "resnet50",
    "resnet110",
    "resnet1202",
    "preact110",
    "preact1001",
    "vgg16",
    "wrn28_10",
    "resnext50_32x4d",
)
WIDTH = 200
assert ACCEPTED


def without_places(value: Any) -> Any:
    """`value` without spans and sources, which change with every line of a file."""
    if isinstance(value, dict):
        return {key: without_places(part) for key, part in value.items() if key not in {"span", "source"}}
    return [without_places(part) for part in value] if isinstance(value, list) else value


def plain(network: Network) -> Any:
    return without_places(json.loads(network.to_json()))


def compact(value: Any, indent: int = 0) -> str:
    """JSON with a line for each layer, and whatever else fits on one."""
    line = json.dumps(value, ensure_ascii=False)
    if indent + len(line) <= WIDTH or not isinstance(value, dict | list):
        return line
    inner, blanks = indent + 1, " " * (indent + 1)
    if isinstance(value, dict):
        parts = [f"{blanks}{json.dumps(key)}: {compact(part, inner)}" for key, part in value.items()]
        return "{\n" + ",\n".join(parts) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(blanks + compact(part, inner) for part in value) + "\n" + " " * indent + "]"


def networks(path: Path) -> dict[str, Network]:
    checked = check_file(path, path.name)
    assert not [finding for finding in checked.findings if finding.severity == "error"]
    return checked.networks


def outline(network: Network) -> dict[str, Any]:
    """What tells one large network from another: its totals, its last map, and a digest of all the rest."""
    return {
        "depth": network.depth,
        "params": network.cost().params,
        "macs": network.cost().macs,
        "blocks": len(network.blocks),
        "layers": sum(1 for _ in network.layers()),
        "stages": {stage.name: [str(stage.output), len(stage.blocks)] for stage in network.stages},
        "digest": sha256(json.dumps(plain(network), sort_keys=True).encode()).hexdigest(),
    }


def golden(name: str) -> str:
    if name == "papers":
        return compact({paper: outline(resdsl.load(paper)) for paper in PAPERS}) + "\n"
    path = TESTS / "accepted" / f"{name}.res"
    return compact({name: plain(network) for name, network in networks(path).items()}) + "\n"


NAMES = ["papers", *(path.stem for path in ACCEPTED)]


@pytest.mark.parametrize("name", NAMES)
def test_the_ir_is_as_it_was(name: str) -> None:
    assert golden(name).splitlines() == (GOLDENS / f"{name}.json").read_text("utf-8").splitlines()


@pytest.mark.parametrize("path", ACCEPTED, ids=lambda path: path.stem)
def test_the_ir_survives_json(path: Path) -> None:
    for network in networks(path).values():
        assert Network.from_json(network.to_json()) == network


if __name__ == "__main__":
    GOLDENS.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        (GOLDENS / f"{name}.json").write_text(golden(name), "utf-8")


WRONG = {
    "": "the text: Invalid JSON",
    "[]": "the text",
    '{"name": "x"}': "title: Field required",
    '{"stem": 1}': "name: Field required",
}
assert WRONG


@pytest.mark.parametrize(("text", "place"), WRONG.items())
def test_another_text_is_refused_by_the_place_where_it_differs(text: str, place: str) -> None:
    with pytest.raises(NotANetwork, match=f"as `to_json` writes it: {place}"):
        Network.from_json(text)


def test_so_is_the_json_of_an_older_version() -> None:
    old = json.loads(resdsl.load("resnet20").to_json())
    del old["stages"][0]["items"][0]["branch"]
    with pytest.raises(NotANetwork, match=r"stages\.0\.items"):
        Network.from_json(json.dumps(old))
