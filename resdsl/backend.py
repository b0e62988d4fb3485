"""What a framework has to supply, and how it is found.

A backend is a class in the entry-point group `resdsl.backends`; the core asks for it by name and never imports a
framework itself. A third party's backend is a distribution of its own with that entry point, and others for the
checkpoints that it can read (`resdsl.checkpoints`) and what else it can write (`resdsl.exporters`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import numpy as np

from resdsl.ir.network import Network
from resdsl.ir.recipe import Recipe
from resdsl.suggest import remedy
from resdsl.team import ALONE, Seat, Team

if TYPE_CHECKING:
    from resdsl.epoch import Epoch

Array = np.ndarray[Any, Any]
Precision = Literal["float32", "bfloat16"]
GROUP = "resdsl.backends"
# Before `<slot>/<name of a parameter>` in a state: what the optimizer keeps of it.
SLOTS = "optimizer/"
# The slot of the averaged weights and statistics.
AVERAGE = f"{SLOTS}ema/"
# Before the name of a weight in a checkpoint that has two of each: those with the best score.
BEST = "best/"
# Earlier versions had one slot, and wrote it as `momentum/<name>`.
OLD_SLOTS = "momentum/"


class Number(Protocol):
    """A number that may still be on its way from the device; `float()` waits for it."""

    def __float__(self) -> float: ...


class Scores(NamedTuple):
    """Sums over one batch: the loss, and how many labels were the first, or among the first five, predictions."""

    loss: Number
    top1: Number
    top5: Number


@dataclass(frozen=True, slots=True)
class Normalization:
    """How uint8 pixels become floats on the device: `(pixel / 255 - mean) / std`, per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Compute:
    """How a session computes.

    `precision`: bfloat16 where the device has it natively, unless told. `compile`: by the framework's compiler, where
    that is a choice. `deterministic`: two runs give the same bits; without it, the fastest kernels. `remat`: what the
    backward pass needs of a block is computed again, not kept. `threads`: how many of a processor's it takes, or as
    many as the framework thinks best. `accumulate`: each batch goes through in so many equal parts, one after another,
    before the optimizer's step.
    """

    precision: Precision | None = None
    compile: bool = False
    deterministic: bool = True
    remat: bool = False
    threads: int | None = None
    accumulate: int = 1


DEFAULT = Compute()


class Session(ABC):
    """A module on a device, with what it takes to train and evaluate it.

    `framework` and `device` are for the reader: `torch 2.13.0`, `cpu, 2 threads`.
    """

    framework: str
    device: str
    precision: Precision
    beginning: str = "computing the first step"
    """What it is at before the first step is done."""
    memory: int = 0
    """The bytes of its device's own memory; 0 for processors, which gain nothing by holding a data set."""

    @property
    @abstractmethod
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of how it computes, a line each; more may turn up with the first steps."""

    @abstractmethod
    def train_step(self, images: Array, labels: Array, lr: float, step: int) -> Scores:
        """One step of the optimizer on uint8 images (N, H, W, C) and int64 labels (N,), at the rate `lr`.

        `step` counts from 0 over the whole run: with the recipe's seed it keys whatever the step draws (dropout), so
        that a resumed run draws the same. The scores may still be on the device: nothing waits for them here.
        """

    @abstractmethod
    def eval_step(self, images: Array, labels: Array) -> Scores:
        """The scores of one batch in evaluation mode, of the averaged weights if the recipe has any; nothing changes.

        Of images in several crops, (N, crops, H, W, C), they are those of the mean of the crops' probabilities.
        """

    @abstractmethod
    def gradients(self, images: Array, labels: Array, step: int) -> dict[str, Array]:
        """The gradient of the loss that `train_step` would minimize, by canonical name and in canonical layout.

        Nothing changes, the norms' statistics included.
        """

    @abstractmethod
    def state(self) -> dict[str, Array]:
        """A copy of the weights and statistics under their canonical names, and of what the optimizer keeps of each
        parameter as `optimizer/<slot>/<name>`.

        Float32 in canonical layout; before the first step, the optimizer's are zero. `optimizer/ema/<name>` is the average
        of a weight or a statistic, where the recipe asks for one: at first, as it is.
        """

    @abstractmethod
    def load_state(self, state: Mapping[str, Array]) -> None:
        """Takes up what `state` gave, in this backend or another; without anything of the optimizer's, that is zero.

        Names and shapes must fit exactly (KeyError, ValueError).
        """

    @abstractmethod
    def hold(self, images: Array, labels: Array, batch: int) -> Held:
        """Takes training images onto the device, for steps of `batch` of them: the rank's own of each step.

        uint8 images (N, H, W, C) and int64 labels (N,).
        """

    @abstractmethod
    def hold_test(self, images: Array, labels: Array, batch: int) -> HeldTest:
        """Takes test images likewise, the rank's own of them; `batch` or more go through at once."""


SLAB_BYTES, TEST_BATCH = 1 << 26, 1024


