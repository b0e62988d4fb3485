"""The Flax session: the steps that the recipe describes, in the state that every backend shares."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import resdsl
from resdsl.backend import Array, Compute, Normalization, Session, scored
from resdsl.ir.recipe import OPTIMIZER_KINDS, AdamW, Recipe, Sgd
from resdsl.weights.initial import initial_weights
from resdsl_flax import FlaxBackend
from resdsl_torch import TorchBackend

SPEC = """
network tiny {
  input 3x12x12
  shortcut projection
  stem { conv 3x3, 8 }
  stage layer1: 1 x basic(8)
  stage layer2: 1 x basic(16), /2
  head { avgpool; dropout DROPOUT; linear 10 }
}
"""
SCALE = Normalization((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (16, 12, 12, 3), np.uint8)
LABELS = GENERATOR.integers(0, 10, 16)
State = dict[str, Array]
DEFAULT = Recipe()


@pytest.fixture(scope="module")
def networks(tmp_path_factory):
    folder = tmp_path_factory.mktemp("specs")
    for name, p in (("plain", "0"), ("dropping", "0.5")):
        (folder / f"{name}.res").write_text(SPEC.replace("dropout DROPOUT; ", f"dropout {p}; " if p != "0" else ""))
    return {name: resdsl.load(folder / f"{name}.res") for name in ("plain", "dropping")}


@pytest.fixture
def session(networks):
    def make(recipe: Recipe = DEFAULT, precision="float32", network="plain", backend=FlaxBackend) -> Session:
        made = backend()
        chosen = networks[network]
        return made.session(made.build(chosen, initial_weights(chosen)), recipe, SCALE, Compute(precision))

    return make


def trained(work: Session, steps: range = range(4)) -> State:
    for step in steps:
        work.train_step(PIXELS, LABELS, 0.02 / (step + 1), step)
    return work.state()


def apart(one: State, other: State) -> float:
    assert one.keys() == other.keys()
    return max(float(np.abs(one[name] - other[name]).max()) for name in one)


RECIPES = {
    **{word: Recipe(optimizer=kind()) for word, kind in OPTIMIZER_KINDS.items()},
    "nesterov": Recipe(optimizer=Sgd(momentum=0.5, weight_decay=0.1, nesterov=True)),
    "no momentum": Recipe(optimizer=Sgd(momentum=0.0, weight_decay=0.1)),
    "decay of weights only": Recipe(optimizer=Sgd(weight_decay=0.1, decay_all=False)),
    "label smoothing": Recipe(label_smoothing=0.2),
    "adamw of weights only": Recipe(optimizer=AdamW(betas=(0.8, 0.95), eps=1e-4, weight_decay=0.5, decay_all=False)),
    "clipped": Recipe(clip=0.05),
    "averaged": Recipe(ema=0.8),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_every_recipe_gives_the_steps_that_pytorch_makes(session, recipe: Recipe) -> None:
    ours, theirs = session(recipe), session(recipe, backend=TorchBackend)
    # The steps of AdamW and its kin are the rate, however small a gradient.
    rate = 0.02 if isinstance(recipe.optimizer, Sgd) else 1e-3
    for step in range(4):
        found, expected = (work.train_step(PIXELS, LABELS, rate, step) for work in (ours, theirs))
        assert [float(x) for x in found] == pytest.approx([float(x) for x in expected], rel=1e-4)
    assert apart(ours.state(), theirs.state()) < 1e-4
    found, expected = (work.eval_step(PIXELS, LABELS) for work in (ours, theirs))
    assert [float(x) for x in found] == pytest.approx([float(x) for x in expected], rel=1e-4)


@pytest.mark.parametrize("backend", [TorchBackend, FlaxBackend])
def test_accumulated_parts_give_the_numbers_of_the_whole_where_no_norm_looks_at_the_batch(tmp_path, backend) -> None:
    (tmp_path / "a.res").write_text(
        SPEC.replace("dropout DROPOUT; ", "").replace("  stem", "  norm group(2)\n  stem", 1)
    )
    network, made = resdsl.load(tmp_path / "a.res"), backend()
    whole, parts = (
        made.session(made.build(network, initial_weights(network)), DEFAULT, SCALE, Compute("float32", accumulate=n))
        for n in (1, 4)
    )
    for step in range(3):
        found, expected = (work.train_step(PIXELS, LABELS, 0.02, step) for work in (parts, whole))
        assert [float(x) for x in found] == pytest.approx([float(x) for x in expected], rel=1e-4)
    assert apart(parts.state(), whole.state()) < 1e-5


@pytest.mark.parametrize("backend", [TorchBackend, FlaxBackend])
def test_averaged_weights_are_those_that_are_evaluated(session, backend) -> None:
    work = session(Recipe(ema=0.9), backend=backend)
    trained(work)
    state = work.state()
    plain = session(backend=backend)
    plain.load_state(scored(state))
    assert [*map(float, work.eval_step(PIXELS, LABELS))] == [*map(float, plain.eval_step(PIXELS, LABELS))]
    assert all(np.array_equal(state[name], array) for name, array in work.state().items())
    assert not np.array_equal(state["conv1.weight"], scored(state)["conv1.weight"])


def test_gradients_are_pytorchs_and_change_nothing(session) -> None:
    ours, theirs = session(), session(backend=TorchBackend)
    before = ours.state()
    assert apart(ours.gradients(PIXELS, LABELS, 0), theirs.gradients(PIXELS, LABELS, 0)) < 1e-4
    assert apart(ours.state(), before) == 0


def test_a_run_goes_on_in_the_other_backend_momentum_included(session) -> None:
    whole = trained(session(backend=TorchBackend), range(9))
    first = trained(session(backend=TorchBackend), range(3))
    middle = session()
    middle.load_state(first)
    last = session(backend=TorchBackend)
    last.load_state(trained(middle, range(3, 6)))
    assert apart(trained(last, range(6, 9)), whole) < 1e-4
    assert any(name.startswith("optimizer/") for name in whole)


def test_a_smaller_batch_scores_alike_and_compiles_nothing(session) -> None:
    work = session()
    whole = work.eval_step(PIXELS, LABELS)
    parts = [work.eval_step(PIXELS[rows], LABELS[rows]) for rows in (slice(0, 7), slice(7, 16))]
    for name in ("loss", "top1", "top5"):
        assert sum(float(getattr(part, name)) for part in parts) == pytest.approx(float(getattr(whole, name)), rel=1e-5)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_run_twice_is_equal_bit_for_bit(session, precision: str) -> None:
    first, second = (trained(session(Recipe(seed=3), precision, "dropping")) for _ in range(2))
    assert apart(first, second) == 0
    assert apart(first, trained(session(Recipe(seed=4), precision, "dropping"))) > 0


def test_a_loaded_state_goes_on_exactly_dropout_included(session) -> None:
    whole = trained(session(network="dropping"), range(6))
    half = session(network="dropping")
    half.load_state(trained(session(network="dropping"), range(3)))
    assert apart(trained(half, range(3, 6)), whole) == 0


def test_a_seed_may_be_any_size(session) -> None:
    trained(session(Recipe(seed=2**70)), range(1))


def test_the_state_is_a_copy(session) -> None:
    work = session()
    state = work.state()
    before = copy.deepcopy(state)
    assert all(array.dtype == np.float32 for array in state.values())
    trained(work)
    assert apart(before, state) == 0


def test_the_module_itself_stays_as_it_is(session, networks) -> None:
    backend, network = FlaxBackend(), networks["plain"]
    module = backend.build(network, initial_weights(network))
    before = backend.weights(module)
    trained(backend.session(module, Recipe(), SCALE, Compute("bfloat16")), range(2))
    assert apart(backend.weights(module), before) == 0


def test_weights_alone_start_the_momentum_from_zero(session) -> None:
    work = session()
    weights = {name: array for name, array in work.state().items() if not name.startswith("optimizer/")}
    expected = trained(session(), range(1))
    trained(work)
    work.load_state(weights)
    assert apart(trained(work, range(1)), expected) == 0


def test_a_state_that_does_not_fit_changes_nothing(session) -> None:
    work = session()
    before = work.state()
    other = {name: array + 1 for name, array in before.items()}
    with pytest.raises(KeyError, match=r"fc\.bias"):
        work.load_state({name: array for name, array in other.items() if name != "fc.bias"})
    with pytest.raises(ValueError, match=r"fc\.bias has the shape \(3,\), expected \(10,\)"):
        work.load_state(other | {"fc.bias": np.zeros(3, np.float32)})
    assert apart(before, work.state()) == 0


def test_bfloat16_stays_close_and_keeps_its_weights_in_float32(session) -> None:
    exact, rounded = trained(session()), trained(session(precision="bfloat16"))
    assert 0 < apart(exact, rounded) < 0.2
    assert session(precision=None).precision == "float32"
