"""From the IR to the module plan: which classes there are, what they are called with, and when blocks share one."""

from __future__ import annotations

from pathlib import Path

import pytest
from shipped import SINGLE

import resdsl
from resdsl.checking.checker import check_file
from resdsl.codegen.model import Plan, Stage, StageCall
from resdsl.codegen.naming import network_class_name
from resdsl.codegen.plan import make_plan
from resdsl.ir.network import Network
from resdsl_torch.dialect import TorchDialect

INPUT = "input 3x16x16"


def network_of(text: str) -> Network:
    checked = check_file(Path("x.res"), "x.res", content=text)
    assert checked.networks, checked.findings
    return list(checked.networks.values())[-1]


def plan_of(members: str, declared: str = "") -> Plan:
    return make_plan(network_of(f"{declared}\nnetwork x {{ {INPUT}; {members} }}"), TorchDialect.reserved)


def classes(plan: Plan) -> dict[str, str]:
    """Each class with its constructor's parameters."""
    return {block.name: ", ".join(map(str, block.parameters)) for block in plan.blocks}


def calls(plan: Plan) -> list[str]:
    """Each run of blocks as the call that makes it."""
    runs = [
        p for item in plan.network.members if isinstance(item, Stage) for p in item.parts if isinstance(p, StageCall)
    ]
    return [f"{r.block.name}({', '.join(f'{n}={v}' for n, v in r.arguments)}) x {r.blocks}" for r in runs]


# Members (and declarations) of a network: its classes with their parameters, and the calls that make its stages.
PLANS = {
    "defaults are written out, defaults by formula substituted": (
        "shortcut projection; stage a: 2 x bottleneck(8)",
        "",
        {"Bottleneck": "channels: int, filters: int"},
        ["Bottleneck(channels=3, filters=8) x 2"],
    ),
    "what varies is a parameter": (
        "shortcut projection; stage a: 1 x bottleneck(8, width = 4); stage b: 2 x bottleneck(8, width = 6), /2",
        "",
        {"Bottleneck": "channels: int, filters: int, width: int, stride: int = 1"},
        ["Bottleneck(channels=3, filters=8, width=4) x 1", "Bottleneck(channels=32, filters=8, width=6, stride=2) x 2"],
    ),
    "what the spec writes is a parameter even if it never varies": (
        "shortcut projection; stage a: 1 x bottleneck(8, groups = 2); stage b: 1 x bottleneck(16, groups = 2)",
        "",
        {"Bottleneck": "channels: int, filters: int, groups: int"},
        ["Bottleneck(channels=3, filters=8, groups=2) x 1", "Bottleneck(channels=32, filters=16, groups=2) x 1"],
    ),
    "a formula that happens to hold everywhere": (
        "shortcut projection; stage a: 1 x bottleneck(8, width = 8); stage b: 1 x bottleneck(16)",
        "",
        {"Bottleneck": "channels: int, filters: int"},
        ["Bottleneck(channels=3, filters=8) x 1", "Bottleneck(channels=32, filters=16) x 1"],
    ),
    "`in` in a block": (
        "shortcut projection; stage a: 3 x grow(4)",
        "block grow(step) { conv 3x3, in + step, /stride }",
        {"GrowBlock": "channels: int, step: int"},
        ["GrowBlock(channels=3, step=4) x 3"],
    ),
    "a parameter called channels, a keyword, and a word of the emitted source": (
        "shortcut projection; stage a: 1 x odd(8, 2, 3); stage b: 2 x odd(16, 4, 5)",
        "block odd(channels, lambda, nn) { conv 3x3, in * lambda; conv 3x3, nn; conv 1x1, channels }",
        {"OddBlock": "in_channels: int, channels: int, lambda_: int, nn_: int"},
        ["OddBlock(in_channels=3, channels=8, lambda_=2, nn_=3) x 1",
         "OddBlock(in_channels=8, channels=16, lambda_=4, nn_=5) x 2"],
    ),
    "padding that follows from the dilation": (
        "shortcut projection; stage a: 1 x wide(8, 2); stage b: 1 x wide(8, 4)",
        "block wide(filters, d) { conv 3x3, filters, dilation = d; conv 5x5, filters, dilation = d }",
        {"WideBlock": "channels: int, filters: int, d: int"},
        ["WideBlock(channels=3, filters=8, d=2) x 1", "WideBlock(channels=8, filters=8, d=4) x 1"],
    ),
    "the first block of a pre-activation network": (
        "order pre; shortcut pad; stem { conv 3x3, 8 }; stage a: 2 x basic(8); stage b: 2 x basic(16), /2",
        "",
        {"BasicBlock": "channels: int, filters: int, stride: int = 1, activate_both: bool = False"},
        ["BasicBlock(channels=8, filters=8, activate_both=True) x 2",
         "BasicBlock(channels=8, filters=16, stride=2) x 2"],
    ),
    "the first block changes shape": (
        "order pre; shortcut projection; stem { conv 3x3, 8 }; stage a: 2 x bottleneck(8)",
        "",
        {"Bottleneck": "channels: int, filters: int"},
        ["Bottleneck(channels=8, filters=8) x 2"],
    ),
    "another norm needs another class": (
        "shortcut projection; stage a: 1 x basic(8); stage b: 1 x basic(8) { norm group(2) }",
        "",
        {"BasicBlock": "channels: int, filters: int", "GroupNormBasicBlock": "channels: int, filters: int"},
        ["BasicBlock(channels=3, filters=8) x 1", "GroupNormBasicBlock(channels=8, filters=8) x 1"],
    ),
    "so do another order, act and shortcut": (
        "shortcut projection; stage a: 1 x basic(8); stage b: 1 x basic(8) { act gelu }; "
        "stage c: 1 x basic(8) { order pre }; stage d: 1 x basic(8) { shortcut none }; stage e: 1 x basic(8) { act silu }",
        "",
        dict.fromkeys(("BasicBlock", "GELUBasicBlock", "PreActBasicBlock", "PlainBasicBlock", "SiLUBasicBlock"),
                      "channels: int, filters: int"),
        ["BasicBlock(channels=3, filters=8) x 1", "GELUBasicBlock(channels=8, filters=8) x 1",
         "PreActBasicBlock(channels=8, filters=8) x 1", "PlainBasicBlock(channels=8, filters=8) x 1",
         "SiLUBasicBlock(channels=8, filters=8) x 1"],
    ),
    "option C in one stage": (
        "shortcut projection; stage a: 2 x basic(8); stage b: 2 x basic(8) { shortcut projection always }",
        "",
        {"BasicBlock": "channels: int, filters: int", "AlwaysProjectionBasicBlock": "channels: int, filters: int"},
        ["BasicBlock(channels=3, filters=8) x 2", "AlwaysProjectionBasicBlock(channels=8, filters=8) x 2"],
    ),
    "an identity in one stage goes with the projections of another": (
        "stem { conv 3x3, 8 }; shortcut projection; stage a: 2 x basic(8); stage b: 2 x basic(16), /2",
        "",
        {"BasicBlock": "channels: int, filters: int, stride: int = 1"},
        ["BasicBlock(channels=8, filters=8) x 2", "BasicBlock(channels=8, filters=16, stride=2) x 2"],
    ),
    "a linear layer depends on the map, for which there is no word": (
        "stage a { 1 x flat(8); 1 x flat(9) }; shortcut none",
        "block flat(filters) { linear filters }",
        {"FlatBlock": "filters: int", "FlatBlock2": "filters: int"},
        ["FlatBlock(filters=8) x 1", "FlatBlock2(filters=9) x 1"],
    ),
    "a stride that leaves a map of one pixel as it is": (
        "stem { avgpool }; shortcut projection; stage a: 1 x basic(3), /2; stage b: 1 x basic(3)",
        "",
        {"BasicBlock": "channels: int, filters: int, stride: int = 1"},
        ["BasicBlock(channels=3, filters=3, stride=2) x 1", "BasicBlock(channels=3, filters=3) x 1"],
    ),
}  # fmt: skip
assert PLANS


