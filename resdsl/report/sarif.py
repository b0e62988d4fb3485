"""Findings as SARIF 2.1.0, for code-scanning services."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from resdsl.clean import clean_json
from resdsl.diagnostics import Code, Finding, Fix, Span
from resdsl.version import __version__

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    """One run of the tool `resdsl`, with the rules that it found broken."""
    codes = sorted({finding.code for finding in findings}, key=lambda code: code.id)
    driver = {"name": "resdsl", "version": __version__, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in findings],
    }
    return clean_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.id,
        "name": code.slug,
        "shortDescription": {"text": code.explanation.split("\n")[0]},
        "fullDescription": {"text": code.explanation},
        "defaultConfiguration": {"level": str(code.severity)},
    }


def _result(finding: Finding, rule: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.code.id,
        "ruleIndex": rule,
        "level": str(finding.severity),
        "message": {"text": f"{finding.message}; {finding.help}"},
        "locations": [
            {"physicalLocation": {"artifactLocation": _artifact(finding.span), "region": _region(finding.span)}}
        ],
    }
    if finding.fix:
        result["fixes"] = [_fix(finding.fix, finding.help)]
    return result


def _fix(fix: Fix, help: str) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.text}}
    change = {"artifactLocation": _artifact(fix.span), "replacements": [replacement]}
    return {"description": {"text": help}, "artifactChanges": [change]}


def _artifact(span: Span) -> dict[str, Any]:
    path = Path(span.file)
    return {"uri": path.as_uri() if path.is_absolute() else quote(path.as_posix())}


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }
