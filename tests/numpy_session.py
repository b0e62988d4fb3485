"""A session in plain NumPy: softmax regression on the pixels. The loop is tested on it, without any framework."""

from collections.abc import Mapping

import numpy as np

from resdsl.backend import Array, Held, HeldTest, Normalization, Scores, Session
from resdsl.ir.recipe import Recipe


class NumpySession(Session):
    framework = "numpy"
    device = "cpu"
    precision = "float32"
    notes = ()

    def __init__(self, features: int, classes: int, recipe: Recipe, scale: Normalization) -> None:
        generator = np.random.default_rng(recipe.seed)
        self.weight = generator.normal(0, 0.01, (classes, features)).astype(np.float32)
        self.velocity = np.zeros_like(self.weight)
        self.recipe, self.scale = recipe, scale
        self.seen: list[tuple[int, Array, float]] = []

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        inputs, shares, scores = self._forward(images, labels)
        shares[np.arange(len(labels)), labels] -= 1
        gradient = shares.T @ inputs / np.float32(len(labels))
        self.velocity = np.float32(self.recipe.optimizer.momentum) * self.velocity + gradient
        self.weight = self.weight - np.float32(lr) * self.velocity
        self.seen.append((step, labels, lr))
        return scores

    def eval_step(self, images: Array, labels: Array) -> Scores:
        return self._forward(images, labels)[2]

    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        raise NotImplementedError

    def hold(self, images: Array, labels: Array, batch: int) -> Held:
        raise NotImplementedError

    def hold_test(self, images: Array, labels: Array, batch: int) -> HeldTest:
        raise NotImplementedError

    def state(self) -> dict[str, Array]:
        return {"fc.weight": self.weight.copy(), "optimizer/momentum/fc.weight": self.velocity.copy()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        self.weight, self.velocity = state["fc.weight"].copy(), state["optimizer/momentum/fc.weight"].copy()

    def _forward(self, images: Array, labels: Array) -> tuple[Array, Array, Scores]:
        pixels = (images.astype(np.float32) / 255 - self.scale.mean) / self.scale.std
        inputs = pixels.reshape(len(images), -1).astype(np.float32)
        logits = inputs @ self.weight.T
        shares = np.exp(logits - logits.max(1, keepdims=True))
        shares /= shares.sum(1, keepdims=True)
        right = np.argsort(-logits, axis=1)[:, :5] == labels[:, None]
        loss = -np.log(shares[np.arange(len(labels)), labels]).sum()
        return inputs, shares, Scores(loss, right[:, 0].sum(), right.sum())
