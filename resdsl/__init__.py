"""resdsl: the table of a residual network, as a program.

network = resdsl.load("resnet34")
source = resdsl.emit(network, backend="torch")
model = resdsl.build(network, backend="torch", seed=0)
run = resdsl.train("resnet20", data="digits", input="3x8x8", epochs=1)
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.clean import short_repr
from resdsl.diagnostics import Finding, SpecError

if TYPE_CHECKING:
    from resdsl.checking.checker import Checked
    from resdsl.drawing.draw import Detail, Direction
    from resdsl.drawing.figure import Figure
    from resdsl.ir.network import Network
    from resdsl.report.summary import Summary
    from resdsl.specs import Asked, Located
    from resdsl.training.call import Run

_OF_THE_SPEC = {"spec", "input", "output_stride", "parameters"}
__all__ = [
    "Finding", "SpecError", "__version__", "build", "check", "draw", "emit", "load", "load_weights", "save_weights",
    "summary", "train",
]  # fmt: skip


def load(
    spec: str | Path, *, input: str | None = None, output_stride: int | None = None, **parameters: float
) -> Network:
    """The network of a file, of `file:network`, or of a shipped spec, with its parameters set.

    `input` (`"3x64x64"`) replaces the declared input; strides that would thin out the map by more than `output_stride`
    become dilation. Raises SpecError with `.findings` where the file does not hold
    a valid network, and resdsl.specs.SpecNotFound where there is no such file.
    """
    from resdsl.checking.checker import one_network

    checked, located, _ = _checked(spec, input, parameters, output_stride)
    network = one_network(checked, located.shown, located.network)
    if network is None:
        raise SpecError(checked.findings)
    return network


def check(spec: str | Path, *, input: str | None = None, **parameters: float) -> list[Finding]:
    """Everything that is wrong or suspicious in a file, in order; never raises for what a file says."""
    from resdsl.diagnostics import with_lines

    checked, _, _ = _checked(spec, input, parameters)
    return with_lines(checked.findings, checked.sources)


def emit(network: Network, backend: str = "torch") -> str:
    """The source of `network` as a module of `backend`'s framework that stands alone."""
    from resdsl.backend import load_backend

    return load_backend(backend).emit(_network(network, "emit"))


def build(network: Network, backend: str = "torch", seed: int = 0) -> Any:
    """The module that `emit`'s source defines, with the initial weights of `seed`: the same in every backend."""
    from resdsl.backend import load_backend
    from resdsl.weights.initial import initial_weights

    _network(network, "build")
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        raise ValueError(f"seed is {seed!r}: expected a whole number from 0")
    return load_backend(backend).required().build(network, initial_weights(network, seed))


def draw(
    *networks: Network,
    detail: Detail | None = None,
    block: str | None = None,
    blocks: bool = False,
    diff: bool = False,
    direction: Direction = "down",
    legend: bool = False,
    title: bool = True,
    theme: str = "light",
    size: str | None = None,
) -> Figure:
    """The figure of networks side by side, as `resdsl draw` draws them; a notebook shows it, `.save("x.svg")` writes it.

    `size` is that on paper, such as "12cm" or "6inx8in". Raises ValueError where the wishes do not go together, or a
    network has no such block.
    """
    from resdsl.drawing.draw import View, drawn
    from resdsl.drawing.figure import Figure
    from resdsl.drawing.printers.size import Size

    for network in networks:
        _network(network, "draw")
    view = View(detail, block, blocks, diff, direction, legend, title)
    view.check(len(networks), dashes="")
    return Figure(drawn(networks, view), theme, Size.of(size) if size else None)


def summary(network: Network, *, layers: bool = False) -> Summary:
    """The table of a network, block by block or, with `layers`, layer by layer: what `resdsl summary` shows."""
    from resdsl.report.summary import Summary

    return Summary(_network(network, "summary"), layers)


