"""The emitted Flax module against torchvision's numbers, and weights that others trained."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

import resdsl
from resdsl.backend import Array
from resdsl.ir.recipe import Sgd
from resdsl.weights.names import parameters
from resdsl_flax import FlaxBackend
from resdsl_flax.arrays import canonical, variables
from resdsl_flax.sgd import Arrays, first_momenta, sgd
from resdsl_flax.shell import Shell
from resdsl_flax.traced import cross_entropies
from torchvision_goldens import GOLDENS, Golden, relative_error, worst

assert GOLDENS
every_golden = pytest.mark.parametrize("golden", GOLDENS, ids=str)
CIFAR = os.environ.get("RESDSL_TEST_CIFAR")
TRAINED = Path(__file__).parent / "data" / "cifar"


def built(golden: Golden) -> nnx.Module:
    return FlaxBackend().build(golden.network, golden.weights())


def nhwc(images: Array) -> jax.Array:
    return jnp.array(images.transpose(0, 2, 3, 1), jnp.float32)


@every_golden
def test_logits_in_evaluation_mode(golden: Golden) -> None:
    module = built(golden)
    module.eval()
    assert relative_error(np.asarray(module(nhwc(golden.images()))), golden.eval_logits) <= 1e-5


@every_golden
def test_three_training_steps(golden: Golden) -> None:
    options = golden.facts["train"]["sgd"]
    momentum_sgd = Sgd(options["lr"], options.get("momentum", 0.0), options.get("weight_decay", 0.0))
    shell, (params, stats) = Shell.of(module := built(golden)), halves(module_arrays(built(golden)), golden)
    del module
    step = jax.jit(partial(one_step, shell, nhwc(golden.images()), jnp.array(golden.labels(), jnp.int32), momentum_sgd))
    momenta, losses = first_momenta(params, momentum_sgd), []
    for number in range(3):
        params, stats, momenta, loss, gradients = step(params, stats, momenta)
        losses.append(float(loss))
        if number == 0:
            norms = {name: float(jnp.linalg.norm(array)) for name, array in gradients.items()}
            running = {name: float(jnp.linalg.norm(array)) for name, array in stats.items()}
    expected = golden.facts["train"]
    off = {
        "losses": worst(dict(enumerate(losses)), dict(enumerate(expected["losses"]))),
        "gradient_norms_step0": worst(norms, expected["gradient_norms_step0"]),
        "running_statistics_norms_after_step0": worst(running, expected["running_statistics_norms_after_step0"]),
    }
    print(golden, off)
    assert {name: error for name, error in off.items() if error > golden.train_bar(name)} == {}


def module_arrays(module: nnx.Module) -> Arrays:
    return {name: variable.get_value() for name, variable in variables(module).items()}


def halves(arrays: Arrays, golden: Golden) -> tuple[Arrays, Arrays]:
    trained = {parameter.name for parameter in parameters(golden.network) if parameter.trained}
    return {n: a for n, a in arrays.items() if n in trained}, {n: a for n, a in arrays.items() if n not in trained}


def one_step(shell, images, labels, options, params, stats, momenta):
    def loss(params):
        module = shell.filled(params | stats)
        value = cross_entropies(module(images), labels).mean()
        return value, {name: array for name, array in module_arrays(module).items() if name in stats}

    (value, stats), gradients = jax.value_and_grad(loss, has_aux=True)(params)
    params, momenta = sgd(params, momenta, gradients, options.lr, options)
    return params, stats, momenta, value, gradients


@pytest.mark.skipif(not CIFAR, reason="set RESDSL_TEST_CIFAR to a folder cifar-10-batches-bin")
def test_weights_that_others_trained_classify_as_well_here() -> None:
    from resdsl.train.batches import test_batches
    from resdsl.train.data.registry import open_dataset
    from resdsl.train.evaluate import evaluate
    from resdsl.weights.files import load

    network = resdsl.load(next(TRAINED.glob("*.res")))
    module = FlaxBackend().build(network, load(TRAINED / "cifar_resnet20.safetensors"))
    data = open_dataset(network.recipe.data, network, Path(CIFAR))
    session = FlaxBackend().session(module, network.recipe, data.scale, "float32")
    sums = evaluate(session, test_batches(data.test, 500))
    assert abs(sums.top1 - 8103) <= 2


def test_statistics_of_maps_with_a_large_mean_are_sound() -> None:
    source = FlaxBackend().emit(resdsl.load("resnet20"))
    namespace: dict[str, type[nnx.Module]] = {}
    exec(source, namespace)
    norm = namespace["BatchNorm"](3)
    maps = np.random.default_rng(0).normal(1000.0, [0.5, 1.0, 2.0], (16, 9, 9, 3)).astype(np.float32)
    answer = norm(jnp.array(maps))
    wide = maps.astype(np.float64)
    expected = (wide - wide.mean((0, 1, 2))) / np.sqrt(wide.var((0, 1, 2)) + 1e-5)
    assert np.abs(np.asarray(answer) - expected).max() < 1e-3
    unbiased = wide.reshape(-1, 3).var(0, ddof=1)
    assert canonical(norm.var.get_value()) == pytest.approx(0.9 + 0.1 * unbiased, rel=1e-5)
