"""Runs of residual blocks: the branch, the shortcut next to it, and what follows the addition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from resdsl.codes import G004, N003
from resdsl.ir.block import Block, Shortcut, thinned
from resdsl.ir.expression import Real
from resdsl.ir.join import JOIN_KINDS, Add, Join, Place
from resdsl.ir.layers import KIND_OF, Given, Layer, Unsound
from resdsl.ir.layers.window import stride_text
from resdsl.ir.order import Placement
from resdsl.ir.shape import Pair, Shape
from resdsl.language.words import ATTENTIONS
from resdsl.lower.bind import called
from resdsl.lower.bind import values as values_of
from resdsl.lower.chain import Chain, check_distinct
from resdsl.lower.evaluate import Scope, unknown
from resdsl.lower.inner import Branch, arguments, declared_block, units
from resdsl.lower.layers import LayerReader, add_part, count_convs, formulas
from resdsl.lower.library import Library, Paths
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import Settings, ShortcutChoice
from resdsl.syntax import ast
from resdsl.word import NONE

Values = dict[str, Real]


@dataclass(frozen=True, slots=True)
class BlockMaker:
    """Makes the blocks of one run: `call` read in `scope`, under a stage's settings."""

    library: Library
    report: Report
    settings: Settings
    scope: Scope
    call: ast.Call

    def blocks(self, names: Iterable[str], stride: Pair, first_of_all: bool, chain: Chain) -> Iterator[Block]:
        """One block per name, the first with `stride`, appended to `chain`; equal blocks share their layers."""
        block: Block | None = None
        for index, name in enumerate(names):
            if index > 1 and block and not block.changes_shape and block.dilations == (chain.dilation.size,) * 2:
                block = replace(block, name=name)
            else:
                block = self._block(name, (1, 1) if index else stride, first_of_all and not index, chain)
            chain.append(block)
            yield block

    def _block(self, name: str, stride: Pair, first_of_all: bool, chain: Chain) -> Block:
        declaration = declared_block(self.call, self.library, self.scope)
        given = tuple(arguments(declaration, self.call, self.scope, chain.shape.channels))
        values = {argument.name: argument.value for argument in given}
        known = self.library.paths
        # As text: 1 and 1.0 are equal, and yet not alike. A broken chain is read again, for what is wrong with it.
        key = (declaration.name.id, str(values), stride, first_of_all, chain.shape, chain.dilation, self.settings)
        if chain.broken or key not in known:
            known[key] = self._paths(declaration, values, stride, first_of_all, chain)
        shared, branch, shortcut, join, shape, dilation = known[key]
        arrives, chain.dilation = chain.dilation, replace(dilation, reach=chain.dilation.reach)
        return Block(
            name, declaration.name.id, self.settings.order, given, (1, 1) if arrives.takes(stride) else stride,
            chain.shape, shape, shared, branch, self._shortcut(shortcut, bool(shortcut) or chain.shape != shape),
            self._after(shape), self.call.span, (arrives.size, dilation.size),
            join, self.settings.drop_path,
        )  # fmt: skip

    def _paths(
        self, declaration: ast.BlockDeclaration, values: Values, stride: Pair, first_of_all: bool, chain: Chain
    ) -> Paths:
        lead, rest = chain.then(), chain.then()
        scope = Scope({**values, "in": chain.shape.channels}, self.scope.lost).with_stride(stride)
        layers = units(declaration, self.library)
        self.library.effort.spend_on(layers, self.call.span)
        Branch(self.library, self._reader(layers, self.settings.order.branch, scope, rest, lead)).read(declaration)
        if rest.broken:
            raise Mistake(None)
        self._attend(chain.shape.channels, rest)
        lasting = (1, 1) if chain.dilation.takes(stride) else stride
        self._check_stride(lasting, chain.shape, rest.shape)
        shortcut = self._shortcut_layers(lasting, chain, rest)
        opens = first_of_all and not self.settings.first_raw
        shares = self._choice.kind != NONE and (bool(shortcut) or opens)
        shared, branch = (lead.finished(), rest.finished()) if shares else ((), lead.finished() + rest.finished())
        join = self._join(Place(chain.shape, rest.shape, thinned(shared + branch), self.call.span))
        check_distinct((layer.name, layer.span) for layer in join.layers + shared + branch)
        return Paths(shared, branch, shortcut, join, rest.shape, rest.dilation)

    def _attend(self, arrive: Real, chain: Chain) -> None:
        """Appends the layer that `attention` asks for."""
        choice = self.settings.attention
        if choice is None:
            return
        scope = choice.scope.extended({"in": arrive, "out": chain.shape.channels})
        word, bound = called(ATTENTIONS, choice.value, scope)
        given, place = values_of(word, bound, scope), choice.value.span
        layer = Given(word.name, f"{word.base}*", chain.shape, place, given, formulas(word, bound, {}))
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

    def _reader(
        self, layers: Iterable[object], placement: Placement, scope: Scope, chain: Chain, shared: Chain | None = None
    ) -> LayerReader:
        """A reader of the `layers` of a branch, or without `shared` of a shortcut, into `chain`."""
        return LayerReader(
            self.settings, placement, scope, self.report, chain, count_convs(layers),
            shared=shared, in_shortcut=shared is None, anchor=self.call.span,
        )  # fmt: skip

    def _check_stride(self, stride: Pair, arrives: Shape, leaves: Shape) -> None:
        if stride != (1, 1) and arrives[1:] == leaves[1:] != (1, 1):
            name = self.call.name.id
            message = f"the stride{stride_text(stride)[1:]} changes nothing: {name} never uses its stride"
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

    def _shortcut_layers(self, stride: Pair, start: Chain, end: Chain) -> tuple[Layer, ...]:
        name, arrives, leaves = self._choice.kind, start.shape, end.shape
        alike = arrives == leaves and start.dilation.size == end.dilation.size
        if name == NONE or (alike and not self._choice.always):
            return ()
        declaration, chain = self.library.shortcuts[name], start.then()
        scope = Scope({"in": arrives.channels, "out": leaves.channels}, self.scope.lost).with_stride(stride)
        run = self._reader(declaration.layers, self.settings.order.shortcut, scope, chain)
        for statement in declaration.layers:
            run.read(statement)
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
