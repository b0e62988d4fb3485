"""Every word of the language, once: what it takes, what holds where it is left out, and what it means.

The words of layers stand in their kinds' own files (`resdsl.ir.layers`), those of recipes in `resdsl.ir.recipe`; here
they all come together. The checker, the language server, the documentation and the editors' grammars read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from resdsl.ir.layers import ACTS, KINDS, NORMS, STATEMENTS
from resdsl.ir.order import Order
from resdsl.ir.recipe import AUGMENTATIONS, LOSSES, OPTIMIZERS, SCHEDULES
from resdsl.language.word import Choice, Flag, OneOf, Parameter, Word

Words = Mapping[str, Word]


def _table(*words: Word) -> Words:
    return {word.name: word for word in words}


DECLARATIONS: Words = _table(
    Word("use", 'use "other.res"', "Reads another file of the project, relative to this one."),
    Word(
        "block",
        "block NAME(parameters) { layers }",
        "The residual branch F. Inside, `stride` is the block's stride and `in` the channels that arrive.",
    ),
    Word(
        "shortcut",
        "shortcut NAME { layers }",
        "The path beside F where the shape changes. Inside, `stride`, `in` and `out` are defined.",
    ),
    Word(
        "network",
        "network NAME(parameters) { … }",
        "A network. `network A = B(arguments) { … }` is B with settings, sections and stages of the same name "
        "replaced; inside `train` and `expect`, entry by entry.",
    ),
)
SECTIONS: Words = _table(
    Word("stem", "stem { layers }", "The layers before the first stage."),
    Word(
        "stage",
        "stage NAME: COUNT x BLOCK(arguments), /STRIDE",
        "Equal blocks one after another; the stride belongs to the first. A body, `stage NAME { … }`, holds several "
        "runs of blocks and layers between them.",
    ),
    Word("head", "head { layers }", "The layers after the last stage."),
    Word(
        "expect",
        "expect { depth 34; params 21_797_672; macs 3.66G; map 7x7 }",
        "What the published table says. An integer must match exactly, `1.7M` when rounded to its digits.",
    ),
    Word("train", "train { … }", "How the network is trained. Whatever is left out has a default."),
)
ALLOW: Words = _table(
    Word(
        "allow",
        'allow RULE "reason"',
        "Lets a design rule be broken, here or in this stage, for a reason that is written down.",
    )
)
TEXTS: Words = _table(
    Word("title", 'title "…"', "The network's name, for people."),
    Word("cite", 'cite "…"', "Where the network was published."),
    Word("input", "input CxHxW", "The image: channels x height x width."),
)
ORDERS = OneOf("order", tuple(order.definition for order in Order))
_MODES = OneOf(
    "mode",
    (
        Word("fan_out", "fan_out", "Keeps the variance of gradients: the default."),
        Word("fan_in", "fan_in", "Keeps the variance of activations."),
    ),
)
_FAN_OUT = Choice("fan_out")
_HE = Word(
    "he",
    "he(mode = fan_out)",
    "A normal distribution of variance 2 / fan (He et al. 2015).",
    (Parameter("mode", _MODES, "Which fan the variance is divided by.", _FAN_OUT, named=True, sample="fan_out"),),
)
INIT = Word(
    "init",
    "init he(mode = fan_out), zero_last_norm = true",
    "How the weights start (default `he`; He et al. 2015).",
    (
        Parameter("he", OneOf("init", (_HE,)), "The distribution.", Choice("he", (("mode", _FAN_OUT),))),
        Parameter(
            "zero_last_norm",
            Flag(),
            "Zeroes the scale of the last norm in each block.",
            False,
            named=True,
            sample="true",
        ),
    ),
)
NO_SHORTCUT = Word("none", "shortcut none", "A plain network: blocks without a shortcut.")
ALWAYS = Word("always", "shortcut NAME always", "Beside every block, not only where the shape changes (option C).")
SETTINGS: Words = _table(
    Word(
        "order",
        "order post",
        "Where norm and act of each weight layer go, and the addition's own act (default `post`).",
    ),
    Word(
        "shortcut",
        "shortcut NAME",
        "The path beside each block that changes the shape; `NAME always` puts it beside every block, `none` makes a "
        "plain network. By default the identity.",
    ),
    Word(
        "norm", "norm batch(eps = 1e-5, momentum = 0.1)", "The normalization after each weight layer (default `batch`)."
    ),
    Word("act", "act relu", "The activation (default `relu`)."),
    INIT,
)
LAYERS: Words = STATEMENTS
EXPECT: Words = _table(
    Word("depth", "depth 34", "Weight layers on the main path: convs and linears, as papers count."),
    Word("params", "params 21_797_672", "All learned parameters."),
    Word("macs", "macs 3.66G", "Multiply-adds of convs and linears for one image of the declared input."),
    Word("map", "map 7x7", "The last map before the head."),
)
DATA: Words = _table(
    Word("cifar10", "cifar10", "50,000 images of 3x32x32 in 10 classes."),
    Word("digits", "digits", "Handwritten digits, 10 classes: inside the package, needs no download."),
    Word("imagenet", "imagenet", "ImageNet 2012: 1.28 million images in 1000 classes."),
)
TRAIN: Words = _table(
    Word("data", "data NAME", "The data set, with its options."),
    Word("augment", "augment pad_crop(4), flip", "What is done to a training image, in this order."),
    Word("batch", "batch 128", "Images per step, over all devices together."),
    Word("steps", "steps 64k", "How long to train, in steps."),
    Word("epochs", "epochs 90", "How long to train, in passes over the data."),
    Word("optimizer", "optimizer sgd(lr = 0.1, momentum = 0.9, weight_decay = 1e-4)", "How the weights move."),
    Word(
        "schedule",
        "schedule step(at = [32k, 48k], factor = 0.1)",
        "How the learning rate falls; with a `warmup` if needed.",
    ),
    Word("loss", "loss cross_entropy(label_smoothing = 0)", "What is minimized."),
    Word("seed", "seed 0", "The seed of weights, order and augmentation."),
)
IMPLICIT: Words = {
    "stride": Word("stride", "/stride", "The stride that the stage gives to this block; 1 for all but the first."),
    "in": Word("in", "in", "The channels that arrive."),
    "out": Word("out", "out", "The channels that the branch leaves."),
}
FLAGS: Words = _table(Word("true", "true", "Yes."), Word("false", "false", "No."))
# What may follow a word of a statement.
CHOICES: Mapping[str, Words] = {
    "order": _table(*ORDERS.words),
    "shortcut": _table(NO_SHORTCUT),
    "norm": _table(*NORMS),
    "act": _table(*ACTS),
    "init": _table(_HE),
    "data": DATA,
    "augment": _table(*AUGMENTATIONS.words),
    "optimizer": _table(*OPTIMIZERS.words),
    "schedule": _table(*SCHEDULES.words),
    "loss": _table(*LOSSES.words),
}


def _nested(words: Iterable[Word]) -> Iterator[Word]:
    """Each word, and those that its arguments can be."""
    for word in words:
        yield word
        for parameter in word.parameters:
            if isinstance(parameter.kind, OneOf):
                yield from _nested(parameter.kind.words)


# The words that take arguments, by name.
TAKING: Words = {
    word.name: word
    for word in _nested(
        (
            *STATEMENTS.values(),
            *(word for kind in KINDS for word in kind.WORDS),
            *SETTINGS.values(),
            *(word for words in CHOICES.values() for word in words.values()),
        )
    )
    if word.parameters
}
