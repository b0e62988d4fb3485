"""Depth, cost and receptive field against published numbers."""

import pytest
from spec_text import checked, spec

import resdsl
from resdsl.analysis.receptive_field import Field, receptive_field, receptive_fields
from resdsl.analysis.rows import block_rows, folded, layer_rows

# He et al. 2016, Table 6 rounds these; with option A's zero channels they are Y. Idelbayev's counts.
CIFAR_PARAMS = {20: 269_722, 32: 464_154, 44: 658_586, 56: 853_018, 110: 1_727_962, 1202: 19_421_274}

# torchvision's counts, for a 224x224 image; MACs of convs and linears without biases.
TORCHVISION = {
    "resnet18": (11_689_512, 1_814_073_344),
    "resnet34": (21_797_672, 3_663_761_408),
    "resnet50": (25_557_032, 4_089_184_256),
    "resnext50_32x4d": (25_028_904, 4_230_479_872),
    "wide_resnet50_2": (68_883_240, 11_398_021_120),
    "vgg11_bn": (132_868_840, 7_609_090_048),
    "vgg19": (143_667_240, 19_632_062_464),
}

# He et al. 2016, Table 1 and Section 3.3, in 10^9; ResNet-34's 3.6 is option A. Table 1 cuts ResNet-50's 3.858 to 3.8.
PUBLISHED_GIGAMACS = {
    "plain34": "3.6",
    "resnet34_a": "3.6",
    "resnet18": "1.8",
    "resnet50_v1": "3.9",
    "resnet101_v1": "7.6",
    "resnet152_v1": "11.3",
    "vgg19": "19.6",
}

# Araujo, Norris and Sim 2019, Computing Receptive Fields of Convolutional Neural Networks, table of common networks.
PUBLISHED_FIELDS = {"resnet50_v1": 483, "resnet101_v1": 1027, "resnet152_v1": 1507, "vgg16": 212}


@pytest.mark.parametrize(("depth", "params"), CIFAR_PARAMS.items())
def test_cifar_resnets(depth: int, params: int) -> None:
    network = resdsl.load("cifar:cifar_resnet", n=(depth - 2) // 6)
    assert (network.depth, network.cost().params) == (depth, params)


@pytest.mark.parametrize(("spec", "expected"), TORCHVISION.items())
def test_torchvision_models(spec: str, expected: tuple[int, int]) -> None:
    assert tuple(resdsl.load(spec).cost()) == expected


@pytest.mark.parametrize(("spec", "expected"), PUBLISHED_GIGAMACS.items())
def test_published_macs(spec: str, expected: str) -> None:
    assert f"{resdsl.load(spec).cost().macs / 10**9:.1f}" == expected


def test_blocks_without_a_branch_have_their_own_costs() -> None:
    text = spec("block none() {}\n---\nshortcut projection always\nstage layer1: 2 x none()\nnorm none")
    two = checked(text).networks["wanted"]
    one = checked(text.replace("2 x", "1 x")).networks["wanted"]
    assert two.cost().params - one.cost().params == 16 * 16 + 16
    plain = checked(text.replace("projection always", "none").replace("norm none", "order norm_after_add"))
    assert plain.networks["wanted"].cost().params == 3 * 16 * 9 + 32 + 2 * 32 + 170


def test_flops_are_two_per_mac() -> None:
    total = resdsl.load("resnet18").cost()
    assert total.flops == 2 * total.macs


@pytest.mark.parametrize("spec", ["resnet20", "preact164", "resnet34_c", "resnext50_32x4d", "vgg16", "resnet50d"])
def test_the_parts_add_up_to_the_whole(spec: str) -> None:
    network = resdsl.load(spec)
    for rows in (layer_rows(network), block_rows(network), folded(block_rows(network))):
        costs = [row.cost for row in rows]
        assert (sum(c.params for c in costs), sum(c.macs for c in costs)) == tuple(network.cost())


@pytest.mark.parametrize(("spec", "expected"), PUBLISHED_FIELDS.items())
def test_published_receptive_fields(spec: str, expected: int) -> None:
    assert receptive_field(resdsl.load(spec))[:2] == (expected, expected)


def test_receptive_fields_by_hand() -> None:
    """The stem's 7x7/2 and 3x3/2, then two 3x3 on every fourth pixel; the 1x1 beside a strided block sees less."""
    fields = receptive_fields(resdsl.load("resnet18"))
    assert fields["conv1"] == Field(7, 7, (2, 2))
    assert fields["maxpool"] == Field(11, 11, (4, 4))
    assert fields["layer1.0.conv1"] == Field(19, 19, (4, 4))
    assert fields["layer1.0"] == Field(27, 27, (4, 4))
    assert fields["layer2.0.downsample.0"] == Field(43, 43, (8, 8))
    assert fields["layer2.0"] == Field(67, 67, (8, 8))
    assert fields["fc"].rows == 435 + 6 * 32


def test_a_field_may_be_oblong_and_the_wider_path_counts(tmp_path) -> None:
    spec = tmp_path / "oblong.res"
    spec.write_text(
        "block flat() { conv 1x1, in }\n"
        "shortcut wide { conv 1x5, out, dilation = 2 }\n"
        "network oblong {\n  input 8x16x16\n  shortcut wide always\n  stage one: 1 x flat()\n}\n"
    )
    field = receptive_field(resdsl.load(spec))
    assert (field, str(field)) == (Field(1, 9, (1, 1)), "1x9")


def test_stride_of_a_block_is_its_branch_s() -> None:
    network = resdsl.load("resnet50")
    assert [stage.blocks[0].strides for stage in network.stages] == [(1, 1), (2, 2), (2, 2), (2, 2)]
    assert [layer.strides for layer in network.stem] == [(2, 2), (1, 1), (1, 1), (2, 2)]


def test_equal_blocks_share_a_row() -> None:
    rows = list(folded(block_rows(resdsl.load("resnet34"))))
    names = [
        "stem",
        "layer1.0",
        "layer1.1–2",
        "layer2.0",
        "layer2.1–3",
        "layer3.0",
        "layer3.1–5",
        "layer4.0",
        "layer4.1–2",
    ]
    assert [row.name for row in rows] == [*names, "head"]
