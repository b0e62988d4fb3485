"""Strides that become dilation, windows that hang over, padding and strides that differ by side, blocks in blocks."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from spec_text import codes, spec

import resdsl
from resdsl.checking.checker import check_file
from resdsl.cli import main
from resdsl.ir.layers import Conv
from resdsl.ir.network import Network
from resdsl.weights.initial import initial_weights
from resdsl_torch import TorchBackend


def network(text: str) -> Network:
    checked = check_file(Path("net.res"), "net.res", content=text)
    assert not checked.findings, checked.findings
    return next(iter(checked.networks.values()))


@pytest.fixture(scope="module")
def models() -> Iterator[Any]:
    """torchvision's models; its compiled operators, which may be of another PyTorch, are not needed."""
    if importlib.util.find_spec("torchvision") is None:
        pytest.skip("torchvision is not installed, and nothing is compared with it: pip install torchvision")
    library = torch.library.Library("torchvision", "FRAGMENT")
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    yield importlib.import_module("torchvision.models")


def last_map(module: torch.nn.Module, x: torch.Tensor) -> torch.Tensor:
    """What leaves the last stage."""
    found: list[torch.Tensor] = []
    hook = module.get_submodule("layer4").register_forward_hook(lambda *given: found.append(given[2]))
    with torch.no_grad():
        module(x)
    hook.remove()
    return found[0]


