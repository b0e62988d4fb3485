"""The names that users may not give are those that the frameworks' modules really have."""

import torch
from flax import nnx

from resdsl.ir.names import MODULE_ATTRIBUTES


class Empty(nnx.Module):
    pass


def test_every_public_attribute_of_both_module_classes_is_reserved():
    taken = {name for module in (torch.nn.Module(), Empty()) for name in dir(module) if not name.startswith("_")}
    assert taken
    assert taken <= MODULE_ATTRIBUTES
