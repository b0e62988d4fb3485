"""Training and evaluation steps on a module: channels-last always, bfloat16 where the device has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from resdsl.backend import DEFAULT, Array, Compute, Normalization, Scores, Session
from resdsl.ir.recipe import Recipe
from resdsl.weights.exact import exact_state
from resdsl_torch.device import best_device, computes_bfloat16, describe
from resdsl_torch.optimizer import make_optimizer, slots
from resdsl_torch.tensors import live_tensors


@final
class TorchSession(Session):
    """Steps of PyTorch's SGD on any module that answers images (N, C, H, W) with logits (N, classes).

    On a GPU, convolutions are deterministic and never round to TF32. The module moves to the device, in place.
    """

    def __init__(self, module: nn.Module, recipe: Recipe, scale: Normalization, compute: Compute = DEFAULT) -> None:
        if compute.threads is not None:
            torch.set_num_threads(compute.threads)
        self._device = best_device()
        self._module = module.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._optimizer = make_optimizer(self._module, recipe.optimizer)
        self._recipe = recipe
        self._mean = self._per_channel(scale.mean)
        self._factor = 1 / self._per_channel(scale.std)
        self.framework = f"torch {torch.__version__}"
        self.device = describe(self._device)
        self.precision = compute.precision or ("bfloat16" if computes_bfloat16(self._device) else "float32")

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        """One step; the loss is the one that is minimized, label smoothing included."""
        for group in self._optimizer.param_groups:
            group["lr"] = lr
        self._module.train()
        with _seeded(self._recipe.seed, step, self._device), self._convolutions():
            scores = self._backward(images, labels)
            self._optimizer.step()
        return scores

    def eval_step(self, images: Array, labels: Array) -> Scores:
        """The scores in evaluation mode; the loss is the plain cross entropy."""
        self._module.eval()
        with torch.no_grad(), self._convolutions():
            logits, answers = self._logits(images), self._to_device(labels)
            return _scores(cross_entropy(logits, answers), logits, answers)

    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        """The gradient of the loss that is minimized; statistics stay as they were."""
        before = {buffer: buffer.clone() for buffer in self._module.buffers()}
        self._module.train()
        with _seeded(self._recipe.seed, step, self._device), self._convolutions():
            self._backward(images, labels)
        for buffer, value in before.items():
            buffer.copy_(value)
        return {n: _copied(p.grad) for n, p in self._module.named_parameters() if p.grad is not None}

    def state(self) -> dict[str, Array]:
        """A copy of everything that `load_state` needs, in canonical names and layout."""
        return {name: _copied(tensor) for name, tensor in self._tensors().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Takes up `state`; raises KeyError or ValueError, before anything changes, where it does not fit."""
        tensors = self._tensors()
        state = exact_state({name: tuple(tensor.shape) for name, tensor in tensors.items()}, state)
        for name, tensor in tensors.items():
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(state[name])))

    def _tensors(self) -> dict[str, Tensor]:
        """The live tensors that make up the state."""
        return live_tensors(self._module) | slots(self._module, self._optimizer, self._recipe.optimizer)

    def _backward(self, images: Array, labels: Array) -> Scores:
        """Leaves the gradients in the parameters."""
        logits, answers = self._logits(images), self._to_device(labels)
        loss = cross_entropy(logits, answers, label_smoothing=self._recipe.label_smoothing)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        return _scores(loss.detach(), logits.detach(), answers)

    def _logits(self, images: Array) -> Tensor:
        # NHWC bytes, seen as NCHW, are what PyTorch calls channels-last: nothing is moved.
        pixels = self._to_device(images).permute(0, 3, 1, 2).float()
        scaled = pixels.div_(255).sub_(self._mean).mul_(self._factor)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            logits: Tensor = self._module(scaled)
        return logits.float()

    def _to_device(self, array: Array) -> Tensor:
        return torch.from_numpy(array).to(self._device, non_blocking=True)

    def _per_channel(self, values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, device=self._device).view(1, -1, 1, 1)

    def _convolutions(self) -> AbstractContextManager[None]:
        if self._device.type == "cpu":
            return nullcontext()
        return torch.backends.cudnn.flags(enabled=True, benchmark=False, deterministic=True, allow_tf32=False)


def _scores(loss: Tensor, logits: Tensor, answers: Tensor) -> Scores:
    right = logits.topk(min(5, logits.shape[1])).indices == answers[:, None]
    return Scores(loss * len(answers), right[:, 0].sum(), right.sum())


def _copied(tensor: Tensor) -> Array:
    return np.array(tensor.detach().cpu().numpy(), np.float32, order="C")


@contextmanager
def _seeded(seed: int, step: int, device: torch.device) -> Iterator[None]:
    """What the module draws (dropout) depends on seed and step alone; PyTorch's own generators stay as they were."""
    key = int(np.random.SeedSequence([seed, step]).generate_state(1, np.uint64)[0])
    # Not torch.manual_seed and fork_rng: they take ten times as long.
    generators = [torch.default_generator, *(torch.cuda.default_generators if device.type == "cuda" else ())]
    states = [generator.get_state() for generator in generators]
    try:
        for generator in generators:
            generator.manual_seed(key)
        yield
    finally:
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)
