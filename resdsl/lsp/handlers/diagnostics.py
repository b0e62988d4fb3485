"""Findings as the editor shows them."""

from __future__ import annotations

from lsprotocol import types

from resdsl.codes import N011
from resdsl.diagnostics import Finding, Severity, Span
from resdsl.lsp.world import PRELUDE_PATH, Document, World, file_path
from resdsl.syntax import ast

_SEVERITIES = {Severity.ERROR: types.DiagnosticSeverity.Error, Severity.WARNING: types.DiagnosticSeverity.Warning}


def diagnostics(world: World, document: Document) -> list[types.Diagnostic]:
    """Every finding; one in a used file stands at the `use` that leads there."""
    if document.path == PRELUDE_PATH:
        return []  # it is always there already, so that all its names would be declared twice
    return [diagnostic(world, document, finding) for finding in document.checked.findings]


def diagnostic(world: World, document: Document, finding: Finding) -> types.Diagnostic:
    """One finding."""
    here = finding.span.file == document.name
    return types.Diagnostic(
        document.text.range(finding.span if here else _use(document, finding.span)),
        "\n".join(filter(None, (finding.message, f"help: {finding.help}", finding.details))),
        severity=_SEVERITIES[finding.severity],
        code=finding.code.id,
        source="resdsl",
        tags=[types.DiagnosticTag.Unnecessary] if finding.code == N011 else None,
        related_information=None if here else [_elsewhere(world, finding)],
    )


def _use(document: Document, foreign: Span) -> Span:
    """The `use` of the file that `foreign` lies in, or else the first."""
    uses = [declaration for declaration in document.tree.declarations if isinstance(declaration, ast.Use)]
    used = [use for use in uses if document.used(use) == file_path(foreign.file)]
    return next((use.span for use in (*used, *uses)), Span(document.name, 1, 1, 1, 2))


def _elsewhere(world: World, finding: Finding) -> types.DiagnosticRelatedInformation:
    return types.DiagnosticRelatedInformation(world.location(finding.span), finding.label or finding.message)
