"""The module that emitted source defines, with weights in it."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn

from resdsl.backend import Array
from resdsl.codegen.imported import import_source
from resdsl.codegen.printer import Printer
from resdsl.ir.network import Network
from resdsl_torch.dialect import TorchDialect
from resdsl_torch.tensors import materialize


def build(network: Network, weights: Mapping[str, Array]) -> nn.Module:
    """The module that the source of `network` defines, filled with canonical `weights` (KeyError, ValueError)."""
    source = Printer(TorchDialect()).source(network)
    made = getattr(import_source(network.name, source.text), source.class_name)
    # Nothing is drawn on the meta device, so that building costs no more than copying the weights.
    with torch.device("meta"):
        module: nn.Module = made()
    materialize(module, weights)
    return module
