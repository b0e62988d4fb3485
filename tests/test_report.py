"""Findings written out as text, JSON, SARIF and GitHub annotations."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from pydantic_sarif.model import StaticAnalysisResultsFormatSarifVersion210JsonSchema as SarifLog

from resdsl.cli import main
from resdsl.codes import N001, S005
from resdsl.diagnostics import Finding, Fix, Severity, Span
from resdsl.report import FORMATS, written
from resdsl.report.text import as_text, summary

SPEC = """network a {
  input 3x32x32
  ordr pre
  stem { conv 3x3, 16 }
  stage layer1: 3 x basic(16) { allow D001 "not needed" }
}
network b { input 3x32x32; stem { conv 3x3, 16 }; allow D001 "not needed" }
"""
TEXT = """error[N001 unknown-name]: unknown setting 'ordr'
 --> a.res:3:3
  |
3 |   ordr pre
  |   ^^^^
  = help: did you mean 'order'?

warning[N011 unused-allow]: allow D001 suppresses nothing
 --> a.res:7:51
  |
7 | network b { input 3x32x32; stem { conv 3x3, 16 }; allow D001 "not needed" }
  |                                                   ^^^^^^^^^^^^^^^^^^^^^^^
  = help: remove it

1 error, 1 warning
"""


@pytest.fixture(autouse=True)
def _spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.res").write_text(SPEC)


def check(*arguments: str) -> str:
    result = CliRunner().invoke(main, ["check", "a.res", *arguments])
    assert result.exit_code == 1
    return result.output


def finding(text: str, marked: str, file: str = "a.res") -> tuple[Finding, dict[str, str]]:
    before = text[: text.index(marked)]
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    return Finding(N001, Span(file, line, column, line, column + len(marked)), "found", "do"), {file: text}


def test_text() -> None:
    assert check() == TEXT


def test_text_without_findings() -> None:
    Path("a.res").write_text(
        SPEC.replace("ordr", "order").replace(' { allow D001 "not needed" }', "").split("network b")[0]
    )
    result = CliRunner().invoke(main, ["check", "a.res"])
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "a.res: nothing to complain about\n")


@pytest.mark.parametrize(
    ("text", "marked", "carets"),
    [
        ("\tab cd", "cd", "\t   ^^"),
        ("日本 cd", "cd", "     ^^"),
        ('title "日本" x', '"日本"', "      ^^^^^^"),
        ("ab", "ab", "^^"),
    ],
)
def test_carets_stand_under_the_marked_text(text: str, marked: str, carets: str) -> None:
    lines = as_text(*_one(text, marked)).splitlines()
    assert lines[4] == f"  | {carets}"


def _one(text: str, marked: str) -> tuple[list[Finding], dict[str, str]]:
    found, sources = finding(text, marked)
    return [found], sources


def test_a_long_line_is_cut_around_the_place() -> None:
    text = "x" * 5000 + "MARK" + "y" * 5000
    lines = as_text(*_one(text, "MARK")).splitlines()
    assert len(lines[3]) < 200
    assert lines[3][lines[4].index("^") :].startswith("MARK")


def test_nothing_commands_the_terminal() -> None:
    found, sources = finding("a \x1b[31m b", "b", "\x1b[2J.res")
    shown = as_text([Finding(N001, found.span, "\x1b[1mfound", "\x07do", "\x9b")], sources)
    assert "\x1b" not in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown


def test_a_place_after_the_text_has_no_excerpt() -> None:
    assert "^" not in as_text([Finding(S005, Span("a.res", 9, 1, 9, 2), "found", "do")], {"a.res": "one line"})


def test_summary_counts() -> None:
    found, _ = finding("ab", "a")
    assert summary([found, found]) == "2 errors"


def run_on_terminal(**environment: str) -> str:
    """What `resdsl check` writes to a standard error that is a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from resdsl.cli import main; main()", "check", "a.res"]
    with os.fdopen(ours, "rb", closefd=True) as screen:
        subprocess.run(command, stderr=theirs, env={**os.environ, **environment}, check=False)
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(screen.fileno(), 4096):
                shown += chunk
        except OSError:  # the terminal's way to say that this was all
            pass
    return shown.decode().replace("\r\n", "\n")


def test_colour_on_a_terminal_alone() -> None:
    shown = run_on_terminal(NO_COLOR="")
    assert "\x1b[1;31merror" in shown
    assert re.sub(r"\x1b\[[\d;]*m", "", shown) == TEXT
    assert run_on_terminal(NO_COLOR="1") == TEXT
    assert check() == TEXT


def test_json() -> None:
    first, second = json.loads(check("--format", "json"))
    assert first == {
        "code": "N001",
        "slug": "unknown-name",
        "severity": "error",
        "message": "unknown setting 'ordr'",
        "help": "did you mean 'order'?",
        "file": "a.res",
        "line": 3,
        "column": 3,
        "end_line": 3,
        "end_column": 7,
        "length": 4,
        "fix": {"file": "a.res", "line": 3, "column": 3, "end_line": 3, "end_column": 7, "text": "order"},
    }
    assert second["severity"] == "warning"
    assert second["fix"] is None


def test_sarif_follows_its_schema() -> None:
    text = check("--format", "sarif")
    SarifLog.model_validate_json(text)
    log: dict[str, Any] = json.loads(text)
    run = log["runs"][0]
    assert log["version"] == "2.1.0"
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["N001", "N011"]
    assert [(result["ruleId"], result["ruleIndex"], result["level"]) for result in run["results"]] == [
        ("N001", 0, "error"),
        ("N011", 1, "warning"),
    ]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place == {
        "artifactLocation": {"uri": "a.res"},
        "region": {"startLine": 3, "startColumn": 3, "endLine": 3, "endColumn": 7},
    }
    assert run["results"][0]["fixes"][0]["artifactChanges"][0]["replacements"][0]["insertedContent"]["text"] == "order"


@pytest.mark.parametrize("file", ["a b/ö.res", "/tmp/a b.res", "<standard input>"])
def test_sarif_names_files_as_uris(file: str) -> None:
    found, sources = finding("ab", "ab", file)
    text = written("sarif", [Finding(N001, found.span, "found", "do", fix=Fix(found.span, ""))], sources)
    SarifLog.model_validate_json(text)
    uri = json.loads(text)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert re.fullmatch(r"(file://)?[\w/.%-]+", uri, re.ASCII)


def test_sarif_without_findings() -> None:
    SarifLog.model_validate_json(written("sarif", [], {}))


def test_github() -> None:
    assert check("--format", "github") == (
        "::error file=a.res,line=3,endLine=3,col=3,title=N001 unknown-name,endColumn=7::"
        "unknown setting 'ordr' (did you mean 'order'?)\n"
        "::warning file=a.res,line=7,endLine=7,col=51,title=N011 unused-allow,endColumn=74::"
        "allow D001 suppresses nothing (remove it)\n"
    )


def test_github_escapes_what_would_end_a_property() -> None:
    span = Span("a,b:c%.res", 1, 1, 1, 2)
    line = written("github", [Finding(N001, span, "50%\nof", "it")], {})
    assert line.startswith("::error file=a%2Cb%3Ac%25.res,")
    assert line.endswith("::50%25%0Aof (it)\n")


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_takes_every_severity(format: str) -> None:
    found, sources = finding("ab", "ab")
    assert {severity.value for severity in Severity} == {"error", "warning"}
    assert written(format, [found], sources)
