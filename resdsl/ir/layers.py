"""One reader per layer of the language: arguments first, then, on a sound chain, the layer with its map."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from resdsl.codes import N003, N004, N010
from resdsl.diagnostics import Span
from resdsl.ir.bind import Bound, Signature, bind
from resdsl.ir.chain import Chain
from resdsl.ir.evaluate import Scope, decimal, flag, formula, integer, is_literal, sides, unknown
from resdsl.ir.graph import (
    Act,
    Conv,
    Dropout,
    GlobalAvgPool,
    Linear,
    Norm,
    PadChannels,
    Pair,
    Pool,
    Shape,
    SqueezeExcite,
    Subsample,
)
from resdsl.ir.mistake import Mistake, Report, mistake
from resdsl.ir.names import check_name
from resdsl.ir.orders import Part, Placement
from resdsl.ir.settings import SETTINGS, ActChoice, NormChoice, Settings, read_act, read_norm
from resdsl.ir.shapes import check_groups, subsampled, window
from resdsl.syntax import ast

SIGNATURES = {
    "conv": Signature(
        "conv", ("kernel", "filters"), 2, ("groups", "dilation", "bias", "pad", "norm", "act"), stride=True
    ),
    "maxpool": Signature("maxpool", ("kernel",), 1, ("pad",), stride=True),
    "avgpool": Signature("avgpool", ("kernel",), 0, ("pad",), stride=True),
    "linear": Signature("linear", ("units",), 1, ("bias",)),
    "norm": Signature("norm"),
    "act": Signature("act"),
    "dropout": Signature("dropout", ("p",), 1),
    "squeeze_excite": Signature("squeeze_excite", ("reduction",), 1),
    "subsample": Signature("subsample", stride=True),
    "pad_channels": Signature("pad_channels", ("channels",), 1, ("centered",)),
}
Step = Callable[[Chain], None]


@dataclass(slots=True)
class Run:
    """A list of layer statements on its way into a chain.

    `shared` takes what stands before the first conv, where both paths of a block start behind it. `in_shortcut`
    numbers the layers (`downsample.0`), and leaves out what would do nothing at stride 1. `weights` is the number of the
    last conv, where `convs` is that of the one before the first; findings in the standard library are placed at `anchor`.
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
        if keyword.id in SETTINGS and keyword.id not in SIGNATURES:
            found = f"the setting {keyword.id} stands among layers"
            raise mistake(N010, statement.span, found, "move it to the network or to a stage")
        if keyword.id not in SIGNATURES:
            raise unknown(keyword, SIGNATURES, "layer", self.scope)
        if statement.label:
            check_name(statement.label, "label")
        bound = bind(SIGNATURES[keyword.id], statement.items, statement.span, self.scope)
        return _READERS[keyword.id](self, statement, bound)

    def name(self, statement: ast.Statement, base: str) -> str:
        """The label, or the number in a shortcut, or `base`, to be numbered where several share it."""
        number = str(self.numbers)
        self.numbers += 1
        if statement.label:
            return statement.label.id
        return number if self.in_shortcut else f"{base}*"

    def stride(self, bound: Bound) -> int:
        return integer(bound["/"], self.scope, "the stride") if "/" in bound else 1

    def does_nothing(self, bound: Bound) -> bool:
        """In a shortcut, whether a layer only strides and the stride is 1."""
        return self.in_shortcut and "/" in bound and self.stride(bound) == 1

    def formulas(self, **values: ast.Value | None) -> dict[str, str]:
        """What the author wrote for each attribute, where that is more than a number."""
        texts = {name: formula(value) for name, value in values.items() if value is not None}
        return {name: text for name, text in texts.items() if text and not is_literal(text)}


