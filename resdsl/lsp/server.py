"""The server: which message of the protocol goes where, and when findings are published."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability
from pygls.lsp.server import LanguageServer

from resdsl.lsp.handlers import code_action, completion, rename
from resdsl.lsp.handlers.definition import definition
from resdsl.lsp.handlers.diagnostics import diagnostics
from resdsl.lsp.handlers.document_symbol import document_symbol
from resdsl.lsp.handlers.formatting import formatting
from resdsl.lsp.handlers.hover import hover
from resdsl.lsp.handlers.inlay_hint import inlay_hint
from resdsl.lsp.handlers.references import references
from resdsl.lsp.protocol import Protocol
from resdsl.lsp.world import World
from resdsl.version import __version__

DELAY = 0.002  # seconds to wait for more keystrokes: those of a held key come in one go


class ResServer(LanguageServer):
    """pygls's server with the texts that are open."""

    def __init__(self) -> None:
        # Whole texts: pygls cuts lines in more places than an editor does, so that pieces would go astray.
        super().__init__(
            "resdsl", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full, protocol_cls=Protocol
        )
        self.world = World()
        self.check_is_due = False
        self.status = 0
        self.is_shut_down = False

    @property
    def speaks(self) -> Protocol:
        """The protocol, as the class that it is."""
        assert isinstance(self.protocol, Protocol)
        return self.protocol

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Answers what is no message; all else is shown to the user."""
        if isinstance(error, ValueError | RecursionError):  # of the JSON or its letters, or too deep
            self.speaks.refuse_text()
        else:
            super().report_server_error(error, source)

    def check_soon(self) -> None:
        """Publishes findings once the keys that wait have been read."""
        if not self.check_is_due:
            self.check_is_due = True
            asyncio.get_running_loop().call_later(DELAY, self.check_now)

    def check_now(self) -> None:
        """Publishes the findings of every open file of which something has changed."""
        self.check_is_due = False
        elsewhere = False
        for document in self.world.changed():
            elsewhere |= document.path not in self.world.touched
            buffer = self.world.buffers[document.path]
            found = diagnostics(self.world, document)
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(buffer.uri, found, buffer.version))
        if elsewhere and get_capability(self.client_capabilities, "workspace.inlay_hint.refresh_support"):
            self.workspace_inlay_hint_refresh(None)  # the editor asks by itself only where something was typed


def initialize(ls: ResServer, params: types.InitializeParams) -> None:
    """The editor says how it counts columns."""
    ls.world.encoding = types.PositionEncodingKind(ls.workspace.position_encoding).value


def shutdown(ls: ResServer, _: None) -> None:
    """The editor will ask nothing more."""
    ls.is_shut_down = True


def exit_(ls: ResServer, _: None) -> None:
    """The editor leaves; one that did not say so before has failed, and the status says it."""
    ls.status = int(not ls.is_shut_down)


def did_open(ls: ResServer, params: types.DidOpenTextDocumentParams) -> None:
    """A file is opened."""
    document = params.text_document
    ls.world.put(document.uri, document.version, document.text)
    ls.check_soon()


def did_change(ls: ResServer, params: types.DidChangeTextDocumentParams) -> None:
    """A key was pressed."""
    document = ls.workspace.get_text_document(params.text_document.uri)
    ls.world.put(params.text_document.uri, params.text_document.version, document.source)
    ls.check_soon()


def did_close(ls: ResServer, params: types.DidCloseTextDocumentParams) -> None:
    """A file is closed: what is on disk counts for the others."""
    ls.world.close(params.text_document.uri)
    ls.text_document_publish_diagnostics(types.PublishDiagnosticsParams(params.text_document.uri, []))
    ls.check_soon()


def did_change_watched_files(ls: ResServer, params: types.DidChangeWatchedFilesParams) -> None:
    """Something on disk has changed."""
    ls.check_soon()


NOTIFICATIONS: tuple[tuple[str, Callable[[ResServer, Any], None]], ...] = (
    (types.INITIALIZE, initialize),
    (types.SHUTDOWN, shutdown),
    (types.EXIT, exit_),
    (types.TEXT_DOCUMENT_DID_OPEN, did_open),
    (types.TEXT_DOCUMENT_DID_CHANGE, did_change),
    (types.TEXT_DOCUMENT_DID_CLOSE, did_close),
    (types.WORKSPACE_DID_CHANGE_WATCHED_FILES, did_change_watched_files),
)
REQUESTS: tuple[tuple[str, Callable[[World, Any], Any], Any], ...] = (
    (types.TEXT_DOCUMENT_HOVER, hover, None),
    (types.TEXT_DOCUMENT_COMPLETION, completion.completion, completion.OPTIONS),
    (types.TEXT_DOCUMENT_DEFINITION, definition, None),
    (types.TEXT_DOCUMENT_REFERENCES, references, None),
    (types.TEXT_DOCUMENT_PREPARE_RENAME, rename.prepare_rename, None),
    (types.TEXT_DOCUMENT_RENAME, rename.rename, rename.OPTIONS),
    (types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, document_symbol, None),
    (types.TEXT_DOCUMENT_FORMATTING, formatting, None),
    (types.TEXT_DOCUMENT_INLAY_HINT, inlay_hint, None),
    (types.TEXT_DOCUMENT_CODE_ACTION, code_action.code_action, code_action.OPTIONS),
)


def create_server() -> ResServer:
    """A server that knows every message."""
    server = ResServer()
    for method, notification in NOTIFICATIONS:
        server.feature(method)(notification)
    for method, request, options in REQUESTS:
        server.feature(method, options)(_answer(request))
    return server


def _answer(request: Callable[[World, Any], Any]) -> Callable[[ResServer, Any], Any]:
    def answer(ls: ResServer, params: Any) -> Any:
        return request(ls.world, params)

    return answer
