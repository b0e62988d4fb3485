"""A study as data: networks that are trained alike, and what is drawn and tabulated of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal, final

from resdsl.diagnostics import Span
from resdsl.ir.expression import Real
from resdsl.ir.network import Network
from resdsl.word import DERIVED, Names, OneOf, Parameter, Word

Curve = Literal["error", "loss"]
Measure = Literal["test_error", "train_error", "test_loss", "train_loss"]
Over = Literal["median", "mean"]

CURVES = OneOf("curve", (Word("error", "Wrong answers, in per cent."), Word("loss", "The cross entropy, in nats.")))
MEASURES = OneOf(
    "measure",
    (
        Word("test_error", "Wrong answers on the test images, in per cent."),
        Word("train_error", "Wrong answers on the training images of the last epoch, in per cent."),
        Word("test_loss", "The cross entropy on the test images, in nats."),
        Word("train_loss", "The cross entropy on the training images of the last epoch, in nats."),
    ),
)
OVER = OneOf("mean", (Word("median", "The middle one of the seeds."), Word("mean", "The mean of the seeds.")))
_PANELS = Parameter(
    "panels", Names("run"), "The runs that are drawn, a panel for each; without it, all.", DERIVED,
    sample="[plain, residual]", named=True,
)  # fmt: skip


@final
@dataclass(frozen=True, slots=True)
class Curves:
    """Training and test curves over the steps, as the papers draw them."""

    panels: tuple[str, ...]
    of: Curve = "error"

    WORD: ClassVar = Word(
        "curves",
        "Training (thin) and test (bold) curves over the steps (He et al. 2016, Fig. 6).",
        (_PANELS, Parameter("of", CURVES, "What is drawn.", CURVES.words[0].choice, named=True)),
    )


@final
@dataclass(frozen=True, slots=True)
class Responses:
    """Standard deviations of what each norm gives, before any activation, layer by layer (He et al. 2016, Fig. 7)."""

    panels: tuple[str, ...]

    WORD: ClassVar = Word(
        "responses",
        "Standard deviations of the layers' responses, after their norm and before an activation (He et al. 2016, Fig. 7).",
        (_PANELS,),
    )


@final
@dataclass(frozen=True, slots=True)
class Gradients:
    """Norms of the gradients, layer by layer: whether they vanish (He et al. 2016, Section 4.1)."""

    panels: tuple[str, ...]

    WORD: ClassVar = Word(
        "gradients",
        "Norms of the gradients of each layer, at first (thin) and at the end (bold): whether they vanish "
        "(He et al. 2016, Section 4.1).",
        (_PANELS,),
    )


@final
@dataclass(frozen=True, slots=True)
class Scales:
    """What of the signal the identity path carries on, block by block (He et al. 2016b, Eq. 6 to 8)."""

    panels: tuple[str, ...]

    WORD: ClassVar = Word(
        "scales",
        "The share of a signal that the identity path carries from each block to the last (He et al. 2016b, Eq. 6).",
        (_PANELS,),
    )


Plot = Curves | Responses | Gradients | Scales
PLOT_KINDS: dict[str, type[Plot]] = {kind.WORD.name: kind for kind in (Curves, Responses, Gradients, Scales)}
PLOTS = OneOf("plot", tuple(kind.WORD for kind in PLOT_KINDS.values()))
TABLE = Word(
    "table",
    "The runs with their published figures, which its braces may hold.",
    (
        Parameter("of", MEASURES, "What is tabulated.", MEASURES.words[0].choice, named=True),
        Parameter("over", OVER, "What is made of the seeds.", OVER.words[0].choice, named=True),
    ),
    form="table NAME(of = test_error, over = median) { published RUN(…) 8.75 }",
)


@final
@dataclass(frozen=True, slots=True)
class Table:
    """A measure of every run; `published` are a paper's figures for some of them, as they are written, by the run's name."""

    name: str
    of: Measure = "test_error"
    over: Over = "median"
    published: tuple[tuple[str, str], ...] = ()


@final
@dataclass(frozen=True, slots=True)
class Run:
    """A network that is trained once for each seed.

    `group` is what the study calls it and those that differ from it in their `parameters` alone; `network` has the
    run's own name, `residual_n3`.
    """

    group: str
    parameters: tuple[tuple[str, Real], ...]
    network: Network
    span: Span

    @property
    def name(self) -> str:
        return self.network.name


@final
@dataclass(frozen=True, slots=True)
class Study:
    """What a paper's figure claims. `notes` say, for people, what differs from the published conditions."""

    name: str
    title: str
    cite: str
    notes: tuple[str, ...]
    runs: tuple[Run, ...]
    seeds: int
    plots: tuple[Plot, ...]
    tables: tuple[Table, ...]
    span: Span

    @property
    def groups(self) -> tuple[str, ...]:
        """The names of its runs, as the study gives them."""
        return tuple(dict.fromkeys(run.group for run in self.runs))

    @property
    def labels(self) -> Mapping[str, str]:
        """What each run is called in figures, by its name: `residual-20` where the depths of a group tell all."""
        return {run.name: _label(run, [each for each in self.runs if each.group == run.group]) for run in self.runs}


def _label(run: Run, group: list[Run]) -> str:
    if len(group) == 1:
        return run.group.replace("_", " ")
    if len({each.network.depth for each in group}) == len(group):
        return f"{run.group.replace('_', ' ')}-{run.network.depth}"
    values = {name: {dict(each.parameters).get(name) for each in group} for name, _ in run.parameters}
    differs = [(name, value) for name, value in run.parameters if len(values[name]) > 1]
    return f"{run.group.replace('_', ' ')} ({', '.join(f'{name} = {value:g}' for name, value in differs)})"
