"""A declaration to a Study: its runs as networks, its plots and tables held against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from resdsl.clean import clean
from resdsl.codes import N001, N002, N003, N010
from resdsl.diagnostics import Finding
from resdsl.ir.expression import Real
from resdsl.ir.network import Network
from resdsl.ir.study import PLOT_KINDS, PLOTS, TABLE, Curves, Plot, Run, Study, Table
from resdsl.language.words import STUDY
from resdsl.lower.bind import bind, called, values
from resdsl.lower.derive import network_scope
from resdsl.lower.evaluate import Scope, integer, real, unknown
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import text_of, value_of
from resdsl.lower.study_runs import Derived, Sweep
from resdsl.syntax import ast

ONCE = ("title", "cite", "seeds")


class Planned(NamedTuple):
    """A study whose runs are known, not yet their networks."""

    reader: StudyReader | None
    runs: list[Derived]
    findings: list[Finding]

    def study(self, networks: Mapping[str, Network]) -> tuple[Study | None, list[Finding]]:
        """The study with its `networks`, by their names, unless something is wrong with it; and what that is."""
        if self.reader is None:
            return None, self.findings
        study = self.reader.study(self.runs, networks)
        report = self.reader.report
        return None if report.failed else study, report.findings


def planned(declaration: ast.StudyDeclaration, given: Mapping[str, Real], library: Library) -> Planned:
    """The runs that `declaration` asks for with its parameters at `given` values, or their defaults."""
    report = Report()
    with report.collecting():
        _check_values(declaration, given)
        scope = network_scope(declaration, given, library)
        reader = StudyReader(declaration, library, Sweep(declaration, scope, library), report)
        return Planned(reader, reader.sweep.runs(report), [])
    return Planned(None, [], report.findings)


def _check_values(declaration: ast.StudyDeclaration, given: Mapping[str, Real]) -> None:
    known = [parameter.name.id for parameter in declaration.parameters]
    for name in given:
        if name not in known:
            found = f"the study {declaration.name.id} has no parameter '{name}'"
            raise mistake(N001, declaration.name.span, found, f"it has {', '.join(known) or 'none'}")


@dataclass(frozen=True, slots=True)
class StudyReader:
    """One study on its way from members to data."""

    declaration: ast.StudyDeclaration
    library: Library
    sweep: Sweep
    report: Report
    seen: set[str] = field(default_factory=set)

    @property
    def scope(self) -> Scope:
        return self.sweep.scope

    def study(self, runs: list[Derived], networks: Mapping[str, Network]) -> Study:
        """What can be read; `report` says what cannot."""
        place = self.declaration.name.span
        self._check_members()
        texts = {name: self._text(name) for name in ("title", "cite")}
        notes = tuple(self._texts("note"))
        plots = tuple(self._plots(runs))
        tables = tuple(self._tables(runs))
        if not any(isinstance(member, ast.Runs | ast.Hole) for member in self.declaration.members):
            with self.report.collecting():
                help = "write, for example, run residual: cifar_resnet(n = [3, 5])"
                raise mistake(N010, place, "the study has no runs", help)
        elif not (plots or tables or self.report.failed):
            with self.report.collecting():
                help = "write plot curves, or table final()"
                raise mistake(N010, place, "the study draws and tabulates nothing", help)
        found = tuple(
            Run(run.group, run.parameters, networks[run.declaration.name.id], run.declaration.span)
            for run in runs
            if run.declaration.name.id in networks
        )
        self.report.failed |= len(found) < len(runs)
        return Study(
            self.declaration.name.id, texts["title"], texts["cite"], notes, found, self._seeds(), plots, tables, place
        )

    def _statements(self, name: str) -> Iterator[ast.Statement]:
        for member in self.declaration.members:
            if isinstance(member, ast.Statement) and member.keyword.id == name:
                yield member

    def _check_members(self) -> None:
        """What is wrong wherever it stands: unknown words, what is given twice, and holes."""
        for member in self.declaration.members:
            with self.report.collecting():
                match member:
                    case ast.Hole():
                        raise Mistake(None)
                    case ast.Statement():
                        self._check(member)
                    case ast.Table():
                        self._once(f"table {member.call.name.id}", member)

    def _check(self, member: ast.Statement) -> None:
        if member.label:
            found = f"{member.keyword.id} has a label"
            raise mistake(N010, member.label.span, found, "remove the label: only runs have one")
        if member.keyword.id not in STUDY:
            raise unknown(member.keyword, STUDY, "entry of a study", self.scope)
        if member.keyword.id in ONCE:
            self._once(member.keyword.id, member)

    def _once(self, name: str, member: ast.StudyMember) -> None:
        if name in self.seen:
            raise mistake(N002, member.span, f"{name} is given twice", "keep one of them")
        self.seen.add(name)

    def _text(self, name: str) -> str:
        return next(self._texts(name), "")

    def _texts(self, name: str) -> Iterator[str]:
        for statement in self._statements(name):
            with self.report.collecting():
                yield text_of(statement)

    def _seeds(self) -> int:
        for statement in self._statements("seeds"):
            with self.report.collecting():
                return integer(value_of(statement), self.scope, "seeds")
        return 1

    def _plots(self, runs: list[Derived]) -> Iterator[Plot]:
        known = tuple(dict.fromkeys(run.group for run in runs))
        for statement in self._statements("plot"):
            with self.report.collecting():
                word, bound = called(PLOTS, value_of(statement), self.scope)
                given = values(word, bound, self.scope)
                if "panels" in bound:
                    self._check_panels(bound["panels"])
                kind, panels = PLOT_KINDS[word.name], given["panels"] or known
                yield Curves(panels, given["of"].word) if kind is Curves else kind(panels)

    def _check_panels(self, value: ast.Value) -> None:
        groups = [member.name.id for member in self.declaration.members if isinstance(member, ast.Runs)]
        seen: set[str] = set()
        for item in (each for each in ast.listed(value) if isinstance(each, ast.Name)):
            if item.id not in groups:
                raise unknown(item, groups, "run", self.scope)
            if item.id in seen:
                raise mistake(N002, item.span, f"the panel {item.id} is given twice", "keep one of them")
            seen.add(item.id)

    def _tables(self, runs: list[Derived]) -> Iterator[Table]:
        for member in self.declaration.members:
            if not isinstance(member, ast.Table):
                continue
            with self.report.collecting():
                given = values(TABLE, bind(TABLE, member.call.items, member.call.span, self.scope), self.scope)
                published = dict(self._published(member, runs))
                name, of, over = member.call.name.id, given["of"].word, given["over"].word
                yield Table(name, of, over, tuple(published.items()))

    def _published(self, table: ast.Table, runs: list[Derived]) -> Iterator[tuple[str, str]]:
        seen: set[str] = set()
        for number, figure in enumerate(table.figures):
            with self.report.collecting():
                if isinstance(figure, ast.Hole):
                    raise Mistake(None)
                if number == 0 and not figure.worded:
                    call = figure.call.name.id
                    raise mistake(
                        N003, figure.span, "whose figure this is stands nowhere", f"write published {call}(…) …"
                    )
                run = self._named(figure.call, runs)
                if run in seen:
                    raise mistake(N002, figure.span, f"the figure of {run} is given twice", "keep one of them")
                seen.add(run)
                if isinstance(figure.value, ast.Number):
                    real(figure.value, self.scope)
                yield run, clean(figure.value.text)

    def _named(self, call: ast.Call, runs: list[Derived]) -> str:
        """The run that is meant by `residual(3)`, or by its network, `cifar_resnet(n = 3)`."""
        members = [member for member in self.declaration.members if isinstance(member, ast.Runs)]
        fitting = [member for member in members if call.name.id in (member.name.id, member.call.name.id)]
        if not fitting:
            raise unknown(call.name, [member.name.id for member in members], "run", self.scope)
        wanted: dict[str, dict[str, Real]] = {}
        mistakes: list[Mistake] = []
        for member in fitting:  # Networks of one name may take other arguments.
            try:
                bound = self.sweep.bound(call, self.sweep.base(member.call))
                wanted[member.call.name.id] = {name: real(value, self.scope) for name, value in bound.items()}
            except Mistake as given_up:
                mistakes.append(given_up)
        if not wanted:
            raise mistakes[0]
        group = [run for run in runs if call.name.id in (run.group, run.base)]
        meant = [r for r in group if r.base in wanted and wanted[r.base].items() <= dict(r.parameters).items()]
        if len(meant) == 1 or not group:
            return meant[0].declaration.name.id if meant else ""
        found = f"no run of {call.name.id} has these values" if not meant else f"{len(meant)} runs are meant"
        raise mistake(N003, call.span, found, f"name one of {', '.join(run.shown for run in group[:8])}")
