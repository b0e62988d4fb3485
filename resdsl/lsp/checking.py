"""Checking while someone types: only the networks that a change can have touched are lowered again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from resdsl.checker import Checked, Examined, check_library, examine
from resdsl.ir.evaluate import Real
from resdsl.ir.graph import Shape
from resdsl.ir.library import Library, read_library
from resdsl.lsp.parsing import Parser
from resdsl.syntax import ast

Reader = Callable[[Path], bytes]


@dataclass(slots=True)
class Memory:
    """What each network came out as last time, beside all that it was made of."""

    known: dict[tuple[str, str], tuple[tuple[Any, ...], Examined]] = field(default_factory=dict)

    def examine(
        self, declaration: ast.NetworkDeclaration, values: Mapping[str, Real], library: Library, shape: Shape | None
    ) -> Examined:
        """`checker.examine`, unless nothing that the network is made of has changed."""
        key = (declaration.span.file, declaration.name.id)
        made_of = (*lineage(declaration, library), *library.blocks.values(), *library.shortcuts.values(), library.lost)
        last = self.known.get(key)
        if last is None or not _same(last[0], made_of):
            last = self.known[key] = (made_of, examine(declaration, values, library, shape))
        return last[1]


@dataclass(slots=True)
class Checker:
    """`checker.check_file`, with a memory."""

    parser: Parser = field(default_factory=Parser)
    memory: Memory = field(default_factory=Memory)

    def check(self, path: Path, reader: Reader) -> Checked:
        """Checks the file at `path`, with every text from `reader`; raises OSError where it cannot be read."""
        library = read_library(path, str(path), reader=reader, parser=self.parser)
        return check_library(library, str(path), examiner=self.memory.examine)


def lineage(declaration: ast.NetworkDeclaration, library: Library) -> Iterator[ast.NetworkDeclaration]:
    """The network, the one that it derives from, and so on to the first."""
    seen: set[str] = set()
    while declaration.name.id not in seen:
        seen.add(declaration.name.id)
        yield declaration
        if declaration.base is None or declaration.base.name.id not in library.networks:
            return
        declaration = library.networks[declaration.base.name.id]


def _same(last: tuple[Any, ...], now: tuple[Any, ...]) -> bool:
    return len(last) == len(now) and all(
        a is b or (isinstance(a, frozenset) and a == b) for a, b in zip(last, now, strict=True)
    )
