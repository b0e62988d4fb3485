"""`network A = B(args) { … }`: B's members with A's put in the place of those of the same name."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import assert_never

from resdsl.codes import N002, N003, N005, N010, S008
from resdsl.diagnostics import Span
from resdsl.ir.expression import Real
from resdsl.language.words import ALLOW, LAYERS, LENGTHS, SECTIONS, SETTINGS, TEXTS
from resdsl.lower.bind import bind_call
from resdsl.lower.evaluate import Scope, real, unknown
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.specs import SHIPPED, shipped_networks
from resdsl.suggest import nearest
from resdsl.syntax import ast

MAX_DERIVATIONS = 20


@dataclass(slots=True)
class Flat:
    """A network's members after derivation, each with the scope that its values are read in.

    `holes` says that a member could not be read, and `apart` collects what is wrong apart from the layers.
    """

    name: ast.Name
    scope: Scope
    settings: dict[str, tuple[ast.Statement, Scope]] = field(default_factory=dict)
    sections: dict[str, tuple[ast.Section, Scope]] = field(default_factory=dict)
    stages: dict[str, tuple[ast.Stage, Scope]] = field(default_factory=dict)
    entries: dict[str, dict[str, tuple[ast.Statement, Scope]]] = field(
        default_factory=lambda: {"expect": {}, "train": {}}
    )
    allows: list[ast.Allow] = field(default_factory=list)
    holes: bool = False
    apart: Report = field(default_factory=Report)

    def members(self) -> Iterator[ast.Member]:
        """What the layers are made of."""
        for found in (self.settings, self.sections, self.stages):
            yield from (member for member, _ in found.values())


def flatten(declaration: ast.NetworkDeclaration, values: Mapping[str, Real], library: Library, report: Report) -> Flat:
    """The members of `declaration` with its parameters at `values` or their defaults; raises Mistake."""
    lineage = [(declaration, network_scope(declaration, values, library))]
    while (base := lineage[-1][0].base) is not None:
        scope = lineage[-1][1]
        if base.name.id not in library.networks:
            raise unknown(base.name, meant(base.name.id, library), "network", scope)
        parent = library.networks[base.name.id]
        _check_circle([network for network, _ in lineage], parent)
        given = arguments(parent, base, scope)
        lineage.append((parent, network_scope(parent, given, library, base)))
    flat = Flat(declaration.name, lineage[0][1])
    inherited: Mapping[str, Real] = {}
    for network, scope in reversed(lineage):
        inherited = {**inherited, **scope.values}
        _merge(flat, network, Scope(inherited, scope.lost), report)
    flat.scope = Scope(inherited, library.lost)
    return flat


def meant(name: str, library: Library) -> Collection[str]:
    """The networks among which the right name is looked for: shipped ones, where none of the file's is near."""
    own, shipped = library.networks, shipped_networks()
    return shipped if not nearest(name, own) and nearest(name, shipped) else own


def _check_circle(lineage: list[ast.NetworkDeclaration], parent: ast.NetworkDeclaration) -> None:
    """Raises the same Mistake for each network of a circle, and one where there is no end to the `lineage`."""
    at = next((index for index, known in enumerate(lineage) if known is parent), None)
    if at is None and len(lineage) < MAX_DERIVATIONS:
        return
    if at is None:
        first = lineage[0]
        found = f"{first.name.id} derives through more than {MAX_DERIVATIONS} networks"
        raise mistake(S008, first.name.span, found, "derive it from a network closer to the first")
    circle = lineage[at:]
    start = circle.index(min(circle, key=lambda network: network.span))
    circle = circle[start:] + circle[: start + 1]
    chain = " → ".join(network.name.id for network in circle)
    place = circle[0].base.span if circle[0].base else circle[0].span
    raise mistake(N005, place, f"networks derive from each other: {chain}", "break the circle")


def arguments(declaration: ast.NetworkDeclaration, call: ast.Call, scope: Scope) -> dict[str, Real]:
    """The values that a call gives to a network's parameters."""
    return {name: real(value, scope) for name, value in bind_call(call, declaration.parameters, scope).items()}