@pytest.mark.parametrize(("members", "declared", "expected", "made"), PLANS.values(), ids=PLANS)
def test_classes_and_calls(members: str, declared: str, expected: dict[str, str], made: list[str]) -> None:
    plan = plan_of(members, declared)
    assert classes(plan) == expected
    assert calls(plan) == made


NAMES = {
    ("ResNet-34", "resnet34"): "ResNet34",
    ("Wide ResNet-50-2", "x"): "WideResNet50_2",
    ("", "wide_resnet_50_2"): "WideResnet50_2",
    ("50 layers", "fifty"): "Fifty",
    ("Réseau", "reseau"): "Reseau",
    ("A title that goes on and on and on and on, as titles do", "short"): "Short",
    ("Tensor", "x"): "TensorNetwork",
    ("None", "x"): "NoneNetwork",
    ("basic block", "x"): "BasicBlockNetwork",
}
assert NAMES


@pytest.mark.parametrize(("words", "name"), NAMES.items())
def test_names_of_networks(words: tuple[str, str], name: str) -> None:
    title, called = words
    network = network_of(f'network {called} {{ title "{title}"; {INPUT}; head {{ linear 2 }} }}')
    assert network_class_name(network, {"BasicBlock", *TorchDialect.reserved}) == name


@pytest.mark.parametrize("spec", SINGLE)
def test_a_plan_is_as_small_as_its_paper(spec: str) -> None:
    """One class for the one kind of block, one call for each stage: also after a round trip through JSON."""
    network = resdsl.load(spec)
    plan = make_plan(network)
    assert len(plan.blocks) == len(plan.helpers) == len({block.kind for block in network.blocks})
    assert len(calls(plan)) == len(network.stages)
    assert make_plan(Network.from_json(network.to_json())) == plan
