"""Training and evaluation steps on a module: channels-last always, bfloat16 where the device has it."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import final

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, log_softmax

from resdsl.backend import AVERAGE, DEFAULT, Array, Compute, Normalization, Scores, Session
from resdsl.ir.recipe import OWN_SHARE, Recipe
from resdsl.team import ALONE, Team
from resdsl.weights.check import exact_state
from resdsl_torch.across import DropoutAcross, norms_across, running_statistics
from resdsl_torch.average import averaged, follow, in_place
from resdsl_torch.blocks import compile_parts, recompute_blocks, uncompiled
from resdsl_torch.captured import Captured
from resdsl_torch.device import best_device, computes_bfloat16, describe, memory
from resdsl_torch.held import TorchHeld, TorchHeldTest
from resdsl_torch.optimizer import make_optimizer, slots
from resdsl_torch.randomness import seeded
from resdsl_torch.team import TorchTeam
from resdsl_torch.tensors import live_tensors
from resdsl_torch.together import Together


@final
class TorchSession(Session):
    """Steps of PyTorch's optimizers on any module that gives logits (N, classes) for images (N, C, H, W).

    On a GPU a step is one CUDA graph, and products never round to TF32. The module moves to the device, in place.
    """

    def __init__(
        self,
        module: nn.Module,
        recipe: Recipe,
        scale: Normalization,
        compute: Compute = DEFAULT,
        team: Team = ALONE,
    ) -> None:
        if compute.threads is not None:
            torch.set_num_threads(compute.threads)
        self._device = best_device()
        self._module = module.to(self._device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._team = team if isinstance(team, TorchTeam) else None
        self._frozen = [part for name, part in self._module.named_children() if name in (recipe.frozen or ())]
        self._moving: list[Tensor] = []
        if self._team and recipe.statistics == OWN_SHARE.name:
            self._moving = running_statistics(self._module, self._frozen)
        elif self._team:
            norms_across(self._module, self._team)
        for part in self._frozen:
            part.requires_grad_(False)
        self._drops = any(isinstance(layer, nn.modules.dropout._DropoutNd) for layer in module.modules())
        if compute.compile:
            self.beginning = "compiling the network"
            whole = self._device.type == "cpu" and not compute.remat
            compile_parts(self._module, compute.deterministic, whole)
        if compute.remat:  # Around what is compiled: PyTorch cannot compile it.
            recompute_blocks(self._module)
        self._recipe, self._compute = recipe, compute
        self._optimizer = make_optimizer(self._module, recipe.optimizer)
        self._average = averaged(self._module) if recipe.ema else {}
        self._rate = torch.zeros((), device=self._device)
        self._mean = self._per_channel(scale.mean)
        self._factor = 1 / self._per_channel(scale.std)
        self.framework = f"torch {torch.__version__}"
        self.device = describe(self._device) if team.size == 1 else f"{team.size} x {describe(self._device)}"
        self.memory = memory(self._device)
        self.precision = compute.precision or ("bfloat16" if computes_bfloat16(self._device) else "float32")
        on_gpu = self._device.type == "cuda"
        self._captured = Captured(self._step, self._device) if on_gpu else None
        self._scored = Captured(self._score, self._device) if on_gpu else None
        together = on_gpu and not compute.compile
        self._together = Together(self._module, self.precision == "bfloat16") if together else None
        self._scaled = torch.compile(_scaled, dynamic=False) if compute.compile else _scaled

    @property
    def notes(self) -> tuple[str, ...]:
        """Why the step is not captured, where it is not."""
        if self._captured is None or not self._captured.refusal:
            return ()
        return (f"the step runs kernel by kernel, since it cannot be captured: {self._captured.refusal}",)

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        """One step; the loss is the one that is minimized, label smoothing included."""
        return Scores(*self.train_on(self.to_device(images), self.to_device(labels), lr, step))

    def train_on(self, pixels: Tensor, labels: Tensor, lr: float, step: int) -> Tensor:
        """`train_step` on what is on the device; gives loss, top-1 and top-5 as one tensor (3,)."""
        self._train_mode()
        if self._captured is None:
            self._set_rate(lr)
            with self._drawing(step):
                return self._step(pixels, labels)
        self._rate.fill_(lr)
        self._set_rate(self._rate)
        with self._drawing(step):
            return self._captured(pixels, labels)

    def eval_step(self, images: Array, labels: Array) -> Scores:
        """The scores in evaluation mode; the loss is the plain cross entropy."""
        return Scores(*self.score(self.to_device(images), self.to_device(labels)))

    def score(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """`eval_step` on what is on the device; gives loss, top-1 and top-5 as one tensor (3,)."""
        self._module.eval()
        return self._scored(pixels, labels) if self._scored else self._score(pixels, labels)

    def _averaged(self, pixels: Tensor) -> Tensor:
        """The logarithms of the mean probabilities of each image's crops: pixels (N, crops, H, W, C)."""
        count, crops = pixels.shape[:2]
        shares = log_softmax(self._logits(pixels.flatten(0, 1)), dim=1)
        return shares.view(count, crops, -1).logsumexp(dim=1) - math.log(crops)

    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        """The gradient of the loss that is minimized; statistics stay as they were."""
        before = {buffer: buffer.clone() for buffer in self._module.buffers()}
        self._train_mode()
        with self._drawing(step), self._convolutions():
            self._backward(self.to_device(images), self.to_device(labels))
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
            tensor.copy_(torch.from_numpy(np.ascontiguousarray(state[name])).view(tensor.shape))

    def hold(self, images: Array, labels: Array, batch: int) -> TorchHeld:
        """Training images on the device, whole on each of a team."""
        return TorchHeld(self, images, labels, batch)

    def hold_test(self, images: Array, labels: Array, batch: int) -> TorchHeldTest:
        """Test images on the device."""
        return TorchHeldTest(self, images, labels, batch)

    def to_device(self, array: Array) -> Tensor:
        """`array` as a tensor on the session's device."""
        return torch.from_numpy(array).to(self._device, non_blocking=True)

    def _tensors(self) -> dict[str, Tensor]:
        """The live tensors that make up the state."""
        averages = {f"{AVERAGE}{name}": tensor for name, tensor in self._average.items()}
        return live_tensors(self._module) | slots(self._module, self._optimizer, self._recipe.optimizer) | averages

    def _step(self, pixels: Tensor, labels: Tensor) -> Tensor:
        with self._convolutions():
            scores = self._backward(pixels, labels)
            if self._recipe.clip:
                nn.utils.clip_grad_norm_(self._module.parameters(), self._recipe.clip)
            self._optimizer.step()
            if self._recipe.ema:
                follow(self._average, self._module, self._recipe.ema)
        return scores

    def _score(self, pixels: Tensor, labels: Tensor) -> Tensor:
        with torch.no_grad(), self._convolutions(), self._plain(), in_place(self._module, self._average):
            logits = self._logits(pixels) if pixels.dim() == 4 else self._averaged(pixels)
            return _scores(cross_entropy(logits, labels), logits, labels)

    def _backward(self, pixels: Tensor, labels: Tensor) -> Tensor:
        """Leaves the gradients in the parameters; gives the scores."""
        self._optimizer.zero_grad()
        parts = self._compute.accumulate
        scores = [self._part(*part, parts) for part in zip(pixels.chunk(parts), labels.chunk(parts), strict=True)]
        total = scores[0] if parts == 1 else torch.stack(scores).sum(0)
        if self._team:
            gradients = [own.grad for own in self._module.parameters() if own.grad is not None]
            if self._moving:  # Each rank's own: what is kept is their mean.
                torch._foreach_div_(self._moving, self._team.size)
            self._team.add_together([*gradients, total, *self._moving])
        return total

    def _part(self, pixels: Tensor, labels: Tensor, parts: int) -> Tensor:
        """Adds to the gradients those of one of so many equal parts of a batch."""
        with self._together.step() if self._together else nullcontext():
            logits = self._logits(pixels)
            loss = cross_entropy(logits, labels, label_smoothing=self._recipe.label_smoothing)
            share = parts * (self._team.size if self._team else 1)
            (loss / share if share > 1 else loss).backward()  # type: ignore[no-untyped-call]
        return _scores(loss.detach(), logits.detach(), labels)

    def _logits(self, pixels: Tensor) -> Tensor:
        scaled = self._scaled(pixels, self._mean, self._factor)
        with torch.autocast(self._device.type, torch.bfloat16, enabled=self.precision == "bfloat16"):
            logits: Tensor = self._module(scaled)
        return logits.float()

    @contextmanager
    def _drawing(self, step: int) -> Iterator[None]:
        """What is drawn inside depends on the seed and the step; on processors, not on how many there are."""
        on_processor = self._device.type == "cpu"
        across = DropoutAcross(self._team) if self._team and self._drops and on_processor else nullcontext()
        rank = self._team.rank if self._team and not on_processor else 0
        with seeded(self._recipe.seed, step, self._device, rank), across:
            yield

    def _plain(self) -> AbstractContextManager[None]:
        return uncompiled() if self._compute.compile else nullcontext()

    def _train_mode(self) -> None:
        """Training mode, but for what is frozen: its norms keep their statistics."""
        self._module.train()
        for part in self._frozen:
            part.eval()

    def _set_rate(self, rate: float | Tensor) -> None:
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def _per_channel(self, values: tuple[float, ...]) -> Tensor:
        return torch.tensor(values, device=self._device).view(1, -1, 1, 1)

    def _convolutions(self) -> AbstractContextManager[None]:
        if self._device.type == "cpu":
            return nullcontext()
        exact = self._compute.deterministic
        return torch.backends.cudnn.flags(enabled=True, benchmark=not exact, deterministic=exact, allow_tf32=False)


def _scaled(pixels: Tensor, mean: Tensor, factor: Tensor) -> Tensor:
    # NHWC bytes, seen as NCHW, are what PyTorch calls channels-last: nothing is moved.
    return pixels.permute(0, 3, 1, 2).float().div_(255).sub_(mean).mul_(factor)


def _scores(loss: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
    right = logits.topk(min(5, logits.shape[1])).indices == labels[:, None]
    return torch.stack((loss * len(labels), right[:, 0].sum(), right.sum()))


def _copied(tensor: Tensor) -> Array:
    return np.array(tensor.detach().cpu().numpy(), np.float32, order="C")
