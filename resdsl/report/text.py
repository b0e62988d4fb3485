"""Findings for people: the place, the line with the marked text, and the remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.diagnostics import Finding, Severity, with_lines


def as_text(findings: Sequence[Finding], sources: Mapping[str, str], colour: bool = False) -> str:
    """All findings, one below another, and a line that counts them."""
    if not findings:
        return ""
    blocks = [finding.text(colour) for finding in with_lines(findings, sources)]
    return "\n\n".join([*blocks, summary(findings)]) + "\n"


def summary(findings: Sequence[Finding]) -> str:
    """`2 errors, 1 warning`."""
    counts = {severity: sum(finding.severity is severity for finding in findings) for severity in Severity}
    return ", ".join(f"{count} {severity}{'s' * (count > 1)}" for severity, count in counts.items() if count)
