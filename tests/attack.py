"""Attacks: `python tests/attack.py kills`, `python tests/attack.py corruptions [HOW_MANY]`, `python tests/attack.py files`.

`kills` ends a short run with signal 9 at every system call that changes the disk, once in a run that begins and once in
one that goes on, and finishes it then: all that it leaves must be as in a run that nobody killed (strace is needed).
`corruptions` damages a file of a run that was left in the middle and goes on with it: it either says in a line why it
cannot, or leaves what an undamaged run leaves. `files` gives every file of the tests that was made to break its reader to
all commands that read such a file: none may take five seconds or a gibibyte, or end in a traceback. Exit status 1 where
there was anything else.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from click.testing import CliRunner

TESTS = Path(__file__).parent
CALLS = "write,pwrite64,fsync,rename,renameat,renameat2,unlink,unlinkat,mkdir,rmdir,ftruncate,flock,fchmod,chmod,link"
RUN = (sys.executable, str(TESTS / "killed_run.py"))
SPEC = """
network tiny {
  input 3x8x8
  stem { conv 3x3, 4 }
  stage layer1: 1 x basic(4)
  head { avgpool; linear 10 }
  train { data digits; batch 128; epochs 2; optimizer sgd(lr = 0.1, momentum = 0.9); schedule constant }
}
"""


def left(folder: Path) -> dict[str, object]:
    """What a run leaves: the weights, byte for byte, and the metrics without what the clock decides."""
    weights = {name: (folder / f"{name}.safetensors").read_bytes() for name in ("last", "best")}
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    fixed = [{name: value for name, value in line.items() if "second" not in name} for line in lines]
    others = sorted(path.name for path in folder.iterdir() if path.name.endswith(".tmp"))
    return {**weights, "metrics": fixed, "others": others}


def traced(*options: str, path: Path) -> subprocess.CompletedProcess[str]:
    """The run under strace."""
    return subprocess.run(["strace", "-f", *options, *RUN, str(path)], capture_output=True, text=True, check=False)


def kills(work: Path) -> Iterator[str]:
    """Where a killed run came out differently."""
    whole, half = work / "whole", work / "half"
    counted = traced("-c", "-e", f"trace={CALLS}", path=whole)
    expected, tries = left(whole), 0
    rows = [line.split() for line in counted.stderr.splitlines()]
    counts = {row[-1]: int(row[3]) for row in rows if row and row[-1] in CALLS.split(",")}
    traced("-e", f"trace={CALLS}", "-e", "inject=rename:signal=KILL:when=9", path=half)
    for call, times in counts.items():
        for number in range(1, times + 1):
            for begun in (None, half):
                path = work / f"{call}-{number}-{'resumed' if begun else 'new'}"
                if begun:
                    shutil.copytree(begun, path)
                traced("-e", f"trace={CALLS}", "-e", f"inject={call}:signal=KILL:when={number}", path=path)
                again = subprocess.run([*RUN, str(path)], capture_output=True, text=True, check=False)
                tries += 1
                if again.returncode or left(path) != expected:
                    yield f"{path.name}: {again.stderr.strip() or 'left something else'}"
    print(f"{tries} kills")


def flip(path: Path, chance: random.Random) -> None:
    """Turns one bit."""
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(content)


def cut(path: Path, chance: random.Random) -> None:
    """Cuts off the end."""
    path.write_bytes(path.read_bytes()[: chance.randrange(path.stat().st_size)])


def lose(path: Path, chance: random.Random) -> None:
    """Takes the file away, or puts a folder in its place."""
    path.unlink()
    if chance.random() < 0.3:
        path.mkdir()


def swap(path: Path, chance: random.Random) -> None:
    """Puts another of the folder's files there."""
    path.write_bytes(chance.choice(sorted(path.parent.glob("*.*"))).read_bytes())


DAMAGES: tuple[Callable[[Path, random.Random], None], ...] = (flip, flip, flip, cut, lose, swap)


def corruptions(work: Path, count: int) -> Iterator[str]:
    """Where a damaged run raised, or went on to something else without a word."""
    from resdsl.cli import main

    def train(path: Path, *words: str) -> tuple[int, str, BaseException | None]:
        result = CliRunner().invoke(main, ["train", str(work / "tiny.res"), "--out", str(path), *words])
        return result.exit_code, result.output, result.exception

    (work / "tiny.res").write_text(SPEC)
    train(work / "whole")
    train(work / "half", "--epochs", "1")
    shutil.copytree(work / "half", work / "same")
    train(work / "same", "--resume", "--epochs", "2")
    expected, chance, told, unharmed = left(work / "same"), random.Random(0), 0, 0
    for number in range(count):
        path = work / f"run{number}"
        shutil.copytree(work / "half", path)
        victim, damage = chance.choice(sorted(path.glob("*.*"))), chance.choice(DAMAGES)
        damage(victim, chance)
        status, output, raised = train(path, "--resume", "--epochs", "2")
        case = f"{damage.__name__} {victim.name} ({number})"
        if raised and not isinstance(raised, SystemExit):
            yield f"{case}: {raised!r}"
        elif status:
            told += 1
            if (
                len([line for line in output.splitlines() if line.startswith("resdsl: ")]) != 1
                and "error" not in output
            ):
                yield f"{case}: {output}"
        elif left(path) != expected:
            yield f"{case}: something else, and not a word"
        else:
            unharmed += 1
        shutil.rmtree(path)
    print(f"{count} corruptions: {told} refused with a line, {unharmed} made no difference")


def files(work: Path) -> Iterator[str]:
    """Which command took too much of a hostile file."""
    from foreign import FOREIGN
    from test_hostile_specs import SLOW
    from test_weights_hostile import HOSTILE

    net, weights, spec = (str(work / name) for name in ("net.res", "in.pt", "main.res"))
    Path(net).write_text(FOREIGN["torchvision"].spec)
    readers = {
        **dict.fromkeys(HOSTILE, (["weights", net, weights, weights + ".safetensors"], ["weights", weights],
                                  ["eval", net, weights, "--data", "digits"])),
        **dict.fromkeys(SLOW, (["check", spec], ["fmt", "--check", spec], ["summary", spec])),
    }  # fmt: skip
    spent = []
    for make, calls in readers.items():
        text = make(Path(weights) if make in HOSTILE else work)
        if isinstance(text, str):
            Path(spec).write_text(text)
        for call in calls:
            seconds, memory, output = _measured(call)
            spent.append((seconds, memory))
            if seconds > 5 or memory > 1 or "Traceback" in output:
                yield f"{make.__name__}: {call[0]} takes {seconds:.1f} s and {memory:.2f} GiB: {output[:300]}"
    slowest, largest = (max(each) for each in zip(*spent, strict=True))
    print(f"{len(spent)} hostile files read, in {slowest:.1f} s and {largest:.2f} GiB at most")


def _measured(call: list[str]) -> tuple[float, float, str]:
    """Seconds of processor time, GiB, and what a call of resdsl wrote."""
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen([sys.executable, "-m", "resdsl", *call], stdout=output, stderr=output)
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0  # It has been waited for.
        output.seek(0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20, output.read()


def attacked(words: list[str]) -> int:
    """Runs the attack that `words` name."""
    with tempfile.TemporaryDirectory() as work:
        match words:
            case ["kills"]:
                found = list(kills(Path(work)))
            case ["corruptions", *count]:
                found = list(corruptions(Path(work), int(*count or ["300"])))
            case ["files"]:
                found = list(files(Path(work)))
            case _:
                print(__doc__)
                return 2
    print(*found, f"{len(found)} faults", sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(attacked(sys.argv[1:]))
