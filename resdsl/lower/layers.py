"""Layer statements: arguments first, then, on a sound chain, the layer with its map."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from resdsl.codes import N010
from resdsl.diagnostics import Span
from resdsl.ir.expression import Expression, substituted
from resdsl.ir.layers import KIND_OF, Conv, EvoNorm, Given
from resdsl.ir.order import Part, Placement
from resdsl.ir.shape import Shape
from resdsl.language.words import LAYERS, SETTINGS, TEXTS, WEIGHTS
from resdsl.lower.bind import Bound, bind, values
from resdsl.lower.chain import Chain
from resdsl.lower.evaluate import Scope, formula, is_literal, unknown
from resdsl.lower.identifiers import check_name
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import Settings
from resdsl.syntax import ast
from resdsl.word import Choice, Word

Step = Callable[[Chain], None]
STANDARDIZED: Final = dict(WEIGHTS.words[1].choice.values)["eps"]


@dataclass(slots=True)
class LayerReader:
    """A list of layer statements on its way into a chain.

    `shared` takes what stands before the first conv, where both paths of a block start after it. `in_shortcut`
    numbers the layers (`downsample.0`), and leaves out what would do nothing at stride 1. `weights` is the number of the
    last conv, where `convs` is that of the one before the first; findings in the standard library are placed at `anchor`.
    `meanings` are what the parameters of a block inside a block stand for, in the terms of the outer one.
    """

    settings: Settings
    placement: Placement
    scope: Scope
    report: Report
    chain: Chain
    weights: int
    shared: Chain | None = None
    in_shortcut: bool = False
    anchor: Span | None = None
    convs: int = 0
    numbers: int = field(default=0, init=False)
    meanings: Mapping[str, Expression] = field(default_factory=dict)

    def read(self, statement: ast.Line) -> None:
        """Appends the statement's layers; what cannot be read is reported, and breaks the chain."""
        with self.chain.guarded(self.report, self.anchor):
            if isinstance(statement, ast.Hole):
                raise Mistake(None)
            step = self._read(statement)
            if not self.chain.broken:
                step(self.chain)

    def _read(self, statement: ast.Statement) -> Step:
        keyword = statement.keyword
        if keyword.id not in LAYERS and (keyword.id in SETTINGS or keyword.id in TEXTS):
            found = f"the setting {keyword.id} stands among layers"
            raise mistake(N010, statement.span, found, "move it to the network or to a stage")
        if keyword.id not in LAYERS:
            raise unknown(keyword, LAYERS, "layer", self.scope)
        if statement.label:
            check_name(statement.label, "label")
        word = LAYERS[keyword.id]
        bound = bind(word, statement.items, statement.span, self.scope)
        match word.name:
            case "conv":
                return self._weight_layer(statement, word, bound)
            case "norm" | "act" as part:
                name = self._name(statement, word.base)
                return lambda chain: add_part(chain, part, name, self.settings, statement.span)
            case _:
                return self._layer(statement, word, bound)

    def _layer(self, statement: ast.Statement, word: Word, bound: Bound) -> Step:
        given = values(word, bound, self.scope)
        name, written = self._name(statement, word.base), formulas(word, bound, self.meanings)

        def step(chain: Chain) -> None:
            known = chain.thinning(given, is_conv=False, place=statement.span)
            settings = self.settings
            layer = Given(
                word.name,
                name,
                chain.shape,
                statement.span,
                known,
                written,
                self.in_shortcut,
                settings.norm,
                settings.act,
            )
            chain.add(KIND_OF[word.name], layer, bound)

        return step

    def _weight_layer(self, statement: ast.Statement, word: Word, bound: Bound) -> Step:
        """A conv with the norm and activation that the order puts around it."""
        given, span = values(word, bound, self.scope), statement.span
        norm = given["norm"] if "norm" in bound else self.settings.norm
        act = given["act"] if "act" in bound else self.settings.act
        if "bias" not in bound:
            given["bias"] = norm is None
        given["standardize"] = self._standardized(given["standardize"])
        self.convs += 1
        parts = self.placement.last if self.convs == self.weights else self.placement.unit
        names = self._names(statement, self.convs, act, parts)
        own, written = replace(self.settings, norm=norm, act=act), formulas(word, bound, self.meanings)
        opening = parts[: parts.index("conv")] if self.convs == 1 and self.shared is not None else ()

        def step(chain: Chain) -> None:
            known = chain.thinning(given, is_conv=True, place=span)
            thinner = self._downsampler(known, written, f"{names['conv']}_pool", span)
            if thinner:
                known = {**known, "stride": (1, 1)}
            for position, part in enumerate(parts):
                if part == "conv":
                    chain.add(Conv, Given(word.name, names["conv"], chain.shape, span, known, written), bound)
                else:
                    before = self.shared if self.shared is not None and position < len(opening) else chain
                    add_part(before, part, names[part], own, span)
            if thinner:
                chain.add(KIND_OF[thinner.word], replace(thinner, input=chain.shape))

        return step

    def _standardized(self, asked: bool | None) -> float | None:
        """What is added to the variance of a conv's weights, where they are standardized."""
        if asked is None:
            return self.settings.standardize
        return (self.settings.standardize or STANDARDIZED) if asked else None

    def _downsampler(
        self, given: Mapping[str, Any], written: dict[str, Expression], name: str, place: Span
    ) -> Given | None:
        """What strides in the place of a conv, where the setting says so."""
        choice, stride = self.settings.downsampling, given["stride"] or (1, 1)
        if choice is None or stride == (1, 1) or self.in_shortcut:
            return None
        formulas = {name: formula for name, formula in written.items() if name == "stride"}
        if choice.word == "averaged":
            values: dict[str, Any] = {"kernel": stride, "stride": stride, "pad": ((0, 0), (0, 0)), "ceil": False}
            formulas = {each: formula for formula in formulas.values() for each in ("kernel", "stride")}
            return Given("avgpool", name, Shape(1, 1, 1), place, values, formulas)
        ((_, kernel),) = choice.values
        return Given("blur_pool", name, Shape(1, 1, 1), place, {"kernel": (kernel, kernel), "stride": stride}, formulas)

    def _name(self, statement: ast.Statement, base: str) -> str:
        """The label, or the number in a shortcut, or `base`, to be numbered where several share it."""
        number = str(self.numbers)
        self.numbers += 1
        if statement.label:
            return statement.label.id
        return number if self.in_shortcut else f"{base}*"

    def _names(
        self, statement: ast.Statement, index: int, act: Choice | None, parts: tuple[Part, ...]
    ) -> dict[str, str]:
        kind = act.word if act else ""
        if self.in_shortcut:
            first = self.numbers
            self.numbers += len(parts)
            return {part: str(first + position) for position, part in enumerate(parts)}
        if statement.label:
            label = statement.label.id
            return {"conv": label, "norm": f"{label}_bn", "act": f"{label}_{kind}"}
        return {"conv": f"conv{index}", "norm": f"bn{index}", "act": f"{kind}{index}"}


