"""Data sets in the layout of CIFAR's official binary versions: each of them, found, fetched, read, and damaged."""

import hashlib
import io
import os
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from resdsl.ir.data import DATA_SETS
from resdsl.ir.data.cifar10 import CIFAR10
from resdsl.ir.data.data_set import Archive, DataSet, Records
from resdsl.training.data.dataset import Dataset
from resdsl.training.data.reading import Reading
from resdsl.training.data.records import load_records
from resdsl.training.errors import DataError


class Case(NamedTuple):
    """A data set, and where it lies: all zeros (sparse files), but for one record with the label 7 in its second file."""

    data_set: DataSet
    layout: Records
    parent: Path

    @property
    def file(self) -> Path:
        """The first training file."""
        return self.parent / self.layout.folder / self.layout.train[0][0]

    def load(self, reading: Reading | None = None) -> Dataset:
        return load_records(self.data_set, self.layout, reading or Reading(self.parent))

    def write(self, record: int, content: bytes) -> None:
        with self.file.open("r+b") as file:
            file.seek(record * self.layout.record)
            file.write(content)


ALL = [(each, each.layout) for each in DATA_SETS if isinstance(each.layout, Records)]
assert len(ALL) == 2


@pytest.fixture(params=ALL, ids=lambda each: each[0].name)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    case = Case(*request.param, tmp_path)
    (tmp_path / case.layout.folder).mkdir()
    for name, records in case.layout.files:
        with (tmp_path / case.layout.folder / name).open("wb") as file:
            file.truncate(records * case.layout.record)
    case.write(5, bytes([*[3] * (case.layout.labels - 1), 7, *np.arange(case.layout.shape.size) % 251]))
    return case


@pytest.mark.parametrize("inside", [False, True], ids=["parent", "folder"])
def test_records_become_rows_columns_channels(case: Case, inside: bool) -> None:
    dataset = case.load(Reading(case.parent / case.layout.folder if inside else case.parent))
    assert (len(dataset.train), len(dataset.test), dataset.shape) == (50_000, 10_000, (3, 32, 32))
    assert (dataset.name, dataset.classes) == (case.data_set.name, case.data_set.classes)
    assert (dataset.train.pixels.dtype, dataset.train.labels.dtype) == (np.uint8, np.int64)
    assert dataset.train.labels[5] == 7
    planes = (np.arange(3072) % 251).reshape(3, 32, 32)
    assert np.array_equal(dataset.train.pixels[5].transpose(2, 0, 1), planes)
    assert dataset.train.labels.sum() == 7
    assert case.data_set.train_images == len(dataset.train)


