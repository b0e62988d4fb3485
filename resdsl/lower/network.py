"""AST to IR: one valid Network, or findings; never half of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import count
from math import prod
from typing import NamedTuple

from resdsl.codes import N001, N003, N010
from resdsl.diagnostics import Finding
from resdsl.ir.block import Block
from resdsl.ir.expression import Real
from resdsl.ir.layers import Conv, Layer
from resdsl.ir.network import Allow, Network, Stage
from resdsl.ir.order import HEAD, Placement
from resdsl.ir.shape import Shape
from resdsl.language.words import FREE, SETTINGS
from resdsl.lower.blocks import check_shortcut
from resdsl.lower.chain import Chain, check_distinct
from resdsl.lower.derive import Flat, flatten
from resdsl.lower.dilation import Dilation
from resdsl.lower.effort import NETWORK
from resdsl.lower.entries import expectations, recipe
from resdsl.lower.evaluate import is_unknown, size, unknown
from resdsl.lower.layers import LayerReader, add_part, count_convs
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import Settings, single, text_of, value_of, with_setting
from resdsl.lower.stages import StageReader, allow_of
from resdsl.suggest import remedy
from resdsl.syntax import ast


class Lowered(NamedTuple):
    """A network whose layers are sound, if they are. It is `valid` where all the rest is sound, too."""

    network: Network | None
    valid: bool
    findings: list[Finding]


def lower(
    declaration: ast.NetworkDeclaration,
    values: Mapping[str, Real],
    library: Library,
    shape: Shape | None = None,
    output_stride: int | None = None,
) -> Lowered:
    """The network that `declaration` means with its parameters at `values`, and the findings that say why there is none.

    `shape` replaces the declared input; strides that would thin out the map by more than `output_stride` become
    dilation. The expectations, which are about what is declared, are then left out.
    """
    report, apart = Report(), Report()
    network = None
    with report.collecting():
        _check_values(declaration, values, library)
        flat = flatten(declaration, values, library, report)
        apart = flat.apart
        library.effort.spend(NETWORK, declaration.name.span)
        library.effort.spend_on(flat.members(), declaration.name.span)
        network = replace(
            _Lowering(library, report, flat, declaration, shape, output_stride).network(),
            source=library.source(tuple(values.items())),
        )
    return Lowered(network, not (report.failed or apart.failed), report.findings + apart.findings)


def risen(stages: list[Stage]) -> list[Stage]:
    """The stages with each block's own probability of being left out: from 0 in the first to `drop_path` in the last."""
    last = sum(len(stage.blocks) for stage in stages if stage.drop_path) - 1
    if last < 1:
        return stages
    places = count()
    return [_risen(stage, places, last) if stage.drop_path else stage for stage in stages]


def _risen(stage: Stage, places: Iterator[int], last: int) -> Stage:
    own = (
        replace(item, drop_path=stage.drop_path * (next(places) / last)) if isinstance(item, Block) else item
        for item in stage.items
    )
    return replace(stage, items=tuple(own))


def _check_values(declaration: ast.NetworkDeclaration, values: Mapping[str, Real], library: Library) -> None:
    known = [parameter.name.id for parameter in declaration.parameters]
    for name in values:
        if name not in known:
            found = f"the network {declaration.name.id} has no parameter '{name}'"
            raise mistake(N001, declaration.name.span, found, _parameter_remedy(name, known, declaration, library))


def _parameter_remedy(name: str, known: list[str], declaration: ast.NetworkDeclaration, library: Library) -> str:
    """A network may derive from the one that has the parameter."""
    for base in library.lineage(declaration):
        if name in (parameter.name.id for parameter in base.parameters):
            return f"{declaration.name.id} derives from {base.name.id}, which has it: name that, {base.name.id} --set {name}=…"
    return remedy(name, known, "parameter")


