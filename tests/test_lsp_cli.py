"""`resdsl lsp` as a command."""

from __future__ import annotations

import sys

from click.testing import CliRunner

from resdsl.cli import main


def test_without_pygls_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "pygls", None)
    for name in [name for name in sys.modules if name.startswith(("pygls.", "resdsl.lsp."))]:
        monkeypatch.delitem(sys.modules, name)
    result = CliRunner().invoke(main, ["lsp"], catch_exceptions=False)
    assert result.exit_code == 2
    assert result.stderr == "resdsl: the language server needs pygls: pip install 'pygls>=2'\n"


def test_editors_that_pass_stdio_are_understood():
    assert "--stdio" in CliRunner().invoke(main, ["lsp", "--help"]).stdout
