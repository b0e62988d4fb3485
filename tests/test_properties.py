"""What holds for every network and every text: see generate.py for how they come about."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from generate import FILE, bare, checked, families, gone_wrong, laid_out, networks
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resdsl.checking.checker import Checked
from resdsl.ir.network import Network
from resdsl.syntax.format import FormatError, formatted
from resdsl.syntax.layout import comments_of
from resdsl.syntax.parse import parse

CORPUS = sorted((Path(__file__).parent / "corpus").iterdir())
LIMIT = 2.0  # seconds for any text
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large, HealthCheck.large_base_example]
assert CORPUS
few = settings(max_examples=40, deadline=None, suppress_health_check=SLOW)
many = settings(max_examples=150, deadline=None, suppress_health_check=SLOW)
texts = st.one_of(networks(), families())


def network_of(text: str) -> Network:
    found = checked(text)
    errors = [finding for finding in found.findings if finding.severity == "error"]
    assert not errors, errors[0]
    return found.networks["random"]


@few
@given(texts)
def test_networks_go_through_json_and_back(text: str) -> None:
    network = network_of(text)
    assert Network.from_json(network.to_json()) == network


@few
@given(texts.flatmap(lambda text: st.tuples(st.just(text), laid_out(text))))
def test_formatting_keeps_the_meaning(pair: tuple[str, str]) -> None:
    text, other = pair
    form = formatted(FILE, other)
    assert bare(parse(FILE, form).file) == bare(parse(FILE, text).file)
    assert bare(network_of(form)) == bare(network_of(text))
    assert [comment.text for comment in comments_of(form)] == [comment.text for comment in comments_of(other)]
    assert formatted(FILE, form) == form


def timed(text: str | bytes) -> tuple[Checked, float]:
    """What is found in a text, and how many seconds it takes to check and format."""
    start = time.process_time()
    found = checked(text)
    try:
        form = formatted(FILE, text)
        assert formatted(FILE, form) == form
    except FormatError as error:
        assert error.findings == parse(FILE, text).findings
    return found, time.process_time() - start


def examine(text: str | bytes) -> None:
    """Checks and formats a text, which may find much, but nothing twice, never raises, and does not take long."""
    found, seconds = timed(text)
    assert seconds < LIMIT or timed(text)[1] < LIMIT  # Twice: the first time may pay for what others left to collect.
    assert len(set(found.findings)) == len(found.findings)
    for finding in found.findings:  # in this file, or in one that it uses
        lines = found.sources[finding.span.file].removeprefix("\ufeff").replace("\r\n", "\n").split("\n")
        assert 1 <= finding.span.line <= len(lines)
        assert 1 <= finding.span.column <= len(lines[finding.span.line - 1]) + 1


@many
@given(texts.flatmap(gone_wrong))
def test_texts_gone_wrong_earn_findings_alone(text: str) -> None:
    examine(text)


@many
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200), st.text('(){}[];:,=/-\n"# x3a', max_size=200)))
def test_any_bytes_earn_findings_alone(content: str | bytes) -> None:
    examine(content)


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_what_the_fuzzer_found_stays_mended(path: Path) -> None:
    examine(path.read_bytes())