@pytest.mark.parametrize(("output_stride", "dilate"), [(8, [False, True, True]), (16, [False, False, True])])
def test_resnet50_dilates_as_torchvision_does(models: Any, output_stride: int, dilate: list[bool]) -> None:
    ours = resdsl.load("resnet50", output_stride=output_stride, input="3x64x64")
    weights = initial_weights(ours, seed=3)
    theirs = models.resnet50(replace_stride_with_dilation=dilate).double().eval()
    theirs.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()}, strict=False)
    mine = TorchBackend().build(ours, weights).double().eval()
    x = torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    expected = last_map(theirs, x)
    assert expected.shape[2:] == (64 // output_stride,) * 2
    torch.testing.assert_close(last_map(mine, x), expected, rtol=1e-9, atol=1e-9)
    macs = []
    for module in theirs.modules():
        if isinstance(module, torch.nn.Conv2d | torch.nn.Linear):
            module.register_forward_hook(
                lambda layer, _, leaves: macs.append(leaves[0].numel() * layer.weight[0].numel())
            )
    with torch.no_grad():
        theirs(x[:1])
    assert ours.cost().macs == sum(macs)


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
@pytest.mark.parametrize("output_stride", [8, 16])
def test_a_dilated_network_holds_the_strided_one(name: str, output_stride: int) -> None:
    """The strided network's last map is every so many pixels of the dilated one's."""
    strided, dilated = (resdsl.load(name, output_stride=each, input="3x64x64") for each in (None, output_stride))
    weights = initial_weights(strided, seed=1)
    x = torch.randn(1, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    coarse, fine = (last_map(TorchBackend().build(each, weights).double().eval(), x) for each in (strided, dilated))
    step = 32 // output_stride
    torch.testing.assert_close(fine[:, :, ::step, ::step], coarse, rtol=1e-9, atol=1e-9)
    assert dilated.cost().params == strided.cost().params


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_flax_dilates_alike(name: str) -> None:
    ours = resdsl.load(name, output_stride=8, input="3x64x64")
    images = np.random.default_rng(0).normal(size=(1, 3, 64, 64)).astype(np.float32)
    torch_module, flax_module = resdsl.build(ours, "torch").eval(), resdsl.build(ours, "flax")
    flax_module.eval()
    with torch.no_grad():
        expected = torch_module(torch.from_numpy(images)).numpy()
    found = np.asarray(flax_module(images.transpose(0, 2, 3, 1)))
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def test_the_command_line_dilates() -> None:
    shown = CliRunner().invoke(main, ["summary", "resnet50", "--output-stride", "8"], catch_exceptions=False)
    assert shown.exit_code == 0
    assert "28x28" in shown.stdout
    assert "7x7 " not in shown.stdout


def test_a_stage_that_dilates_and_all_after_it() -> None:
    members = """
    stage layer1: 2 x basic(16)
    stage layer2: 2 x basic(32), /2 { dilate }
    stage layer3: 2 x basic(64), /2
    """
    found = network(spec(members))
    assert [stage.output.map for stage in found.stages] == [(32, 32)] * 3
    convs = [layer for layer in found.stages[2].blocks[0].branch if isinstance(layer, Conv)]
    assert [conv.dilation for conv in convs] == [2, 4]


def test_resnet_d_at_odd_maps() -> None:
    found = network(
        """
        network resnet50d_240 {
          input 3x240x240
          shortcut pooled_projection
          allow D007 "as the report has it"
          stem { conv 3x3, 32, /2; conv 3x3, 32; conv 3x3, 64; maxpool 3x3, /2 }
          stage layer1: 3 x bottleneck(64)
          stage layer2: 4 x bottleneck(128), /2
          stage layer3: 6 x bottleneck(256), /2
          stage layer4: 3 x bottleneck(512), /2
          head { avgpool; linear 10 }
          expect { params 23_547_754; macs 5_078_722_560; map 8x8 }
        }
        """
    )
    assert found.stages[-1].output.map == (8, 8)


@pytest.mark.parametrize(("padding", "mean"), [("[0, 1]", 962.5), ("1", 1061.5)])
@pytest.mark.parametrize("backend", ["torch", "flax"])
def test_padding_on_one_side(backend: str, padding: str, mean: float) -> None:
    found = network(
        f"network one {{ input 1x8x8; norm none; act none; stem {{ conv 3x3, 1, /2, bias = false, pad = {padding} }} }}"
    )
    module = resdsl.build(found, backend).eval() if backend == "torch" else resdsl.build(found, backend)
    resdsl.backend.owner(module).load_weights(
        module, {"conv1.weight": np.arange(9, dtype=np.float32).reshape(1, 1, 3, 3)}
    )
    images = np.arange(64, dtype=np.float32).reshape(1, 1, 8, 8)
    if backend == "torch":
        with torch.no_grad():
            leaves = module(torch.from_numpy(images)).numpy()
    else:
        leaves = np.asarray(module(images.transpose(0, 2, 3, 1)))
    assert leaves.mean() == pytest.approx(mean)


def test_strides_that_differ() -> None:
    found = network(spec("input 1x32x100\nstage layer1: 2 x basic(16), /2x1"))
    assert found.stages[0].output == (16, 16, 100)
    assert found.blocks[0].stride == (2, 1)
    assert "Conv2d(16, 16, 3, (2, 1)" in resdsl.emit(found).replace("channels, filters", "16, 16")


def test_a_stride_that_is_no_number() -> None:
    text = spec("block odd(filters) { conv 3x3, filters * stride, /stride }\n---\nstage layer1: 1 x odd(16), /2x1")
    assert codes(text) == ["N003"]


def test_a_block_inside_a_block() -> None:
    inside, written = (
        network(
            spec(
                f"block b(filters) {{ {body}; squeeze_excite 4 }}\n---\nstage layer1: 3 x b(16)\nstage layer2: 3 x b(32), /2"
            )
        )
        for body in ("basic(filters)", "conv 3x3, filters, /stride; conv 3x3, filters")
    )
    assert inside.cost() == written.cost()
    names = [[name for name, _ in found.layers()] for found in (inside, written)]
    assert names[0] == names[1]
    sources = [resdsl.emit(found).partition("class BBlock")[2] for found in (inside, written)]
    assert sources[0] == sources[1]


def test_blocks_inside_themselves_and_without_end() -> None:
    assert codes(spec("block a(f) { a(f) }\n---\nstage layer1: 1 x a(16)")) == ["N005"]
    many = "block b0(f) { conv 1x1, f }\n" + "\n".join(f"block b{n + 1}(f) {{ b{n}(f); b{n}(f) }}" for n in range(30))
    assert codes(spec(f"{many}\n---\nstage layer1: 1 x b30(16)")) == ["G003"]  # too deep
    assert codes(spec(f"{many}\n---\nstage layer1: 1 x b15(16)")) == ["G003"]  # too many


def test_settings_of_one_run() -> None:
    found = network(spec("stage layer1 { 2 x basic(16) { shortcut none }; 1 x basic(16) { order pre } }"))
    assert [block.shortcut is None for block in found.blocks] == [True, True, False]
    assert [block.order for block in found.blocks] == ["post", "post", "pre"]
    assert codes(spec("stage layer1 { 2 x basic(16) { init zero_last_norm = true } }")) == ["N010"]


def test_a_free_design_leaves_the_papers_rules_alone() -> None:
    wrong = "stage layer1: 2 x basic(16)\nstage layer2: 2 x basic(24)\n"
    assert codes(spec(wrong)) == ["D001"]
    assert codes(spec(f'design free "RegNet"\n{wrong}')) == []
    assert codes(spec(f'design free "RegNet"\nshortcut projection always\n{wrong}')) == ["D011"]
    assert codes(spec('design free "RegNet"\nstage layer1: 2 x basic(16)')) == ["N011"]
    assert codes(spec(f"design free\n{wrong}"))[0] == "N003"
