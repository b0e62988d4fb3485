"""All that a file can refer to: its own declarations, those of the files it uses, and the standard library."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Container, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from resdsl.clean import clean
from resdsl.codes import N002, N005, N006, S008
from resdsl.diagnostics import Finding, Fix, Span
from resdsl.ir.expression import Real
from resdsl.ir.join import Join
from resdsl.ir.layers import Layer
from resdsl.ir.network import Source, SourceFile
from resdsl.ir.shape import Shape
from resdsl.lower.dilation import Dilation
from resdsl.lower.effort import Effort
from resdsl.lower.mistake import PRELUDE
from resdsl.specs import SHIPPED, shipped_file, shipped_names, shipped_networks
from resdsl.suggest import budget, exhausted, nearest, remedy
from resdsl.syntax import ast
from resdsl.syntax.parse import EVERYTHING, Parsed, parse, read_file

MAX_USES = 1000
MOST_NAMES = 8  # in a circle of files
MAX_TEXT = 1 << 19  # bytes of all files together
MAX_NEIGHBOURS = 500  # looked through for a file's right name
D = TypeVar("D", ast.BlockDeclaration, ast.ShortcutDeclaration, ast.NetworkDeclaration, ast.StudyDeclaration)
Reader = Callable[[Path], bytes]
Parser = Callable[[str, bytes | str], Parsed]


class Paths(NamedTuple):
    """The ways through a block up to its join: before they part, the branch, and the shortcut; and the join."""

    shared: tuple[Layer, ...]
    branch: tuple[Layer, ...]
    shortcut: tuple[Layer, ...]
    join: Join
    output: Shape
    dilation: Dilation


@dataclass(slots=True)
class Library:
    """Declarations by name, and the networks and studies that the first file declares itself.

    `paths` keeps what was made of the blocks: most of them come again, in the same network or in another. `effort` is
    what all of it has cost.
    """

    blocks: dict[str, ast.BlockDeclaration] = field(default_factory=dict)
    shortcuts: dict[str, ast.ShortcutDeclaration] = field(default_factory=dict)
    networks: dict[str, ast.NetworkDeclaration] = field(default_factory=dict)
    studies: dict[str, ast.StudyDeclaration] = field(default_factory=dict)
    own: tuple[ast.NetworkDeclaration, ...] = ()
    own_studies: tuple[ast.StudyDeclaration, ...] = ()
    files: dict[str, ast.File] = field(default_factory=dict)
    sources: dict[str, str] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    lost: frozenset[str] = frozenset()
    paths: dict[Hashable, Paths] = field(default_factory=dict)
    effort: Effort = field(default_factory=Effort)

    def source(self, parameters: tuple[tuple[str, Real], ...]) -> Source:
        """The files that were read, with their hashes, and the `parameters` that were set."""
        from hashlib import sha256  # noqa: PLC0415  # it takes long to load, and `fmt` does without

        folder = os.path.dirname(next(iter(self.sources)))
        names = [
            shown if shown.startswith(SHIPPED) else os.path.relpath(shown, folder or ".") for shown in self.sources
        ]
        hashes = [sha256(text.encode()).hexdigest() for text in self.sources.values()]
        return Source(tuple(map(SourceFile, map(clean, names), hashes)), parameters)

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
            case ast.StudyDeclaration():
                self._declare(self.studies, declaration, "study")
            case ast.Use() | ast.Hole():
                return

    def give_up(self, finding: Finding) -> None:
        """A file cannot be read, so that any name may stand in it."""
        self.findings.append(finding)
        self.lost |= EVERYTHING

    def _declare(self, table: dict[str, D], declaration: D, kind: str) -> None:
        name = declaration.name
        first = table.setdefault(name.id, declaration)
        if first is not declaration and not (kind == "network" and _is_shadowed(first.span, declaration.span)):
            where = "in the standard library" if first.span.file == PRELUDE else f"at {first.span}"
            message = f"the {kind} '{name.id}' is already declared {where}"
            self.findings.append(Finding(N002, name.span, message, "choose another name"))


def _is_shadowed(first: Span, second: Span) -> bool:
    """Whether a user's own network takes the place of a shipped one, as `resnet50` may well be called."""
    return second.file.startswith(SHIPPED) and not first.file.startswith(SHIPPED)


# What several files use is parsed for the first of them only.
_parse_once = lru_cache(maxsize=64)(parse)


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
    with budget():
        _take(library, main, reader(main.path) if content is None else content, root, reader, parser)
    own = library.files[shown].declarations
    library.own = tuple(each for each in own if isinstance(each, ast.NetworkDeclaration))
    library.own_studies = tuple(each for each in own if isinstance(each, ast.StudyDeclaration))
    return library


class _File(NamedTuple):
    path: Path
    shown: str


class _Edge(NamedTuple):
    use: ast.Use
    target: Path


