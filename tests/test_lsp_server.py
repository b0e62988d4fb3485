"""The server's life, and findings as someone types."""

from __future__ import annotations

from unittest.mock import ANY

import pytest
from editor import Editor, editor, everything, units

NETWORK = """network tiny(n = 2) {
  input 3x8x8
  shortcut projection
  stem { conv 3x3, 4 }
  stage layer1: n x basic(4)
  head { avgpool; linear 10 }
}
"""

# What is typed in place of which part of NETWORK, and the codes that it earns.
TYPED = {
    "nothing wrong": ("", "", []),
    "unknown block": ("basic", "basik", ["N001"]),
    "open bracket": ("basic(4)", "basic(4", ["S003"]),
    "open brace": ("stem { conv 3x3, 4 }", "stem { conv 3x3, 4", ["S003"]),
    "half a word": ("stage layer1: n x basic(4)", "sta", ["N001"]),
    "a rule": ("head", "stage layer2: n x basic(8)\n  head", ["D001"]),
    "everything gone": (NETWORK, "", ["S007"]),
}


REFRESH = {"jsonrpc": "2.0", "method": "workspace/inlayHint/refresh"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a.res"
    yield path
    if path in editor().versions:
        editor().close(path)


def test_a_session_from_start_to_exit(file):
    own = Editor()
    capabilities = own.start()
    assert capabilities["textDocumentSync"]["change"] == 1
    for provider in (
        "hover",
        "completion",
        "definition",
        "references",
        "rename",
        "documentSymbol",
        "inlayHint",
        "codeAction",
    ):
        assert capabilities[f"{provider}Provider"], provider
    assert own.open(file, NETWORK) == []
    assert own.request("shutdown") is None
    own.notify("exit")
    assert own.process.wait(10) == 0


@pytest.mark.parametrize("case", TYPED)
def test_findings_follow_the_unsaved_text(file, case):
    old, new, codes = TYPED[case]
    editor().open(file, NETWORK)
    found = editor().change(file, NETWORK.replace(old, new, 1))
    assert [finding["code"] for finding in found] == codes
    assert all(finding["source"] == "resdsl" and "help: " in finding["message"] for finding in found)
    assert editor().change(file, NETWORK) == []


def test_columns_are_counted_as_the_editor_counts(file):
    text = NETWORK.replace("input", 'title "🦊 é 漢"; basik; input').replace("stem {", "stem { /* 🦊 */")
    line = 'network tiny { title "🦊🦊"; order prre }'
    found = editor().open(file, f"# 🦊\n{line}\n")
    misspelt = next(finding for finding in found if finding["code"] == "N001")
    start = units(line[: line.index("prre")])
    assert misspelt["range"] == {"start": {"line": 1, "character": start}, "end": {"line": 1, "character": start + 4}}
    assert editor().change(file, text)


def test_an_editor_may_count_in_other_units(file):
    own = Editor()
    capabilities = own.start(general={"positionEncodings": ["utf-8"]})
    assert capabilities["positionEncoding"] == "utf-8"
    line = 'network tiny { title "🦊é"; order prre }'
    found = own.open(file, line)
    misspelt = next(finding for finding in found if finding["code"] == "N001")
    assert misspelt["range"]["start"]["character"] == len(line[: line.index("prre")].encode())
    own.process.kill()


def test_a_used_file_is_read_from_its_buffer(tmp_path):
    used, user = tmp_path / "used.res", tmp_path / "user.res"
    used.write_text(NETWORK)
    assert editor().open(user, 'use "used.res"\nnetwork mine = tiny(n = 3)\n') == []
    assert editor().open(used, NETWORK) == []
    editor().change(used, NETWORK.replace("tiny", "small"))
    editor().request("textDocument/documentSymbol", textDocument={"uri": user.as_uri()})
    while not editor().published[user.as_uri()]["diagnostics"]:
        editor()._next()
    (finding,) = editor().published[user.as_uri()]["diagnostics"]
    assert "tiny" in finding["message"]
    while editor().messages[-1:] != [{**REFRESH, "id": ANY}]:
        editor()._next()
    editor().close(used)
    while editor().published[user.as_uri()]["diagnostics"]:
        editor()._next()
    editor().close(user)


def test_a_finding_in_a_used_file_stands_at_its_use_and_says_where_it_is(tmp_path):
    used, user = tmp_path / "used.res", tmp_path / "user.res"
    used.write_text(NETWORK.replace("head {", "stage layer2: n x basic(8)\n  head {"))
    (finding,) = editor().open(user, '# mine\nuse "used.res"\nnetwork mine = tiny(n = 3)\n')
    assert finding["range"]["start"] == {"line": 1, "character": 0}
    (place,) = finding["relatedInformation"]
    assert place["location"]["uri"] == used.as_uri()
    assert place["location"]["range"]["start"]["line"] == 5
    editor().close(user)


def test_a_saved_change_of_a_used_file_is_noticed(tmp_path):
    used, user = tmp_path / "used.res", tmp_path / "user.res"
    assert editor().open(user, 'use "used.res"\nnetwork mine = tiny(n = 3)\n')[0]["code"] == "N006"
    used.write_text(NETWORK)
    editor().notify("workspace/didChangeWatchedFiles", changes=[{"uri": used.as_uri(), "type": 1}])
    while editor().published[user.as_uri()]["diagnostics"]:
        editor()._next()
    editor().close(user)


def test_a_text_that_was_never_saved_is_checked_too():
    own = editor()
    uri = "untitled:Untitled-1"
    own.notify(
        "textDocument/didOpen", textDocument={"uri": uri, "languageId": "res", "version": 1, "text": "netwrk a {}"}
    )
    while uri not in own.published:
        own._next()
    assert own.published[uri]["diagnostics"][0]["code"] == "S001"
    own.notify("textDocument/didClose", textDocument={"uri": uri})


def test_every_half_of_a_text_gets_an_answer_to_every_question(file):
    """Typing from the first key to the last, and a few texts that are no text."""
    own = editor()
    texts = [NETWORK[:end] for end in range(0, len(NETWORK), 7)]
    texts += [
        "{" * 200,
        '"',
        "\ud800",
        "\ufeff" + NETWORK,
        "\r\n".join(NETWORK.split("\n")),
        "network a = a\n",
        'use "a.res"',
    ]
    own.open(file, "")
    seen = len(own.messages)
    for text in texts:
        own.change(file, text)
        end = {"line": text.count("\n"), "character": len(text.rpartition("\n")[2])}
        for method in ("hover", "completion", "definition", "references"):
            own.at(file, method, end, context={"includeDeclaration": True, "triggerKind": 1})
        own.about(file, "inlayHint", range=everything())
        own.about(file, "documentSymbol")
        own.about(file, "codeAction", range=everything(), context={"diagnostics": []})
    assert own.messages[seen:] == []
    assert own.process.poll() is None
