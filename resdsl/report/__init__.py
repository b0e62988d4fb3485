"""Findings written out: for people, and for the tools that show findings to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module

from resdsl.diagnostics import Finding

FORMATS = ("text", "json", "sarif", "github")


def written(format: str, findings: Sequence[Finding], sources: Mapping[str, str]) -> str:
    """The findings in one of FORMATS, each of which has a module of its own."""
    text: str = getattr(import_module(f"resdsl.report.{format}"), f"as_{format}")(findings, sources)
    return text