def _take(library: Library, main: _File, content: bytes | str, root: Path, reader: Reader, parser: Parser) -> None:
    """Reads `main` and, breadth first, every file that it uses; then shipped ones that its networks derive from."""
    waiting = deque([(main, content)])
    edges: dict[Path, list[_Edge]] = {main.path: []}
    uses, length = 0, len(content)
    while waiting:
        file, text = waiting.popleft()
        _add_file(library, file, text, parser(file.shown, text))
        for use in (d for d in library.files[file.shown].declarations if isinstance(d, ast.Use)):
            if uses == MAX_USES or length > MAX_TEXT:
                library.give_up(_too_much(use, uses))
                waiting.clear()
                break
            uses += 1
            used = _used(use, file, root, edges, reader)
            if isinstance(used, Finding):
                library.give_up(used)
                continue
            edges[file.path].append(_Edge(use, used[0].path))
            if used[0].path not in edges:
                edges[used[0].path] = []
                waiting.append(used)
                length += len(used[1])
        if not waiting and not library.lost:
            for path in _shipped_bases(library, edges):
                edges[path] = []
                waiting.append(_shipped(path, ()))
    library.findings.extend(_cycles(edges, main.path))


def _shipped_bases(library: Library, known: Container[Path]) -> set[Path]:
    """The shipped files whose networks others derive from, or studies train, without a `use`."""
    bases = {network.base.name.id for network in library.networks.values() if network.base}
    for study in library.studies.values():
        bases |= {member.call.name.id for member in study.members if isinstance(member, ast.Runs)}
    unknown = bases - library.networks.keys()
    found = {shipped_networks()[name] for name in unknown & shipped_networks().keys()} if unknown else set()
    return {path.resolve() for path in found if path.resolve() not in known}


def _too_much(use: ast.Use, uses: int) -> Finding:
    what = f"more than {MAX_USES:,} uses" if uses == MAX_USES else f"more than {MAX_TEXT >> 10} KiB of text"
    help = "put what belongs together into one file, and use only what is needed"
    return Finding(S008, use.span, f"the files that use each other have {what}", help)


def _add_file(library: Library, file: _File, text: bytes | str, parsed: Parsed) -> None:
    library.files[file.shown] = parsed.file
    library.sources[file.shown] = text if isinstance(text, str) else text.decode("utf-8", "replace")
    library.findings.extend(parsed.findings)
    library.lost |= parsed.lost
    for declaration in parsed.file.declarations:
        library.declare(declaration)


def _used(
    use: ast.Use, user: _File, root: Path, known: Container[Path], reader: Reader
) -> tuple[_File, bytes] | Finding:
    """The file that `use` names with its content (none where it is `known`), or why it cannot be had."""
    place, name = use.path.span, use.path.text
    if use.shipped:
        if path := shipped_file(name):
            return _shipped(path, known)
        return _no_such_file(name, place, remedy(name, shipped_names(), "shipped file"))
    try:
        path = (user.path.parent / name).resolve()
        if user.shown.startswith(SHIPPED) and path.parent == user.path.parent:
            return _shipped(path, known)
        if not path.is_relative_to(root):
            help = "a project begins at the nearest folder with .git or pyproject.toml: keep used files in there"
            return Finding(N006, place, f"'{name}' climbs out of the project", help)
        shown = os.path.normpath(Path(user.shown).parent / name)
        return _File(path, shown), b"" if path in known else reader(path)
    except (OSError, ValueError, RuntimeError):
        if shipped_file(bare := Path(name).stem):
            return _no_such_file(name, place, f"a file that comes with resdsl has no quotes: use {bare}", bare)
        near = None if exhausted() else nearest(name, _neighbours(user.path, name))
        help = f"did you mean '{near}'?" if near else "name a file relative to this one"
        return _no_such_file(name, place, help, f'"{near}"' if near else None)


def _no_such_file(name: str, place: Span, help: str, fix: str | None = None) -> Finding:
    return Finding(N006, place, f"cannot read '{name}'", help, fix=Fix(place, fix) if fix else None)


def _shipped(path: Path, known: Container[Path]) -> tuple[_File, bytes]:
    """A file that comes with resdsl, wherever that lies."""
    return _File(path.resolve(), f"{SHIPPED}{path.name}"), b"" if path.resolve() in known else path.read_bytes()


def _neighbours(user: Path, name: str) -> list[str]:
    """The files in the folder of `name`, named as `user` would."""
    folder = Path(name).parent
    try:
        files = islice((user.parent / folder).iterdir(), MAX_NEIGHBOURS)
        return [str(folder / file.name) for file in files if file.suffix == ".res" and file != user]
    except (OSError, ValueError):
        return []


def _cycles(edges: dict[Path, list[_Edge]], start: Path) -> Iterator[Finding]:
    """A finding for each `use` that leads back to a file on the way to it."""
    done: set[Path] = set()
    way: dict[Path, Iterator[_Edge]] = {start: iter(edges[start])}
    while way:
        last = next(reversed(way))
        for edge in way[last]:
            if edge.target in way:
                found = f"files use each other: {_chain(list(way), edge.target)}"
                yield Finding(N005, edge.use.path.span, found, "move what both need into a third file")
            elif edge.target not in done and edge.target in edges:
                way[edge.target] = iter(edges[edge.target])
                break
        else:
            done.add(last)
            del way[last]


def _chain(way: list[Path], target: Path) -> str:
    """`a.res → b.res → a.res`; the middle of a long one is left out."""
    names = [path.name for path in (*way[way.index(target) :], target)]
    return " → ".join(names if len(names) <= MOST_NAMES else (*names[: MOST_NAMES - 2], "…", names[-1]))


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
