"""Every name in a file, and the declaration that it means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from resdsl.diagnostics import Span
from resdsl.language.words import CHOICES, LAYERS, SETTINGS, TAKING
from resdsl.lower.library import Library
from resdsl.lsp.positions import Place, within
from resdsl.lsp.world import Document, file_path
from resdsl.syntax import ast
from resdsl.word import Word

Kind = Literal["block", "shortcut", "network", "study", "run", "stage", "parameter"]
_STATEMENTS = {**SETTINGS, **LAYERS}  # those that have arguments by name


class Symbol(NamedTuple):
    """Something declared, and where: two names mean the same if their symbols are equal."""

    kind: Kind
    name: str
    place: Span


class Occurrence(NamedTuple):
    """A name in the text."""

    symbol: Symbol
    span: Span


Parameters = Mapping[str, Symbol]


def occurrence_at(document: Document, place: Place) -> Occurrence | None:
    """The name under the cursor."""
    return next((found for found in occurrences(document) if within(place, found.span)), None)


def occurrences(document: Document) -> Iterator[Occurrence]:
    """The names of a whole file."""
    names = _Names(document.checked.library)
    for declaration in document.tree.declarations:
        match declaration:
            case ast.BlockDeclaration():
                yield from names.block(declaration)
            case ast.ShortcutDeclaration():
                yield Occurrence(symbol("shortcut", declaration.name), declaration.name.span)
            case ast.NetworkDeclaration():
                yield from names.network(declaration)
            case ast.StudyDeclaration():
                yield from names.study(declaration)


def symbol(kind: Kind, name: ast.Name) -> Symbol:
    """The symbol that is declared by `name`."""
    return Symbol(kind, name.id, name.span._replace(file=str(file_path(name.span.file))))


def parameters(
    declaration: ast.BlockDeclaration | ast.NetworkDeclaration | ast.StudyDeclaration,
) -> dict[str, Symbol]:
    """A declaration's own parameters."""
    return {parameter.name.id: symbol("parameter", parameter.name) for parameter in declaration.parameters}


def parameters_in(declaration: ast.NetworkDeclaration, library: Library) -> dict[str, Symbol]:
    """The parameters that a network's members can refer to: its own, and those of the networks that it derives from."""
    found: dict[str, Symbol] = {}
    for network in library.lineage(declaration):
        found = {**parameters(network), **found}
    return found


def stage_symbol(name: ast.Name, declaration: ast.NetworkDeclaration, library: Library) -> Symbol:
    """A stage of a derived network means that of the same name in the networks before it: the first of them counts."""
    members = (member for network in library.lineage(declaration) for member in network.members)
    return [symbol("stage", m.name) for m in members if isinstance(m, ast.Stage) and m.name.id == name.id][-1]


