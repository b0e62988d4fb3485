"""The language server among bad neighbours: pipes and huge files that are used, comments with pictures, broken messages."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from editor import Editor

TEXT = """\
# Two [click](command:workbench.action.terminal.new) ![x](http://127.0.0.1:9/t.png) <img src=http://127.0.0.1:9/t.png> ``` **b**
block evil(f, g = 2) { conv 3x3, f, /stride }
network n {
  title "**t** ![x](http://127.0.0.1:9/x.png)"
  input 3x32x32
  stem { conv 3x3, 16 }
  stage layer1 "[x](command:foo) | a ` b": 1 x evil(16)
  head { avgpool; linear 10 }
}
# ![deep](http://127.0.0.1:9/m.png)
network m = n() { title "```" }
"""
USER = 'use "{}"\nnetwork n {{ input 3x8x8; stem {{ conv 3x3, 8 }}; head {{ avgpool; linear 2 }} }}\n'
LIVE = re.compile(r"(?<!\\)(!\[|\]\(|<img|\*\*|`(?!``res|``$))", re.MULTILINE)


@pytest.fixture
def own() -> Editor:
    editor = Editor()
    editor.start()
    yield editor
    editor.process.kill()


@pytest.mark.parametrize("kind", ["pipe", "folder", "huge", "device", "loop"])
def test_what_a_file_uses_does_no_harm(own: Editor, tmp_path: Path, kind: str) -> None:
    (tmp_path / "pyproject.toml").touch()
    used = tmp_path / "f.res"
    if kind == "pipe":
        os.mkfifo(used)
    elif kind == "folder":
        used.mkdir()
    elif kind == "huge":
        with used.open("wb") as file:
            file.truncate(3 << 30)
    elif kind == "device":
        used.symlink_to("/dev/zero")
    else:
        used.symlink_to(used)
    found = own.open(tmp_path / "a.res", USER.format("f.res"))
    assert [finding["code"] for finding in found] in (["N006"], ["S008"])
    own.request(
        "textDocument/definition",
        textDocument={"uri": (tmp_path / "a.res").as_uri()},
        position={"line": 0, "character": 7},
    )
    status = Path(f"/proc/{own.process.pid}/status")
    if status.exists():
        assert int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1]) < 500_000


def texts(answer: object) -> list[str]:
    """All Markdown in an answer."""
    if isinstance(answer, dict):
        if answer.get("kind") == "markdown":
            return [answer["value"]]
        return [text for value in answer.values() for text in texts(value)]
    return [text for value in answer for text in texts(value)] if isinstance(answer, list) else []


def test_a_comment_is_no_live_markdown(own: Editor, tmp_path: Path) -> None:
    path = tmp_path / "hov.res"
    own.open(path, TEXT)
    shown = []
    for number, line in enumerate(TEXT.split("\n")):
        for match in re.finditer(r"\w+", line):
            place = {
                "textDocument": {"uri": path.as_uri()},
                "position": {"line": number, "character": match.start() + 1},
            }
            shown += texts(own.request("textDocument/hover", **place))
            shown += texts(own.request("textDocument/completion", **place))
    assert any("Two" in text for text in shown)
    assert any("deep" in text for text in shown)
    for text in shown:
        if "127.0.0.1" in text or "command:" in text:
            assert not LIVE.search(text.partition("\n```\n")[2]), text


BROKEN = {
    "no method's parameters": ({"jsonrpc": "2.0", "id": 7, "method": "textDocument/hover", "params": {"what": 1}}, 7),
    "parameters of another kind": ({"jsonrpc": "2.0", "id": 8, "method": "textDocument/hover", "params": [1]}, 8),
    "no parameters": ({"jsonrpc": "2.0", "id": 9, "method": "textDocument/completion"}, 9),
    "a negative line": (
        {"jsonrpc": "2.0", "id": 10, "method": "textDocument/hover",
         "params": {"textDocument": {"uri": 5}, "position": {"line": "x", "character": []}}}, 10,
    ),
    "no such method": ({"jsonrpc": "2.0", "id": "a", "method": "no/such"}, "a"),
    "no version": ({"id": 11, "method": "shutdown"}, 11),
    "another version": ({"jsonrpc": "1.0", "id": 12, "method": "shutdown"}, 12),
    "a list": ([1, 2], None),
    "a number": (3, None),
}  # fmt: skip


def send(editor: Editor, body: bytes) -> None:
    editor.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
    editor.process.stdin.flush()


def answer(editor: Editor) -> dict:
    while "error" not in (message := editor._next()):
        assert "result" not in message
    return message


@pytest.mark.parametrize("case", BROKEN)
def test_a_malformed_request_is_answered(own: Editor, case: str) -> None:
    message, number = BROKEN[case]
    send(own, json.dumps(message).encode())
    found = answer(own)
    assert found.get("id") == number
    assert found["error"]["code"] < 0
    own.request(
        "textDocument/formatting", textDocument={"uri": "file:///x.res"}, options={"tabSize": 2, "insertSpaces": True}
    )


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[" * 100_000, b"nothing"])
def test_what_is_no_json_is_answered(own: Editor, body: bytes) -> None:
    send(own, body)
    assert answer(own)["error"]["code"] == -32700
    own.request(
        "textDocument/formatting", textDocument={"uri": "file:///x.res"}, options={"tabSize": 2, "insertSpaces": True}
    )


def test_a_malformed_notification_gets_no_answer(own: Editor, tmp_path: Path) -> None:
    send(own, json.dumps({"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"x": 1}}).encode())
    assert own.open(tmp_path / "a.res", TEXT) == []


def test_after_shutdown_each_request_is_refused(own: Editor) -> None:
    own.request("shutdown")
    send(own, json.dumps({"jsonrpc": "2.0", "id": 99, "method": "textDocument/hover", "params": {}}).encode())
    assert answer(own)["id"] == 99


@pytest.mark.parametrize(("asked", "status"), [(True, 0), (False, 1)])
def test_exit_tells_whether_it_was_announced(own: Editor, asked: bool, status: int) -> None:
    if asked:
        own.request("shutdown")
    own.notify("exit")
    assert own.process.wait(10) == status
