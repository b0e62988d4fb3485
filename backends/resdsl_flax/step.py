"""Training and evaluation steps on an NNX module: compiled whole, in place, and never waited for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, final

import flax
import jax
import numpy as np
from flax import nnx

from resdsl.backend import DEFAULT, Array, Compute, Normalization, Precision, Scores, Session
from resdsl.ir.recipe import OWN_SHARE, Recipe
from resdsl.team import ALONE, Team
from resdsl_flax.convolution import convolve_in_loops
from resdsl_flax.device import computes_bfloat16, describe, limit_threads, memory
from resdsl_flax.held import FlaxHeld, FlaxHeldTest
from resdsl_flax.live import Layout, Weights
from resdsl_flax.precision import compute_in_bfloat16
from resdsl_flax.repeated import repeat
from resdsl_flax.shell import Shell
from resdsl_flax.spread import spread
from resdsl_flax.traced import Steps, filled

# From so many equal blocks on, a loop over them is compiled. On accelerators its steps are a little slower, on
# processors they are as fast or faster (ResNet-56: by a sixth).
REPEATED_FROM, ON_PROCESSORS = 32, 6
# What keeps two runs equal to the bit on a GPU.
EXACT: dict[str, bool | int | str] = {"xla_gpu_deterministic_ops": True}


@final
class FlaxSession(Session):
    """Steps of PyTorch's optimizers on any NNX module that gives logits (N, classes) for images (N, H, W, C).

    The module itself stays as it is: the session works on a copy, which XLA updates in place.
    """

    def __init__(
        self,
        module: nnx.Module,
        recipe: Recipe,
        scale: Normalization,
        compute: Compute = DEFAULT,
        team: Team = ALONE,
        repeated_from: int | None = None,
    ) -> None:
        if compute.threads is not None:
            limit_threads(compute.threads)
        self._device = jax.local_devices()[0]
        self.spread = spread(team)
        self.framework = f"flax {flax.__version__}, jax {jax.__version__}"
        self.device = describe(self._device) if team.devices == 1 else f"{team.devices} x {describe(self._device)}"
        self.memory = memory(self._device)
        self.precision = compute.precision or ("bfloat16" if computes_bfloat16(self._device) else "float32")
        self.beginning = "compiling the first step"
        self._compute, self._seed, self._largest = compute, recipe.seed, 0
        twin = nnx.clone(module)
        fast_loops = self._device.platform == "cpu" and convolve_in_loops(twin)
        repeated_from = repeated_from or (ON_PROCESSORS if fast_loops else REPEATED_FROM)
        self._layout = Layout(repeat(twin, repeated_from, compute.remat))
        self.weights: Weights = self.spread.whole(self._layout.first(module, recipe))
        shells = _shells(twin, self.precision, recipe.frozen or ())
        vectors = self._layout.vectors(self.weights.params)
        mesh = self.spread.mesh if recipe.statistics == OWN_SHARE.name else None
        self.steps = Steps(*shells, recipe, scale, vectors, compute.accumulate, team.size, mesh)
        self._train = self.compiled(self.steps.train, donate=True)
        self._eval = self.compiled(self.steps.evaluate, everywhere=False)
        self._gradients = self.compiled(self.steps.gradients)

    @property
    def notes(self) -> tuple[str, ...]:
        """That compiling takes time."""
        return ("the first step is compiled, which takes a while",)

    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        """One step; the loss is the one that is minimized, label smoothing included."""
        batch = self._batch(images, labels)
        self.weights, sums = self._train(self.weights, *batch, np.float32(lr), self.key(step))
        return Scores(*sums)

    def eval_step(self, images: Array, labels: Array) -> Scores:
        """The scores in evaluation mode; the loss is the plain cross entropy."""
        own = self.spread.own
        self._largest = max(self._largest, -(-len(labels) // own) * own)
        # A smaller batch is filled up, so that nothing is compiled for it.
        batch = map(self.spread.batch_here, filled(images, labels, self._largest))
        return Scores(*self._eval(self.spread.whole_here(self.weights.scored), *batch))

    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        """The gradient of the loss that is minimized."""
        params, stats, _ = self.weights
        batch = self._batch(images, labels)
        return self._layout.spread(self._gradients(params, stats, *batch, self.key(step))[1])

    def state(self) -> dict[str, Array]:
        """A copy of everything that `load_state` needs, in canonical names and layout."""
        return self._layout.state(self.weights)

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Takes up `state`; raises KeyError or ValueError, before anything changes, where it does not fit."""
        self.weights = self.spread.whole(self._layout.taken(self.weights, state))

    def hold(self, images: Array, labels: Array, batch: int) -> FlaxHeld:
        """Training images on the device, whole on each of a team."""
        return FlaxHeld(self, images, labels, batch)

    def hold_test(self, images: Array, labels: Array, batch: int) -> FlaxHeldTest:
        """Test images on the device."""
        return FlaxHeldTest(self, images, labels, batch)

    def key(self, step: int) -> Array:
        """What a step draws by."""
        return np.random.SeedSequence([self._seed, step]).generate_state(2)

    def compiled(
        self, function: Callable[..., Any], donate: bool = False, everywhere: bool = True
    ) -> Callable[..., Any]:
        """`function` compiled by XLA; with `donate`, it may take the memory of its first argument for what it gives.

        In a team, what it gives lies whole on all devices, if it runs `everywhere`.
        """
        exact = self._compute.deterministic and self._device.platform == "gpu"
        return jax.jit(
            function,
            donate_argnums=(0,) if donate else (),
            compiler_options=EXACT if exact else None,
            out_shardings=self.spread.everywhere if everywhere else None,
        )

    def _batch(self, images: Array, labels: Array) -> tuple[Any, Any]:
        """What this process has of a batch, as the whole of it."""
        return self.spread.batch(images), self.spread.batch(labels.astype(np.int32))


def _shells(twin: nnx.Module, precision: Precision, frozen: tuple[str, ...]) -> tuple[Shell, Shell]:
    """`twin` for training, of which `frozen` parts keep their statistics, and for evaluation, in `precision`."""
    if precision == "bfloat16":
        compute_in_bfloat16(twin)
    twin.train()  # type: ignore[no-untyped-call]
    for part in (getattr(twin, name, None) for name in frozen):
        if isinstance(part, nnx.Module):
            part.eval()  # type: ignore[no-untyped-call]
    training = Shell.of(twin)
    twin.eval()  # type: ignore[no-untyped-call]
    return training, Shell.of(twin)
