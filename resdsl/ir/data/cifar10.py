"""CIFAR-10 (Krizhevsky 2009), in its official binary version."""

from __future__ import annotations

from resdsl.ir.data.data_set import Archive, DataSet, Records
from resdsl.ir.shape import Shape

CIFAR10 = DataSet(
    "cifar10",
    "50,000 images of 3x32x32 in 10 classes (Krizhevsky 2009).",
    Records(
        shape=Shape(3, 32, 32),
        folder="cifar-10-batches-bin",
        train=tuple((f"data_batch_{number}.bin", 10_000) for number in range(1, 6)),
        test=("test_batch.bin", 10_000),
        labels=1,
        archive=Archive(
            "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        ),
        page="“CIFAR-10 binary version”, https://www.cs.toronto.edu/~kriz/cifar.html",
        other=("cifar-10-batches-py", "data_batch_1"),
    ),
    classes=10,
    train_images=50_000,
    mean=(0.4914, 0.4822, 0.4465),
    std=(0.2470, 0.2435, 0.2616),
)
