"""The world as the editor sees it: the texts that are open, the files on disk, and what is known of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from lsprotocol import types
from pygls.uris import from_fs_path, to_fs_path

import resdsl
from resdsl.checking.checker import Checked
from resdsl.diagnostics import Span
from resdsl.lower.mistake import PRELUDE
from resdsl.lsp.incremental_check import Checker
from resdsl.lsp.network_facts import Fact, Known, facts, remembered
from resdsl.lsp.positions import Place, Text
from resdsl.specs import SHIPPED, shipped_file, shipped_folder
from resdsl.syntax import ast
from resdsl.syntax.parse import read_file

PRELUDE_PATH = (Path(resdsl.__file__).parent / "language" / "prelude.res").resolve()
Stamp = str | tuple[int, int] | None  # a buffer's text, a file's time and size, or that there is no such file


class AtPlace(Protocol):
    """A message about a place in a file."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


@dataclass(frozen=True, slots=True)
class Buffer:
    """A text as it stands in the editor."""

    uri: str
    version: int | None
    content: str


@dataclass(frozen=True)
class Document:
    """One file as it was checked: its text, its tree, its findings, and its networks or the last valid ones."""

    path: Path
    text: Text
    checked: Checked
    known: Known
    stamps: dict[Path, Stamp]

    @property
    def name(self) -> str:
        """The file as its own spans call it."""
        return str(self.path)

    @property
    def tree(self) -> ast.File:
        """The file's declarations, with holes where something cannot be read."""
        return self.checked.library.files[self.name]

    def used(self, use: ast.Use) -> Path | None:
        """The file that a `use` of this one names, whether or not it is there."""
        if use.shipped:
            return shipped_file(use.path.text)
        try:
            return (self.path.parent / use.path.text).resolve()
        except (OSError, ValueError, RuntimeError):
            return None

    @cached_property
    def facts(self) -> dict[Place, list[Fact]]:
        """What is known of the stages, blocks and layers of this file, by the place where each starts."""
        return facts(self.known, self.name, self.text.lines)


@dataclass(slots=True)
class World:
    """Everything that is open; `encoding` is how the editor counts columns."""

    encoding: str = "utf-16"
    buffers: dict[Path, Buffer] = field(default_factory=dict)
    checker: Checker = field(default_factory=Checker)
    documents: dict[Path, Document] = field(default_factory=dict)
    touched: set[Path] = field(default_factory=set)

    def put(self, uri: str, version: int | None, content: str) -> None:
        """Takes a new or changed text."""
        path = path_of(uri)
        self.buffers[path] = Buffer(uri, version, content)
        self.touched.add(path)

    def close(self, uri: str) -> None:
        """Forgets a text: what is on disk counts again."""
        self.buffers.pop(path_of(uri), None)

    def get(self, path: Path) -> Document | None:
        """The file as it stands now, or None where it cannot be read."""
        last = self.documents.get(path)
        if last is None or self.is_stale(last):
            checked = self._check(path, last)
            if checked is None:
                return None
            last = self.documents[path] = checked
        return last

    def is_stale(self, document: Document) -> bool:
        """Whether the file, or one that it uses, has changed since it was checked."""
        return any(self._stamp(path) != stamp for path, stamp in document.stamps.items())

    def changed(self) -> Iterator[Document]:
        """The open files that were touched, or of which something else is new, each checked afresh."""
        for path in list(self.buffers):
            last = self.documents.get(path)
            document = self.get(path)
            if document is not None and (document is not last or path in self.touched):
                yield document
        self.touched.clear()

    def document(self, identifier: types.TextDocumentIdentifier) -> Document | None:
        """The file that a message is about."""
        return self.get(path_of(identifier.uri))

    def at(self, message: AtPlace) -> tuple[Document, Place] | None:
        """The file and the place that a message is about."""
        document = self.document(message.text_document)
        return (document, document.text.place(message.position)) if document else None

    def location(self, span: Span) -> types.Location:
        """A stretch of any file as the editor names it; raises OSError where it cannot be read."""
        path = file_path(span.file)
        return types.Location(self.uri(path), self.text(path).range(span))

    def text(self, path: Path) -> Text:
        """The text of any file, open or not; raises OSError where it cannot be read."""
        return Text.of(self.read(path).decode("utf-8", "replace"), self.encoding)

    def read(self, path: Path) -> bytes:
        """What the file holds in the editor, or else on disk."""
        buffer = self.buffers.get(path)
        return read_file(path) if buffer is None else buffer.content.encode("utf-8", "surrogatepass")

    def uri(self, path: Path) -> str:
        """How the editor calls a file."""
        buffer = self.buffers.get(path)
        return buffer.uri if buffer else from_fs_path(str(path)) or str(path)

    def _check(self, path: Path, last: Document | None) -> Document | None:
        stamps: dict[Path, Stamp] = {}

        def read(file: Path) -> bytes:
            stamps[file] = self._stamp(file)
            return self.read(file)

        try:
            checked = self.checker.check(path, read)
        except OSError:
            return None
        text = Text.of(checked.sources[str(path)], self.encoding)
        return Document(path, text, checked, remembered(last.known if last else {}, checked, text.lines), stamps)

    def _stamp(self, path: Path) -> Stamp:
        if path in self.buffers:
            return self.buffers[path].content
        try:
            status = path.stat()
        except (OSError, ValueError):
            return None
        return status.st_mtime_ns, status.st_size


def path_of(uri: str) -> Path:
    """The file that a URI names; a text that was never saved gets a place in the current folder."""
    path = to_fs_path(uri) if uri.startswith("file:") else None
    return Path(path or quote(uri, safe="")).resolve()


@lru_cache(maxsize=1024)
def file_path(file: str) -> Path:
    """The file that a span names."""
    if file.startswith(SHIPPED):
        return (shipped_folder() / file.removeprefix(SHIPPED)).resolve()
    return PRELUDE_PATH if file == PRELUDE else Path(file).resolve()
