"""Every file in tests/conformance earns exactly the findings that are written below its lines.

    stage layer1: 3 x basc(16)
    #! N001 unknown-name `basc`: unknown block 'basc'; did you mean 'basic'? (fix: `basic`)

A marker names the code, the marked text, the message, the help and the fix; of design rules, which have tests of their
own, the code and the marked text alone. Files in folders are there to be used by others.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.checking.checker import check_file
from resdsl.codes import CODES
from resdsl.diagnostics import Finding
from resdsl.specs import files_below

FOLDER = Path(__file__).parent / "conformance"
CASES = sorted(FOLDER.glob("*.res"))
# Raised elsewhere: what cannot be written down as a text, and what depends on the call.
ELSEWHERE = {"S006", "N008"}
assert CASES


def expected(path: Path) -> list[tuple[int, str]]:
    """The markers of a file, each with the number of the line above it."""
    found, above = [], 1
    for number, line in enumerate(path.read_text("utf-8").split("\n"), start=1):
        if line.startswith("#! "):
            found.append((above, line))
        else:
            above = number
    return found


def marker(finding: Finding, path: Path) -> str:
    span = finding.span
    line = path.read_text("utf-8").split("\n")[span.line - 1]
    marked = line[span.column - 1 : span.end_column - 1 if span.end_line == span.line else None]
    text = f"#! {finding.code} `{marked}`"
    if finding.code not in CODES:
        return text
    fix = f" (fix: `{finding.fix.text}`)" if finding.fix else ""
    return f"{text}: {finding.message}; {finding.help}{fix}"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_findings_are_those_below_the_lines(case: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    checked = check_file(Path(case.name), case.name)
    for name in checked.sources:
        if not name.startswith("<"):
            path = FOLDER / name
            found = [(f.span.line, marker(f, path)) for f in checked.findings if f.span.file == name]
            assert found == expected(path), name


def test_every_code_has_a_case() -> None:
    shown = {line.split()[1] for path in files_below(FOLDER) for _, line in expected(path)}
    assert {code.id for code in CODES} - ELSEWHERE <= shown


def test_findings_say_what_to_do() -> None:
    for path in files_below(FOLDER):
        for _, line in expected(path):
            if ":" in line and line[3] in "SNG":
                message, _, help = line.partition("`: ")[2].partition("; ")
                assert message and help and not message.endswith("."), line
