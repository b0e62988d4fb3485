"""Where the steps of a run get their images: from the host, batch by batch, or from a device that holds them all."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from itertools import takewhile
from typing import final

from resdsl.backend import Held, HeldTest, Scores, Session
from resdsl.epoch import Epoch
from resdsl.ir.recipe import Framing, Recipe
from resdsl.training.batches import epoch_of, test_batches, training_batches
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.pictures import Pictures
from resdsl.training.evaluate import evaluate, of_whole_set
from resdsl.training.progress import Sums
from resdsl.training.share import ALL, Share

MEMORY_SHARE = 4  # A data set that takes less than a quarter of a device's memory lives there.
Settle = Callable[[], list[Scores]]


class Feed(ABC):
    """The images of a run, in the hands of its session."""

    @abstractmethod
    def train(self, epoch: int, first: int, rates: Sequence[float], step: int) -> Iterator[tuple[int, Settle]]:
        """Trains on the batches from `first` on of `epoch` (from 0), one for each rate; `step` is the first step's.

        Yields how many steps are under way, and how to get their scores: that waits for the device.
        """

    @abstractmethod
    def test(self, stopped: Callable[[], bool]) -> Sums:
        """The scores of the test images, unless `stopped` in between."""


@final
class HostFeed(Feed):
    """Batches that are prepared on the host while the device is at work."""

    def __init__(self, session: Session, dataset: Dataset, recipe: Recipe, share: Share = ALL) -> None:
        self._session, self._dataset, self._recipe, self._share = session, dataset, recipe, share

    def train(self, epoch: int, first: int, rates: Sequence[float], step: int) -> Iterator[tuple[int, Settle]]:
        """One step after another."""
        images, recipe = self._dataset.train, self._recipe
        batches = training_batches(images, recipe.batch, epoch_of(recipe, len(images), epoch), first, self._share)
        for number, (rate, batch) in enumerate(zip(rates, batches, strict=False), step):
            scores = self._session.train_step(batch.pixels, batch.labels, rate, number)
            yield 1, lambda scores=scores: [scores]  # type: ignore[misc]

    def test(self, stopped: Callable[[], bool]) -> Sums:
        """Batch by batch."""
        batches = test_batches(self._dataset.test, self._recipe.batch, self._share)
        sums = self._share.whole(evaluate(self._session, takewhile(lambda _: not stopped(), batches)))
        return sums if stopped() else of_whole_set(sums)


@final
class HeldFeed(Feed):
    """Training and test images that live on the device: on each of several, where it has its rows of every batch."""

    def __init__(self, train: Held, test: HeldTest, images: int, recipe: Recipe, share: Share = ALL) -> None:
        self._train, self._test, self._images, self._recipe, self._share = train, test, images, recipe, share
        self._own = share.rows(0, recipe.batch, images // recipe.batch)
        self._drawn: dict[int, Epoch] = {}

    def train(self, epoch: int, first: int, rates: Sequence[float], step: int) -> Iterator[tuple[int, Settle]]:
        """As many steps at a time as the device takes, always the same in an epoch, wherever it is begun."""
        self._train.begin(self._drawn.get(epoch) or self._draw(epoch))
        done = 0
        while done < len(rates):
            count = min(self._train.at_once - (first + done) % self._train.at_once, len(rates) - done)
            scores = self._train.train(first + done, rates[done : done + count], step + done)
            done += count
            if done == len(rates):  # While the device is at work.
                self._drawn = {epoch + 1: self._draw(epoch + 1)}
            yield count, scores

    def test(self, stopped: Callable[[], bool]) -> Sums:
        """All at once."""
        return self._share.whole(Sums.of(self._test.evaluate()))

    def _draw(self, epoch: int) -> Epoch:
        return epoch_of(self._recipe, self._images, epoch).mapped(lambda array: array[self._own])


def feed(session: Session, dataset: Dataset, recipe: Recipe, share: Share = ALL) -> Feed:
    """The feed that suits the session's device, and those of all other ranks."""
    held = _held(session, dataset, recipe, share)
    if share.agreed(held is not None) and held:
        return HeldFeed(*held, len(dataset.train), recipe, share)
    return HostFeed(session, dataset, recipe, share)


def _held(session: Session, data: Dataset, recipe: Recipe, share: Share) -> tuple[Held, HeldTest] | None:
    """The images in the device's memory; those on disk, and those of which parts are taken, are the host's work."""
    team = share.team
    if isinstance(data.train, Pictures) or isinstance(data.test, Pictures) or len(data.test) < team.size:
        return None
    if any(isinstance(each, Framing) for each in recipe.augment):
        return None
    own, batch = data.test[team.rank :: team.size], recipe.batch // team.size
    if (data.train.pixels.nbytes + own.pixels.nbytes) * MEMORY_SHARE > session.memory:
        return None
    return session.hold(data.train.pixels, data.train.labels, batch), session.hold_test(own.pixels, own.labels, batch)
