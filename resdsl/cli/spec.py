"""SPEC, `--set` and `--input`, as every command takes them."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from resdsl.checking.checker import Checked, check_file, one_network
from resdsl.cli.output import show, stop
from resdsl.ir.network import Network
from resdsl.ir.shape import Shape
from resdsl.specs import Asked, Located, SpecNotFound, locate, shipped_names, shipped_networks
from resdsl.syntax.parse import MAX_BYTES

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

INPUT = "<standard input>"
F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Spec:
    """A spec as it was asked for, with its checked network."""

    located: Located
    checked: Checked
    network: Network
    asked: Asked


class Assignment(click.ParamType):  # type: ignore[type-arg]  # generic only in recent versions of click
    """`n=27`."""

    name = "NAME=VALUE"

    def convert(
        self, value: Any, parameter: click.Parameter | None, context: click.Context | None
    ) -> tuple[str, float]:
        name, equals, text = str(value).partition("=")
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not equals or not name.strip().isidentifier() or abs(number) > 2**53 or math.isnan(number):
            self.fail(f"'{value}' is not NAME=NUMBER, for example n=27", parameter, context)
        return name.strip(), int(number) if number.is_integer() and "." not in text else number


class InputShape(click.ParamType):  # type: ignore[type-arg]
    """`3x64x64`."""

    name = "CxHxW"

    def convert(self, value: Any, parameter: click.Parameter | None, context: click.Context | None) -> Shape:
        try:
            return Shape.of(str(value))
        except ValueError as error:
            self.fail(str(error), parameter, context)


class SpecName(click.ParamType):  # type: ignore[type-arg]
    """A path or a shipped spec's name; a shell offers both."""

    name = "SPEC"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        names = sorted({*shipped_names(), *shipped_networks()})
        return [
            CompletionItem(incomplete, type="file"),
            *(CompletionItem(n) for n in names if n.startswith(incomplete)),
        ]


class BackendName(click.ParamType):  # type: ignore[type-arg]
    """A backend's name, which a shell completes."""

    name = "NAME"

    def shell_complete(
        self, context: click.Context, parameter: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        from click.shell_completion import CompletionItem

        from resdsl.backend import backends
        from resdsl.exporter import exporters

        others = exporters() if context.info_name == "compile" else ()
        return [CompletionItem(name) for name in (*backends(), *others) if name.startswith(incomplete)]


def spec_argument(command: F) -> F:
    """One SPEC."""
    return click.argument("spec", type=SpecName())(command)


def specs_argument(command: F) -> F:
    """Several of them."""
    return click.argument("specs", nargs=-1, required=True, metavar="SPEC…", type=SpecName())(command)


set_option = click.option("--set", "parameters", type=Assignment(), multiple=True, help="Set a parameter: n=27.")
input_option = click.option("--input", "shape", type=InputShape(), help="Another input than the declared one.")
_OUTPUT_STRIDE = "output_stride"


def _keep(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    """Where `checked_spec` finds it: no command does anything with it itself."""
    context.meta[f"resdsl.{parameter.name}"] = value


output_stride_option = click.option(
    "--output-stride",
    _OUTPUT_STRIDE,
    type=click.Choice(["8", "16"]),
    expose_value=False,
    callback=_keep,
    help="Thin out the map by no more: strides become dilation.",
)


def spec_arguments(command: F) -> F:
    """SPEC, `--set`, `--input` and `--output-stride`."""
    return spec_argument(set_option(input_option(output_stride_option(command))))


def located_spec(spec: str) -> Located:
    """The file that SPEC names; ends with status 2 where there is none."""
    name, _, network = spec.partition(":")
    if name == "-":
        return Located(Path(INPUT), INPUT, network or None, sys.stdin.buffer.read(MAX_BYTES + 1))
    try:
        return locate(spec)
    except SpecNotFound as missing:
        stop(str(missing))


def _asked(located: Located, parameters: Sequence[tuple[str, float]], shape: Shape | None) -> Asked:
    stride = click.get_current_context().meta.get(f"resdsl.{_OUTPUT_STRIDE}")
    return located.asked(Asked(dict(parameters), str(shape) if shape else None, int(stride) if stride else None))


def checked_spec(located: Located, parameters: Sequence[tuple[str, float]] = (), shape: Shape | None = None) -> Checked:
    """The checked file; ends with status 2 where it cannot be read."""
    return _checked(located, _asked(located, parameters, shape))


def _checked(located: Located, asked: Asked) -> Checked:
    values, input, output_stride = asked
    at = Shape.of(input) if input else None
    try:
        return check_file(located.path, located.shown, located.network, values, at, located.content, output_stride)
    except OSError as error:
        stop(f"cannot read {located.shown}: {error.strerror}")


def load_spec(spec: str, parameters: Sequence[tuple[str, float]] = (), shape: Shape | None = None) -> Spec:
    """The one network that SPEC means; shows the findings, and ends with status 1 where they forbid going on."""
    located = located_spec(spec)
    asked = _asked(located, parameters, shape)
    checked = _checked(located, asked)
    network = one_network(checked, located.shown, located.network)
    show(checked.findings, checked.sources)
    if network is None:
        sys.exit(1)
    return Spec(located, checked, network, asked)
