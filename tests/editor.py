"""An editor for the tests: it starts `resdsl lsp` and speaks its protocol over standard input and output."""

from __future__ import annotations

import atexit
import json
import queue
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Any

CURSOR = "¦"
TIMEOUT = 20


class ServerError(Exception):
    """The server answered with an error."""


class Editor:
    """One server; files are opened and changed by path."""

    def __init__(self, *command: str) -> None:
        self.process = subprocess.Popen(
            command or [sys.executable, "-m", "resdsl", "lsp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.inbox: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self.published: dict[str, list[Any]] = {}
        self.messages: list[dict[str, Any]] = []
        self.versions: dict[Path, int] = {}
        self.number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def start(self, **capabilities: Any) -> Any:
        result = self.request("initialize", processId=None, rootUri=None, capabilities=capabilities)
        self.notify("initialized")
        return result["capabilities"]

    # Messages

    def request(self, method: str, **params: Any) -> Any:
        self.number += 1
        self._send(id=self.number, method=method, params=params)
        while (answer := self._next()).get("id") != self.number or "method" in answer:
            pass
        if "error" in answer:
            raise ServerError(answer["error"]["message"])
        return answer["result"]

    def notify(self, method: str, **params: Any) -> None:
        self._send(method=method, params=params)

    def _send(self, **message: Any) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _read(self) -> None:
        while header := self.process.stdout.readline():
            if header.lower().startswith(b"content-length"):
                length = int(header.split(b":")[1])
            elif not header.strip():
                self.inbox.put(json.loads(self.process.stdout.read(length)))
        self.inbox.put(None)

    def _next(self) -> dict[str, Any]:
        message = self.inbox.get(timeout=TIMEOUT)
        assert message is not None, "the server is gone"
        if message.get("method") == "textDocument/publishDiagnostics":
            self.published[message["params"]["uri"]] = message["params"]
        elif "method" in message:
            self.messages.append(message)
        return message

    # Files

    def open(self, path: Path, text: str) -> list[Any]:
        """Opens a text without saving it, and waits for its findings."""
        self.versions[path] = 1
        document = {"uri": path.as_uri(), "languageId": "res", "version": 1, "text": text}
        self.notify("textDocument/didOpen", textDocument=document)
        return self.findings(path)

    def change(self, path: Path, text: str) -> list[Any]:
        """Replaces a text, and waits for its findings."""
        self.versions[path] += 1
        document = {"uri": path.as_uri(), "version": self.versions[path]}
        self.notify("textDocument/didChange", textDocument=document, contentChanges=[{"text": text}])
        return self.findings(path)

    def close(self, path: Path) -> None:
        self.notify("textDocument/didClose", textDocument={"uri": path.as_uri()})

    def findings(self, path: Path) -> list[Any]:
        """The findings of the newest version."""
        while self.published.get(path.as_uri(), {}).get("version") != self.versions[path]:
            self._next()
        return self.published[path.as_uri()]["diagnostics"]

    def at(self, path: Path, method: str, position: dict[str, int], **more: Any) -> Any:
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, position=position, **more)

    def about(self, path: Path, method: str, **more: Any) -> Any:
        return self.request(f"textDocument/{method}", textDocument={"uri": path.as_uri()}, **more)


@cache
def editor() -> Editor:
    """The one server that the tests share."""
    shared = Editor()
    atexit.register(shared.process.kill)
    shared.start(workspace={"inlayHint": {"refreshSupport": True}})
    return shared


def units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def cursor(marked: str) -> tuple[str, dict[str, int]]:
    """The text without its mark, and where the mark stood as an editor counts."""
    before, after = marked.split(CURSOR)
    return before + after, position(before)


def position(before: str) -> dict[str, int]:
    return {"line": before.count("\n"), "character": units(before.rpartition("\n")[2])}


def everything() -> dict[str, Any]:
    return {"start": {"line": 0, "character": 0}, "end": {"line": 10_000, "character": 0}}


def applied(text: str, edits: list[Any]) -> str:
    """The text after an editor has made the edits."""
    lines = text.split("\n")

    def offset(place: dict[str, int]) -> int:
        line, column = lines[place["line"]] if place["line"] < len(lines) else "", 0
        while units(line[:column]) < place["character"]:
            column += 1
        return sum(len(each) + 1 for each in lines[: place["line"]]) + column

    for edit in sorted(edits, key=lambda each: offset(each["range"]["start"]), reverse=True):
        start, end = offset(edit["range"]["start"]), offset(edit["range"]["end"])
        text = text[:start] + edit["newText"] + text[end:]
    return text
