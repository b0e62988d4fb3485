"""Runs of residual blocks: the branch, the shortcut next to it, and what follows the addition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from math import prod

from resdsl.codes import G004, N003, N004
from resdsl.diagnostics import Span
from resdsl.ir.block import Argument, Block, Shortcut
from resdsl.ir.expression import Real
from resdsl.ir.join import JOIN_KINDS, Add, Join, Place
from resdsl.ir.layers import KIND_OF, Given, Layer, Unsound
from resdsl.ir.order import Placement
from resdsl.ir.shape import Shape
from resdsl.language.words import ATTENTIONS
from resdsl.lower.bind import bind, called, names_only
from resdsl.lower.bind import values as values_of
from resdsl.lower.chain import Chain, check_distinct
from resdsl.lower.evaluate import Scope, formula, is_literal, real, unknown
from resdsl.lower.identifiers import check_parameter
from resdsl.lower.layers import LayerReader, add_part, count_convs, formulas
from resdsl.lower.library import Library, Paths
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import Settings, ShortcutChoice
from resdsl.syntax import ast
from resdsl.word import NONE, Word

Values = dict[str, Real]


@dataclass(frozen=True, slots=True)
class BlockMaker:
    """Makes the blocks of one run: `call` read in `scope`, under a stage's settings."""

    library: Library
    report: Report
    settings: Settings
    scope: Scope
    call: ast.Call

    def blocks(self, names: Iterable[str], stride: int, first_of_all: bool, chain: Chain) -> Iterator[Block]:
        """One block per name, the first with `stride`, appended to `chain`; equal blocks share their layers."""
        block: Block | None = None
        for index, name in enumerate(names):
            if index > 1 and block and not block.changes_shape:
                block = replace(block, name=name)
            else:
                block = self._block(name, 1 if index else stride, first_of_all and not index, chain)
            chain.append(block)
            yield block

    def _block(self, name: str, stride: int, first_of_all: bool, chain: Chain) -> Block:
        declaration = self._declaration()
        arguments = tuple(self._arguments(declaration, chain.shape))
        values = {argument.name: argument.value for argument in arguments}
        known = self.library.paths
        # As text: 1 and 1.0 are equal, and yet not alike. A broken chain is read again, for what is wrong with it.
        key = (declaration.name.id, str(values), stride, first_of_all, chain.shape, self.settings)
        if chain.broken or key not in known:
            known[key] = self._paths(declaration, values, stride, first_of_all, chain)
        shared, branch, shortcut, join, shape = known[key]
        return Block(
            name, declaration.name.id, self.settings.order, arguments, stride, chain.shape, shape, shared, branch,
            self._shortcut(shortcut, chain.shape != shape), self._after(shape), self.call.span,
            join, self.settings.drop_path,
        )  # fmt: skip

    def _paths(
        self, declaration: ast.BlockDeclaration, values: Values, stride: int, first_of_all: bool, chain: Chain
    ) -> Paths:
        lead, rest = chain.then(), chain.then()
        scope = Scope({**values, "stride": stride, "in": chain.shape.channels}, self.scope.lost)
        self._read(declaration.units, self.settings.order.branch, scope, rest, lead)
        if rest.broken:
            raise Mistake(None)
        self._attend(chain.shape.channels, rest)
        self._check_stride(stride, chain.shape, rest.shape)
        shortcut = self._shortcut_layers(stride, chain.shape, rest.shape)
        shares = self._choice.kind != NONE and (bool(shortcut) or first_of_all)
        shared, branch = (lead.finished(), rest.finished()) if shares else ((), lead.finished() + rest.finished())
        join = self._join(
            Place(chain.shape, rest.shape, prod(layer.strides for layer in shared + branch), self.call.span)
        )
        check_distinct((layer.name, layer.span) for layer in join.layers + shared + branch)
        return Paths(shared, branch, shortcut, join, rest.shape)

    def _attend(self, arrive: Real, chain: Chain) -> None:
        """Appends the layer that `attention` asks for."""
        choice = self.settings.attention
        if choice is None:
            return
        scope = choice.scope.extended({"in": arrive, "out": chain.shape.channels})
        word, bound = called(ATTENTIONS, choice.value, scope)
        given, place = values_of(word, bound, scope), choice.value.span
        layer = Given(word.name, f"{word.base}*", chain.shape, place, given, formulas(word, bound))
        chain.add(KIND_OF[word.name], layer, bound)

    def _join(self, place: Place) -> Join:
        choice = self.settings.join
        if self._choice.kind == NONE and (choice.word != Add.WORD.name or self.settings.drop_path):
            asked = f"join {choice.word}" if choice.word != Add.WORD.name else "drop_path"
            found = f"{asked} needs a shortcut, and this block has none"
            raise mistake(N003, place.span, found, f"write a shortcut other than {NONE}, or leave {asked} out")
        try:
            return JOIN_KINDS[choice.word].make(dict(choice.values), place)
        except Unsound as error:
            raise mistake(error.code, place.span, error.message, error.help) from None

    def _read(
        self,
        statements: tuple[ast.Line, ...],
        placement: Placement,
        scope: Scope,
        chain: Chain,
        shared: Chain | None = None,
    ) -> None:
        """Reads a branch, or without `shared` a shortcut, into `chain`."""
        run = LayerReader(
            self.settings, placement, scope, self.report, chain, count_convs(statements),
            shared=shared, in_shortcut=shared is None, anchor=self.call.span,
        )  # fmt: skip
        for statement in statements:
            run.read(statement)

    def _declaration(self) -> ast.BlockDeclaration:
        name = self.call.name
        if name.id not in self.library.blocks:
            raise unknown(name, self.library.blocks, "block", self.scope)
        return self.library.blocks[name.id]

    def _arguments(self, declaration: ast.BlockDeclaration, arrives: Shape) -> Iterator[Argument]:
        """The block's parameters: what the call gives, else defaults, which may refer to earlier ones and to `in`."""
        signature = block_signature(declaration)
        bound = bind(signature, self.call.items, self.call.span, self.scope)
        values: Values = {"in": arrives.channels}
        for parameter in declaration.parameters:
            check_parameter(parameter.name)
            name = parameter.name.id
            given = bound.get(name)
            value = given or parameter.default
            if value is None:
                raise mistake(
                    N003, self.call.span, f"{signature.name} needs {name}", f"write {signature.name}({name} = …)"
                )
            values[name] = real(value, self.scope if given else Scope(values, self.scope.lost))
            if values[name] < 0:
                raise mistake(N004, value.span, f"{name} is {values[name]:g}", "write a positive number")
            if given:
                yield Argument(name, values[name], given.span, literal=isinstance(given, ast.Number))
                continue
            written = formula(value)
            yield Argument(name, values[name], None, None if written is None or is_literal(written) else written)

    def _check_stride(self, stride: int, arrives: Shape, leaves: Shape) -> None:
        if stride > 1 and arrives[1:] == leaves[1:] != (1, 1):
            name = self.call.name.id
            message = f"the stride /{stride} changes nothing: {name} never uses its stride"
            raise mistake(N003, self.call.span, message, f"write /stride on a layer of {name}, or remove the stride")

    @property
    def _choice(self) -> ShortcutChoice:
        place = self.call.span
        return self.settings.shortcut or ShortcutChoice("identity", False, ast.Name("identity", place), place)

    def _shortcut(self, layers: tuple[Layer, ...], changes_shape: bool) -> Shortcut | None:
        choice = self._choice
        if choice.kind == NONE:
            return None
        kind = choice.kind if changes_shape or choice.always else "identity"
        return Shortcut(kind, layers, choice.always, choice.span)

    def _shortcut_layers(self, stride: int, arrives: Shape, leaves: Shape) -> tuple[Layer, ...]:
        name = self._choice.kind
        if name == NONE or (arrives == leaves and not self._choice.always):
            return ()
        declaration, chain = self.library.shortcuts[name], Chain(arrives)
        scope = Scope({"stride": stride, "in": arrives.channels, "out": leaves.channels}, self.scope.lost)
        self._read(declaration.layers, self.settings.order.shortcut, scope, chain)
        if chain.broken:
            raise Mistake(None)
        if declaration.layers and chain.shape != leaves:
            message = f"the branch leaves a map of {leaves}, the shortcut {name} one of {chain.shape}"
            raise mistake(G004, self.call.span, message, "make both paths stride and end in the same filters")
        return chain.finished()

    def _after(self, leaves: Shape) -> tuple[Layer, ...]:
        chain, settings = Chain(leaves), self.settings
        for part in settings.order.after:
            name = "bn_add" if part == "norm" else settings.act.word if settings.act else ""
            add_part(chain, part, name, settings, self.call.span)
        return chain.finished()


def check_shortcut(choice: ShortcutChoice | None, library: Library, scope: Scope) -> None:
    """Raises Mistake where there is no such shortcut."""
    if choice and choice.kind not in {NONE, *library.shortcuts}:
        raise unknown(choice.name, (*library.shortcuts, NONE), "shortcut", scope)


def block_signature(declaration: ast.BlockDeclaration) -> Word:
    """What a block's call takes."""
    return names_only(declaration.name.id, tuple(parameter.name.id for parameter in declaration.parameters))


def place_of(block: Block, argument: str) -> Span:
    """Where the value of `argument` is written, or else the whole call."""
    return next((a.span for a in block.arguments if a.name == argument and a.span), block.span)
