"""Findings written out: for people, and for the tools that show findings to people."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from resdsl.diagnostics import Finding
from resdsl.report.github import as_github
from resdsl.report.json import as_json
from resdsl.report.sarif import as_sarif
from resdsl.report.text import as_text

Sources = Mapping[str, str]
FORMATS: dict[str, Callable[[Sequence[Finding], Sources], str]] = {
    "text": as_text,
    "json": as_json,
    "sarif": as_sarif,
    "github": as_github,
}
