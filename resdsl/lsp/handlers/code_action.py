"""Quick fixes: what a finding proposes, and an `allow` for a design rule."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lsprotocol import types

from resdsl.checking.rules import RULES
from resdsl.diagnostics import Finding, Fix, Span
from resdsl.ir.network import Stage
from resdsl.lsp.declarations import text_of
from resdsl.lsp.handlers.diagnostics import diagnostic
from resdsl.lsp.world import Document, World
from resdsl.syntax import ast


class Remedy(NamedTuple):
    """One way to mend a finding."""

    title: str
    fix: Fix


OPTIONS = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])


def code_action(world: World, params: types.CodeActionParams) -> list[types.CodeAction]:
    """What can be done about the findings that touch the chosen lines."""
    document, chosen = world.document(params.text_document), params.range
    if document is None:
        return []
    return [
        _action(world, document, finding, remedy)
        for finding in document.checked.findings
        if finding.span.file == document.name and _touch(document.text.range(finding.span), chosen)
        for remedy in _remedies(document, finding)
    ]


def _touch(one: types.Range, other: types.Range) -> bool:
    return one.start <= other.end and other.start <= one.end


def _remedies(document: Document, finding: Finding) -> Iterator[Remedy]:
    if finding.fix:
        old, new = text_of(document, finding.fix.span), finding.fix.text
        yield Remedy(f"Change '{old}' to '{new}'" if old else f"Insert '{new.strip()}'", finding.fix)
    for declaration, stage in _at_fault(document, finding):
        for member in declaration.members:
            if isinstance(member, ast.Stage) and stage and member.span == stage.span:
                yield Remedy(f"Allow {finding.code} in stage {stage.name}", _allow(document, finding, member))
        yield Remedy(f"Allow {finding.code} in {declaration.name.id}", _allow(document, finding, declaration))


def _at_fault(document: Document, finding: Finding) -> Iterator[tuple[ast.NetworkDeclaration, Stage | None]]:
    """The first network in which a rule found this, and the stage that may answer for it."""
    for declaration in document.checked.library.own:
        network = document.checked.networks.get(declaration.name.id)
        for rule in RULES if network else ():
            if network and rule.code == finding.code and rule.allowable:
                stages = [stage for stage, found in rule.check(network) if found == finding]
                if stages:
                    yield declaration, stages[0]
                    return


def _allow(document: Document, finding: Finding, where: ast.Stage | ast.NetworkDeclaration) -> Fix:
    """An `allow` in the braces of a stage or network. Its reason is left empty, so that the checker asks for one."""
    statement = f'allow {finding.code.id} ""'
    if where.braces is None:
        end = where.span
        return Fix(end._replace(line=end.end_line, column=end.end_column), f" {{ {statement} }}")
    start = where.braces
    inside = Span(start.file, start.line, start.column + 1, start.line, start.column + 1)
    if start.line == start.end_line:
        return Fix(inside, f" {statement};")
    line = document.text.line(where.span.line)
    indent = line[: len(line) - len(line.lstrip())]
    return Fix(inside, f"\n{indent}  {statement}")


def _action(world: World, document: Document, finding: Finding, remedy: Remedy) -> types.CodeAction:
    place = world.location(remedy.fix.span)
    return types.CodeAction(
        remedy.title,
        types.CodeActionKind.QuickFix,
        diagnostics=[diagnostic(world, document, finding)],
        is_preferred=remedy.fix == finding.fix,
        edit=types.WorkspaceEdit(changes={place.uri: [types.TextEdit(place.range, remedy.fix.text)]}),
    )