@dataclass(frozen=True, slots=True)
class _Lowering:
    """One network on its way from members to layers."""

    library: Library
    report: Report
    flat: Flat
    declaration: ast.NetworkDeclaration
    shape: Shape | None
    output_stride: int | None

    def network(self) -> Network:
        """Reads every section, whatever is wrong with the others; raises Mistake at the end if anything was."""
        flat, settings = self.flat, self._settings()
        reader = StageReader(self.library, self.report, settings)
        chain = start = self._start()
        stem, chain = self._section("stem", self._stem_placement(reader), settings, chain)
        if self.output_stride:
            chain.dilation = Dilation(most=self.output_stride, reach=prod(max(layer.strides) for layer in stem))
        stages: list[Stage] = []
        for stage, scope in flat.stages.values():
            chain = chain.then()
            made = reader.read(stage, scope, chain)
            stages += [made] if made else []
        chain.dilation = Dilation()
        stages = risen(stages)
        tail, chain = self._tail(reader, chain)
        head, chain = self._section("head", HEAD, settings, chain, stem)
        with self.report.collecting():
            check_distinct((part.name, part.span) for part in (*stem, *stages, *tail, *head))
        title, cite = self._text("title"), self._text("cite")
        expected = (
            expectations(flat.entries["expect"], flat.apart)
            if self.shape is None and self.output_stride is None
            else ()
        )
        training = recipe(flat.entries["train"], flat.apart)
        if chain.broken or self.report.failed:
            raise Mistake(None)
        return Network(
            flat.name.id, title, cite, start.shape, settings.init, stem, tuple(stages), tail, head,
            expected, tuple(allow_of(allow) for allow in flat.allows), training, flat.name.span, free=self._free(),
        )  # fmt: skip

    def _settings(self) -> Settings:
        settings = Settings()
        for statement, scope in (self.flat.settings[name] for name in SETTINGS if name in self.flat.settings):
            with self.report.collecting():
                changed = with_setting(settings, statement, scope)
                check_shortcut(changed.shortcut, self.library, scope)
                settings = changed
        return settings

    def _start(self) -> Chain:
        """The chain that holds the input."""
        chain, flat, place = Chain(Shape(1, 1, 1)), self.flat, self.declaration.name.span
        with chain.guarded(self.report):
            if flat.holes or any(map(is_unknown, flat.scope.values.values())):
                raise Mistake(None)
            if not (flat.stages or flat.sections):
                raise mistake(N010, place, "the network has no layers", "write a stem, a stage or a head")
            if "input" not in flat.settings:
                raise mistake(N010, place, "the network has no input", "write, for example, input 3x224x224")
            declared = Shape(*size(value_of(flat.settings["input"][0]), 3, "CxHxW, for example 3x224x224"))
            chain.shape = self.shape or declared
        return chain

    def _stem_placement(self, reader: StageReader) -> Placement:
        """The first stage's order decides what the stem leaves to it."""
        if not self.flat.stages:
            return HEAD
        stage, scope = next(iter(self.flat.stages.values()))
        return reader.stage_settings(stage, scope).order.stem

    def _section(
        self, kind: str, placement: Placement, settings: Settings, before: Chain, stem: tuple[Layer, ...] = ()
    ) -> tuple[tuple[Layer, ...], Chain]:
        """The layers of a stem, or of a head, whose names go on where those of the `stem` end; and their chain."""
        chain = before.then()
        section, scope = self.flat.sections.get(kind, (None, self.flat.scope))
        statements = section.statements if section else ()
        convs = sum(isinstance(layer, Conv) for layer in stem)
        settings = replace(settings, downsampling=None)
        run = LayerReader(settings, placement, scope, self.report, chain, convs + count_convs(statements), convs=convs)
        for statement in statements:
            run.read(statement)
        with chain.guarded(self.report):
            return chain.finished(layer.name for layer in stem), chain
        return (), chain

    def _tail(self, reader: StageReader, before: Chain) -> tuple[tuple[Layer, ...], Chain]:
        """After the last block of a pre-activation network comes one more (norm and) activation."""
        chain = before.then()
        if self.flat.stages:
            stage, scope = list(self.flat.stages.values())[-1]
            settings = reader.stage_settings(stage, scope)
            with chain.guarded(self.report):
                for part in () if chain.broken else settings.order.preactivation:
                    name = "bn_final" if part == "norm" else f"{settings.act.word if settings.act else ''}_final"
                    add_part(chain, part, name, settings, stage.span)
        return chain.finished(), chain

    def _free(self) -> Allow | None:
        """`design free "reason"`: what leaves the papers' own rules."""
        if "design" not in self.flat.settings:
            return None
        statement, scope = self.flat.settings["design"]
        with self.flat.apart.collecting():
            item = single(statement)
            if not isinstance(item.value, ast.Name):
                raise mistake(N003, item.value.span, "design takes a word", f"write {FREE.form}")
            if item.value.id != FREE.name:
                raise unknown(item.value, (FREE.name,), "design", scope)
            if not isinstance(item.word, ast.String) or not item.word.text.strip():
                raise mistake(N003, statement.span, "design free gives no reason", f"say why: {FREE.form}")
            return Allow(FREE.name, item.word.text, statement.span)
        return None

    def _text(self, name: str) -> str:
        if name not in self.flat.settings:
            return ""
        with self.flat.apart.collecting():
            return text_of(self.flat.settings[name][0])
        return ""
