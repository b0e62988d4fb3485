"""The wiring: which message of the protocol goes to which feature."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from resdsl.lsp.actions import code_actions
from resdsl.lsp.completion import TRIGGERS, completion
from resdsl.lsp.definition import definition, location
from resdsl.lsp.diagnostics import diagnostics
from resdsl.lsp.documents import Document, Documents, path_of
from resdsl.lsp.formatting import formatting
from resdsl.lsp.hover import hover
from resdsl.lsp.inlay import inlay_hints
from resdsl.lsp.names import occurrence_at
from resdsl.lsp.positions import Place
from resdsl.lsp.rename import RenameError, references, rename, renameable
from resdsl.lsp.symbols import document_symbols
from resdsl.version import __version__

T = TypeVar("T")
DELAY = 0.002  # seconds to wait for more keystrokes: those of a held key come in one go


class ResServer(LanguageServer):
    """pygls's server with the texts that are open."""

    def __init__(self) -> None:
        # Whole texts: pygls cuts lines in more places than an editor does, so that pieces would go astray.
        super().__init__("resdsl", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.documents = Documents()
        self.check_is_due = False

    def document(self, identifier: types.TextDocumentIdentifier) -> Document | None:
        """The file that a message is about."""
        return self.documents.get(path_of(identifier.uri))

    def at(self, params: Any) -> tuple[Document, Place] | None:
        """The file and the place that a message is about."""
        document = self.document(params.text_document)
        return (document, document.text.place(params.position)) if document else None

    def check_soon(self) -> None:
        """Publishes findings once the keys that wait have been read."""
        if not self.check_is_due:
            self.check_is_due = True
            asyncio.get_running_loop().call_later(DELAY, self.check_now)

    def check_now(self) -> None:
        """Publishes the findings of every open file of which something has changed."""
        self.check_is_due = False
        elsewhere = False
        for document in self.documents.changed():
            elsewhere |= document.path not in self.documents.touched
            buffer = self.documents.buffers[document.path]
            found = diagnostics(self.documents, document)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(buffer.uri, found, buffer.version))
        if elsewhere and get_capability(self.client_capabilities, "workspace.inlay_hint.refresh_support"):
            self.workspace_inlay_hint_refresh(None)  # the editor asks by itself only where something was typed


def initialize(ls: ResServer, params: types.InitializeParams) -> None:
    """The editor says how it counts columns."""
    ls.documents.encoding = types.PositionEncodingKind(ls.workspace.position_encoding).value


def did_open(ls: ResServer, params: types.DidOpenTextDocumentParams) -> None:
    """A file is opened."""
    document = params.text_document
    ls.documents.put(document.uri, document.version, document.text)
    ls.check_soon()


def did_change(ls: ResServer, params: types.DidChangeTextDocumentParams) -> None:
    """A key was pressed."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    ls.documents.put(params.text_document.uri, params.text_document.version, document.source)
    ls.check_soon()


def did_close(ls: ResServer, params: types.DidCloseTextDocumentParams) -> None:
    """A file is closed: what is on disk counts for the others."""
    ls.documents.close(params.text_document.uri)
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))
    ls.check_soon()


def did_change_watched_files(ls: ResServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Something on disk has changed."""
    ls.check_soon()


def on_hover(ls: ResServer, params: types.HoverParams) -> types.Hover | None:
    """What stands under the pointer."""
    spot = ls.at(params)
    return hover(*spot) if spot else None


def on_completion(ls: ResServer, params: types.CompletionParams) -> list[types.CompletionItem]:
    """What can be typed here."""
    spot = ls.at(params)
    return completion(*spot) if spot else []


def on_definition(ls: ResServer, params: types.DefinitionParams) -> types.Location | None:
    """Where a name is declared."""
    spot = ls.at(params)
    return definition(ls.documents, *spot) if spot else None


def on_references(ls: ResServer, params: types.ReferenceParams) -> list[types.Location]:
    """Where a name is used."""
    spot = ls.at(params)
    found = occurrence_at(*spot) if spot else None
    places = references(ls.documents, found.symbol) if found else {}
    return [location(ls.documents, occurrence.span) for meant in places.values() for occurrence in meant]


def on_prepare_rename(ls: ResServer, params: types.PrepareRenameParams) -> types.PrepareRenamePlaceholder | None:
    """Whether a name can be changed."""
    spot = ls.at(params)
    if spot is None:
        return None
    found = _or_refuse(lambda: renameable(*spot))
    return types.PrepareRenamePlaceholder(spot[0].text.range(found.span), found.symbol.name)


def on_rename(ls: ResServer, params: types.RenameParams) -> types.WorkspaceEdit | None:
    """Changes a name everywhere."""
    spot = ls.at(params)
    return _or_refuse(lambda: rename(ls.documents, *spot, params.new_name)) if spot else None


def on_document_symbol(ls: ResServer, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
    """The outline."""
    document = ls.document(params.text_document)
    return document_symbols(document) if document else []


def on_formatting(ls: ResServer, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
    """The canonical form."""
    document = ls.document(params.text_document)
    return formatting(ls.documents, document) if document else []


def on_inlay_hint(ls: ResServer, params: types.InlayHintParams) -> list[types.InlayHint]:
    """The maps behind the lines."""
    document = ls.document(params.text_document)
    return inlay_hints(document, params.range) if document else []


def on_code_action(ls: ResServer, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be mended."""
    document = ls.document(params.text_document)
    return code_actions(ls.documents, document, params.range) if document else []


def _or_refuse(work: Callable[[], T]) -> T:
    """The result of `work`; a refusal goes to the user as the answer to the request."""
    try:
        return work()
    except RenameError as refused:
        raise JsonRpcException(str(refused), types.LSPErrorCodes.RequestFailed) from None


FEATURES: tuple[tuple[str, Callable[..., Any], Any], ...] = (
    (types.INITIALIZE, initialize, None),
    (types.TEXT_DOCUMENT_DID_OPEN, did_open, None),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change, None),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close, None),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files, None),
    (types.TEXT_DOCUMENT_HOVER, on_hover, None),
    (types.TEXT_DOCUMENT_COMPLETION, on_completion, types.CompletionOptions(trigger_characters=TRIGGERS)),
    (types.TEXT_DOCUMENT_DEFINITION, on_definition, None),
    (types.TEXT_DOCUMENT_REFERENCES, on_references, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, on_prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, on_rename, types.RenameOptions(prepare_provider=True)),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, on_document_symbol, None),
    (types.TEXT_DOCUMENT_FORMATTING, on_formatting, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, on_inlay_hint, None),
    (
        types.TEXT_DOCUMENT_CODE_ACTION,
        on_code_action,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix]),
    ),
)


def create_server() -> ResServer:
    """A server that knows every feature."""
    server = ResServer()
    for name, handler, options in FEATURES:
        server.feature(name, options)(handler)
    return server
