"""Words that people bring along from frameworks, and what they are here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from resdsl.ir.layers import Activation

_NORM: Final = "each conv has its norm after it, as `order` and `norm` say: remove this, or write norm for one more"
_ACT: Final = "each conv has its activation, as `order` and `act` say: remove this, or write act for one more"
_LINEAR: Final = "write linear, with the number of classes: linear 1000"
_NO_FLATTEN: Final = "remove it: avgpool leaves a vector, and linear takes one"

LAYERS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("fc", "dense", "Dense", "Linear", "classifier", "fully_connected"), _LINEAR),
    **dict.fromkeys(("bn", "batchnorm", "batch_norm", "BatchNorm2d", "bn1", "gn", "ln"), _NORM),
    **dict.fromkeys((*Activation, "ReLU", "prelu", "swish"), _ACT),
    **dict.fromkeys(("gap", "global_avgpool", "adaptive_avgpool", "global_average_pooling"), "write avgpool"),
    **dict.fromkeys(("flatten", "Flatten", "reshape"), _NO_FLATTEN),
    **dict.fromkeys(("softmax", "log_softmax"), "remove it: the loss takes the logits as they are"),
    **dict.fromkeys(("se", "se_layer", "SE"), "write squeeze_excite 16"),
    **dict.fromkeys(("channel_attention", "eca_layer", "eca_module"), "write eca"),
    **dict.fromkeys(("stochastic_depth", "DropPath"), "write drop_path 0.1"),
    **dict.fromkeys(("downsample", "shortcut", "residual"), "blocks have their shortcut by themselves: shortcut projection"),
}  # fmt: skip
ARGUMENTS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("stride", "strides", "s"), "a stride is written /2"),
    **dict.fromkeys(
        ("channels", "out_channels", "features", "width", "planes", "units", "out_features", "classes"),
        "write the number alone: conv 3x3, 64; basic(64); linear 1000",
    ),
    **dict.fromkeys(("kernel_size", "k", "size"), "write the size alone: conv 3x3, 64"),
    **dict.fromkeys(("padding", "pads"), "write pad = 1; without it a conv keeps the size of the map"),
    **dict.fromkeys(("in_channels", "input"), "remove it: each layer takes what the one before leaves"),
    **dict.fromkeys(("activation", "nonlinearity"), "write act = relu"),
    **dict.fromkeys(("normalization", "norm_layer"), "write norm = batch"),
}
_SIZED: Final = re.compile(r"(conv|maxpool|avgpool)(\d+)(?:x(\d+))?")


def habit(word: str, noun: str) -> str | None:
    """What to write in place of `word`, a layer or an argument, where it is a word of a framework."""
    if noun == "argument":
        return ARGUMENTS.get(word)
    if noun not in {"layer", "block"}:
        return None
    if sized := _SIZED.fullmatch(word):
        size = f"{sized[2]}x{sized[3] or sized[2]}"
        return f"the size is an argument: write {sized[1]} {size}, …"
    return LAYERS.get(word)
