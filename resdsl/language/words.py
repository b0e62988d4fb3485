"""Every word of the language, once: what it takes, what holds where it is left out, and what it means.

The words of layers stand in their kinds' own files (`resdsl.ir.layers`), those of recipes in `resdsl.ir.recipe`; here
they all come together, by the place where they can stand. The checker, the language server, the tables of
docs/language.md (`resdsl.language.reference`) and the colours of editors (`resdsl.language.textmate`,
`resdsl.highlight`) are made of these tables, or held against them by `tests/test_words.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from resdsl.ir.join import JOINS
from resdsl.ir.layers import ACTS, ATTENTION, NORMS, STATEMENTS, DropPath
from resdsl.ir.order import Order
from resdsl.ir.recipe import (
    AUGMENTATIONS,
    CROSS_ENTROPY,
    DATA_CHOICES,
    LOSSES,
    OPTIMIZERS,
    SCHEDULES,
    STATISTICS,
    WHOLE_BATCH,
)
from resdsl.ir.study import PLOTS, TABLE
from resdsl.word import FLAGS, NONE, ZERO, Decimal, Flag, Integer, OneOf, Parameter, Word

Words = Mapping[str, Word]


def _table(*words: Word) -> Words:
    return {word.name: word for word in words}


# Statements, by the place where they stand: in a file, …

DECLARATIONS: Words = _table(
    Word(
        "use",
        "Reads another file of the project, relative to this one; its declarations are then known here.",
        form='use "other.res"',
    ),
    Word(
        "block",
        "The residual branch F. Inside, `stride` is the block's stride and `in` the channels that arrive.",
        form="block NAME(parameters) { layers }",
    ),
    Word(
        "shortcut",
        "The path next to F where the shape changes. Inside, `stride`, `in` and `out` are defined.",
        form="shortcut NAME { layers }",
    ),
    Word(
        "network",
        "A network. `network A = B(arguments) { … }` is B with settings, sections and stages of the same name "
        "replaced; inside `train` and `expect`, entry by entry.",
        form="network NAME(parameters) { … }",
    ),
    Word(
        "study",
        "An experiment: networks that are trained alike, and what is drawn and tabulated of them. `resdsl study` runs it.",
        form="study NAME(parameters) { … }",
    ),
)

# … in a network, …

SECTIONS: Words = _table(
    Word("stem", "The layers before the first stage.", form="stem { layers }"),
    Word(
        "stage",
        "Equal blocks one after another; the stride belongs to the first. A body, `stage NAME { … }`, holds several "
        "runs of blocks and layers between them.",
        form="stage NAME: COUNT x BLOCK(arguments), /STRIDE",
    ),
    Word("head", "The layers after the last stage.", form="head { layers }"),
    Word(
        "expect",
        "What the published table says. An integer must match exactly, `1.7M` when rounded to its digits.",
        form="expect { depth 34; params 21_797_672; macs 3.66G; map 7x7 }",
    ),
    Word("train", "How the network is trained. Whatever is left out has a default.", form="train { … }"),
)
ALLOW: Words = _table(
    Word(
        "allow",
        "Lets a design rule be broken, here or in this stage, for a reason that is written down.",
        form='allow RULE "reason"',
    )
)
TEXTS: Words = _table(
    Word("title", "The network's name, for people.", form='title "…"'),
    Word("cite", "Where the network was published.", form='cite "…"'),
    Word(
        "input",
        "The image, channels x height x width; always needed. On the command line `--input 3x64x64` takes another.",
        form="input CxHxW",
    ),
    Word(
        "design",
        "`design free` leaves the papers' own rules (D001 to D004), for a reason that is written down; the others stay.",
        form='design free "reason"',
    ),
)
FREE = Word("free", "The network follows rules of its own.", form='design free "reason"')

# … in a network or a stage, …

ORDERS = OneOf("order", tuple(order.definition for order in Order))
_FAN_OUT = Word("fan_out", "Keeps the variance of gradients.")
_MODES = OneOf("mode", (_FAN_OUT, Word("fan_in", "Keeps the variance of activations.")))
_HE = Word(
    "he",
    "A normal distribution of variance 2 / fan (He et al. 2015).",
    (Parameter("mode", _MODES, "Which fan the variance is divided by.", _FAN_OUT.choice, named=True),),
)
INIT = Word(
    "init",
    "How the weights start.",
    (
        Parameter("distribution", OneOf("init", (_HE,)), "The distribution.", _HE.choice),
        Parameter(
            "zero_last_norm", Flag(), "Starts the scale of each branch's last norm at 0.", False, named=True, sample="true"
        ),
    ),
    form=f"init {_HE.syntax}, zero_last_norm = false",
)  # fmt: skip
DOWNSAMPLINGS = OneOf(
    "downsampling",
    (
        Word("strided", "The conv itself strides."),
        Word(
            "blurred", "A `blur_pool` after its activation strides (Zhang 2019).",
            (Parameter("kernel", Integer(2), "The window of the blur.", 3),),
        ),
        Word("averaged", "An `avgpool` after its activation strides, with a window of the stride's size."),
    ),
)  # fmt: skip
WEIGHTS = OneOf(
    "weights",
    (
        Word("plain", "As they are."),
        Word(
            "standardized",
            "The weights of each filter are used with mean 0 and variance 1 (Qiao et al. 2019).",
            (Parameter("eps", Decimal(), "Added to the variance.", 1e-8, named=True),),
        ),
    ),
)
ATTENTIONS = OneOf(
    "attention", (*(word for kind in ATTENTION for word in kind.WORDS), Word(NONE, "Nothing more than the block has itself."))
)  # fmt: skip
NO_SHORTCUT = Word(NONE, "A plain network: blocks without a shortcut.")
ALWAYS = Word(
    "always", "Next to every block, not only where the shape changes (option C).", form="shortcut NAME always"
)
SETTINGS: Words = _table(
    Word(
        "order",
        "Where norm and activation of each weight layer go, and the addition's own activation (He et al. 2016b, Fig. 4).",
        form=f"order {ORDERS.words[0].syntax}",
    ),
    Word(
        "shortcut",
        "The path next to each block that changes the shape, the identity elsewhere; `NAME always`: next to every block "
        "(option C is `projection always`); `none`: a plain network. Without this setting every block keeps the identity.",
        form="shortcut NAME",
    ),
    Word(
        "join",
        "How the shortcut x and the branch F of each block become one; the addition's activation comes after it.",
        form=f"join {JOINS.words[0].syntax}",
    ),
    Word(
        "attention",
        "A layer at the end of each branch, before the join: squeeze-and-excitation makes an SE-ResNet of a ResNet. In its "
        "arguments, `in` are the channels that arrive at the block and `out` those that leave it.",
        form="attention squeeze_excite(16)",
    ),
    *DropPath.WORDS,
    Word("norm", "The normalization after each weight layer.", form=f"norm {NORMS[0].syntax}"),
    Word("act", "The activation of each weight layer.", form=f"act {ACTS[0].syntax}"),
    INIT,
    Word(
        "downsampling",
        "What strides in the branch of a block, and between blocks: the conv, or what then stands after it.",
        form="downsampling strided",
    ),
    Word("weights", "How the weights of convs are used.", form="weights plain"),
)
DILATE = Word(
    "dilate",
    "For a stage only: the strides of its convs, and of all that come later, become dilation, as `--output-stride` does "
    "on the command line.",
)
IN_STAGES: Words = {**SETTINGS, DILATE.name: DILATE}

# … in stems, heads, blocks, shortcuts and stages' bodies, …

LAYERS: Words = STATEMENTS
IN_BLOCKS: Words = _table(
    Word("stride", "The stride that the stage gives to this block; 1 for all but the first.", form="/stride"),
    Word("in", "The channels that arrive."),
)
IN_SHORTCUTS: Words = {**IN_BLOCKS, "out": Word("out", "The channels that the branch leaves.")}

# … in `expect`, and in `train`.

EXPECT: Words = _table(
    Word("depth", "Weight layers on the main path, convs and linears, as papers count them.", form="depth 34"),
    Word("params", "All that is learned.", form="params 21_797_672"),
    Word(
        "macs",
        "Multiply-adds of convs and linears for one image of the declared input; FLOPs are twice as many.",
        form="macs 3.66G",
    ),
    Word("map", "The last map before the head.", form="map 7x7"),
)
DATA: Words = _table(*DATA_CHOICES.words)
LENGTHS: Words = _table(  # one of them replaces the other
    Word("steps", "How long to train, in steps; not together with `epochs`.", form="steps 64k"),
    Word("epochs", "How long to train, in passes over the data; not together with `steps`.", form="epochs 90"),
)
TRAIN: Words = _table(
    Word("data", "The data set, with options by name: `cifar10(mean = [0.49, 0.48, 0.45])`.", form="data NAME"),
    Word("augment", "What is done to a training image, in this order.", form="augment pad_crop(4), flip"),
    Word("batch", "Images per step, over all devices together.", form="batch 128"),
    *LENGTHS.values(),
    Word("optimizer", "How the weights move.", form=f"optimizer {OPTIMIZERS.words[0].syntax}"),
    Word(
        "schedule",
        "How the learning rate falls, after a `warmup` if need be.",
        form=f"schedule {SCHEDULES.words[0].syntax}",
    ),
    Word("loss", "What is minimized.", form=f"loss {CROSS_ENTROPY.syntax}"),
    Word(
        "clip",
        "The largest norm that the gradients of a step may have together; larger ones are scaled.",
        form="clip 1.0",
    ),
    Word(
        "ema",
        "The share of the averaged weights that each step keeps; they are evaluated in place of the last ones.",
        form="ema 0.9999",
    ),
    Word(
        "statistics",
        "What the statistics of batch norms are taken over, in training on several devices.",
        form=f"statistics {WHOLE_BATCH.name}",
    ),
    Word("seed", "The seed of the weights, of the order of the images and of their augmentation.", form="seed 0"),
)

# … in a study, …

STUDY_SETTINGS: Words = _table(
    Word("title", "The study's name, for people.", form='title "…"'),
    Word("cite", "Where the figure was published that it draws anew.", form='cite "…"'),
    Word("note", "What differs from the published conditions, for people; any number of them.", form='note "…"'),
    Word("seeds", "How often each is trained, with the seeds from 0 on; 1 unless told.", form="seeds 5"),
    Word("plot", "What is drawn.", form="plot curves(panels = [plain, residual], of = error)"),
)
STUDY: Words = {
    **STUDY_SETTINGS,
    **_table(
        Word(
            "run",
            "A network that is trained, and what figures call it; a list in place of a value makes one of each, and another "
            "run of that name adds to it.",
            form="run NAME: NETWORK(n = [3, 5, 7])",
        ),
        Word(
            "train",
            "What holds for all runs, in place of the entries of each network's own recipe.",
            form="train { … }",
        ),
        TABLE,
    ),
}
FIGURES: Words = _table(
    Word(
        "published",
        "What a paper reports of a run, a number or a text; the word may be left out after the first.",
        form="published RUN(n = 3) 8.75",
    )
)

# What may follow the word of a statement.

CHOICES: Mapping[str, Words] = {
    "design": _table(FREE),
    "order": _table(*ORDERS.words),
    "shortcut": _table(NO_SHORTCUT),
    "join": _table(*JOINS.words),
    "attention": _table(*ATTENTIONS.words),
    "norm": _table(*NORMS),
    "act": _table(*ACTS),
    "init": _table(_HE),
    "downsampling": _table(*DOWNSAMPLINGS.words),
    "weights": _table(*WEIGHTS.words),
    "data": DATA,
    "augment": _table(*AUGMENTATIONS.words),
    "optimizer": _table(*OPTIMIZERS.words),
    "schedule": _table(*SCHEDULES.words),
    "loss": _table(*LOSSES.words),
    "statistics": _table(*STATISTICS.words),
    "plot": _table(*PLOTS.words),
}


def _nested(words: Iterable[Word]) -> Iterator[Word]:
    """Each word, and those that its arguments can be."""
    for word in words:
        yield word
        for parameter in word.parameters:
            yield from _nested(parameter.choices)


_VALUES = tuple(_nested(word for words in CHOICES.values() for word in words.values()))
# The values of a table's arguments.
MEASURES_OF_TABLES: Words = _table(*(word for word in _nested((TABLE,)) if word is not TABLE))
# The words that take arguments, by name.
TAKING: Words = _table(
    *(w for w in (*_nested((*LAYERS.values(), *SETTINGS.values(), TABLE)), *_VALUES) if w.parameters)
)

# What an editor colours alike.

Group = Literal["layer", "setting", "structure", "value", "implicit"]
_GROUPS: tuple[tuple[Group, Words], ...] = (
    ("layer", LAYERS),
    ("setting", {**TEXTS, **IN_STAGES, **EXPECT, **TRAIN, **STUDY_SETTINGS}),
    ("structure", {**DECLARATIONS, **SECTIONS, **ALLOW, **STUDY, **FIGURES}),
    ("value", _table(*_VALUES, *MEASURES_OF_TABLES.values(), ALWAYS, *FLAGS, ZERO)),
    ("implicit", IN_SHORTCUTS),
)


def _apart() -> Iterator[tuple[Group, tuple[str, ...]]]:
    """The groups, without the words of those before: `norm` is a layer and a setting, `batch` a setting and a norm."""
    seen: set[str] = set()
    for group, words in _GROUPS:
        yield group, tuple(name for name in words if name not in seen)
        seen.update(words)


GROUPS: Mapping[Group, tuple[str, ...]] = dict(_apart())
