"""How long a run is, and where in it the network is evaluated."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.ir.recipe import Recipe
from resdsl.training.errors import RecipeError
from resdsl.training.progress import Progress


@dataclass(frozen=True, slots=True)
class Timetable:
    """`total` steps, of which `per_epoch` see (nearly) every image once; both at least 1."""

    total: int
    per_epoch: int

    @property
    def epochs(self) -> int:
        """Epochs of the whole run; the last may be cut short."""
        return self.epoch(self.total)

    def epoch(self, step: int) -> int:
        """The epoch, from 1, in which step number `step` (from 1) lies."""
        return -(-step // self.per_epoch)

    def finished(self, progress: Progress) -> bool:
        """Whether all steps are done and evaluated."""
        return progress.step >= self.total and not progress.sums.images

    def next_evaluation(self, progress: Progress) -> int:
        """The step after which to evaluate: the end of the epoch, or of the run."""
        if progress.sums.images and progress.step % self.per_epoch == 0:
            return progress.step
        return min((progress.step // self.per_epoch + 1) * self.per_epoch, max(self.total, progress.step))


def timetable(recipe: Recipe, images: int) -> Timetable:
    """The timetable of a `recipe` that says its `steps` or its `epochs`, for so many training images (RecipeError)."""
    per_epoch = images // recipe.batch
    if per_epoch == 0:
        raise RecipeError(f"batch {recipe.batch} is more than the {images} training images: pass --batch {images}")
    return Timetable(recipe.steps or (recipe.epochs or 1) * per_epoch, per_epoch)
