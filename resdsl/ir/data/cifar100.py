"""CIFAR-100 (Krizhevsky 2009), in its official binary version: its 100 fine classes."""

from __future__ import annotations

from resdsl.ir.data.data_set import Archive, DataSet, Records
from resdsl.ir.shape import Shape

CIFAR100 = DataSet(
    "cifar100",
    "50,000 images of 3x32x32 in 100 classes (Krizhevsky 2009).",
    Records(
        shape=Shape(3, 32, 32),
        folder="cifar-100-binary",
        train=(("train.bin", 50_000),),
        test=("test.bin", 10_000),
        labels=2,
        archive=Archive(
            "https://www.cs.toronto.edu/~kriz/cifar-100-binary.tar.gz",
            168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        ),
        page="“CIFAR-100 binary version”, https://www.cs.toronto.edu/~kriz/cifar.html",
        other=("cifar-100-python", "train"),
    ),
    classes=100,
    train_images=50_000,
    mean=(0.5071, 0.4865, 0.4409),
    std=(0.2673, 0.2564, 0.2762),
)