def images_at_once(images: Array) -> int:
    """How many `images` (N, H, W, C) a device that holds them should prepare at once."""
    return max(1, SLAB_BYTES // int(images[0].nbytes))


def evaluation_batch(images: Array, least: int) -> int:
    """How many `images` go through a network at once in evaluation: in batches as equal as they can be."""
    parts = -(-len(images) // max(least, min(images_at_once(images), TEST_BATCH)))
    return -(-len(images) // parts)


class Held(ABC):
    """Images on the device of a session: they are ordered, augmented and trained on there, `at_once` steps a call.

    A training step gives the bits that `Session.train_step` gives on the same images.
    """

    at_once: int

    @abstractmethod
    def begin(self, epoch: Epoch) -> None:
        """Takes up the order and the choices of an epoch, `batch` positions for each of its steps."""

    @abstractmethod
    def train(self, first: int, rates: Sequence[float], step: int) -> Callable[[], list[Scores]]:
        """Steps on the batches `first`, `first + 1`, … of the epoch, one for each of the `rates`; `step` is the first's.

        What comes back waits for the device, and gives the scores of each step.
        """


class HeldTest(ABC):
    """Test images on the device of a session."""

    @abstractmethod
    def evaluate(self) -> list[tuple[int, Scores]]:
        """The scores of all of them, batch by batch, with the images of each."""


class Backend(ABC):
    """One framework: source from a network, a module from the source, steps from the module."""

    name: str
    framework: str
    """The package that it needs, and that its modules' classes come from."""
    install: str
    """The command that installs that package: `pip install …`."""
    also: tuple[str, ...] = ()
    """What else people call it, to whom its name is told."""

    def required(self) -> Backend:
        """This backend, if its framework is installed; raises BackendMissing with the remedy."""
        if find_spec(self.framework) is None:
            raise BackendMissing(f"the backend '{self.name}' needs {self.framework}: {self.install}")
        return self

    @abstractmethod
    def emit(self, network: Network) -> str:
        """The formatted source of a module that stands alone."""

    @abstractmethod
    def build(self, network: Network, weights: Mapping[str, Array]) -> Any:
        """The module that `emit`'s source defines, filled with canonical `weights`."""

    @abstractmethod
    def weights(self, module: Any) -> dict[str, Array]:
        """The parameters and statistics of `module` under their canonical names and layout, as float32."""

    @abstractmethod
    def load_weights(self, module: Any, weights: Mapping[str, Array]) -> None:
        """Fills `module` with canonical `weights`, in place; names and shapes must fit exactly (KeyError, ValueError)."""

    @abstractmethod
    def session(
        self,
        module: Any,
        recipe: Recipe,
        scale: Normalization,
        compute: Compute = DEFAULT,
        team: Team = ALONE,
    ) -> Session:
        """A session on the best device there is, or on those of a `team` that this backend has made.

        In a team, each process hands in its share of a batch, and gets the scores of the whole; evaluation is its own.
        """

    @abstractmethod
    def processes(self, devices: int) -> int:
        """How many processes it takes to train on so many devices of this machine."""

    @abstractmethod
    def join(self, seat: Seat, devices: int | None) -> Team:
        """This process's place among all, which must come (RankLost); `devices` of them all, or what each finds.

        Raises ValueError where there are not as many.
        """


def is_weight(name: str) -> bool:
    """Whether `name` stands in a state or a checkpoint for a weight or a statistic as it is now."""
    return not name.startswith((SLOTS, OLD_SLOTS, BEST))


def scored(state: Mapping[str, Array]) -> dict[str, Array]:
    """The weights and statistics that are evaluated: the averaged ones of `state`, if it has any, or those as they are."""
    return {name: state.get(f"{AVERAGE}{name}", array) for name, array in state.items() if is_weight(name)}


class BackendMissing(Exception):
    """The backend asked for is unknown or its framework is not installed; the message says what to do."""


def backends() -> tuple[str, ...]:
    """The names of all registered backends, whether or not their frameworks are installed."""
    return tuple(sorted(point.name for point in entry_points(group=GROUP)))


def backend_remedy(name: str, others: tuple[str, ...] = ()) -> str:
    """What to write instead of `name`, a backend or one of the `others`."""
    for backend in map(load_backend, backends()):
        if name.lower() in backend.also:
            return f"write --backend {backend.name}"
    return remedy(name, (*backends(), *others), "backend")


def load_backend(name: str) -> Backend:
    """The backend called `name`, which can `emit` whether or not its framework is installed; raises BackendMissing."""
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        raise BackendMissing(f"there is no backend '{name}': {backend_remedy(name)}")
    backend: Backend = found[0].load()()
    return backend


def owner(module: object) -> Backend:
    """The backend that `module` belongs to; raises BackendMissing."""
    packages = {kind.__module__.partition(".")[0] for kind in type(module).__mro__}
    for backend in map(load_backend, backends()):
        if backend.framework in packages:
            return backend
    raise BackendMissing(f"no backend knows a {type(module).__name__}")