def _conv(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    scope, span = run.scope, statement.span
    kernel = sides(bound["kernel"], scope, "the kernel")
    filters = integer(bound["filters"], scope, "the number of filters")
    dilation = integer(bound["dilation"], scope, "the dilation") if "dilation" in bound else 1
    groups = integer(bound["groups"], scope, "the number of groups") if "groups" in bound else 1
    stride = run.stride(bound)
    padding = _padding(run, bound, kernel, dilation)
    norm = read_norm(bound["norm"], scope) if "norm" in bound else run.settings.norm
    act = read_act(bound["act"], scope) if "act" in bound else run.settings.act
    bias = flag(bound["bias"], scope, "bias") if "bias" in bound else norm is None
    run.convs += 1
    index = run.convs
    parts = run.placement.last if index == run.weights else run.placement.unit
    names = _conv_names(run, statement, index, act, parts)
    written = run.formulas(**{key: bound.get(key) for key in ("kernel", "filters", "dilation", "groups")})
    written |= run.formulas(stride=bound.get("/"), padding=bound.get("pad"))

    def conv(chain: Chain) -> None:
        check_groups(chain.shape.channels, filters, groups, span)
        leaves = Shape(filters, *window(chain.shape, kernel, stride, padding, dilation, span))
        given = {"kernel": kernel, "stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
        chain.add(Conv, names["conv"], leaves, span, bias=bias, formulas=written, **given)

    def step(chain: Chain) -> None:
        before = parts[: parts.index("conv")] if index == 1 and run.shared is not None else ()
        for position, part in enumerate(parts):
            target = run.shared if run.shared is not None and position < len(before) else chain
            if part == "conv":
                conv(chain)
            else:
                add_part(target, part, names[part], norm, act, statement.span)

    return step


def _conv_names(
    run: Run, statement: ast.Statement, index: int, act: ActChoice | None, parts: tuple[Part, ...]
) -> dict[str, str]:
    kind = act.kind if act else ""
    if run.in_shortcut:
        first = run.numbers
        run.numbers += len(parts)
        return {part: str(first + position) for position, part in enumerate(parts)}
    if statement.label:
        label = statement.label.id
        return {"conv": label, "norm": f"{label}_bn", "act": f"{label}_{kind}"}
    return {"conv": f"conv{index}", "norm": f"bn{index}", "act": f"{kind}{index}"}


def add_part(chain: Chain, part: Part, name: str, norm: NormChoice | None, act: ActChoice | None, place: Span) -> None:
    """Appends a norm or an act, unless its setting is `none`."""
    if part == "norm" and norm is not None:
        if norm.kind == "group":
            check_groups(chain.shape.channels, chain.shape.channels, norm.groups, place)
        chosen: dict[str, Any] = {"kind": norm.kind, "eps": norm.eps, "momentum": norm.momentum, "groups": norm.groups}
        chain.add(Norm, name, chain.shape, place, **chosen)
    if part == "act" and act is not None:
        chain.add(Act, name, chain.shape, place, kind=act.kind, slope=act.slope)


def _padding(run: Run, bound: Bound, kernel: Pair, dilation: int = 1) -> Pair:
    if "pad" in bound:
        return sides(bound["pad"], run.scope, "the padding", least=0)
    return dilation * (kernel[0] - 1) // 2, dilation * (kernel[1] - 1) // 2


def _pool(kind: str) -> Callable[[Run, ast.Statement, Bound], Step]:
    def reader(run: Run, statement: ast.Statement, bound: Bound) -> Step:
        name = run.name(statement, f"{kind}pool")
        if "kernel" not in bound:
            return _global(statement, bound, name)
        kernel, stride = sides(bound["kernel"], run.scope, "the kernel"), run.stride(bound)
        padding = _padding(run, bound, kernel)
        if run.does_nothing(bound):
            return _nothing
        written = run.formulas(kernel=bound["kernel"], stride=bound.get("/"), padding=bound.get("pad"))

        def step(chain: Chain) -> None:
            if any(2 * pad > side for pad, side in zip(padding, kernel, strict=True)):
                raise mistake(
                    N004, bound["pad"].span, "the padding is more than half the kernel", "write a smaller pad"
                )
            map_size = window(chain.shape, kernel, stride, padding, 1, statement.span)
            given = {"kernel": kernel, "stride": stride, "padding": padding, "formulas": written}
            chain.add(Pool, name, Shape(chain.shape.channels, *map_size), statement.span, kind=kind, **given)

        return step

    return reader


def _global(statement: ast.Statement, bound: Bound, name: str) -> Step:
    if bound:
        extra = next(iter(bound.values()))
        raise mistake(N003, extra.span, "a global avgpool takes no arguments", "write a size: avgpool 2x2, /2")
    return lambda chain: chain.add(GlobalAvgPool, name, Shape(chain.shape.channels, 1, 1), statement.span)


def _linear(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    units = integer(bound["units"], run.scope, "the number of units")
    bias = flag(bound["bias"], run.scope, "bias") if "bias" in bound else True
    name = run.name(statement, "fc")
    return lambda chain: chain.add(Linear, name, Shape(units, 1, 1), statement.span, bias=bias)


def _lone(part: Part) -> Callable[[Run, ast.Statement, Bound], Step]:
    def reader(run: Run, statement: ast.Statement, bound: Bound) -> Step:
        settings = run.settings
        base = "bn_extra" if part == "norm" else "act"
        name = run.name(statement, base)
        return lambda chain: add_part(chain, part, name, settings.norm, settings.act, statement.span)

    return reader


def _dropout(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    p = decimal(bound["p"], run.scope, "the probability", below=1)
    name, written = run.name(statement, "dropout"), run.formulas(p=bound["p"])
    return lambda chain: chain.add(Dropout, name, chain.shape, statement.span, p=p, formulas=written)


def _squeeze_excite(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    reduction = integer(bound["reduction"], run.scope, "the reduction")
    name, written = run.name(statement, "se"), run.formulas(reduction=bound["reduction"])

    def step(chain: Chain) -> None:
        if chain.shape.channels < reduction:
            found = f"a reduction of {reduction} leaves nothing of {chain.shape.channels} channels"
            raise mistake(N004, bound["reduction"].span, found, "write a smaller reduction")
        chain.add(SqueezeExcite, name, chain.shape, statement.span, reduction=reduction, formulas=written)

    return step


def _subsample(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    name, stride = run.name(statement, "subsample"), run.stride(bound)
    if "/" not in bound:
        raise mistake(N003, statement.span, "subsample needs a stride", "write subsample /2")
    if stride == 1:
        return _nothing
    written = run.formulas(stride=bound["/"])
    span = statement.span
    return lambda chain: chain.add(
        Subsample, name, subsampled(chain.shape, stride), span, stride=stride, formulas=written
    )


def _pad_channels(run: Run, statement: ast.Statement, bound: Bound) -> Step:
    channels = integer(bound["channels"], run.scope, "the number of channels")
    centered = "centered" in bound and flag(bound["centered"], run.scope, "centered")
    name, written = run.name(statement, "pad_channels"), run.formulas(channels=bound["channels"])

    def step(chain: Chain) -> None:
        extra = channels - chain.shape.channels
        if extra < 0:
            found = f"{chain.shape.channels} channels arrive, more than {channels}"
            raise mistake(N004, statement.span, found, "only more channels can be padded to: use projection")
        if extra:
            before = extra // 2 if centered else 0
            given = {"before": before, "after": extra - before, "formulas": written}
            chain.add(PadChannels, name, chain.shape._replace(channels=channels), statement.span, **given)

    return step


def _nothing(chain: Chain) -> None:
    """A layer that would do nothing is left out."""


_READERS: dict[str, Callable[[Run, ast.Statement, Bound], Step]] = {
    "conv": _conv,
    "maxpool": _pool("max"),
    "avgpool": _pool("avg"),
    "linear": _linear,
    "norm": _lone("norm"),
    "act": _lone("act"),
    "dropout": _dropout,
    "squeeze_excite": _squeeze_excite,
    "subsample": _subsample,
    "pad_channels": _pad_channels,
}


def count_convs(statements: Iterable[object]) -> int:
    """The weight layers among `statements`."""
    return sum(isinstance(s, ast.Statement) and s.keyword.id == "conv" for s in statements)
