"""What is known after each evaluation: one line of `metrics.jsonl`, and one on the screen."""

from __future__ import annotations

import json
import math
from typing import NamedTuple


class Metrics(NamedTuple):
    """Losses in nats, top-1 and top-5 as shares (0 to 1), rates and times of the training alone, in seconds."""

    epoch: int
    step: int
    lr: float
    train_loss: float
    train_top1: float
    test_loss: float
    test_top1: float
    test_top5: float
    images_per_second: float
    seconds: float

    def to_json(self) -> str:
        """One line of JSON."""
        # JSON has no word for what is not a number but null.
        values = {name: value if math.isfinite(value) else None for name, value in self._asdict().items()}
        return json.dumps(values)

    @classmethod
    def from_json(cls, line: str) -> Metrics:
        """What `to_json` wrote (KeyError, ValueError, TypeError for anything else)."""
        values = {name: math.nan if value is None else float(value) for name, value in dict(json.loads(line)).items()}
        return cls(int(values.pop("epoch")), int(values.pop("step")), **values)

    def __str__(self) -> str:
        """In 80 columns; `LEGEND` says what stands where."""
        return (
            f"epoch {self.epoch}  step {self.step}  lr {self.lr:.3g}"
            f"  train {self.train_loss:.4f} {self.train_top1:.2%}"
            f"  test {self.test_loss:.4f} {self.test_top1:.2%} {self.test_top5:.2%}"
        )


LEGEND = "each epoch: train loss and top-1, test loss, top-1 and top-5"


def steadied(metrics: tuple[Metrics, ...]) -> tuple[Metrics, ...]:
    """`metrics`, the last training figures of which are over a whole epoch at least.

    The last epoch may be a few steps long, and its training error that of a few images: the epoch before counts as well.
    """
    if len(metrics) < 2:
        return metrics
    *rest, before, last = metrics
    whole, short = before.step - (rest[-1].step if rest else 0), last.step - before.step
    if short >= whole:
        return metrics

    def over_both(one: float, other: float) -> float:
        return (whole * one + short * other) / (whole + short)

    loss, top1 = over_both(before.train_loss, last.train_loss), over_both(before.train_top1, last.train_top1)
    return (*rest, before, last._replace(train_loss=loss, train_top1=top1))
