"""D013: a batch norm's momentum that looks like another convention's."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.checking.rules.places import every_layer, shown_at
from resdsl.checking.rules.rule import Breach, Rule
from resdsl.diagnostics import Code, Finding, Severity
from resdsl.ir.layers import BatchNorm
from resdsl.ir.network import Network

D013 = Code(
    "D013",
    "share-of-the-new",
    Severity.WARNING,
    """A batch norm's momentum is the share of the newest batch in its running statistics: 0.1 as a rule.

Why: PyTorch and this language count what is new, Keras and Flax what is kept. Their 0.9 and 0.99 are 0.1 and 0.01
here; taken as they are, the statistics would be those of the last batch or two.
He et al. 2016, Section 3.4, take batch norm as it is.

Before:
    norm batch(momentum = 0.99)
After:
    norm batch(momentum = 0.01)

Allow it where it is meant: allow D013 "the statistics are to follow the last batch"
""",
)
MOST = 0.5


def share_of_the_new(network: Network) -> Iterator[Breach]:
    """Finds the first batch norm with more of the new than of the old."""
    for stage, block, layer in every_layer(network):
        if isinstance(layer, BatchNorm) and MOST < layer.momentum < 1:
            meant = f"{round(1 - layer.momentum, 9):g}"
            yield (
                stage,
                Finding(
                    D013,
                    shown_at(block, layer),
                    f"a momentum of {layer.momentum:g} is the share of the newest batch",
                    f"if Keras' or Flax's is meant, write momentum = {meant}; or say why not: allow D013 \"…\"",
                ),
            )
            return


RULE = Rule(D013, share_of_the_new)
