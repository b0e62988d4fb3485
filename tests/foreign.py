"""Others' networks with the specs of the same networks here, and what turns each name into ours: the ground truth."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import foreign_nets as nets
from torch import nn

RESNET = """
  input 3x16x16
  {settings}
  stem {{ conv 3x3, 8 }}
  {stages}
  head {{ avgpool; linear 5 }}
"""
TWO = "stage layer1: 2 x basic(8)\n stage layer2: 2 x basic(16), /2"
THREE = TWO + "\n stage layer3: 2 x basic(32), /2"
BOTTLENECKS = "stage layer1: 2 x bottleneck(4)\n stage layer2: 2 x bottleneck(8), /2"
VGG = """
  input 3x16x16
  shortcut none
  stem { conv 3x3, 8, bias = true; maxpool 2x2, /2 }
  stage layer1 { 2 x single16(16); maxpool 2x2, /2 }
  head { linear 12; act; dropout 0.5; linear 5 }
  allow D003 "VGG" ; allow D004 "VGG"
"""


def spec(body: str) -> str:
    """The text of a file with one network."""
    return f"block single16(filters) {{ conv 3x3, filters, bias = true }}\nnetwork net {{{body}}}\n"


def resnet(settings: str, layers: str) -> str:
    return spec(RESNET.format(settings=settings, stages=layers))


@dataclass(frozen=True)
class Foreign:
    """A network of somebody's, the spec of the same network, and what turns each name of a module into ours."""

    make: Callable[[], nn.Module]
    spec: str
    names: tuple[tuple[str, str], ...] = ()

    def canonical(self, name: str) -> str:
        """Our name of the parameter called `name`."""
        for pattern, replacement in self.names:
            name = re.sub(pattern, replacement, name)
        return name


POST_B, PRE_B = "shortcut projection", "order pre; shortcut projection"
FOREIGN = {
    "torchvision": Foreign(nets.torchvision_resnet, resnet(POST_B, TWO)),
    "idelbayev": Foreign(nets.idelbayev_resnet, resnet("shortcut pad_centered", THREE), ((r"^linear\.", "fc."),)),
    "kuangliu": Foreign(
        nets.kuangliu_resnet, resnet(POST_B, TWO), ((r"shortcut", "downsample"), (r"^linear\.", "fc."))
    ),
    "kuangliu preact": Foreign(
        nets.kuangliu_preact,
        resnet(PRE_B, TWO),
        (("shortcut", "downsample"), (r"^linear\.", "fc."), (r"^bn\.", "bn_final.")),
    ),
    "timm resnetv2": Foreign(
        nets.timm_resnetv2,
        resnet(PRE_B, BOTTLENECKS),
        (
            (r"^stem\.conv", "conv1"),
            (r"^norm\.", "bn_final."),
            (r"^head\.fc", "fc"),
            (r"stages\.0\.blocks", "layer1"),
            (r"stages\.1\.blocks", "layer2"),
            (r"\.norm(\d)", r".bn\1"),
            (r"downsample\.conv", "downsample.0"),
        ),
    ),
    "weiaicunzai": Foreign(
        nets.weiaicunzai_resnet,
        resnet(POST_B, BOTTLENECKS),
        (
            (r"^conv1\.0", "conv1"),
            (r"^conv1\.1", "bn1"),
            ("conv2_x", "layer1"),
            ("conv3_x", "layer2"),
            (r"residual_function\.0", "conv1"),
            (r"residual_function\.1", "bn1"),
            (r"residual_function\.3", "conv2"),
            (r"residual_function\.4", "bn2"),
            (r"residual_function\.6", "conv3"),
            (r"residual_function\.7", "bn3"),
            ("shortcut", "downsample"),
        ),
    ),
    "torchvision vgg": Foreign(
        nets.torchvision_vgg,
        spec(VGG),
        (
            (r"features\.0\.", "conv1."),
            (r"features\.1\.", "bn1."),
            (r"features\.4", "layer1.0.conv1"),
            (r"features\.5", "layer1.0.bn1"),
            (r"features\.7", "layer1.1.conv1"),
            (r"features\.8", "layer1.1.bn1"),
            (r"classifier\.0", "fc1"),
            (r"classifier\.3", "fc2"),
        ),
    ),
}
