"""D012: a batch norm of one image meets a map of one pixel."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.places import every_layer, shown_at
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import BatchNorm
from resdsl.ir.network import Network

D012 = Code(
    "D012",
    "one-value-per-channel",
    Severity.ERROR,
    """A batch norm sees more than one value of each channel.

Why: it subtracts the mean over images, rows and columns (Ioffe and Szegedy 2015, Section 3.2; after
each conv in He et al. 2016, Section 3.4). Of a single value
nothing is left but the norm's own shift, whatever the image: PyTorch refuses to train so, and JAX does not notice.

Before:
    stem { conv 3x3, 16; avgpool; conv 1x1, 16 }
    train { batch 1 }
After:
    stem { conv 3x3, 16; avgpool; conv 1x1, 16 }
    train { batch 2 }

It cannot be allowed: nothing would be learned.
""",
)


def one_value_per_channel(network: Network) -> Iterator[Breach]:
    """Finds the first batch norm on a map of one pixel, where the recipe has one image in a batch."""
    if network.recipe.batch > 1:
        return
    for stage, block, layer in every_layer(network):
        if isinstance(layer, BatchNorm) and layer.input.map == (1, 1):
            yield (
                stage,
                Finding(
                    D012,
                    shown_at(block, layer),
                    "a batch norm has one value of each channel: one image, and a map of 1x1",
                    "write a batch of 2 or more, a larger input, or norm group(…)",
                ),
            )
            return


RULE = Rule(D012, one_value_per_channel, allowable=False)
