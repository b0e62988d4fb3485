"""Findings for people: the place, the line with the marked text, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.clean import clean
from resdsl.diagnostics import Finding, Severity

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "blue": "\x1b[1;34m", "bold": "\x1b[1m"}
_WIDTH = 160


def as_text(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool = False) -> str:
    """All findings, one below another, and a line that counts them."""
    if not findings:
        return ""
    lines = {name: text.removeprefix("\ufeff").split("\n") for name, text in sources.items()}
    blocks = [_finding(finding, lines.get(finding.span.file, []), colour) for finding in findings]
    return "\n\n".join([*blocks, summary(findings)]) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counts.items() if count)


def _finding(finding: Finding, source: Sequence[str], colour: bool) -> str:
    def paint(text: str, kind: str) -> str:
        return f"{_COLOURS[kind]}{text}\x1b[0m" if colour and text else text

    severity = str(finding.severity)
    margin = " " * len(str(finding.span.line))
    bar = paint("|", "blue")
    lines = [
        paint(f"{severity}[{finding.code}]", severity) + paint(f": {clean(finding.message)}", "bold"),
        f"{margin}{paint('-->', 'blue')} {clean(str(finding.span))}",
    ]
    if finding.span.line <= len(source):
        text, before, carets = _excerpt(finding, source[finding.span.line - 1].rstrip("\r"))
        label = f" {clean(finding.label)}" if finding.label else ""
        lines += [
            f"{margin} {bar}",
            f"{paint(str(finding.span.line), 'blue')} {bar} {text}",
            f"{margin} {bar} {before}{paint(carets + label, severity)}",
        ]
    lines.append(f"{margin} {paint('=', 'blue')} help: {clean(finding.help)}")
    lines += [f"{margin}   {clean(line)}" for line in finding.details.splitlines()]
    return "\n".join(lines)


def _excerpt(finding: Finding, line: str) -> tuple[str, str, str]:
    """The line, what stands before the carets, and the carets; a long line is cut around the place."""
    start = finding.span.column - 1
    end = finding.span.end_column - 1 if finding.span.line == finding.span.end_line else len(line)
    cut = max(0, start - _WIDTH // 2)
    before, marked = line[cut:start], line[start : min(end, cut + _WIDTH)]
    blanks = "".join("\t" if character == "\t" else " " * _columns(character) for character in before)
    return _plain(line[cut : cut + _WIDTH]), blanks, "^" * max(1, sum(map(_columns, marked)))


def _plain(text: str) -> str:
    """`text` without what would command a terminal, and as wide as it was."""
    return "".join(character if character.isprintable() or character == "\t" else "\ufffd" for character in text)


def _columns(character: str) -> int:
    """How wide a terminal shows `character`."""
    if character.isascii():
        return 1
    from unicodedata import combining, east_asian_width  # noqa: PLC0415  # seldom needed

    return 0 if combining(character) else 2 if east_asian_width(character) in "WF" else 1