def add_part(chain: Chain, part: Part, name: str, settings: Settings, place: Span) -> None:
    """Appends the norm or activation of `settings`, unless that is `none`.

    An EvoNorm that comes right before an activation takes its place.
    """
    choice = settings.norm if part == "norm" else settings.act
    if choice is None:
        return
    last = chain.items[-1] if chain.items else None
    if part == "act" and isinstance(last, EvoNorm) and not last.activates:
        chain.items[-1] = replace(last, activates=True)
    else:
        chain.add(KIND_OF[choice.word], Given(choice.word, name, chain.shape, place, dict(choice.values)))


def formulas(word: Word, bound: Bound, meanings: Mapping[str, Expression]) -> dict[str, Expression]:
    """What the author wrote for each argument, where that is more than a number, in the terms of `meanings`."""
    found: dict[str, Expression] = {}
    for parameter in (*word.parameters, *([word.stride] if word.stride else [])):
        written = formula(bound[parameter.name]) if parameter.name in bound else None
        if written is not None and parameter.is_number and not is_literal(written):
            found[parameter.name] = substituted(written, meanings) if meanings else written
    return found


def count_convs(statements: Iterable[object]) -> int:
    """The weight layers among `statements`."""
    return sum(isinstance(s, ast.Statement) and s.keyword.id == "conv" for s in statements)
