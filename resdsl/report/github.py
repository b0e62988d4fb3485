"""Findings as GitHub workflow commands, which show them next to the lines of a pull request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.clean import clean_lines
from resdsl.diagnostics import Finding


def as_github(findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    """One `::error file=…,line=…::message` per finding."""
    return "".join(f"{_command(finding)}\n" for finding in findings)


def _command(finding: Finding) -> str:
    span = finding.span
    values = {"file": span.file, "line": span.line, "endLine": span.end_line, "col": span.column, "title": finding.code}
    if span.line == span.end_line:
        values["endColumn"] = span.end_column
    properties = ",".join(f"{name}={_property(str(value))}" for name, value in values.items())
    return f"::{finding.severity} {properties}::{_message(f'{finding.message} ({finding.help})')}"


def _message(text: str) -> str:
    return clean_lines(text).replace("%", "%25").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
