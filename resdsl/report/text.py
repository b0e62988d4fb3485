"""Findings for people: the place, the line with the marked text, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.diagnostics import Finding, Severity

_COLOURS = {"error": "\x1b[1;31m", "warning": "\x1b[1;33m", "blue": "\x1b[1;34m", "bold": "\x1b[1m"}
_WIDTH = 160


def as_text(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool = False) -> str:
    """All findings, one below another, and a line that counts them."""
    if not findings:
        return ""
    blocks = [_finding(finding, sources, colour) for finding in findings]
    return "\n\n".join([*blocks, summary(findings)]) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counts.items() if count)


def _finding(finding: Finding, sources: Mapping[str, str], colour: bool) -> str:
    def paint(text: str, kind: str) -> str:
        return f"{_COLOURS[kind]}{text}\x1b[0m" if colour and text else text

    severity = str(finding.severity)
    margin = " " * len(str(finding.span.line))
    bar = paint("|", "blue")
    lines = [
        paint(f"{severity}[{finding.code}]", severity) + paint(f": {finding.message}", "bold"),
        f"{margin}{paint('-->', 'blue')} {finding.span}",
    ]
    excerpt = _excerpt(finding, sources)
    if excerpt:
        text, before, carets = excerpt
        label = f" {finding.label}" if finding.label else ""
        lines += [
            f"{margin} {bar}",
            f"{paint(str(finding.span.line), 'blue')} {bar} {text}",
            f"{margin} {bar} {before}{paint(carets + label, severity)}",
        ]
    lines.append(f"{margin} {paint('=', 'blue')} help: {finding.help}")
    lines += [f"{margin}   {line}" for line in finding.details.splitlines()]
    return "\n".join(lines)


def _excerpt(finding: Finding, sources: Mapping[str, str]) -> tuple[str, str, str] | None:
    """The line, what stands before the carets, and the carets; a long line is cut around the place."""
    lines = sources.get(finding.span.file, "").removeprefix("\ufeff").split("\n")
    if finding.span.line > len(lines):
        return None
    line = lines[finding.span.line - 1].rstrip("\r")
    start = finding.span.column - 1
    cut = max(0, start - _WIDTH // 2)
    shown = "".join(c if c.isprintable() or c == "\t" else "\ufffd" for c in line[cut : cut + _WIDTH])
    before = "".join("\t" if character == "\t" else " " for character in shown[: start - cut])
    length = finding.span.length if finding.span.line == finding.span.end_line else len(line) - start
    return shown, before, "^" * max(1, min(length, len(shown) - (start - cut)))