@dataclass(frozen=True, slots=True)
class _Names:
    library: Library

    def block(self, declaration: ast.BlockDeclaration) -> Iterator[Occurrence]:
        own = parameters(declaration)
        yield Occurrence(symbol("block", declaration.name), declaration.name.span)
        yield from self.declared(declaration.parameters, own)
        yield from self.statements(declaration.units, own)

    def network(self, declaration: ast.NetworkDeclaration) -> Iterator[Occurrence]:
        own, reach = parameters(declaration), parameters_in(declaration, self.library)
        yield Occurrence(symbol("network", declaration.name), declaration.name.span)
        yield from self.declared(declaration.parameters, own)
        if declaration.base:
            yield from self.call(declaration.base, self.library.networks.get(declaration.base.name.id), "network", own)
        for member in declaration.members:
            match member:
                case ast.Section():
                    yield from self.statements(member.statements, reach)
                case ast.Stage():
                    yield Occurrence(stage_symbol(member.name, declaration, self.library), member.name.span)
                    yield from self.statements((*member.items, *member.settings), reach)
                case _:
                    yield from self.statements((member,), reach)

    def study(self, declaration: ast.StudyDeclaration) -> Iterator[Occurrence]:
        own, networks = parameters(declaration), self.library.networks
        runs: dict[str, ast.Runs] = {}
        for member in declaration.members:
            if isinstance(member, ast.Runs):
                runs.setdefault(member.name.id, member)  # of several under one name, the first declares it
        yield Occurrence(symbol("study", declaration.name), declaration.name.span)
        yield from self.declared(declaration.parameters, own)
        for member in declaration.members:
            match member:
                case ast.Runs():
                    yield Occurrence(symbol("run", runs[member.name.id].name), member.name.span)
                    yield from self.call(member.call, networks.get(member.call.name.id), "network", own)
                case ast.Section():
                    yield from self.statements(member.statements, own)
                case ast.Table():
                    for figure in (each for each in member.figures if isinstance(each, ast.Published)):
                        yield from self.of_run(figure.call, runs, own)
                case ast.Statement(keyword=ast.Name(id="plot")):
                    yield from self.panels(member, runs)
                case _:
                    yield from self.statements((member,), own)

    def of_run(self, call: ast.Call, runs: Mapping[str, ast.Runs], reach: Parameters) -> Iterator[Occurrence]:
        """A run that is named with values of its network's parameters."""
        meant = runs.get(call.name.id)
        network = self.library.networks.get(meant.call.name.id if meant else call.name.id)
        if meant:
            yield Occurrence(symbol("run", meant.name), call.name.span)
        named = self.call(call, network, "network", reach)
        yield from (found for found in named if not meant or found.span != call.name.span)

    def panels(self, plot: ast.Statement, runs: Mapping[str, ast.Runs]) -> Iterator[Occurrence]:
        """The runs that a plot names."""
        for value in (item.value for item in plot.items):
            for item in value.items if isinstance(value, ast.Call) else ():
                for name in (each for each in ast.listed(item.value) if isinstance(each, ast.Name) and each.id in runs):
                    yield Occurrence(symbol("run", runs[name.id].name), name.span)

    def declared(self, given: Iterable[ast.Parameter], own: Parameters) -> Iterator[Occurrence]:
        for parameter in given:
            yield Occurrence(symbol("parameter", parameter.name), parameter.name.span)
            yield from self.value(parameter.default, own)

    def statements(
        self, given: Iterable[ast.Repeat | ast.Call | ast.Line | ast.Allow], reach: Parameters
    ) -> Iterator[Occurrence]:
        for statement in given:
            match statement:
                case ast.Repeat(count=count, call=call, stride=stride):
                    yield from self.value(count, reach)
                    yield from self.call(call, self.library.blocks.get(call.name.id), "block", reach)
                    yield from self.items((stride,) if stride else (), reach)
                    yield from self.statements(statement.settings, reach)
                case ast.Call():
                    yield from self.call(statement, self.library.blocks.get(statement.name.id), "block", reach)
                case ast.Statement(keyword=ast.Name(id="shortcut")):
                    yield from self.shortcut(statement)
                case ast.Statement():
                    keyword = statement.keyword.id
                    yield from self.items(statement.items, reach, _STATEMENTS.get(keyword), keyword in CHOICES)

    def shortcut(self, statement: ast.Statement) -> Iterator[Occurrence]:
        for item in statement.items:
            if isinstance(item, ast.Positional) and isinstance(item.value, ast.Name):
                declaration = self.library.shortcuts.get(item.value.id)
                if declaration:
                    yield Occurrence(symbol("shortcut", declaration.name), item.value.span)

    def call(
        self,
        call: ast.Call,
        declaration: ast.BlockDeclaration | ast.NetworkDeclaration | None,
        kind: Kind,
        reach: Parameters,
    ) -> Iterator[Occurrence]:
        theirs = parameters(declaration) if declaration else {}
        if declaration:
            yield Occurrence(symbol(kind, declaration.name), call.name.span)
        for item in call.items:
            if isinstance(item, ast.Named) and item.name.id in theirs:
                yield Occurrence(theirs[item.name.id], item.name.span)
        yield from self.items(call.items, reach)

    def items(
        self, items: Iterable[ast.Item], reach: Parameters, word: Word | None = None, takes_words: bool = False
    ) -> Iterator[Occurrence]:
        """The arguments of `word`, or of a block or network; one that `takes_words` never names a parameter."""
        for item in items:
            is_word = takes_words
            if isinstance(item, ast.Named):
                parameter = word.parameter(item.name.id) if word else None
                is_word = parameter is not None and bool(parameter.choices)
            yield from self.value(item.value, reach, is_word)

    def value(self, value: ast.Value | None, reach: Parameters, is_word: bool = False) -> Iterator[Occurrence]:
        match value:
            case ast.Name() if value.id in reach and not is_word:
                yield Occurrence(reach[value.id], value.span)
            case ast.Arithmetic():
                for operand in (value.first, *(operand for _, operand in value.rest)):
                    yield from self.value(operand, reach)
            case ast.Group():
                yield from self.value(value.inner, reach)
            case ast.Negative():
                yield from self.value(value.operand, reach)
            case ast.ListValue():
                for item in value.items:
                    yield from self.value(item, reach)
            case ast.Call():
                yield from self.items(value.items, reach, TAKING.get(value.name.id))
