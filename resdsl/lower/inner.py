"""Blocks inside a block: their layers stand in its branch, in the terms of its own parameters."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.codes import G003, N003, N004, N005
from resdsl.ir.block import Argument
from resdsl.ir.expression import Expression, Number, Real, Variable, substituted
from resdsl.lower.bind import bind_call
from resdsl.lower.evaluate import Scope, formula, is_literal, real, unknown
from resdsl.lower.identifiers import check_parameter
from resdsl.lower.layers import LayerReader
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake, mistake
from resdsl.syntax import ast

MAX_INNER, MAX_UNITS = 20, 1000


def declared_block(call: ast.Call, library: Library, scope: Scope) -> ast.BlockDeclaration:
    """The block that a call names; raises Mistake."""
    if call.name.id not in library.blocks:
        raise unknown(call.name, library.blocks, "block", scope)
    return library.blocks[call.name.id]


def arguments(declaration: ast.BlockDeclaration, call: ast.Call, scope: Scope, channels: int) -> Iterator[Argument]:
    """The block's parameters: what the call gives, else defaults, which may refer to earlier ones and to `in`."""
    bound, block = bind_call(call, declaration.parameters, scope), declaration.name.id
    values: dict[str, Real] = {"in": channels}
    for parameter in declaration.parameters:
        check_parameter(parameter.name)
        name = parameter.name.id
        given = bound.get(name)
        value = given or parameter.default
        if value is None:
            raise mistake(N003, call.span, f"{block} needs {name}", f"write {block}({name} = …)")
        values[name] = real(value, scope if given else Scope(values, scope.lost))
        if values[name] < 0:
            raise mistake(N004, value.span, f"{name} is {values[name]:g}", "write a positive number")
        if given:
            yield Argument(name, values[name], given.span, literal=isinstance(given, ast.Number))
            continue
        written = formula(value)
        yield Argument(name, values[name], None, None if written is None or is_literal(written) else written)


def units(declaration: ast.BlockDeclaration, library: Library) -> list[ast.Line]:
    """The statements of a block with those of the blocks inside it; a Mistake where those have no end, or hardly one."""
    found: list[ast.Line] = []
    waiting: list[tuple[ast.Line | ast.Call, tuple[str, ...]]] = []

    def enter(block: ast.BlockDeclaration, around: tuple[str, ...]) -> None:
        waiting.extend((unit, (*around, block.name.id)) for unit in reversed(block.units))

    enter(declaration, ())
    for _ in range(MAX_UNITS):
        if not waiting:
            return found
        unit, around = waiting.pop()
        if not isinstance(unit, ast.Call):
            found.append(unit)
        elif unit.name.id in around:
            raise mistake(N005, unit.span, f"{unit.name.id} stands inside itself", "break the circle")
        elif len(around) > MAX_INNER:
            message = f"{unit.name.id} stands more than {MAX_INNER} blocks deep"
            raise mistake(G003, unit.span, message, "write the layers out")
        else:
            inner = declared_block(unit, library, Scope(lost=library.lost))
            library.effort.spend_on(inner.units, unit.span)
            enter(inner, around)
    message = f"{declaration.name.id} has more than {MAX_UNITS} layers and blocks inside it"
    raise mistake(G003, declaration.name.span, message, "use fewer, or a stage of several blocks")


@dataclass(slots=True)
class Branch:
    """Reads the statements of a block into `run`; its stride goes to the first block inside it, not to others."""

    library: Library
    run: LayerReader
    strides: bool = True

    def read(self, declaration: ast.BlockDeclaration) -> None:
        """Every statement of the block, and of those inside it."""
        for unit in declaration.units:
            if isinstance(unit, ast.Call):
                with self.run.chain.guarded(self.run.report, self.run.anchor):
                    self._inner(unit)
            else:
                self.run.read(unit)

    def _inner(self, call: ast.Call) -> None:
        outer, meanings, run = self.run.scope, self.run.meanings, self.run
        declaration = declared_block(call, self.library, outer)
        if run.chain.broken:
            raise Mistake(None)
        channels = run.chain.shape.channels
        given = tuple(arguments(declaration, call, outer, channels))
        values = {argument.name: argument.value for argument in given}
        stride = outer.stride if self.strides else (1, 1)
        run.scope = Scope({**values, "in": channels}, outer.lost).with_stride(stride)
        run.meanings = self._meanings(declaration, call, channels)
        self.read(declaration)
        run.scope, run.meanings, self.strides = outer, meanings, False

    def _meanings(self, declaration: ast.BlockDeclaration, call: ast.Call, channels: int) -> dict[str, Expression]:
        """What the parameters of a block stand for, in the terms of the outermost one."""
        bound = bind_call(call, declaration.parameters, self.run.scope)
        found: dict[str, Expression] = {"in": Number(channels)}
        found["stride"] = Variable("stride") if self.strides else Number(1)
        for parameter in declaration.parameters:
            name = parameter.name.id
            value = bound.get(name) or parameter.default
            written = formula(value) if value else None
            if written is not None:
                found[name] = substituted(written, self.run.meanings if name in bound else found)
        return found
