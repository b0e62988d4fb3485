"""Our names in the words of others: each style turns the canonical name of a parameter into theirs.

After transformers (ResNetModel), detectron2, torchvision (regnet.py, where blocks are lettered), timm (byobnet.py), Keras
(applications/resnet.py), Caffe (the authors' own prototxt), Flax (examples/imagenet) and BiT.
"""

from __future__ import annotations

import re
from collections.abc import Callable

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = {"1": "reduce", "2": "spatial", "3": "expand"}
KERAS = {"weight": "gamma", "bias": "beta", "running_mean": "moving_mean", "running_var": "moving_variance"}
Rule = tuple[str, str | Callable[[re.Match[str]], str]]


def rules(*given: Rule) -> Callable[[str], str]:
    def renamed(name: str) -> str:
        for pattern, replacement in given:
            name = re.sub(pattern, replacement, name)
        return name

    return renamed


def lettered(match: re.Match[str]) -> str:
    return LETTERS[int(match[1]) - 1]


def keras(name: str) -> str:
    *module, role = name.split(".")
    if len(module) == 1:
        found = {"conv1": "conv1_conv", "bn1": "conv1_bn", "fc": "predictions"}[module[0]]
    else:
        block = f"conv{int(module[0][5:]) + 1}_block{int(module[1]) + 1}_"
        kind, number = ("conv", "bn")[int(module[-1])] if module[2] == "downsample" else module[2][:-1], module[2][-1]
        found = f"{block}{number if number.isdecimal() else 0}_{kind}"
    return f"{found}/{KERAS[role] if found.endswith('bn') else role}"


def caffe(name: str) -> str:
    *module, role = name.split(".")
    if len(module) == 1:
        return {"conv1": "conv1", "bn1": "bn_conv1", "fc": "fc1000"}[module[0]] + f".{role}"
    block = f"{int(module[0][5:]) + 1}{LETTERS[int(module[1])]}_branch"
    if module[2] == "downsample":
        return f"{('res', 'bn')[int(module[3])]}{block}1.{role}"
    return f"{'res' if module[2].startswith('conv') else 'bn'}{block}2{LETTERS[int(module[2][-1]) - 1]}.{role}"


def bit(name: str) -> str:
    """Of a pre-activation network; the projection stands under the first unit of its branch."""
    *module, role = name.split(".")
    if len(module) == 1:
        where = {"conv1": "root_block/standardized_conv2d", "bn_final": "group_norm", "fc": "head/conv2d"}[module[0]]
        return f"resnet/{where}/{role}"
    unit = f"resnet/block{module[0][5:]}/unit{int(module[1]) + 1:02d}"
    if module[2] == "downsample":
        return f"{unit}/a/proj/standardized_conv2d/{role}"
    kind = "standardized_conv2d" if module[2].startswith("conv") else "group_norm"
    return f"{unit}/{LETTERS[int(module[2][-1]) - 1]}/{kind}/{role}"


STYLES: dict[str, Callable[[str], str]] = {
    "transformers": rules(
        (r"^conv1\.", "embedder.embedder.convolution."),
        (r"^bn1\.", "embedder.embedder.normalization."),
        (r"^layer(\d)\.(\d+)", r"encoder.stages.\1.layers.\2"),
        (r"\.conv(\d)\.", r".layer.\1.convolution."),
        (r"\.bn(\d)\.", r".layer.\1.normalization."),
        (r"downsample\.0", "shortcut.convolution"),
        (r"downsample\.1", "shortcut.normalization"),
        (r"^fc", "classifier.1"),
    ),
    "detectron2": rules(
        (r"^(conv1\.)", r"stem.\1"),
        (r"^bn1\.", "stem.conv1.norm."),
        (r"^layer(\d)", r"res\1"),
        (r"\.bn(\d)\.", r".conv\1.norm."),
        (r"downsample\.0", "shortcut"),
        (r"downsample\.1", "shortcut.norm"),
        (r"^fc", "linear"),
    ),
    "torchvision's regnet": rules(
        (r"^conv1\.", "stem.0."),
        (r"^bn1\.", "stem.1."),
        (r"^layer(\d)\.(\d+)", r"trunk_output.block\1.block\1-\2"),
        (r"\.conv(\d)\.", lambda match: f".f.{lettered(match)}.0."),
        (r"\.bn(\d)\.", lambda match: f".f.{lettered(match)}.1."),
        (r"downsample", "proj"),
    ),
    "timm's byobnet": rules(
        (r"^conv1\.", "stem.conv1.conv."),
        (r"^bn1\.", "stem.conv1.bn."),
        (r"^layer(\d)", r"stages.\1"),
        (r"\.conv(\d)\.", r".conv\1_3x\1.conv."),
        (r"\.bn(\d)\.", r".conv\1_3x\1.bn."),
        (r"downsample\.0", "shortcut.conv.conv"),
        (r"downsample\.1", "shortcut.conv.bn"),
        (r"^fc", "head.fc"),
    ),
    "words": rules(
        (r"^conv1\.", "stem.conv."),
        (r"^bn1\.", "stem.bn."),
        (r"\.conv(\d)\.", lambda match: f".{WORDS[match[1]]}.conv."),
        (r"\.bn(\d)\.", lambda match: f".{WORDS[match[1]]}.bn."),
        (r"downsample\.0", "skip.conv"),
        (r"downsample\.1", "skip.bn"),
        (r"^fc", "head"),
    ),
    "words after kinds": rules(
        (r"^conv1\.", "conv_stem."),
        (r"^bn1\.", "bn_stem."),
        (r"\.(conv|bn)(\d)\.", lambda match: f".{match[1]}_{WORDS[match[2]]}."),
        (r"downsample\.0", "conv_skip"),
        (r"downsample\.1", "bn_skip"),
    ),
    "flax": rules(
        (r"^conv1", "conv_init"),
        (r"^bn1", "bn_init"),
        (r"^layer(\d)\.(\d+)", r"ResNetBlock_\1\2"),
        (r"\.conv(\d)", r".Conv_\1"),
        (r"\.bn(\d)", r".BatchNorm_\1"),
        (r"downsample\.0", "conv_proj"),
        (r"downsample\.1", "norm_proj"),
        (r"^fc", "Dense_0"),
    ),
    "keras": keras,
    "caffe": caffe,
    "bit": bit,
}
# Words alone do not tell two convs of the same shape apart: there, nothing but the file's order does.
NEEDS_SHAPES = {"words", "words after kinds"}
