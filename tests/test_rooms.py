"""The rooms of the house: which may import which, and that no way leads back."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx
import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "resdsl"
# Files at the top of the package that every room may use: they know nothing of the others.
SHARED = {
    "atomic", "clean", "codes", "diagnostics", "suggest", "version", "word", "specs", "epoch", "team", "processors"
}  # fmt: skip
# What each room may import, besides itself and what is shared. `api` is the package's own public surface.
ROOMS: dict[str, set[str]] = {
    "ir": set(),
    "language": {"ir"},
    "syntax": set(),
    "lower": {"language", "syntax", "ir"},
    "checking": {"lower", "syntax", "ir"},
    "report": {"analysis", "ir"},
    "analysis": {"ir"},
    "codegen": {"ir"},
    "drawing": {"analysis", "lower", "ir", "report"},
    "backend": {"ir", "codegen"},
    "exporter": {"backend", "ir"},
    "weights": {"backend", "ir"},
    "transfer": {"weights", "backend", "ir", "report"},
    "plots": set(),
    "training": {"weights", "transfer", "backend", "syntax", "language", "ir", "report"},
    "study": {"training", "weights", "backend", "plots", "checking", "lower", "syntax", "report", "ir"},
    "verify": {"weights", "backend", "checking", "ir"},
    "lsp": {"api", "language", "lower", "checking", "analysis", "report", "syntax", "ir"},
    "highlight": {"language"},
    "api": {
        "backend", "checking", "drawing", "ir", "report", "syntax", "training", "transfer", "weights", "analysis"
    },
    "cli": {
        "api", "analysis", "backend", "checking", "drawing", "exporter", "highlight", "ir", "language", "lower", "lsp", "plots",
        "report", "study", "syntax", "training", "transfer", "verify", "weights",
    },
    "__main__": {"cli"},
}  # fmt: skip


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"), path


def imported(path: Path) -> Iterator[str]:
    """The modules of the package that a file imports, also inside its functions."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "resdsl":
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.split(".")[0] == "resdsl")


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "api"


NAMES = {name for name, _ in modules()}
ARROWS = [(name, found) for name, path in modules() for found in imported(path) if found in NAMES and found != name]
assert ARROWS


def test_every_room_is_in_the_table() -> None:
    assert {room(name) for name in NAMES} == {*ROOMS, *SHARED}


def test_the_table_has_no_way_back() -> None:
    table = networkx.DiGraph((there, here) for there, allowed in ROOMS.items() for here in allowed)
    assert networkx.is_directed_acyclic_graph(table), networkx.find_cycle(table)


@pytest.mark.parametrize("there", sorted(ROOMS))
def test_a_room_imports_only_what_it_may(there: str) -> None:
    wrong = [
        f"{name} imports {found}"
        for name, found in ARROWS
        if room(name) == there and room(found) not in {there, *ROOMS[there], *SHARED}
    ]
    assert wrong == []


def test_what_is_shared_imports_no_room() -> None:
    assert [f"{a} imports {b}" for a, b in ARROWS if room(a) in SHARED and room(b) not in SHARED] == []


def test_no_files_import_each_other_in_a_circle() -> None:
    files = networkx.DiGraph((name, found) for name, found in ARROWS if not name.endswith("__init__"))
    circles = [sorted(part) for part in networkx.strongly_connected_components(files) if len(part) > 1]
    assert circles == []
