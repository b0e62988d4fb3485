"""The emitted PyTorch module against torchvision's numbers."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy

from resdsl.weights.names import parameters
from resdsl_torch import TorchBackend
from torchvision_goldens import GOLDENS, Golden, relative_error, worst

assert GOLDENS
every_golden = pytest.mark.parametrize("golden", GOLDENS, ids=str)


def built(golden: Golden) -> torch.nn.Module:
    return TorchBackend().build(golden.network, golden.weights())


@every_golden
def test_names_shapes_and_order_of_the_state_dict(golden: Golden) -> None:
    found = [(name, tuple(tensor.shape)) for name, tensor in built(golden).state_dict().items()]
    assert found == golden.state_dict


@every_golden
def test_costs(golden: Golden) -> None:
    cost = golden.network.cost()
    assert (cost.params, cost.macs) == (golden.facts["params"], golden.facts["macs_224"])
    assert sum(p.numel() for p in built(golden).parameters()) == cost.params


@every_golden
def test_logits_in_evaluation_mode(golden: Golden) -> None:
    module = built(golden).eval()
    with torch.no_grad():
        logits = module(torch.from_numpy(golden.images()).float())
    assert relative_error(logits.numpy(), golden.eval_logits) <= 1e-5


@every_golden
def test_three_training_steps(golden: Golden) -> None:
    module = built(golden).train()
    images, labels = torch.from_numpy(golden.images()).float(), torch.from_numpy(golden.labels())
    optimizer = torch.optim.SGD(module.parameters(), **golden.facts["train"]["sgd"])
    statistics = [p.name for p in parameters(golden.network) if not p.trained]
    losses: list[float] = []
    for step in range(3):
        optimizer.zero_grad()
        loss = cross_entropy(module(images), labels)
        loss.backward()
        losses.append(loss.item())
        if step == 0:
            gradients = {name: p.grad.norm().item() for name, p in module.named_parameters()}
            state = module.state_dict()
            running = {name: state[name].norm().item() for name in statistics}
        optimizer.step()
    expected = golden.facts["train"]
    off = {
        "losses": worst(dict(enumerate(losses)), dict(enumerate(expected["losses"]))),
        "gradient_norms_step0": worst(gradients, expected["gradient_norms_step0"]),
        "running_statistics_norms_after_step0": worst(running, expected["running_statistics_norms_after_step0"]),
    }
    print(golden, off)
    assert {name: error for name, error in off.items() if error > golden.train_bar(name)} == {}
