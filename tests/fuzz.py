"""Looks for texts that make the checker or the formatter raise, hang or grow: `python tests/fuzz.py [SECONDS]`.

What it finds goes to tests/corpus, which the tests read: `resdsl check tests/corpus/NAME` shows it, and it stays there
once it is mended. Exit status 1 where there was anything.
"""

from __future__ import annotations

import resource
import sys
import time
import traceback
from hashlib import sha256
from pathlib import Path

from generate import families, gone_wrong, laid_out, networks
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from test_properties import examine

from resdsl.specs import files_below

TESTS = Path(__file__).parent
CORPUS = TESTS / "corpus"
MEMORY = 1 << 30
EXAMPLES = 200
WRITTEN = [
    path.read_text("utf-8")
    for folder in (TESTS / "conformance", TESTS.parent / "specs", TESTS.parent / "resdsl")
    for path in files_below(folder)
]


@st.composite
def damaged(draw: st.DrawFn, text: str) -> bytes:
    """The bytes of `text`, some of them replaced, taken out or put in many times."""
    content = text.encode()
    for _ in range(draw(st.integers(1, 4))):
        start, length = draw(st.integers(0, len(content))), draw(st.integers(0, 8))
        middle = draw(st.binary(max_size=4)) * draw(st.sampled_from((1, 1, 1, 1000)))
        content = content[:start] + middle + content[start + length :]
    return content


written = st.sampled_from(WRITTEN)
texts = st.one_of(*[written] * 6, networks(), families())
wrong = st.one_of(texts.flatmap(gone_wrong), texts.flatmap(damaged), texts.flatmap(laid_out), st.binary(max_size=500))


def hunt(number: int) -> bool:
    """Whether EXAMPLES texts, drawn with the seed `number`, all come through."""
    sound = True

    @seed(number)
    @settings(
        max_examples=EXAMPLES,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(wrong)
    def test(text: str | bytes) -> None:
        nonlocal sound
        try:
            examine(text)
        except Exception:  # a finding of its own: noted, and the hunt goes on
            traceback.print_exc()
            keep(text)
            sound = False

    test()
    return sound


def keep(text: str | bytes) -> None:
    content = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    path = CORPUS / sha256(content).hexdigest()[:12]
    path.write_bytes(content)
    print(f"kept {path}", file=sys.stderr)


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    end, rounds, sound = time.monotonic() + float(sys.argv[1] if len(sys.argv) > 1 else 60), 0, True
    while time.monotonic() < end:
        sound = hunt(time.time_ns()) and sound
        rounds += 1
    print(f"{rounds * EXAMPLES} texts, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MiB at most")
    return int(not sound)


if __name__ == "__main__":
    sys.exit(main())
