"""The whole way from text to findings: read, lower, apply the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from resdsl.checking.rules.allow import broken_rules
from resdsl.codes import N001, N008, N009, N010, S003, S004
from resdsl.diagnostics import Finding, Severity, Span, has_errors
from resdsl.ir.expression import Real
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape
from resdsl.ir.study import Study
from resdsl.lower.declared import check_declared
from resdsl.lower.evaluate import UNKNOWN
from resdsl.lower.library import Library, read_library
from resdsl.lower.network import lower
from resdsl.lower.study import planned
from resdsl.lower.study_runs import Derived
from resdsl.suggest import budget, remedy
from resdsl.syntax import ast


@dataclass(slots=True)
class Checked:
    """What a file holds: its valid networks and studies by name, everything found, and the texts that were read."""

    library: Library
    networks: dict[str, Network] = field(default_factory=dict)
    studies: dict[str, Study] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def sources(self) -> Mapping[str, str]:
        return self.library.sources


Examined = tuple[Network | None, list[Finding]]
Examiner = Callable[[ast.NetworkDeclaration, Mapping[str, Real], Library, Shape | None], Examined]


def examine(
    declaration: ast.NetworkDeclaration,
    values: Mapping[str, Real],
    library: Library,
    shape: Shape | None,
    output_stride: int | None = None,
) -> Examined:
    """The network that a declaration means, if it is valid, with what lowering and the rules find."""
    network, valid, findings = lower(declaration, values, library, shape, output_stride)
    broken = list(broken_rules(network, declaration.span)) if network else []
    return network if valid else None, findings + broken


def check_file(
    path: Path,
    shown: str,
    only: str | None = None,
    values: Mapping[str, Real] | None = None,
    shape: Shape | None = None,
    content: bytes | str | None = None,
    output_stride: int | None = None,
) -> Checked:
    """Checks every network that the file declares, or `only` one, with its parameters at `values`.

    `content` stands in for what is on disk; strides beyond `output_stride` become dilation. Raises OSError where the
    file cannot be read.
    """
    examiner = partial(examine, output_stride=output_stride)
    return check_library(read_library(path, shown, content), shown, only, values, shape, examiner)


def check_library(
    library: Library,
    shown: str,
    only: str | None = None,
    values: Mapping[str, Real] | None = None,
    shape: Shape | None = None,
    examiner: Examiner = examine,
) -> Checked:
    """The same for a file that was read already; the language server's `examiner` remembers what it has seen."""
    checked = Checked(library, findings=list(library.findings))
    with budget():
        found = list(check_declared(library.files[shown], library))
        for declaration, given in _chosen(checked, shown, only, values or {}):
            network, findings = examiner(declaration, given, library, shape)
            found += findings
            if network:
                checked.networks[network.name] = network
        found += _check_studies(checked, only, values or {}, examiner)
    # A line may not read as its author meant it where a bracket was added or taken away.
    mended = {finding.span[:2] for finding in library.findings if finding.code in {S003, S004}}
    checked.findings += [finding for finding in dict.fromkeys(found) if finding.span[:2] not in mended]
    checked.findings.sort(key=lambda finding: (finding.span.file != shown, finding.span))
    return checked


def _check_studies(
    checked: Checked, only: str | None, values: Mapping[str, Real], examiner: Examiner
) -> Iterator[Finding]:
    """Takes up the valid studies; of their networks, which are there to be compared, only errors count."""
    library = checked.library
    for declaration in library.own_studies:
        if only not in {None, declaration.name.id}:
            continue
        names = {parameter.name.id for parameter in declaration.parameters}
        alone = only is not None or len(library.own_studies) + len(library.own) == 1
        plan = planned(declaration, {n: value for n, value in values.items() if n in names or alone}, library)
        networks: dict[str, Network] = {}
        for run in plan.runs:
            network, findings = examiner(run.declaration, {}, library, None)
            yield from (_of_run(finding, run) for finding in findings if finding.severity is Severity.ERROR)
            networks |= {network.name: network} if network else {}
        study, findings = plan.study(networks)
        yield from findings
        if study:
            checked.studies[study.name] = study


def _of_run(finding: Finding, run: Derived) -> Finding:
    """What is wrong with a network in another file is said of the run that calls it, with values of its own."""
    declaration = run.declaration
    if finding.span.file == declaration.span.file or declaration.base is None:
        return finding
    return replace(finding, span=declaration.base.span, message=f"{run.shown}: {finding.message}", fix=None)


def _chosen(
    checked: Checked, shown: str, only: str | None, values: Mapping[str, Real]
) -> Iterator[tuple[ast.NetworkDeclaration, Mapping[str, Real]]]:
    """The networks to check, each with the values of its parameters; where one has none, only names are checked."""
    library = checked.library
    if only is not None:
        if only in library.networks:
            yield library.networks[only], values
        elif only not in library.lost and only not in library.studies:
            place = library.own[0].name.span if library.own else Span(shown, 1, 1, 1, 2)
            found = f"the file declares no network '{only}'"
            checked.findings.append(Finding(N001, place, found, remedy(only, library.networks, "network")))
        return
    alone = len(library.own) == 1 and not library.own_studies
    for declaration in library.own:
        names = [parameter.name.id for parameter in declaration.parameters]
        lacking = [p.name.id for p in declaration.parameters if p.default is None and p.name.id not in values]
        if lacking:
            found = f"only the names in {declaration.name.id} are checked: {lacking[0]} has no value"
            checked.findings.append(Finding(N009, declaration.name.span, found, f"give one: --set {lacking[0]}=…"))
        given = {name: value for name, value in values.items() if name in names or alone}
        yield declaration, {**dict.fromkeys(lacking, UNKNOWN), **given}


def one_network(checked: Checked, shown: str, only: str | None) -> Network | None:
    """The one network that the file stands for; where that is unclear, a finding says so and there is none."""
    if has_errors(checked.findings):
        return None
    if len(checked.networks) == 1:
        return next(iter(checked.networks.values()))
    own = checked.library.own
    if not own:
        found, help = "the file declares no network", "add one: network NAME { … }"
        if checked.library.own_studies:
            help = "resdsl study runs a study; or add a network: network NAME { … }"
        checked.findings.append(Finding(N010, Span(shown, 1, 1, 1, 2), found, help))
        return None
    names = ", ".join(declaration.name.id for declaration in own)
    found = f"the file declares {len(own)} networks: {names}"
    checked.findings.append(Finding(N008, own[0].name.span, found, f"name one: {shown}:{own[0].name.id}"))
    return None
