"""From a network to its plan."""

from __future__ import annotations

from dataclasses import replace

from resdsl.codegen.block_class import Draft, drafts
from resdsl.codegen.block_groups import cases, groups
from resdsl.codegen.model import Plan
from resdsl.codegen.naming import block_class_names, network_class_name
from resdsl.codegen.network_class import network_class
from resdsl.codegen.stage_runs import Call, helpers, stage_of
from resdsl.codegen.symbols import RESERVED
from resdsl.ir.network import Network


def make_plan(network: Network, reserved: frozenset[str] = frozenset()) -> Plan:
    """The classes, helpers and members of `network`; `reserved` are names that a backend's sources use for something else."""
    reserved |= RESERVED
    named = _named([draft for group in groups(cases(network)) for draft in drafts(group, reserved)])
    blocks = tuple(draft.block for draft in named)
    helping = helpers(blocks)
    helper_of = {block.name: helper for helper in helping for block in helper.classes}
    calls = {
        case.key: Call(helper_of[draft.block.name], draft.block, arguments)
        for draft in named
        for case, arguments in zip(draft.cases, draft.arguments, strict=True)
    }
    stages = [stage_of(stage, calls) for stage in network.stages]
    name = network_class_name(network, {*reserved, *(block.name for block in blocks)})
    return Plan(network, blocks, tuple(helping), network_class(network, name, stages))


def _named(unnamed: list[Draft]) -> list[Draft]:
    names = block_class_names([draft.cases[0].block for draft in unnamed])
    return [replace(draft, block=replace(draft.block, name=name)) for draft, name in zip(unnamed, names, strict=True)]
