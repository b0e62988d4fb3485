"""The module that emitted source defines, with weights in it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from resdsl.backend import Array
from resdsl.codegen.imported import import_source
from resdsl.codegen.plan import make_plan
from resdsl.ir.network import Network
from resdsl_torch.emit import emit_plan
from resdsl_torch.tensors import materialize


def build(network: Network, weights: Mapping[str, Array]) -> nn.Module:
    """The module that the source of `network` defines, filled with canonical `weights` (KeyError, ValueError)."""
    plan = make_plan(network)
    source = import_source(network.name, emit_plan(plan))
    # Nothing is drawn on the meta device, so that building costs no more than copying the weights.
    with torch.device("meta"):
        module: nn.Module = getattr(source, plan.network.name)()
    materialize(module, weights)
    return module
