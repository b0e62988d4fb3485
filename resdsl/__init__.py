"""resdsl: the table of a residual network, as a program.

network = resdsl.load("specs/resnet34.res")
source = resdsl.emit(network, backend="torch")
model = resdsl.build(network, backend="torch", seed=0)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.diagnostics import Finding, SpecError

if TYPE_CHECKING:
    from resdsl.checking.checker import Checked
    from resdsl.ir.network import Network
    from resdsl.specs import Located

__all__ = ["Finding", "SpecError", "build", "check", "emit", "load", "load_weights", "save_weights"]


def load(spec: str | Path, *, input: str | None = None, **parameters: float) -> Network:
    """The network of a file, of `file:network`, or of a shipped spec, with its parameters set.

    `input` (`"3x64x64"`) replaces the declared input. Raises SpecError with `.findings` where the file does not hold
    a valid network, and resdsl.specs.SpecNotFound where there is no such file.
    """
    from resdsl.checking.checker import one_network

    checked, located = _checked(spec, input, parameters)
    network = one_network(checked, located.shown, located.network)
    if network is None:
        raise SpecError(checked.findings)
    return network


def check(spec: str | Path, *, input: str | None = None, **parameters: float) -> list[Finding]:
    """Everything that is wrong or suspicious in a file, in order; never raises for what a file says."""
    return _checked(spec, input, parameters)[0].findings


def emit(network: Network, backend: str = "torch") -> str:
    """The source of `network` as a module of `backend`'s framework that stands alone."""
    from resdsl.backend import load_backend

    return load_backend(backend).emit(network)


def build(network: Network, backend: str = "torch", seed: int = 0) -> Any:
    """The module that `emit`'s source defines, with the initial weights of `seed`: the same in every backend."""
    from resdsl.backend import load_backend
    from resdsl.weights.initial import initial_weights

    return load_backend(backend).required().build(network, initial_weights(network, seed))


def save_weights(model: Any, path: str | Path) -> None:
    """Writes a built module's weights and statistics as safetensors, under canonical names, in float32."""
    from resdsl.backend import owner
    from resdsl.weights.files import save

    save(owner(model).weights(model), Path(path))


def load_weights(model: Any, path: str | Path) -> None:
    """Fills a built module, of whichever backend, from what `save_weights` wrote, or a run's checkpoint.

    Numbers of other floating-point types become float32, with a warning. Raises resdsl.weights.files.WeightsError for a
    file that cannot be read, is another network's, or holds what are no weights; the module then stays as it is.
    Foreign weights go through `resdsl weights SPEC IN OUT` first.
    """
    import warnings

    from resdsl.backend import owner
    from resdsl.weights.check import check_numbers, weights_alone
    from resdsl.weights.files import WeightsError, conversion
    from resdsl.weights.files import load as read

    weights = weights_alone(read(Path(path)))
    check_numbers(weights, str(path))
    try:
        owner(model).load_weights(model, weights)
    except (KeyError, ValueError) as error:
        remedy = f"if it is this network's under other names, `resdsl weights SPEC {path} OUT` first"
        raise WeightsError(f"{path} does not fit this {type(model).__name__}: {error.args[0]}; {remedy}") from error
    if note := conversion(Path(path)):
        warnings.warn(note, stacklevel=2)


def _checked(spec: str | Path, input: str | None, parameters: dict[str, float]) -> tuple[Checked, Located]:
    from resdsl.checking.checker import check_file
    from resdsl.ir.shape import Shape
    from resdsl.specs import locate

    located = locate(spec)
    shape = Shape(*map(int, input.split("x"))) if input else None
    return check_file(located.path, located.shown, located.network, parameters, shape), located