def test_found_in_the_environment_and_in_the_current_folder(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RESDSL_DATA", str(case.parent))
    assert case.load(Reading()).name == case.data_set.name
    monkeypatch.delenv("RESDSL_DATA")
    monkeypatch.chdir(case.parent)
    with pytest.raises(DataError, match=r"no folder data: .*--download.*--data-dir.*--data digits"):
        case.load(Reading())
    (case.parent / "data").symlink_to(case.parent)
    assert case.load(Reading()).name == case.data_set.name


def remove(case: Case) -> None:
    # What is left tells where the data set is.
    case.file.unlink()


def cut(case: Case) -> None:
    os.truncate(case.file, case.layout.record * 5)


def cut_inside_a_record(case: Case) -> None:
    os.truncate(case.file, case.file.stat().st_size - 1)


def lengthen(case: Case) -> None:
    os.truncate(case.file, 1 << 40)  # sparse: a terabyte that must not be read


def spoil_a_label(case: Case) -> None:
    case.write(9, bytes([*[0] * (case.layout.labels - 1), case.data_set.classes]))


def turn_into_a_folder(case: Case) -> None:
    case.file.unlink()
    case.file.mkdir()


def turn_into_a_fifo(case: Case) -> None:
    case.file.unlink()
    os.mkfifo(case.file)


def turn_into_a_device(case: Case) -> None:
    case.file.unlink()
    case.file.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (remove, "{file} is missing: pass --download, or unpack {archive}"),
        (cut, "{file} holds {five:,} bytes, expected {size:,} ({records:,} records of {record:,}): pass --download"),
        (cut_inside_a_record, "{file} holds {less:,} bytes, expected {size:,}"),
        (lengthen, "{file} holds 1,099,511,627,776 bytes, expected {size:,}"),
        (spoil_a_label, "{file}: record 9 has the label {classes}, expected 0 to {last}: pass --download"),
        (turn_into_a_folder, "cannot read {file}: is a folder; pass --download"),
        (turn_into_a_fifo, "cannot read {file}: is no file; pass --download"),
        (turn_into_a_device, "cannot read {file}: is no file; pass --download"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_damaged_file_is_named_with_its_remedy(case: Case, damage, words: str) -> None:
    damage(case)
    records, record = case.layout.train[0][1], case.layout.record
    known = {"file": case.file, "archive": case.layout.archive.name, "records": records, "record": record}
    known |= {"size": records * record, "less": records * record - 1, "five": 5 * record}
    known |= {"classes": case.data_set.classes, "last": case.data_set.classes - 1}
    with pytest.raises(DataError) as caught:
        case.load()
    message = str(caught.value)
    assert words.format(**known) in message
    assert "https://www.cs.toronto.edu/~kriz/cifar.html" in message
    assert "\n" not in message


@pytest.mark.parametrize(("data_set", "layout"), ALL, ids=lambda each: getattr(each, "name", ""))
def test_a_folder_without_the_data_set(data_set: DataSet, layout: Records, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=rf"there is no {layout.folder} in .*--data digits"):
        load_records(data_set, layout, Reading(tmp_path))
    with pytest.raises(DataError, match=r"there is no folder .*nowhere"):
        load_records(data_set, layout, Reading(tmp_path / "nowhere"))
    folder, file = layout.other
    (tmp_path / folder).mkdir()
    (tmp_path / folder / file).touch()
    with pytest.raises(DataError, match="holds the Python version, expected the binary version"):
        load_records(data_set, layout, Reading(tmp_path))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """The address of a server, and the folder whose files it has."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()


def archived(case: Case, server: tuple[str, Path]) -> Records:
    """The layout of a data set whose archive is on the server, with something that does not belong in it."""
    address, folder = server
    path = folder / "official.tar.gz"
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        archive.add(case.parent / case.layout.folder, case.layout.folder)
        outside = tarfile.TarInfo("../outside.txt")
        outside.size = 4
        archive.addfile(outside, io.BytesIO(b"evil"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return case.layout._replace(archive=Archive(f"{address}/official.tar.gz", path.stat().st_size, digest))


def test_what_is_not_there_is_fetched_when_that_is_asked_for(case: Case, server: tuple[str, Path]) -> None:
    layout = archived(case, server)
    home = case.parent / "new" / "data"
    with pytest.raises(DataError, match="there is no folder"):
        load_records(case.data_set, layout, Reading(home))
    assert load_records(case.data_set, layout, Reading(home, download=True)).train.labels.sum() == 7
    assert [path.name for path in home.iterdir()] == [layout.folder]
    assert not (home.parent / "outside.txt").exists()
    (server[1] / "official.tar.gz").unlink()  # it is not fetched twice
    assert load_records(case.data_set, layout, Reading(home, download=True)).train.labels.sum() == 7


def test_another_archive_than_the_official_one_is_refused(case: Case, server: tuple[str, Path]) -> None:
    layout = archived(case, server)
    (server[1] / "official.tar.gz").write_bytes(b"something else")
    with pytest.raises(DataError, match=r"cannot fetch http.*official.tar.gz \(.*hash.*\): try again") as caught:
        load_records(case.data_set, layout, Reading(case.parent / "new", download=True))
    assert "\n" not in str(caught.value)
    assert list((case.parent / "new").iterdir()) == []


def test_a_server_that_does_not_answer_is_one_line(case: Case, server: tuple[str, Path]) -> None:
    layout = archived(case, server)
    for url in (f"{server[0]}/nothing.tar.gz", "http://127.0.0.1:9/official.tar.gz"):
        lost = layout._replace(archive=layout.archive._replace(url=url))
        with pytest.raises(DataError, match=rf"cannot fetch {url} \(.+\): try again, or fetch it by hand"):
            load_records(case.data_set, lost, Reading(case.parent / "new", download=True))


def test_too_little_room_is_said_before_anything_is_fetched(case: Case, server: tuple[str, Path]) -> None:
    layout = archived(case, server)
    huge = layout._replace(archive=layout.archive._replace(size=1 << 50))
    with pytest.raises(DataError, match="bytes free, expected 3,377,699,720,527,872: make room"):
        load_records(case.data_set, huge, Reading(case.parent / "new", download=True))


@pytest.mark.skipif("RESDSL_TEST_CIFAR" not in os.environ, reason="RESDSL_TEST_CIFAR names no folder")
def test_the_real_data_set() -> None:
    assert isinstance(CIFAR10.layout, Records)
    dataset = load_records(CIFAR10, CIFAR10.layout, Reading(Path(os.environ["RESDSL_TEST_CIFAR"])))
    assert np.bincount(dataset.train.labels).tolist() == [5000] * 10
    assert np.bincount(dataset.test.labels).tolist() == [1000] * 10
    pixels = dataset.train.pixels[::2] / np.float32(255)
    # A copy that has been through JPEG is a little smoother.
    assert np.allclose(pixels.mean((0, 1, 2), np.float64), CIFAR10.mean, atol=0.005)
    assert np.allclose(pixels.std((0, 1, 2), np.float64), CIFAR10.std, atol=0.005)
