"""ImageNet 2012 (Russakovsky et al. 2015): a folder for each of the 1000 classes, or tar shards."""

from __future__ import annotations

from resdsl.ir.data.data_set import DataSet, Pictures

WNIDS = Pictures(listed="imagenet_wnids.txt")
IMAGENET = DataSet(
    "imagenet",
    "ImageNet 2012: 1.28 million images in 1000 classes, as train/WNID/* and val/WNID/*, or tar shards.",
    WNIDS,
    classes=1000,
    train_images=1_281_167,
)
