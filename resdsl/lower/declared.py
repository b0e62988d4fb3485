"""Blocks and shortcuts as they are declared, used or not: their names, whatever values they will get."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.codes import N002
from resdsl.diagnostics import Finding
from resdsl.ir.order import HEAD
from resdsl.ir.shape import Shape
from resdsl.language.words import IN_BLOCKS, IN_SHORTCUTS
from resdsl.lower.bind import bind_call
from resdsl.lower.chain import Chain, check_distinct
from resdsl.lower.evaluate import UNKNOWN, Scope, real
from resdsl.lower.identifiers import check_parameter
from resdsl.lower.inner import declared_block
from resdsl.lower.layers import LayerReader, count_convs
from resdsl.lower.library import Library
from resdsl.lower.mistake import Report, mistake
from resdsl.lower.settings import Settings
from resdsl.syntax import ast


def check_declared(file: ast.File, library: Library) -> Iterator[Finding]:
    """What is wrong with each block and shortcut of `file`, apart from what depends on their arguments."""
    for declaration in file.declarations:
        report = Report()
        if isinstance(declaration, ast.BlockDeclaration):
            names = (*IN_BLOCKS, *_parameters(declaration, library, report))
            _check(declaration.units, names, library, report)
        elif isinstance(declaration, ast.ShortcutDeclaration):
            _check(declaration.layers, IN_SHORTCUTS, library, report)
        yield from report.findings


def _parameters(declaration: ast.BlockDeclaration, library: Library, report: Report) -> Iterable[str]:
    scope = Scope({"in": UNKNOWN}, library.lost)
    for parameter in declaration.parameters:
        name = parameter.name.id
        with report.collecting():
            check_parameter(parameter.name)
            if name in scope.values:
                raise mistake(N002, parameter.span, f"the parameter '{name}' is declared twice", "rename one of them")
            if parameter.default is not None:
                real(parameter.default, scope)
        scope = scope.extended({name: UNKNOWN})
    return scope.values


def _check(statements: tuple[ast.Line | ast.Call, ...], names: Iterable[str], library: Library, report: Report) -> None:
    scope = Scope(dict.fromkeys(names, UNKNOWN), library.lost)
    chain = Chain(Shape(1, 1, 1), broken=True)  # so that nothing is built
    run = LayerReader(Settings(), HEAD, scope, report, chain, count_convs(statements))
    for statement in statements:
        if isinstance(statement, ast.Call):
            with report.collecting():
                bind_call(statement, declared_block(statement, library, scope).parameters, scope)
        else:
            run.read(statement)
    labelled = [line for line in statements if isinstance(line, ast.Statement) and line.label]
    with report.collecting():
        check_distinct((line.label.id, line.span) for line in labelled if line.label)
