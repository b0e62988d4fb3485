"""One stage: its settings, its runs of blocks, and the layers between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from resdsl.clean import clean
from resdsl.codes import G003, N002, N003, N010
from resdsl.ir.network import Allow, Stage
from resdsl.language.words import ALLOW, DILATE, IN_STAGES, INIT, LAYERS, SETTINGS, TEXTS
from resdsl.lower.blocks import BlockMaker, check_shortcut
from resdsl.lower.chain import Chain
from resdsl.lower.effort import SHARED_LAYER
from resdsl.lower.evaluate import Scope, integer, sides, unknown
from resdsl.lower.identifiers import check_name
from resdsl.lower.layers import LayerReader, count_convs
from resdsl.lower.library import Library
from resdsl.lower.mistake import Mistake, Report, mistake
from resdsl.lower.settings import Settings, with_setting
from resdsl.syntax import ast

MAX_LAYERS = 100_000


@dataclass(slots=True)
class StageReader:
    """Reads stage after stage; `layers` counts what the blocks hold, `settings` are the network's."""

    library: Library
    report: Report
    settings: Settings
    layers: int = 0

    def read(self, stage: ast.Stage, scope: Scope, chain: Chain) -> Stage | None:
        """The stage after `chain`, into which its items go; None where that breaks."""
        with self.report.collecting():
            check_name(stage.name, "stage")
        settings = self.stage_settings(stage, scope)
        placement = settings.order.stage
        _dilate_from(settings_of(stage), chain)
        run = LayerReader(settings, placement, scope, self.report, chain, count_convs(stage.items))
        names = (f"{stage.name.id}.{index}" for index in itertools.count())
        for item in stage.items:
            match item:
                case ast.Repeat():
                    with chain.guarded(self.report):
                        own = self._run_settings(item, settings, scope, chain)
                        self._blocks(names, item, own, scope, chain)
                case ast.Hole():
                    run.read(item)
                case ast.Statement() if not is_setting(item):
                    run.read(item)
        for hole in (setting for setting in stage.settings if isinstance(setting, ast.Hole)):
            run.read(hole)
        with chain.guarded(self.report):
            return self._finished(stage, settings, chain)
        return None

    def _finished(self, stage: ast.Stage, settings: Settings, chain: Chain) -> Stage:
        if chain.broken:
            raise Mistake(None)
        if not chain.items:
            raise mistake(
                N010, stage.span, f"the stage {stage.name.id} is empty", "write a run of blocks: 3 x basic(64)"
            )
        title = clean(" ".join(stage.title.text.split())) if stage.title else ""
        runs = [setting for item in stage.items if isinstance(item, ast.Repeat) for setting in item.settings]
        allows = tuple(allow_of(a) for a in (*stage.items, *stage.settings, *runs) if isinstance(a, ast.Allow))
        return Stage(stage.name.id, title, chain.finished(), settings.init, allows, stage.span, settings.drop_path)

    def stage_settings(self, stage: ast.Stage, scope: Scope) -> Settings:
        """The network's settings with the stage's own."""
        return self._changed(self.settings, settings_of(stage), scope)

    def _run_settings(self, run: ast.Repeat, settings: Settings, scope: Scope, chain: Chain) -> Settings:
        """The stage's settings with those of one run of blocks."""
        own = [setting for setting in run.settings if isinstance(setting, ast.Statement)]
        if any(isinstance(setting, ast.Hole) for setting in run.settings):
            raise Mistake(None)
        for statement in own:
            if statement.keyword.id == INIT.name:
                raise mistake(N010, statement.span, "init holds for a whole stage", "move it out of these braces")
        _dilate_from(own, chain)
        return self._changed(settings, own, scope)

    def _changed(self, settings: Settings, statements: Iterable[ast.Statement], scope: Scope) -> Settings:
        seen: set[str] = set()
        for statement in statements:
            with self.report.collecting():
                _check_setting(statement, seen, scope)
                if statement.keyword.id == DILATE.name:
                    continue
                changed = with_setting(settings, statement, scope)
                check_shortcut(changed.shortcut, self.library, scope)
                settings = changed
        return settings

    def _blocks(self, names: Iterator[str], repeat: ast.Repeat, settings: Settings, scope: Scope, chain: Chain) -> None:
        count = integer(repeat.count, scope, "the number of blocks")
        stride = sides(repeat.stride.value, scope, "the stride") if repeat.stride else (1, 1)
        maker = BlockMaker(self.library, self.report, settings, scope, repeat.call)
        for block in maker.blocks(itertools.islice(names, count), stride, first_of_all=self.layers == 0, chain=chain):
            self.layers += block.layer_count
            self.library.effort.spend(SHARED_LAYER * block.layer_count, repeat.count.span)
            if self.layers > MAX_LAYERS:
                found = f"the network has more than {MAX_LAYERS:,} layers"
                raise mistake(G003, repeat.count.span, found, "use fewer blocks")


def _dilate_from(settings: Iterable[ast.Statement], chain: Chain) -> None:
    """From here on, strides become dilation where that is among the settings."""
    if any(statement.keyword.id == DILATE.name for statement in settings):
        chain.dilation = replace(chain.dilation, on=True)


def _check_setting(statement: ast.Statement, seen: set[str], scope: Scope) -> None:
    keyword = statement.keyword
    if keyword.id in seen:
        raise mistake(N002, statement.span, f"{keyword.id} is given twice", "keep one of them")
    seen.add(keyword.id)
    if keyword.id == DILATE.name and statement.items:
        raise mistake(N003, statement.span, f"{keyword.id} takes nothing", f"write {keyword.id}")
    if keyword.id in LAYERS and keyword.id not in SETTINGS:
        found = f"the layer {keyword.id} stands among a stage's settings"
        raise mistake(N010, statement.span, found, "give the stage a body: stage NAME { … }")
    if keyword.id in TEXTS:
        raise mistake(N010, statement.span, f"{keyword.id} holds for a whole network", "move it out of the stage")
    if keyword.id not in IN_STAGES:
        raise unknown(keyword, (*IN_STAGES, *ALLOW), "setting of a stage", scope)


def settings_of(stage: ast.Stage) -> list[ast.Statement]:
    """What stands in a stage's braces after its run, and the settings among the items of its body."""
    given = [setting for setting in stage.settings if isinstance(setting, ast.Statement)]
    return given + [item for item in stage.items if isinstance(item, ast.Statement) and is_setting(item)]


def is_setting(statement: ast.Statement) -> bool:
    """Whether a statement in a stage's body is a setting: `norm group(8)` is one, `norm` alone is a layer."""
    return statement.keyword.id == DILATE.name or (statement.keyword.id in SETTINGS and bool(statement.items))


def allow_of(allow: ast.Allow) -> Allow:
    """`allow D002 "reason"` as the IR keeps it."""
    return Allow(allow.rule.id, clean(allow.reason.text) if allow.reason else "", allow.span)
