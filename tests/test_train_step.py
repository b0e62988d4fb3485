import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from resdsl.backend import Array, Compute, Normalization
from resdsl.ir.recipe import AdamW, Recipe, Sgd
from resdsl_torch.device import computes_bfloat16
from resdsl_torch.step import TorchSession

SCALE = Normalization((0.4, 0.5, 0.6), (0.2, 0.25, 0.3))
GENERATOR = np.random.default_rng(0)
PIXELS = GENERATOR.integers(0, 256, (16, 12, 12, 3), np.uint8)
LABELS = GENERATOR.integers(0, 10, 16)


class Small(nn.Module):
    def __init__(self, dropout: float = 0.0) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.drop = nn.Dropout(dropout)
        self.fc = nn.Linear(8, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.layout = x.is_contiguous(memory_format=torch.channels_last)
        x = torch.relu(self.bn1(self.conv1(x)))
        self.type = self.conv1(x[:, :3]).dtype
        return self.fc(self.drop(x.mean((2, 3))))


def small(dropout: float = 0.0) -> Small:
    torch.manual_seed(0)
    return Small(dropout)


def session(recipe: Recipe, precision: str | None = "float32", dropout: float = 0.0) -> TorchSession:
    return TorchSession(small(dropout), recipe, SCALE, Compute(precision))


def trained(work: TorchSession, steps: range = range(4)) -> dict[str, Array]:
    for step in steps:
        work.train_step(PIXELS, LABELS, 0.1 / (step + 1), step)
    return work.state()


RECIPES = {
    "default": Recipe(),
    "nesterov": Recipe(optimizer=Sgd(momentum=0.5, weight_decay=0.1, nesterov=True)),
    "no momentum": Recipe(optimizer=Sgd(momentum=0.0, weight_decay=0.1)),
    "decay of weights only": Recipe(optimizer=Sgd(weight_decay=0.1, decay_all=False)),
    "label smoothing": Recipe(label_smoothing=0.2),
}


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_the_steps_are_those_that_the_recipe_describes(recipe: Recipe) -> None:
    module, options = small(), recipe.optimizer
    spared = [] if options.decay_all else [module.bn1.weight, module.bn1.bias, module.fc.bias]
    velocity = {name: None for name, _ in module.named_parameters()}
    losses = []
    for step in range(4):
        pixels = torch.from_numpy(PIXELS.transpose(0, 3, 1, 2) / 255.0)
        scaled = (pixels - torch.tensor(SCALE.mean).view(3, 1, 1)) / torch.tensor(SCALE.std).view(3, 1, 1)
        loss = cross_entropy(module(scaled.float()), torch.from_numpy(LABELS), label_smoothing=recipe.label_smoothing)
        module.zero_grad()
        loss.backward()
        losses.append(loss.item() * 16)
        with torch.no_grad():
            for name, weight in module.named_parameters():
                decay = 0 if any(weight is other for other in spared) else options.weight_decay
                gradient = weight.grad + decay * weight
                last = velocity[name]
                velocity[name] = gradient if last is None else options.momentum * last + gradient
                change = gradient + options.momentum * velocity[name] if options.nesterov else velocity[name]
                weight.sub_(0.1 / (step + 1) * change)

    work = session(recipe)
    got = [float(work.train_step(PIXELS, LABELS, 0.1 / (step + 1), step).loss) for step in range(4)]
    assert got == pytest.approx(losses, rel=1e-5)
    state = work.state()
    for name, weight in module.named_parameters():
        assert np.allclose(state[name], weight.detach(), atol=1e-6), name
        if options.momentum:
            assert np.allclose(state[f"optimizer/momentum/{name}"], velocity[name], atol=1e-5), name
    assert np.allclose(state["bn1.running_var"], module.bn1.running_var, atol=1e-6)


ADAMW = {
    "adamw": Recipe(optimizer=AdamW()),
    "its own": Recipe(optimizer=AdamW(betas=(0.8, 0.95), eps=1e-4, weight_decay=0.5)),
    "decay of weights only": Recipe(optimizer=AdamW(weight_decay=0.5, decay_all=False)),
    "clipped": Recipe(optimizer=AdamW(), clip=0.05),
}


@pytest.mark.parametrize("recipe", ADAMW.values(), ids=ADAMW)
def test_adamw_is_pytorchs(recipe: Recipe) -> None:
    module, options = small(), recipe.optimizer
    vectors = [p for p in module.parameters() if p.ndim <= 1]
    groups = [{"params": [p for p in module.parameters() if p.ndim > 1]}, {"params": vectors}]
    if not options.decay_all:
        groups[1]["weight_decay"] = 0.0
    optimizer = torch.optim.AdamW(
        groups, options.lr, options.betas, options.eps, options.weight_decay, foreach=False, fused=False
    )
    for _ in range(4):
        pixels = torch.from_numpy(PIXELS.transpose(0, 3, 1, 2) / 255.0)
        scaled = (pixels - torch.tensor(SCALE.mean).view(3, 1, 1)) / torch.tensor(SCALE.std).view(3, 1, 1)
        optimizer.zero_grad()
        cross_entropy(module(scaled.float()), torch.from_numpy(LABELS)).backward()
        if recipe.clip:
            torch.nn.utils.clip_grad_norm_(module.parameters(), recipe.clip)
        optimizer.step()
    work = session(recipe)
    for step in range(4):
        work.train_step(PIXELS, LABELS, options.lr, step)
    state = work.state()
    assert state["optimizer/count/fc.bias"] == 4
    for name, weight in module.named_parameters():
        assert np.allclose(state[name], weight.detach(), atol=2e-6), name
        assert np.allclose(state[f"optimizer/square/{name}"], optimizer.state[weight]["exp_avg_sq"], atol=1e-7), name


@pytest.mark.parametrize("recipe", [Recipe(optimizer=AdamW()), Recipe(ema=0.9)], ids=["adamw", "ema"])
def test_what_is_kept_goes_on_exactly(recipe: Recipe) -> None:
    whole = trained(session(recipe), range(6))
    halves = session(recipe)
    halves.load_state(trained(session(recipe), range(3)))
    halves = trained(halves, range(3, 6))
    assert all(np.array_equal(whole[name], halves[name]) for name in whole)


def test_gradients_are_asked_for_and_change_nothing() -> None:
    work = session(Recipe(optimizer=Sgd(momentum=0.0, weight_decay=0.0)), dropout=0.5)
    before = work.state()
    gradients = work.gradients(PIXELS, LABELS, 2)
    assert all(np.array_equal(before[name], array) for name, array in work.state().items())
    work.train_step(PIXELS, LABELS, 0.5, 2)
    moved = work.state()
    assert gradients.keys() == {name for name in before if "running" not in name}
    for name, gradient in gradients.items():
        assert np.allclose(before[name] - 0.5 * gradient, moved[name], atol=1e-6), name


def test_scores_are_sums_over_the_batch() -> None:
    work = session(Recipe())
    scores = work.eval_step(PIXELS, LABELS)
    module = small().eval()
    pixels = torch.from_numpy(PIXELS.transpose(0, 3, 1, 2) / 255.0)
    scaled = (pixels - torch.tensor(SCALE.mean).view(3, 1, 1)) / torch.tensor(SCALE.std).view(3, 1, 1)
    order = np.argsort(-module(scaled.float()).detach().numpy(), axis=1)
    assert float(scores.top1) == (order[:, 0] == LABELS).sum()
    assert float(scores.top5) == (order[:, :5] == LABELS[:, None]).sum()
    assert float(scores.loss) == pytest.approx(
        cross_entropy(module(scaled.float()), torch.from_numpy(LABELS), reduction="sum").item(), rel=1e-5
    )


def test_evaluation_changes_nothing() -> None:
    work = session(Recipe())
    before = trained(work)
    work.eval_step(PIXELS, LABELS)
    after = work.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def test_constant_answers_are_not_taken_for_right_ones() -> None:
    work = session(Recipe())
    state = work.state()
    work.load_state(state | {"fc.weight": state["fc.weight"] * np.nan})
    assert float(work.eval_step(PIXELS, LABELS).top1) < 16
    zero = {"fc.weight": np.zeros_like(state["fc.weight"]), "fc.bias": np.zeros_like(state["fc.bias"])}
    work.load_state(state | zero)
    assert float(work.eval_step(PIXELS, LABELS).top1) < 16


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_run_twice_is_equal_bit_for_bit(precision: str) -> None:
    recipe = Recipe(seed=3)
    first, second = (trained(session(recipe, precision, dropout=0.5)) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)
    other = trained(session(Recipe(seed=4), precision, dropout=0.5))
    assert not np.array_equal(first["fc.weight"], other["fc.weight"])


def test_a_loaded_state_goes_on_exactly_dropout_included() -> None:
    whole = trained(session(Recipe(), dropout=0.5), range(6))
    halves = session(Recipe(), dropout=0.5)
    halves.load_state(trained(session(Recipe(), dropout=0.5), range(3)))
    halves = trained(halves, range(3, 6))
    assert all(np.array_equal(whole[name], halves[name]) for name in whole)


def test_a_step_leaves_the_users_generator_alone() -> None:
    work = session(Recipe(), dropout=0.5)
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    work.train_step(PIXELS, LABELS, 0.1, 0)
    assert torch.equal(torch.rand(3), expected)


def test_the_state_is_a_copy_with_canonical_names() -> None:
    work = session(Recipe())
    state = work.state()
    weights = ["conv1.weight", "bn1.weight", "bn1.bias", "fc.weight", "fc.bias"]
    assert state.keys() == {
        *weights,
        "bn1.running_mean",
        "bn1.running_var",
        *(f"optimizer/momentum/{name}" for name in weights),
    }
    assert all(array.dtype == np.float32 for array in state.values())
    before = copy.deepcopy(state)
    trained(work)
    assert all(np.array_equal(before[name], state[name]) for name in state)
    assert not np.array_equal(work.state()["conv1.weight"], state["conv1.weight"])


def test_weights_alone_start_the_momentum_from_zero() -> None:
    work = session(Recipe())
    weights = {name: array for name, array in work.state().items() if not name.startswith("optimizer/momentum/")}
    expected = trained(session(Recipe()), range(1))
    trained(work)
    work.load_state(weights)
    state = trained(work, range(1))
    assert all(np.array_equal(expected[name], state[name]) for name in expected)


def test_a_state_that_does_not_fit_changes_nothing() -> None:
    work = session(Recipe())
    before = work.state()
    other = {name: array + 1 for name, array in before.items()}
    missing = {name: array for name, array in other.items() if name != "fc.bias"}
    with pytest.raises(KeyError, match=r"fc\.bias"):
        work.load_state(missing)
    with pytest.raises(KeyError, match="extra"):
        work.load_state(other | {"extra": np.zeros(1)})
    with pytest.raises(ValueError, match=r"fc\.bias has the shape \(3,\), expected \(10,\)"):
        work.load_state(other | {"fc.bias": np.zeros(3, np.float32)})
    assert all(np.array_equal(before[name], array) for name, array in work.state().items())


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("bfloat16", torch.bfloat16)])
def test_precision_decides_what_convolutions_compute_in(precision: str, dtype: torch.dtype) -> None:
    work = TorchSession(module := small(), Recipe(), SCALE, Compute(precision))
    work.train_step(PIXELS, LABELS, 0.1, 0)
    assert module.type == dtype
    assert module.layout
    assert module.conv1.weight.dtype == torch.float32
    work.eval_step(PIXELS, LABELS)
    assert module.type == dtype


def test_bfloat16_is_the_default_where_it_is_native(monkeypatch: pytest.MonkeyPatch) -> None:
    for native, precision in ((True, "bfloat16"), (False, "float32")):
        monkeypatch.setattr("resdsl_torch.step.computes_bfloat16", lambda device, native=native: native)
        assert session(Recipe(), None).precision == precision


def test_the_processor_is_asked_what_it_can_do() -> None:
    with open("/proc/cpuinfo") as file:
        flags = next((line.split() for line in file if line.startswith("flags")), [])
    if flags:
        assert computes_bfloat16(torch.device("cpu")) == ("avx512_bf16" in flags or "amx_bf16" in flags)


def test_threads() -> None:
    before = torch.get_num_threads()
    try:
        work = TorchSession(small(), Recipe(), SCALE, Compute(threads=1))
        assert torch.get_num_threads() == 1
        assert work.device == "cpu, 1 threads"
    finally:
        torch.set_num_threads(before)
