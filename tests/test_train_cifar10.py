import os
from pathlib import Path

import numpy as np
import pytest

from resdsl.training.data.cifar10 import (
    FOLDER,
    RECORD_BYTES,
    RECORDS,
    SCALE,
    SHAPE,
    TEST_FILE,
    TRAIN_FILES,
    load_cifar10,
)
from resdsl.training.errors import DataError

BATCH_2 = Path(FOLDER, "data_batch_2.bin")


@pytest.fixture
def cifar(tmp_path: Path) -> Path:
    """The official layout in `tmp_path`, all zeros (sparse files), but for one record."""
    folder = tmp_path / FOLDER
    folder.mkdir()
    for name in (*TRAIN_FILES, TEST_FILE):
        with (folder / name).open("wb") as file:
            file.truncate(RECORDS * RECORD_BYTES)
    write(folder / "data_batch_2.bin", 5 * RECORD_BYTES, bytes([7, *np.arange(SHAPE.size) % 251]))
    return tmp_path


def write(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


@pytest.mark.parametrize("inside", ["", FOLDER], ids=["parent", "folder"])
def test_records_become_rows_columns_channels(cifar: Path, inside: str) -> None:
    dataset = load_cifar10(SHAPE, cifar / inside)
    assert (len(dataset.train), len(dataset.test), dataset.shape, dataset.classes) == (50_000, 10_000, SHAPE, 10)
    assert (dataset.train.pixels.dtype, dataset.train.labels.dtype) == (np.uint8, np.int64)
    record = 10_005
    assert dataset.train.labels[record] == 7
    planes = (np.arange(SHAPE.size) % 251).reshape(3, 32, 32)
    assert np.array_equal(dataset.train.pixels[record].transpose(2, 0, 1), planes)
    assert dataset.train.labels.sum() == 7


def test_found_in_the_environment_and_in_the_current_folder(cifar: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESDSL_DATA", str(cifar))
    assert load_cifar10(SHAPE, None).name == "cifar10"
    monkeypatch.delenv("RESDSL_DATA")
    monkeypatch.chdir(cifar)
    with pytest.raises(DataError, match=r"no folder data: .*--data-dir.*--data digits"):
        load_cifar10(SHAPE, None)
    (cifar / "data").symlink_to(cifar)
    assert load_cifar10(SHAPE, None).name == "cifar10"


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    os.truncate(path, 3073 * 5)


def cut_inside_a_record(path: Path) -> None:
    os.truncate(path, RECORDS * RECORD_BYTES - 1)


def spoil_a_label(path: Path) -> None:
    write(path, 9_999 * RECORD_BYTES, b"\x0a")


def turn_into_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove, "data_batch_2.bin is missing: unpack cifar-10-binary.tar.gz"),
        (cut, "data_batch_2.bin holds 15,365 bytes, expected 30,730,000 (10,000 records of 3,073): unpack"),
        (cut_inside_a_record, "data_batch_2.bin holds 30,729,999 bytes, expected 30,730,000"),
        (spoil_a_label, "data_batch_2.bin: record 9999 has the label 10, expected 0 to 9: unpack"),
        (turn_into_a_folder, "cannot read "),
    ],
)
def test_a_damaged_file_is_named_with_its_remedy(cifar: Path, damage, words: str) -> None:
    damage(cifar / BATCH_2)
    with pytest.raises(DataError) as caught:
        load_cifar10(SHAPE, cifar)
    message = str(caught.value)
    assert words in message
    assert str(cifar / BATCH_2) in message
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in message
    assert "\n" not in message


def test_a_folder_without_the_data_set(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no cifar-10-batches-bin in .*--data digits"):
        load_cifar10(SHAPE, tmp_path)
    with pytest.raises(DataError, match=r"there is no folder .*nowhere"):
        load_cifar10(SHAPE, tmp_path / "nowhere")


def test_the_python_version_is_recognized(tmp_path: Path) -> None:
    (tmp_path / "cifar-10-batches-py").mkdir()
    (tmp_path / "cifar-10-batches-py" / "data_batch_1").touch()
    with pytest.raises(DataError, match="holds CIFAR-10's Python version, expected the binary version"):
        load_cifar10(SHAPE, tmp_path)


@pytest.mark.skipif("RESDSL_TEST_CIFAR" not in os.environ, reason="RESDSL_TEST_CIFAR names no folder")
def test_the_real_data_set() -> None:
    dataset = load_cifar10(SHAPE, Path(os.environ["RESDSL_TEST_CIFAR"]))
    assert np.bincount(dataset.train.labels).tolist() == [5000] * 10
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10
    pixels = dataset.train.pixels[::2] / np.float32(255)
    # A copy that has been through JPEG is a little smoother.
    assert np.allclose(pixels.mean((0, 1, 2), np.float64), SCALE.mean, atol=0.005)
    assert np.allclose(pixels.std((0, 1, 2), np.float64), SCALE.std, atol=0.005)
