"""Findings as JSON: a list of objects, stable for tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from resdsl.clean import clean_json
from resdsl.diagnostics import Finding, Span


def as_json(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    """`[{"code", "slug", "severity", "message", "help", "file", "line", "column", "end_line", "end_column", "fix"}]`."""
    return clean_json([_object(finding) for finding in findings])


def _object(finding: Finding) -> dict[str, Any]:
    fix = finding.fix
    return {
        "code": finding.code.id,
        "slug": finding.code.slug,
        "severity": str(finding.severity),
        "message": finding.message,
        "help": finding.help,
        **_place(finding.span),
        "length": finding.span.length,
        "fix": {**_place(fix.span), "text": fix.text} if fix else None,
    }


def _place(span: Span) -> dict[str, Any]:
    return dict(zip(Span._fields, span, strict=True))
