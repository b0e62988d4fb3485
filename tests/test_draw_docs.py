"""docs/diagrams.md: its commands run, and its pictures are there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from resdsl.cli import main

PAGE = Path(__file__).parent.parent / "docs" / "diagrams.md"
TEXT = PAGE.read_text("utf-8")
COMMANDS = re.findall(r"^resdsl (draw .+)$", TEXT, re.MULTILINE)
SNIPPETS = re.findall(r"^```python\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_commands_run(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, shlex.split(command))
    assert done.exit_code == 0, done.stderr
    assert (tmp_path / shlex.split(command)[-1]).stat().st_size > 1000


def test_the_snippets_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert SNIPPETS
    for snippet in SNIPPETS:
        exec(snippet, {})


def test_the_page_has_commands_and_its_pictures_exist() -> None:
    assert len(COMMANDS) > 5
    for picture in re.findall(r"!\[[^]]*\]\(([^)]+)\)", TEXT):
        assert (PAGE.parent / picture).stat().st_size < 300_000
