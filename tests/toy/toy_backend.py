"""A third backend that no room of the core knows: what its framework needs, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, final

from resdsl.backend import DEFAULT, Array, Backend, Compute, Normalization, Session
from resdsl.codegen.imported import import_source
from resdsl.codegen.layout import Group, Text, call
from resdsl.codegen.model import Member, NetworkClass, Plan, Stage, StageCall, Value
from resdsl.codegen.printer import Dialect, Printer
from resdsl.exporter import Exporter
from resdsl.ir.expression import text
from resdsl.ir.network import Network
from resdsl.ir.recipe import Recipe
from resdsl.team import ALONE, Seat, Team


@final
class ToyDialect(Dialect):
    reserved = frozenset({"toy", "Layer"})
    module = "toy.Module"
    sequential = "toy.Chain"
    tensor = "list[str]"
    forward = "__call__"
    identity = "toy.Chain()"
    replaceable = "toy.Module"

    def constructor(self, member: Member) -> Group:
        """Any kind of layer at all: it says itself what it is made with, and what arrays it has."""
        layer = member.layer
        arrays = [f'"{weight.name}"' for weight in layer.weights]
        numbers = [f"{name}={text(both[0])}" for name, both in member.numbers.items()]
        return call("toy.Layer", (f'"{layer.word}"', *arrays, *numbers))

    def applied(self, member: Member, value: str) -> Text:
        return call(f"self.{member.name}", (value,))

    def flattened(self, value: Value, printed: str, inner: str) -> str:
        return printed

    def made_in_constructor(self, member: Member) -> bool:
        return True

    def after_member(self, member: Member) -> Iterator[str]:
        return iter(())

    def sequence(self, entries: Sequence[tuple[str, Text]]) -> Group:
        return call("toy.Chain", (Group("**{", tuple(f'"{name}": {layer}' for name, layer in entries), "}"),))

    def stage(self, stage: Stage, made: Sequence[tuple[StageCall | Member, Group]]) -> Group:
        # The toy has one run of blocks in a stage.
        (_, group), *_ = made
        return group

    def initialization(self, network: NetworkClass) -> Iterator[str]:
        return iter(())

    def rising(self, network: NetworkClass) -> Iterator[str]:
        return iter(())

    def preamble(self, plan: Plan, body: str) -> tuple[list[str], list[str], list[str]]:
        return ["import toy_framework as toy"], [], []


@final
class ToyBackend(Backend):
    name = "toy"
    framework = "toy_framework"
    install = "conda install toy"

    def emit(self, network: Network) -> str:
        return Printer(ToyDialect()).source(network).text.replace("toy.Chain(first, *rest)", "toy.row(first, *rest)")

    def build(self, network: Network, weights: Mapping[str, Array]) -> Any:
        source = Printer(ToyDialect()).source(network)
        module = getattr(import_source(f"toy_{network.name}", self.emit(network)), source.class_name)()
        self.load_weights(module, weights)
        return module

    def weights(self, module: Any) -> dict[str, Array]:
        return {name: owner[key].copy() for owner, key, name in module.arrays()}

    def load_weights(self, module: Any, weights: Mapping[str, Array]) -> None:
        for owner, key, name in list(module.arrays()):
            owner[key] = weights[name].copy()

    def session(
        self, module: Any, recipe: Recipe, scale: Normalization, compute: Compute = DEFAULT, team: Team = ALONE
    ) -> Session:
        raise NotImplementedError("the toy does not compute")

    def processes(self, devices: int) -> int:
        return 1

    def join(self, seat: Seat, devices: int | None) -> Team:
        return ALONE


@final
class ToyExporter(Exporter):
    packages = ("toy_framework",)
    install = "conda install toy"

    def export(self, network: Network, weights: Mapping[str, Array]) -> bytes:
        return f"{network.name} {sum(array.size for array in weights.values())}".encode()
