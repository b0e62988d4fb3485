"""`run plain: cifar_plain(n = [3, 5])`: networks that derive from one another's base, each with the study's `train`."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import NamedTuple

from resdsl.codes import N002, N003, N004, S008
from resdsl.ir.expression import Real
from resdsl.lower.bind import bind_call
from resdsl.lower.derive import meant
from resdsl.lower.evaluate import Scope, literal, real, unknown
from resdsl.lower.library import Library
from resdsl.lower.mistake import Report, mistake
from resdsl.syntax import ast
from resdsl.word import shown

MAX_RUNS = 200  # of one study, before they are multiplied by its seeds


class Derived(NamedTuple):
    """A network as if it were written down: `network residual_n3 = cifar_resnet(n = 3) { train { … } }`."""

    group: str
    base: str
    parameters: tuple[tuple[str, Real], ...]
    declaration: ast.NetworkDeclaration

    @property
    def shown(self) -> str:
        """`cifar_resnet(n = 3)`."""
        return f"{self.base}({', '.join(f'{name} = {shown(value)}' for name, value in self.parameters)})"


@dataclass(frozen=True, slots=True)
class Sweep:
    """The runs of a study, in the `scope` of its parameters."""

    study: ast.StudyDeclaration
    scope: Scope
    library: Library

    def runs(self, report: Report) -> list[Derived]:
        """Every run that can be read."""
        found: list[Derived] = []
        for member in self.study.members:
            if isinstance(member, ast.Runs):
                with report.collecting():
                    if any((run.group, run.base) == (member.name.id, member.call.name.id) for run in found):
                        known = f"{member.name.id} has {member.call.name.id} already"
                        raise mistake(N002, member.span, known, "write one run, with a list of values")
                    found += self._expanded(member, MAX_RUNS - len(found), {run.group for run in found})
        return found

    def bound(self, call: ast.Call, base: ast.NetworkDeclaration) -> Mapping[str, ast.Value]:
        """The values that `call` gives to the parameters of `base`."""
        return bind_call(call, base.parameters, self.scope)

    def base(self, call: ast.Call) -> ast.NetworkDeclaration:
        """The network that is called (Mistake)."""
        if call.name.id not in self.library.networks:
            raise unknown(call.name, meant(call.name.id, self.library), "network", self.scope)
        return self.library.networks[call.name.id]

    def _expanded(self, member: ast.Runs, most: int, groups: Container[str]) -> list[Derived]:
        bound = self.bound(member.call, self.base(member.call))
        choices = {name: ast.listed(value) for name, value in bound.items()}
        if prod(map(len, choices.values())) > most:
            raise mistake(S008, member.span, f"the study has more than {MAX_RUNS} runs", "split it, or sweep over less")
        swept = [name for name, values in choices.items() if isinstance(bound[name], ast.ListValue)]
        if empty := next((name for name in swept if not choices[name]), None):
            raise mistake(N003, bound[empty].span, f"{empty} has no values", "write one at least: [3]")
        again = [member.call.name.id] if member.name.id in groups else []
        runs: dict[str, Derived] = {}
        for values in product(*choices.values()):
            given = dict(zip(choices, values, strict=True))
            numbers = {name: real(value, self.scope) for name, value in given.items()}
            name = "_".join([member.name.id, *again, *(f"{each}{_in_names(numbers[each])}" for each in swept)])
            if name in runs:
                raise mistake(N004, bound[swept[0]].span, "a value is given twice", "keep one of them")
            declared = self._declared(name, member, given)
            runs[name] = Derived(member.name.id, member.call.name.id, tuple(numbers.items()), declared)
        return list(runs.values())

    def _declared(self, name: str, member: ast.Runs, given: Mapping[str, ast.Value]) -> ast.NetworkDeclaration:
        items = tuple(ast.Named(ast.Name(each, value.span), value, value.span) for each, value in given.items())
        base = replace(member.call, items=items)
        members = tuple(each for each in self.study.members if isinstance(each, ast.Section))
        own = tuple(
            replace(parameter, default=literal(self.scope.values[parameter.name.id], parameter.span))
            for parameter in self.study.parameters
        )
        return ast.NetworkDeclaration(ast.Name(name, member.name.span), own, base, members, None, member.span)


def _in_names(value: Real) -> str:
    return shown(value).replace("-", "m").replace(".", "p").replace("+", "")
