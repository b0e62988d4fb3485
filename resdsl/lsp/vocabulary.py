"""Every word of the language with its syntax and meaning, by the place where it can stand.

The names are the checker's own; a test holds these tables against its signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Word(NamedTuple):
    """How a word is written with what belongs to it, and what that means."""

    syntax: str
    meaning: str


Words = Mapping[str, Word]

DECLARATIONS: Words = {
    "use": Word('use "other.res"', "Reads another file of the project, relative to this one."),
    "block": Word(
        "block NAME(parameters) { layers }",
        "The residual branch F. Inside, `stride` is the block's stride and `in` the channels that arrive.",
    ),
    "shortcut": Word(
        "shortcut NAME { layers }",
        "The path beside F where the shape changes. Inside, `stride`, `in` and `out` are defined.",
    ),
    "network": Word(
        "network NAME(parameters) { … }",
        "A network. `network A = B(arguments) { … }` is B with settings, sections and stages of the same name "
        "replaced; inside `train` and `expect`, entry by entry.",
    ),
}
SECTIONS: Words = {
    "stem": Word("stem { layers }", "The layers before the first stage."),
    "stage": Word(
        "stage NAME: COUNT x BLOCK(arguments), /STRIDE",
        "Equal blocks one after another; the stride belongs to the first. A body, `stage NAME { … }`, holds several "
        "runs of blocks and layers between them.",
    ),
    "head": Word("head { layers }", "The layers behind the last stage."),
    "expect": Word(
        "expect { depth 34; params 21_797_672; macs 3.66G; map 7x7 }",
        "What the published table says. An integer must match exactly, `1.7M` when rounded to its digits.",
    ),
    "train": Word("train { … }", "How the network is trained. Whatever is left out has a default."),
}
ALLOW: Words = {
    "allow": Word(
        'allow RULE "reason"', "Lets a design rule be broken, here or in this stage, for a reason that is written down."
    )
}
TEXTS: Words = {
    "title": Word('title "…"', "The network's name, for people."),
    "cite": Word('cite "…"', "Where the network was published."),
    "input": Word("input CxHxW", "The image: channels x height x width."),
}
SETTINGS: Words = {
    "order": Word(
        "order post", "Where norm and act of each weight layer go, and the addition's own act (default `post`)."
    ),
    "shortcut": Word(
        "shortcut NAME",
        "The path beside each block that changes the shape; `NAME always` puts it beside every block, `none` makes a "
        "plain network. By default the identity.",
    ),
    "norm": Word(
        "norm batch(eps = 1e-5, momentum = 0.1)", "The normalization behind each weight layer (default `batch`)."
    ),
    "act": Word("act relu", "The activation (default `relu`)."),
    "init": Word(
        "init he(mode = fan_out), zero_last_norm = true", "How the weights start (default `he`; He et al. 2015)."
    ),
}
LAYERS: Words = {
    "conv": Word(
        "conv K, FILTERS, /STRIDE, groups = g, dilation = d, bias = b, pad = p, norm = …, act = …",
        "A weight layer; `order` places its norm and act. The padding is d * (k - 1) / 2, rounded down, unless told. "
        "It has a bias only where its norm is `none`, unless told.",
    ),
    "maxpool": Word("maxpool K, /STRIDE, pad = p", "The largest value in each window; padding never wins."),
    "avgpool": Word(
        "avgpool K, /STRIDE, pad = p", "The mean of each window, padding not counted; with no size, of the whole map."
    ),
    "linear": Word("linear UNITS, bias = b", "A fully connected layer on the map, flattened in C, H, W order."),
    "norm": Word("norm", "The network's normalization, once more."),
    "act": Word("act", "The network's activation, once more."),
    "dropout": Word("dropout p", "Zeroes each value with probability p in training."),
    "squeeze_excite": Word(
        "squeeze_excite REDUCTION", "Scales each channel by what all of them hold (Hu et al. 2018)."
    ),
    "subsample": Word("subsample /STRIDE", "Keeps every STRIDE-th row and column."),
    "pad_channels": Word(
        "pad_channels N, centered = b", "Adds zero channels, behind the others or half on either side."
    ),
}
EXPECT: Words = {
    "depth": Word("depth 34", "Weight layers on the main path: convs and linears, as papers count."),
    "params": Word("params 21_797_672", "All learned parameters."),
    "macs": Word("macs 3.66G", "Multiply-adds of convs and linears for one image of the declared input."),
    "map": Word("map 7x7", "The last map before the head."),
}
TRAIN: Words = {
    "data": Word("data NAME", "The data set, with its options."),
    "augment": Word("augment pad_crop(4), flip", "What is done to a training image, in this order."),
    "batch": Word("batch 128", "Images per step, over all devices together."),
    "steps": Word("steps 64k", "How long to train, in steps."),
    "epochs": Word("epochs 90", "How long to train, in passes over the data."),
    "optimizer": Word("optimizer sgd(lr = 0.1, momentum = 0.9, weight_decay = 1e-4)", "How the weights move."),
    "schedule": Word(
        "schedule step(at = [32k, 48k], factor = 0.1)", "How the learning rate falls; with a `warmup` if needed."
    ),
    "loss": Word("loss cross_entropy(label_smoothing = 0)", "What is minimized."),
    "seed": Word("seed 0", "The seed of weights, order and augmentation."),
}
IMPLICIT: Words = {
    "stride": Word("/stride", "The stride that the stage gives to this block; 1 for all but the first."),
    "in": Word("in", "The channels that arrive."),
    "out": Word("out", "The channels that the branch leaves."),
}

_FLAG: Words = {"true": Word("true", "Yes."), "false": Word("false", "No.")}
_NORMS: Words = {
    "batch": Word("batch(eps = 1e-5, momentum = 0.1)", "Batch normalization (Ioffe and Szegedy 2015)."),
    "group": Word("group(groups = 32)", "Group normalization (Wu and He 2018)."),
    "none": Word("none", "No normalization."),
}
_ACTS: Words = {
    "relu": Word("relu", "max(x, 0)"),
    "gelu": Word("gelu", "x times the normal distribution function of x."),
    "silu": Word("silu", "x times the logistic function of x."),
    "leaky_relu": Word("leaky_relu(slope = 0.01)", "x, or slope times x where x is negative."),
    "none": Word("none", "No activation."),
}
ALWAYS: Words = {
    "always": Word("shortcut NAME always", "Beside every block, not only where the shape changes (option C).")
}
# What may follow a word of a statement, or `name =` in it.
VALUES: Mapping[str, Words] = {
    "order": {
        "post": Word("post", "(conv norm act) × (K-1), conv norm; act after the addition. He et al. 2016b, Fig. 4(a)."),
        "norm_after_add": Word(
            "norm_after_add", "(conv norm act) × (K-1), conv; norm and act after the addition. Fig. 4(b)."
        ),
        "act_before_add": Word("act_before_add", "(conv norm act) × K; nothing after the addition. Fig. 4(c)."),
        "act_pre": Word("act_pre", "(act conv norm) × K: ReLU-only pre-activation. Fig. 4(d)."),
        "pre": Word("pre", "(norm act conv) × K: full pre-activation. Fig. 4(e)."),
    },
    "shortcut": {"none": Word("shortcut none", "A plain network: blocks without a shortcut.")},
    "norm": _NORMS,
    "act": _ACTS,
    "init": {
        "he": Word("he(mode = fan_out)", "A normal distribution of variance 2 / fan (He et al. 2015)."),
        "zero_last_norm": Word("zero_last_norm = true", "Zeroes the scale of the last norm in each block."),
    },
    "data": {
        "cifar10": Word("cifar10", "50,000 images of 3x32x32 in 10 classes."),
        "digits": Word("digits", "Handwritten digits, 10 classes: inside the package, needs no download."),
        "imagenet": Word("imagenet", "ImageNet 2012: 1.28 million images in 1000 classes."),
    },
    "augment": {
        "pad_crop": Word("pad_crop(4)", "Pads with zeros and takes a random crop (He et al. 2016, Section 4.2)."),
        "flip": Word("flip", "Mirrors half of the images left to right."),
        "scale_crop": Word(
            "scale_crop(224, shorter = [256, 480])",
            "Scales the shorter side to a random length and takes a random crop (He et al. 2016, Section 3.4).",
        ),
    },
    "optimizer": {
        "sgd": Word("sgd(lr = 0.1, momentum = 0.9, weight_decay = 1e-4)", "Stochastic gradient descent with momentum."),
    },
    "schedule": {
        "step": Word("step(at = [32k, 48k], factor = 0.1)", "Multiplies the rate by `factor` at each step of `at`."),
        "plateau": Word(
            "plateau(factor = 0.1, patience = 10)", "Multiplies the rate once the test error stops falling."
        ),
        "cosine": Word("cosine()", "Half a cosine from the first rate to zero."),
        "constant": Word("constant()", "The rate stays."),
        "warmup": Word("warmup(lr = 0.01, steps = 400)", "Another rate for the first steps."),
    },
    "loss": {"cross_entropy": Word("cross_entropy(label_smoothing = 0)", "Cross entropy of the softmax.")},
    "mode": {
        "fan_out": Word("fan_out", "Keeps the variance of gradients: the default."),
        "fan_in": Word("fan_in", "Keeps the variance of activations."),
    },
    **dict.fromkeys(("bias", "centered", "nesterov", "decay_all", "zero_last_norm"), _FLAG),
}
_PAD: Words = {"pad": Word("pad = 1", "Pixels of padding on each side; `pad = 1x2` for rows and columns.")}
_BIAS: Words = {"bias": Word("bias = false", "Whether a learned bias is added.")}
_FACTOR: Words = {"factor": Word("factor = 0.1", "What the rate is multiplied by.")}
_EPS: Words = {"eps": Word("eps = 1e-5", "Added to the variance.")}
# The arguments by name that a layer, a value or a setting takes.
ARGUMENTS: Mapping[str, Words] = {
    "conv": {
        "groups": Word("groups = 32", "Splits the channels into groups that are convolved apart."),
        "dilation": Word("dilation = 2", "The distance between the pixels of the kernel."),
        **_BIAS,
        **_PAD,
        "norm": Word("norm = none", "This layer's own norm."),
        "act": Word("act = none", "This layer's own act."),
    },
    "maxpool": _PAD,
    "avgpool": _PAD,
    "linear": _BIAS,
    "pad_channels": {"centered": Word("centered = true", "Half of the zero channels before, half behind.")},
    "init": {"zero_last_norm": VALUES["init"]["zero_last_norm"]},
    "batch": {**_EPS, "momentum": Word("momentum = 0.1", "The weight of the newest batch in the running statistics.")},
    "group": {"groups": Word("groups = 32", "The number of groups."), **_EPS},
    "leaky_relu": {"slope": Word("slope = 0.01", "The slope for negative values.")},
    "he": {"mode": Word("mode = fan_out", "Which fan the variance is divided by.")},
    "pad_crop": {"padding": Word("padding = 4", "Zero pixels on each side.")},
    "scale_crop": {
        "size": Word("size = 224", "The side of the crop."),
        "shorter": Word("shorter = [256, 480]", "The range of the shorter side."),
    },
    "sgd": {
        "lr": Word("lr = 0.1", "The learning rate."),
        "momentum": Word("momentum = 0.9", "The momentum."),
        "weight_decay": Word("weight_decay = 1e-4", "The weight decay, which joins the gradient before the momentum."),
        "nesterov": Word("nesterov = true", "Nesterov's momentum."),
        "decay_all": Word("decay_all = false", "Whether norms and biases decay too."),
    },
    "step": {"at": Word("at = [32k, 48k]", "The steps at which the rate falls."), **_FACTOR},
    "plateau": {**_FACTOR, "patience": Word("patience = 10", "Epochs to wait for a better test error.")},
    "warmup": {
        "lr": Word("lr = 0.01", "The rate of the first steps."),
        "steps": Word("steps = 400", "How many those are."),
    },
    "cross_entropy": {
        "label_smoothing": Word("label_smoothing = 0.1", "How much of the target is spread over all classes.")
    },
}