def network_scope(
    declaration: ast.NetworkDeclaration | ast.StudyDeclaration,
    values: Mapping[str, Real],
    library: Library,
    call: ast.Call | None = None,
) -> Scope:
    """The parameters of a network, `call`ed or not: given values, else defaults, which may refer to earlier ones."""
    scope = Scope({}, library.lost)
    seen: set[str] = set()
    for parameter in declaration.parameters:
        name = parameter.name.id
        if name in seen:
            raise mistake(N002, parameter.span, f"the parameter '{name}' is declared twice", "rename one of them")
        seen.add(name)
        if name in values:
            scope = scope.extended({name: values[name]})
        elif parameter.default is not None:
            scope = scope.extended({name: real(parameter.default, scope)})
        else:
            found, place = f"{declaration.name.id} needs a value for {name}", call.span if call else parameter.span
            raise mistake(N003, place, found, f"write {name} = …" if call else f"give one: --set {name}=…")
    return scope


def _merge(flat: Flat, network: ast.NetworkDeclaration, scope: Scope, report: Report) -> None:
    """Puts a network's members in the place of those it inherits; its title is its own.

    What is expected of a shipped network holds for a user's only as long as that has the same layers.
    """
    given: dict[str, Span] = {}
    flat.settings.pop("title", None)
    expected = flat.entries["expect"]
    if not network.span.file.startswith(SHIPPED) and any(map(_changes_layers, network.members)):
        for name in [name for name, (entry, _) in expected.items() if entry.span.file.startswith(SHIPPED)]:
            del expected[name]

    def once(name: str, place: Span) -> None:
        if name in given:
            raise mistake(N002, place, f"{name} is given twice", f"keep one; the first is in line {given[name].line}")
        given[name] = place

    for member in network.members:
        with report.collecting():
            match member:
                case ast.Allow():
                    flat.allows.append(member)
                case ast.Stage():
                    once(f"stage {member.name.id}", member.name.span)
                    flat.stages[member.name.id] = (member, scope)
                case ast.Section(kind="stem" | "head"):
                    once(member.kind, _keyword(member))
                    flat.sections[member.kind] = (member, scope)
                case ast.Section():
                    once(member.kind, _keyword(member))
                    _merge_entries(flat.entries[member.kind], member, scope, flat.apart)
                case ast.Statement():
                    _check_setting(member, scope)
                    once(member.keyword.id, member.span)
                    flat.settings[member.keyword.id] = (member, scope)
                case ast.Hole():
                    flat.holes = True
                    raise Mistake(None)


def _changes_layers(member: ast.Member) -> bool:
    """Whether a network with this member is another than the one that it derives from."""
    match member:
        case ast.Section():
            return member.kind in {"stem", "head"}
        case ast.Statement():
            return member.keyword.id not in {"title", "cite"}
        case ast.Stage():
            return True
        case ast.Allow() | ast.Hole():
            return False
        case _:
            assert_never(member)


def _keyword(section: ast.Section) -> Span:
    span = section.span
    return Span(span.file, span.line, span.column, span.line, span.column + len(section.kind))


def _merge_entries(
    entries: dict[str, tuple[ast.Statement, Scope]], section: ast.Section, scope: Scope, report: Report
) -> None:
    seen: set[str] = set()
    for statement in section.statements:
        with report.collecting():
            if isinstance(statement, ast.Hole):
                raise Mistake(None)
            name = statement.keyword.id
            if name in seen:
                raise mistake(N002, statement.span, f"{name} is given twice in {section.kind}", "keep one of them")
            seen.add(name)
            entries[name] = (statement, scope)
            for other in LENGTHS.keys() - seen if name in LENGTHS else ():
                entries.pop(other, None)


def _check_setting(member: ast.Statement, scope: Scope) -> None:
    keyword = member.keyword
    if keyword.id in TEXTS or keyword.id in SETTINGS:
        return
    if keyword.id in LAYERS:
        where = "into stem, head, a block or a stage's body"
        raise mistake(N010, member.span, f"the layer {keyword.id} stands outside of every section", f"move it {where}")
    raise unknown(keyword, (*TEXTS, *SETTINGS, *SECTIONS, *ALLOW), "setting", scope)
