"""The Flax backend against a hand-written NNX ResNet-20, and what building (in PyTorch too) and compiling take.

python benchmarks/flax_speed.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

import jax
import numpy as np
from flax_handwritten import stepper

import resdsl
from resdsl.backend import Compute, Normalization, Precision, Session, load_backend
from resdsl.weights.initial import initial_weights

ROUNDS, STEPS = 12, 3
SCALE = Normalization((0.5, 0.5, 0.5), (0.25, 0.25, 0.25))
BATCH = 128


def seconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    jax.block_until_ready(action())
    return time.perf_counter() - began


def session(spec: str, precision: Precision) -> Session:
    network = resdsl.load(spec)
    backend = load_backend("flax")
    return backend.session(backend.build(network, initial_weights(network)), network.recipe, SCALE, Compute(precision))


def steps_per_second(batch: int = BATCH) -> None:
    generator = np.random.default_rng(0)
    pixels, labels = generator.integers(0, 256, (batch, 32, 32, 3), np.uint8), generator.integers(0, 10, batch)
    floats, answers = jax.numpy.array(pixels / 255, jax.numpy.float32), jax.numpy.array(labels)
    by_hand = stepper()
    sessions = {name: session("resnet20", name) for name in ("float32", "bfloat16")}
    runs = {"by hand": lambda: by_hand(floats, answers)}
    runs |= {name: lambda s=s: s.train_step(pixels, labels, 0.1, 0).loss for name, s in sessions.items()}
    for name, run in runs.items():
        print(f"first step of ResNet-20, {name}: {seconds(run):.1f} s")
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            times[name].append(seconds(lambda run=run: [run() for _ in range(STEPS)]) / STEPS)
    for name, taken in times.items():
        ratio = median(hand / own for hand, own in zip(times["by hand"], taken, strict=True))
        print(f"{name}: {1000 * median(taken):.0f} ms a step, {ratio:.2f} x as fast as by hand")


def building(spec: str) -> None:
    network = resdsl.load(spec)
    load_backend("flax").build(network, weights := initial_weights(network))
    taken = [seconds(lambda: load_backend("flax").build(network, weights)) for _ in range(3)]
    drawing = min(seconds(lambda: initial_weights(network)) for _ in range(3))
    print(f"building {spec}: {min(taken):.2f} s, and {drawing:.2f} s to draw its weights")


def building_in_pytorch(spec: str, name: str) -> None:
    """Against the class alone, which draws its weights with PyTorch's own functions, as torchvision's does."""
    network = resdsl.load(spec)
    namespace: dict[str, Any] = {}
    exec(resdsl.emit(network, "torch"), namespace)
    times = [(seconds(lambda: resdsl.build(network, "torch", seed=0)), seconds(namespace[name])) for _ in range(6)][1:]
    ratio = median(ours / theirs for ours, theirs in times)
    ours, theirs = (median(column) for column in zip(*times, strict=True))
    print(f"building {spec} in PyTorch: {ours:.2f} s, its constructor {theirs:.2f} s, ratio {ratio:.2f}")


def first_step(spec: str, n: int, batch: int = 32) -> None:
    """Tracing and compiling, against the same network (n blocks of each width) by hand."""
    pixels, labels = np.zeros((batch, 32, 32, 3), np.uint8), np.zeros(batch, np.int64)
    by_hand, floats = stepper(n), jax.numpy.zeros(pixels.shape)
    print(f"first step of {spec} by hand: {seconds(lambda: by_hand(floats, jax.numpy.array(labels))):.1f} s")
    work = session(spec, "float32")
    print(f"first step of {spec}: {seconds(lambda: work.train_step(pixels, labels, 0.1, 0).loss):.1f} s")
    print(f"second step: {seconds(lambda: work.train_step(pixels, labels, 0.1, 1).loss):.2f} s")


if __name__ == "__main__":
    building("resnet152")
    building_in_pytorch("resnet152", "ResNet152")
    steps_per_second()
    first_step("resnet110", 18)