def train(
    spec: str | Path,
    *,
    data: str | None = None,
    data_dir: str | Path | None = None,
    epochs: int | None = None,
    steps: int | None = None,
    batch: int | None = None,
    lr: float | None = None,
    seed: int | None = None,
    limit: int | None = None,
    limit_test: int | None = None,
    weights: str | Path | None = None,
    freeze: Sequence[str] | None = None,
    backend: str | None = None,
    precision: str | None = None,
    compile: bool | None = None,
    deterministic: bool | None = None,
    remat: bool | None = None,
    threads: int | None = None,
    accumulate: int | None = None,
    devices: int | None = None,
    workers: int | None = None,
    strict: bool = False,
    download: bool = False,
    out: str | Path | None = None,
    resume: bool = False,
    keep: int | None = None,
    show: bool = True,
    input: str | None = None,
    output_stride: int | None = None,
    **parameters: float,
) -> Run:
    """Trains a network as its spec says, or as the arguments say in its place, in a run folder: `resdsl train`.

    The arguments are that command's options; without `show` nothing is printed. The process keeps to so many `threads`
    from then on. PyTorch takes a process for each of several `devices`: run the script by torchrun, which says who is
    who. Raises SpecError as `load` does, TypeError and ValueError for wrong arguments, and
    resdsl.training.errors.TrainError for what cannot be trained.
    """
    options = {name: value for name, value in locals().items() if name not in _OF_THE_SPEC}
    from resdsl.checking.checker import one_network
    from resdsl.training.call import check_call, trained

    check_call(options)
    checked, located, asked = _checked(spec, input, parameters, output_stride)
    network = one_network(checked, located.shown, located.network)
    if network is None:
        raise SpecError(checked.findings)
    if located.run and resume:
        options["out"] = out or located.run.folder
    return trained(network, checked.sources, options, asked)


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext resdsl` does: a network at the end of a notebook's cell shows its figure."""
    formatters = ipython.display_formatter.formatters
    for kind, show in (("image/svg+xml", "_repr_svg_"), ("text/html", "_repr_html_")):
        formatters[kind].for_type_by_name(
            "resdsl.ir.network", "Network", lambda network, show=show: getattr(draw(network), show)()
        )


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


def _checked(
    spec: str | Path, input: str | None, parameters: dict[str, float], output_stride: int | None = None
) -> tuple[Checked, Located, Asked]:
    from numbers import Real

    from resdsl.checking.checker import check_file
    from resdsl.ir.shape import Shape
    from resdsl.specs import Asked, locate

    if not isinstance(spec, str | Path):
        raise TypeError(f"spec is {short_repr(spec)}: expected a path, 'file:network', or the name of a shipped spec")
    if input is not None and not isinstance(input, str):
        raise TypeError(f"input is {short_repr(input)}: expected a text such as '3x64x64'")
    for name, value in parameters.items():
        if isinstance(value, bool) or not isinstance(value, Real):
            raise TypeError(f"{name} is {short_repr(value)}: expected a number")
        if not abs(value) <= 2**53:
            raise ValueError(f"{name} is {value}: expected a number below 2^53")
    located = locate(spec)
    asked = located.asked(Asked(parameters, input, output_stride))
    values, at, stride = asked
    shape = Shape.of(at) if at is not None else None
    found = check_file(located.path, located.shown, located.network, values, shape, output_stride=stride)
    return found, located, asked


def _network(given: Network, function: str) -> Network:
    """What was given, if it is a network."""
    from resdsl.ir.network import Network

    if not isinstance(given, Network):
        raise TypeError(f"{function} takes a network, not {short_repr(given)}: resdsl.load(…) makes one of a spec")
    return given


def __getattr__(name: str) -> str:
    if name == "__version__":  # Asked for seldom, and slow to find.
        from resdsl.version import __version__

        return __version__
    raise AttributeError(f"module 'resdsl' has no attribute '{name}'")
