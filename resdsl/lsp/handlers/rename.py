"""Rename whatever can be declared, wherever it is meant; refused where that would change more."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcException

from resdsl.diagnostics import Finding, Severity
from resdsl.language.words import ALWAYS, IN_SHORTCUTS
from resdsl.lsp.handlers.references import uses
from resdsl.lsp.occurrences import Occurrence, Symbol, occurrence_at, occurrences
from resdsl.lsp.positions import Place
from resdsl.lsp.world import PRELUDE_PATH, Document, World
from resdsl.syntax.parse import plain_text
from resdsl.word import FLAGS, NONE

OPTIONS = types.RenameOptions(prepare_provider=True)
RESERVED = {*IN_SHORTCUTS, NONE, ALWAYS.name, *(word.name for word in FLAGS)}
Edits = dict[Path, list[Occurrence]]


class RenameError(JsonRpcException):
    """Why a name cannot be changed: the answer to the request, for the user."""

    CODE = types.LSPErrorCodes.RequestFailed


def prepare_rename(world: World, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """The name that would be changed; raises RenameError."""
    spot = world.at(params)
    if spot is None:
        return None
    found = _renameable(*spot)
    return types.PrepareRenamePlaceholder(spot[0].text.range(found.span), found.symbol.name)


def rename(world: World, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """Changes a name everywhere; raises RenameError."""
    spot = world.at(params)
    return _renamed(world, _renameable(*spot).symbol, params.new_name) if spot else None


def _renameable(document: Document, place: Place) -> Occurrence:
    """The name under the cursor; raises RenameError where it is not one that the user may change."""
    found = occurrence_at(document, place)
    if found is None:
        raise RenameError("only parameters, blocks, shortcuts, networks, stages, studies and runs can be renamed")
    if found.symbol.place.file == str(PRELUDE_PATH):
        raise RenameError(f"'{found.symbol.name}' belongs to the standard library")
    return found


def _renamed(world: World, symbol: Symbol, name: str) -> types.WorkspaceEdit:
    """The edits that give `symbol` another `name` everywhere; raises RenameError."""
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise RenameError(f"'{name}' is not a name: letters, digits and _ make one")
    if name in RESERVED:
        raise RenameError(f"'{name}' is a word of the language")
    edits = uses(world, symbol)
    for path in edits:
        _check_readable(world, path)
    _check_meaning(world, edits, name)
    return types.WorkspaceEdit(
        changes={world.uri(path): _text_edits(world, path, found, name) for path, found in edits.items()}
    )


def _check_readable(world: World, path: Path) -> None:
    """A statement that cannot be read may hold the name too."""
    document = world.get(path)
    for finding in document.checked.findings if document else ():
        if finding.code.id.startswith("S") and finding.span.file == str(path):
            raise RenameError(f"correct {path.name} first, line {finding.span.line}: {finding.message}")


def _check_meaning(world: World, edits: Edits, name: str) -> None:
    """Tries the edits: afterwards every name must mean what it meant, and no file may have new errors."""
    tried = World(world.encoding, dict(world.buffers))
    for path, found in edits.items():
        tried.put(world.uri(path), None, _edited(world.read(path), found, name))
    pairs = [(world.get(path), tried.get(path)) for path in edits]
    for before, after in pairs:
        if before is None or after is None or _structure(before) != _structure(after):
            raise RenameError(f"'{name}' means something else already")
    for before, after in pairs:
        new = _new_error(before, after) if before and after else None
        if new:
            raise RenameError(f"{new.message}; {new.help}")


def _edited(content: bytes, found: list[Occurrence], name: str) -> str:
    lines = plain_text(content.decode("utf-8")).split("\n")
    for occurrence in sorted(found, key=lambda each: each.span, reverse=True):
        span = occurrence.span
        line = lines[span.line - 1]
        lines[span.line - 1] = f"{line[: span.column - 1]}{name}{line[span.end_column - 1 :]}"
    return "\n".join(lines)


def _new_error(before: Document, after: Document) -> Finding | None:
    """An error of a kind that there is more of than before."""
    known = Counter(finding.code for finding in before.checked.findings)
    for finding in after.checked.findings:
        known[finding.code] -= 1
        if known[finding.code] < 0 and finding.severity is Severity.ERROR:
            return finding
    return None


def _structure(document: Document) -> list[int]:
    """Which names mean the same, whatever they are."""
    numbers: dict[Symbol, int] = {}
    return [numbers.setdefault(found.symbol, len(numbers)) for found in occurrences(document)]


def _text_edits(world: World, path: Path, found: list[Occurrence], name: str) -> list[types.TextEdit]:
    text = world.text(path)
    return [types.TextEdit(text.range(occurrence.span), name) for occurrence in found]
