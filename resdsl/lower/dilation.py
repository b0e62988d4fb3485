"""Strides that become dilation: the map stays, and later convs look at pixels as far apart as they would have been."""

from __future__ import annotations

from dataclasses import dataclass, replace

from resdsl.ir.shape import Pair


@dataclass(frozen=True, slots=True)
class Dilation:
    """How far apart pixels are that would be neighbours, and which strides add to it.

    All do where it is `on`; where there is a `most`, those that would thin out the map by more. `reach` is by how much
    it is thinned out already. Chen et al. 2015, Semantic Image Segmentation with Deep Convolutional Nets, Section 3.1.
    """

    size: int = 1
    on: bool = False
    most: int | None = None
    reach: int = 1

    @property
    def matters(self) -> bool:
        return self.on or self.size > 1 or self.most is not None

    def takes(self, stride: Pair) -> bool:
        """Whether a layer's or a block's stride becomes dilation."""
        return max(stride) > 1 and (self.on or (self.most is not None and self.reach * max(stride) > self.most))

    def times(self, stride: int) -> Dilation:
        """With a stride that became dilation."""
        return replace(self, size=self.size * stride)

    def after(self, strides: Pair) -> Dilation:
        """After a layer that thinned out the map."""
        return replace(self, reach=self.reach * max(strides)) if max(strides) > 1 else self
