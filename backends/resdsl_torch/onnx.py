"""ONNX through PyTorch's own exporter."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import onnx
import torch

from resdsl.backend import Array
from resdsl.ir.network import Network
from resdsl_torch.build import build


def export(network: Network, weights: Mapping[str, Array]) -> bytes:
    """A checked ONNX model in evaluation mode: `images` (N, C, H, W) in, `logits` (N, classes) out, float32, any N."""
    module = build(network, weights).eval()
    example = torch.zeros(2, *network.input)
    with _quiet():
        program = torch.onnx.export(
            module,
            (example,),
            dynamo=True,
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            input_names=["images"],
            output_names=["logits"],
            verbose=False,
        )
    assert program is not None  # None only where a file is written
    model = program.model_proto
    for node in model.graph.node:
        node.ClearField("metadata_props")  # where on this machine the exporter was called
    model.producer_name = "resdsl"
    model.doc_string = f"Compiled by resdsl: {network.title or network.name} ({network.cite})"
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks on packages that are not installed and on its own deprecations."""
    logger = logging.getLogger("torch.onnx")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(before)
