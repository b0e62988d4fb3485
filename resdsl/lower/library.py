"""All that a file can refer to: its own declarations, those of the files it uses, and the standard library."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple, TypeVar

from resdsl.codes import N002, N005, N006
from resdsl.diagnostics import Finding, Fix
from resdsl.ir.expression import Real
from resdsl.ir.join import Join
from resdsl.ir.layers import Layer
from resdsl.ir.network import Source, SourceFile
from resdsl.ir.shape import Shape
from resdsl.lower.mistake import PRELUDE
from resdsl.suggest import nearest
from resdsl.syntax import ast
from resdsl.syntax.parse import MAX_BYTES, Parsed, parse

MAX_FILES = 1000
EVERYTHING = frozenset({"*"})  # in `lost`: a whole file could not be read, so any name may stand in it
D = TypeVar("D", ast.BlockDeclaration, ast.ShortcutDeclaration, ast.NetworkDeclaration)
Reader = Callable[[Path], bytes]
Parser = Callable[[str, bytes | str], Parsed]


class Paths(NamedTuple):
    """The ways through a block up to its join: before they part, the branch, and the shortcut; and the join."""

    shared: tuple[Layer, ...]
    branch: tuple[Layer, ...]
    shortcut: tuple[Layer, ...]
    join: Join
    output: Shape


@dataclass(slots=True)
class Library:
    """Declarations by name, and the networks that the first file declares itself.

    `paths` keeps what was made of the blocks: most of them come again, in the same network or in another.
    """

    blocks: dict[str, ast.BlockDeclaration] = field(default_factory=dict)
    shortcuts: dict[str, ast.ShortcutDeclaration] = field(default_factory=dict)
    networks: dict[str, ast.NetworkDeclaration] = field(default_factory=dict)
    own: tuple[ast.NetworkDeclaration, ...] = ()
    files: dict[str, ast.File] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lost: frozenset[str] = frozenset()
    paths: dict[Hashable, Paths] = field(default_factory=dict)

    def source(self, parameters: tuple[tuple[str, Real], ...]) -> Source:
        """The files that were read, with their hashes, and the `parameters` that were set."""
        from hashlib import sha256  # noqa: PLC0415  # it takes long to load, and `fmt` does without

        folder = os.path.dirname(next(iter(self.sources)))
        return Source(
            tuple(
                SourceFile(os.path.relpath(shown, folder or "."), sha256(text.encode()).hexdigest())
                for shown, text in self.sources.items()
            ),
            parameters,
        )

    def lineage(self, declaration: ast.NetworkDeclaration) -> Iterator[ast.NetworkDeclaration]:
        """The network, the one that it derives from, and so on to the first, as far as they are known."""
        seen: set[str] = set()
        while declaration.name.id not in seen:
            seen.add(declaration.name.id)
            yield declaration
            if declaration.base is None or declaration.base.name.id not in self.networks:
                return
            declaration = self.networks[declaration.base.name.id]

    def declare(self, declaration: ast.Declaration) -> None:
        match declaration:
            case ast.BlockDeclaration():
                self._declare(self.blocks, declaration, "block")
            case ast.ShortcutDeclaration():
                self._declare(self.shortcuts, declaration, "shortcut")
            case ast.NetworkDeclaration():
                self._declare(self.networks, declaration, "network")
            case ast.Use() | ast.Hole():
                return

    def _declare(self, table: dict[str, D], declaration: D, kind: str) -> None:
        name = declaration.name
        first = table.setdefault(name.id, declaration)
        if first is not declaration:
            where = "in the standard library" if first.span.file == PRELUDE else f"at {first.span}"
            message = f"the {kind} '{name.id}' is already declared {where}"
            self.findings.append(Finding(N002, name.span, message, "choose another name"))


# What several files use is parsed for the first of them only.
_parse_once = lru_cache(maxsize=64)(parse)


def read_file(path: Path) -> bytes:
    """What is at `path`, but no more than shows that it is too much."""
    if path.exists() and not path.is_file():
        raise IsADirectoryError(f"{path} is no file")
    with path.open("rb") as file:
        return file.read(MAX_BYTES + 1)


def read_library(
    path: Path,
    shown: str,
    content: bytes | str | None = None,
    reader: Reader = read_file,
    parser: Parser = _parse_once,
) -> Library:
    """The library of the file at `path`, called `shown` in findings; `content` stands in for what is on disk.

    Raises OSError where the first file cannot be read; every other fault is a finding.
    """
    library = Library()
    for declaration in _prelude().file.declarations:
        library.declare(declaration)
    main = _File(path.resolve(), shown)
    root = project_root(main.path)
    _take(library, main, reader(main.path) if content is None else content, root, reader, parser)
    library.own = tuple(d for d in library.files[shown].declarations if isinstance(d, ast.NetworkDeclaration))
    return library


class _File(NamedTuple):
    path: Path
    shown: str


class _Edge(NamedTuple):
    use: ast.Use
    target: Path


def _take(library: Library, main: _File, content: bytes | str, root: Path, reader: Reader, parser: Parser) -> None:
    """Reads `main` and, breadth first, every file that it uses."""
    waiting: list[tuple[_File, bytes | str]] = [(main, content)]
    edges: dict[Path, list[_Edge]] = {main.path: []}
    while waiting:
        file, text = waiting.pop(0)
        _add_file(library, file, text, parser(file.shown, text))
        for use in (d for d in library.files[file.shown].declarations if isinstance(d, ast.Use)):
            found = _used(use, file, root, reader)
            if isinstance(found, Finding):
                library.findings.append(found)
                library.lost |= EVERYTHING
                continue
            edges[file.path].append(_Edge(use, found[0].path))
            if found[0].path not in edges and len(edges) < MAX_FILES:
                edges[found[0].path] = []
                waiting.append(found)
    library.findings.extend(_cycles(edges, main.path))


def _add_file(library: Library, file: _File, text: bytes | str, parsed: Parsed) -> None:
    library.files[file.shown] = parsed.file
    library.sources[file.shown] = text if isinstance(text, str) else text.decode("utf-8", "replace")
    library.findings.extend(parsed.findings)
    library.lost |= parsed.lost
    for declaration in parsed.file.declarations:
        library.declare(declaration)


def _used(use: ast.Use, user: _File, root: Path, reader: Reader) -> tuple[_File, bytes] | Finding:
    """The file that `use` names with its content, or why it cannot be had."""
    place, name = use.path.span, use.path.text
    try:
        path = (user.path.parent / name).resolve()
        if not path.is_relative_to(root):
            help = "a project begins at the nearest folder with .git or pyproject.toml: keep used files in there"
            return Finding(N006, place, f"'{name}' climbs out of the project", help)
        return _File(path, os.path.normpath(Path(user.shown).parent / name)), reader(path)
    except (OSError, ValueError, RuntimeError):
        near = nearest(name, _neighbours(user.path, name))
        help = f"did you mean '{near}'?" if near else "name a file relative to this one"
        return Finding(N006, place, f"cannot read '{name}'", help, fix=Fix(place, f'"{near}"') if near else None)


def _neighbours(user: Path, name: str) -> list[str]:
    """The files in the folder of `name`, named as `user` would."""
    folder = Path(name).parent
    try:
        return [str(folder / file.name) for file in (user.parent / folder).glob("*.res") if file != user]
    except (OSError, ValueError):
        return []


def _cycles(edges: dict[Path, list[_Edge]], start: Path) -> Iterator[Finding]:
    """A finding for each `use` that leads back to a file on the way to it."""
    done: set[Path] = set()
    way: list[tuple[Path, Iterator[_Edge]]] = [(start, iter(edges[start]))]
    while way:
        for edge in way[-1][1]:
            on_way = [path for path, _ in way]
            if edge.target in on_way:
                chain = " → ".join(path.name for path in (*on_way[on_way.index(edge.target) :], edge.target))
                help = "move what both need into a third file"
                yield Finding(N005, edge.use.path.span, f"files use each other: {chain}", help)
            elif edge.target not in done and edge.target in edges:
                way.append((edge.target, iter(edges[edge.target])))
                break
        else:
            done.add(way.pop()[0])


def project_root(path: Path) -> Path:
    """The nearest folder upwards from the file `path` with .git or pyproject.toml, else its own folder."""
    for folder in path.parents:
        if (folder / ".git").exists() or (folder / "pyproject.toml").exists():
            return folder
    return path.parent


@cache
def _prelude() -> Parsed:
    return parse(PRELUDE, prelude_text())


def prelude_text() -> str:
    """The standard library, as it is written."""
    return (Path(__file__).parent.parent / "language" / "prelude.res").read_text("utf-8")
