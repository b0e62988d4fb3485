"""Build the PyTorch module that `resdsl compile` prints, run it, and move its weights through a file."""

import tempfile
from pathlib import Path

import torch

import resdsl

network = resdsl.load("preact110")
model = resdsl.build(network, backend="torch", seed=0).eval()
images = torch.zeros(2, 3, 32, 32)
with torch.no_grad():
    print("logits:", tuple(model(images).shape))

with tempfile.TemporaryDirectory() as folder:
    file = Path(folder) / "weights.safetensors"
    resdsl.save_weights(model, file)
    twin = resdsl.build(network, backend="torch", seed=1).eval()
    resdsl.load_weights(twin, file)
    with torch.no_grad():
        print("same answers:", torch.equal(model(images), twin(images)))
