"""Rename a parameter, block, shortcut, network or stage wherever it is meant; refused where that would change more."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lsprotocol import types

from resdsl.diagnostics import Finding, Severity
from resdsl.lower.library import project_root
from resdsl.lsp.documents import PRELUDE_PATH, Document, Documents
from resdsl.lsp.names import Occurrence, Symbol, occurrence_at, occurrences
from resdsl.lsp.positions import Place
from resdsl.lsp.vocabulary import IMPLICIT

RESERVED = {*IMPLICIT, "none", "always", "true", "false"}
MAX_FILES, MAX_FOLDERS = 2000, 10_000
Edits = dict[Path, list[Occurrence]]


class RenameError(Exception):
    """Why a name cannot be changed, for the user."""


def renameable(document: Document, place: Place) -> Occurrence:
    """The name under the cursor; raises RenameError where it is not one that the user may change."""
    found = occurrence_at(document, place)
    if found is None:
        raise RenameError("only parameters, blocks, shortcuts, networks and stages can be renamed")
    if found.symbol.place.file == str(PRELUDE_PATH):
        raise RenameError(f"'{found.symbol.name}' belongs to the standard library")
    return found


def rename(documents: Documents, document: Document, place: Place, name: str) -> types.WorkspaceEdit:
    """The edits that give the name under the cursor another `name` everywhere; raises RenameError."""
    symbol = renameable(document, place).symbol
    if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII):
        raise RenameError(f"'{name}' is not a name: letters, digits and _ make one")
    if name in RESERVED:
        raise RenameError(f"'{name}' is a word of the language")
    edits = references(documents, symbol)
    for path in edits:
        _check_readable(documents, path)
    _check_meaning(documents, edits, name)
    return types.WorkspaceEdit(
        changes={documents.uri(path): _text_edits(documents, path, found, name) for path, found in edits.items()}
    )


def references(documents: Documents, symbol: Symbol) -> Edits:
    """Every place in the project's files that means `symbol`."""
    found: Edits = {}
    for path in _project_files(documents, Path(symbol.place.file)):
        document = documents.get(path) if _mentions(documents, path, symbol.name) else None
        meant = [occurrence for occurrence in occurrences(document) if occurrence.symbol == symbol] if document else []
        if meant:
            found[path] = meant
    return found


def _mentions(documents: Documents, path: Path, name: str) -> bool:
    try:
        return name.encode() in documents.read(path)
    except OSError:
        return False


def _project_files(documents: Documents, declared: Path) -> Iterator[Path]:
    """What is open, and the .res files of the project that `declared` belongs to."""
    seen = set(documents.buffers)
    yield from documents.buffers
    for folder, folders, files in islice(os.walk(project_root(declared)), MAX_FOLDERS):
        folders[:] = [name for name in folders if not name.startswith(".") and name != "node_modules"]
        for file in files:
            path = (Path(folder) / file).resolve()
            if file.endswith(".res") and path not in seen and len(seen) < MAX_FILES:
                seen.add(path)
                yield path


def _check_readable(documents: Documents, path: Path) -> None:
    """A statement that cannot be read may hold the name too."""
    document = documents.get(path)
    for finding in document.checked.findings if document else ():
        if finding.code.id.startswith("S") and finding.span.file == str(path):
            raise RenameError(f"mend {path.name} first, line {finding.span.line}: {finding.message}")


def _check_meaning(documents: Documents, edits: Edits, name: str) -> None:
    """Tries the edits: afterwards every name must mean what it meant, and no file may have new errors."""
    tried = Documents(documents.encoding, dict(documents.buffers))
    for path, found in edits.items():
        tried.put(documents.uri(path), None, _edited(documents.read(path), found, name))
    pairs = [(documents.get(path), tried.get(path)) for path in edits]
    for before, after in pairs:
        if before is None or after is None or _structure(before) != _structure(after):
            raise RenameError(f"'{name}' means something else already")
    for before, after in pairs:
        new = _new_error(before, after) if before and after else None
        if new:
            raise RenameError(f"{new.message}; {new.help}")


def _edited(content: bytes, found: list[Occurrence], name: str) -> str:
    lines = content.decode("utf-8").removeprefix("\ufeff").split("\n")
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


def _text_edits(documents: Documents, path: Path, found: list[Occurrence], name: str) -> list[types.TextEdit]:
    text = documents.text(path)
    return [types.TextEdit(text.range(occurrence.span), name) for occurrence in found]
