"""What timm and torchvision compute, as `data/timm` keeps it, and the specs of the same networks."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torchvision_goldens import FILL

from resdsl.backend import Array
from resdsl.checking.checker import check_file
from resdsl.diagnostics import Severity
from resdsl.ir.layers import Weight
from resdsl.ir.network import Network
from resdsl.weights.canonical import parameters

FOLDER = Path(__file__).parent / "data" / "timm"
STEM = "stem { conv 7x7, 64, /2; maxpool 3x3, /2 }"
DEEP = "stem { conv 3x3, 32, /2; conv 3x3, 32; conv 3x3, 64; maxpool 3x3, /2 }"
HEAD = "head { avgpool; linear 1000 }"


def stages(
    block: str, counts: tuple[int, ...] = (3, 4, 6, 3), width: int = 64, more: str = "", settings: str = ""
) -> str:
    """Four stages of one kind of block."""
    strides = ("", ", /2", ", /2", ", /2")
    lines = (
        f"stage layer{number}: {count} x {block}({width * 2 ** (number - 1)}{more}){strides[number - 1]}{settings}"
        for number, count in enumerate(counts, start=1)
    )
    return "\n".join(lines)


def spec(*members: str, blocks: str = "", size: int = 64) -> str:
    """The text of a file with one network."""
    inside = "\n".join((f"input 3x{size}x{size}", 'allow D007 "the goldens are small"', *members))
    return f"{blocks}\nnetwork net {{\n{inside}\n}}\n"


SPECS: dict[str, str] = {
    "resnet50d": spec("shortcut pooled_projection", DEEP, stages("bottleneck"), HEAD),
    "resnetaa50d": spec(
        "shortcut pooled_projection", "downsampling averaged",
        DEEP.replace("maxpool 3x3, /2", "avgpool 2x2, /2"), stages("bottleneck"), HEAD,
    ),
    "resnetblur50": spec(
        "shortcut projection", "downsampling blurred(3)",
        STEM.replace("maxpool 3x3, /2", "maxpool 3x3; blur_pool 3x3, /2"), stages("bottleneck"), HEAD,
    ),
    "legacy_seresnet18": spec(
        "shortcut projection", STEM.replace("maxpool 3x3, /2", "maxpool 3x3, /2, pad = 0, ceil = true"),
        stages("se_basic", (2, 2, 2, 2)), HEAD,
        blocks="block se_basic(filters) { basic(filters); act; squeeze_excite 16 }",
    ),
    "seresnet50": spec(
        "shortcut projection", STEM, stages("se"), HEAD,
        blocks="block se(filters) { bottleneck(filters); squeeze_excite 16 }",
    ),
    "cspresnet50": spec(
        "act leaky_relu", STEM,
        *(
            f"stage layer{n} {{\n{f' conv 3x3, {filters // 2}, /2' if n > 1 else ''}\n conv 1x1, {2 * filters}, act = none\n"
            f" cross_stage {count}, {filters // 2}\n conv 1x1, {filters}\n}}"
            for n, (count, filters) in enumerate(((3, 128), (3, 256), (5, 512), (2, 1024)), start=1)
        ),
        HEAD,
    ),
    "resnet10t": spec(
        "shortcut pooled_projection", "stem { conv 3x3, 24, /2; conv 3x3, 32; conv 3x3, 64; maxpool 3x3, /2 }",
        stages("basic", (1, 1, 1, 1)), HEAD, size=176,
    ),
    "resnet50_gn": spec("norm group(32)", "shortcut projection", STEM, stages("bottleneck"), HEAD),
    "resnetv2_18d": spec(
        "order pre(first = raw)", "shortcut pooled_projection", DEEP, stages("basic", (2, 2, 2, 2)), HEAD
    ),
    "resnetv2_50": spec("order pre", "shortcut projection", STEM, stages("bottleneck"), HEAD),
    "resnetv2_50x1_bit": spec(
        "order pre", "norm group(32)", "shortcut projection", "weights standardized(eps = 1e-8)",
        STEM.replace("maxpool 3x3, /2", "maxpool 3x3, /2, pad = zero"), stages("bottleneck"), HEAD,
    ),
    "regnetx_004": spec(
        'design free "RegNet: widths follow its own rule"', "shortcut projection", "stem { conv 3x3, 32, /2 }",
        "stage s1: 1 x x(32), /2", "stage s2: 2 x x(64), /2", "stage s3: 7 x x(160), /2", "stage s4: 12 x x(384), /2",
        HEAD,
        blocks="block x(filters) { bottleneck(filters, expansion = 1, groups = filters // 16) }",
    ),
    "resnetrs50": spec(
        "shortcut pooled_projection", DEEP.replace("maxpool 3x3, /2", "conv 3x3, 64, /2"), stages("se"), HEAD,
        blocks="block se(filters) { bottleneck(filters); squeeze_excite 4 }",
    ),
    "skresnet18": spec(
        "shortcut projection", STEM, stages("sk", (2, 2, 2, 2)), HEAD,
        blocks="block sk(filters) { selective_kernel filters, /stride, split = true; conv 3x3, filters }",
    ),
    "resnest14d": spec(
        "shortcut pooled_projection", DEEP, stages("first", (1, 1, 1, 1)).replace("first(64)", "split(64)"), HEAD,
        blocks="block split(filters) { conv 1x1, filters; split_attention 3x3, filters; conv 1x1, 4 * filters }\n"
        "block first(filters) {\n conv 1x1, filters\n split_attention 3x3, filters\n"
        " avgpool 3x3, /stride, pad = zero\n conv 1x1, 4 * filters\n}",
    ).replace("input", 'allow D003 "ResNeSt averages behind the splits"\ninput'),
    "res2net50_26w_4s": spec(
        "shortcut projection", STEM,
        *(
            f"stage layer{n} {{ 1 x first({width}){', /2' if n > 1 else ''}; {count - 1} x next({width}) }}"
            for n, (count, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), start=1)
        ),
        HEAD,
        blocks="".join(
            f"block {name}(filters, width = 26 * filters // 64) {{\n conv 1x1, 4 * width\n"
            f" hierarchical_conv 3x3, /stride, scale = 4{more}\n conv 1x1, 4 * filters\n}}\n"
            for name, more in (("first", ", first = true"), ("next", ""))
        ),
    ),
    "resnet50_clip": spec(
        "shortcut pooled_projection", "downsampling averaged",
        DEEP.replace("maxpool 3x3, /2", "avgpool 2x2, /2"), stages("bottleneck"), "head { attention_pool 1024 }",
        'allow D004 "CLIP pools by attention"', size=224,
    ),
    "resnext26ts": spec(
        "act silu", "shortcut projection", "stem { conv 3x3, 24, /2; conv 3x3, 32; conv 3x3, 64; maxpool 3x3, /2 }",
        stages("x", (2, 2, 2, 2)), HEAD, blocks="block x(filters) { bottleneck(filters, groups = filters // 32) }",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class TimmGolden:
    """One network: its spec, and what its source says about it."""

    name: str

    def __str__(self) -> str:
        return self.name

    @cached_property
    def facts(self) -> dict[str, Any]:
        return json.loads((FOLDER / f"{self.name}.json").read_text())

    @cached_property
    def network(self) -> Network:
        found = check_file(Path("net.res"), "net.res", content=SPECS[self.name])
        assert not [finding for finding in found.findings if finding.severity is Severity.ERROR], found.findings
        return found.networks["net"]

    @cached_property
    def shapes(self) -> dict[str, Weight]:
        """Our parameters by name."""
        return {weight.name: weight for weight in parameters(self.network)}

    @property
    def logits(self) -> Array:
        return np.load(FOLDER / f"{self.name}.npz")["eval_logits"]

    @property
    def stored(self) -> dict[str, Array]:
        """The weights under the source's own names, in its order."""
        return {name: array.astype(np.float32) for name, array in self.exact.items()}

    @property
    def exact(self) -> dict[str, Array]:
        """The same in float64, as the source computed with them."""
        norms = set(self.facts["norm_modules"])
        return {
            name: FILL["parameter"](name, tuple(shape), norm=name.rpartition(".")[0] in norms)
            for name, shape in self.facts["state_dict"]
            if not name.endswith("num_batches_tracked")
        }

    def images(self) -> Array:
        """A float64 batch (N, C, H, W)."""
        return FILL["images"](*self.facts["input"])

    @property
    def bar(self) -> float:
        """How far float32 may be off: four times what the source's own is, and at least 1e-5."""
        return max(1e-5, 4 * self.facts["float32_relative_error_of_the_source"])


GOLDENS = tuple(TimmGolden(name) for name in SPECS)
