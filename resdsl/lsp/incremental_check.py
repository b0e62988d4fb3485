"""Checking while someone types: only the networks that a change can have touched are lowered again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from resdsl.checking.checker import Checked, Examined, check_library, examine
from resdsl.ir.expression import Real
from resdsl.ir.shape import Shape
from resdsl.lower.library import Library, read_library
from resdsl.lsp.incremental_parse import Parser
from resdsl.syntax import ast

Reader = Callable[[Path], bytes]


class _Known(NamedTuple):
    """What a network came out as, with all that it was made of, and the names that a message might have brought up."""

    made_of: tuple[ast.Declaration, ...]
    names: tuple[str, ...]
    examined: Examined


@dataclass(slots=True)
class Memory:
    """What each network, by its file and name, came out as last time."""

    known: dict[tuple[str, str], _Known] = field(default_factory=dict)

    def examine(
        self, declaration: ast.NetworkDeclaration, values: Mapping[str, Real], library: Library, shape: Shape | None
    ) -> Examined:
        """`checker.examine`, unless nothing that the network is made of has changed."""
        key = (declaration.span.file, declaration.name.id)
        made_of, names = tuple(_made_of(declaration, library)), (*sorted(library.lost), *library.networks)
        last = self.known.get(key)
        if last is None or last.names != names or not _same(last.made_of, made_of):
            last = self.known[key] = _Known(made_of, names, examine(declaration, values, library, shape))
        return last.examined


@dataclass(slots=True)
class Checker:
    """`checker.check_file`, with a memory."""

    parser: Parser = field(default_factory=Parser)
    memory: Memory = field(default_factory=Memory)

    def check(self, path: Path, reader: Reader) -> Checked:
        """Checks the file at `path`, with every text from `reader`; raises OSError where it cannot be read."""
        library = read_library(path, str(path), reader=reader, parser=self.parser)
        return check_library(library, str(path), examiner=self.memory.examine)


def _made_of(declaration: ast.NetworkDeclaration, library: Library) -> Iterator[ast.Declaration]:
    yield from library.lineage(declaration)
    yield from library.blocks.values()
    yield from library.shortcuts.values()


def _same(last: tuple[ast.Declaration, ...], now: tuple[ast.Declaration, ...]) -> bool:
    return len(last) == len(now) and all(a is b or a == b for a, b in zip(last, now, strict=True))
