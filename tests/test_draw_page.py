"""The HTML page: it needs nothing from anywhere, and in a browser it zooms, moves and tells."""

from __future__ import annotations

import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

import pytest

import resdsl
from resdsl.drawing.draw import draw_networks
from resdsl.drawing.printers.formats import rendered
from resdsl.specs import shipped_folder

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=900,700",
    "--dump-dom",
]
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="there is no Chromium on the PATH to open the page in")


@pytest.fixture(scope="module")
def page() -> str:
    network = resdsl.load("resnet34")
    sources = {network.blocks[0].span.file: (shipped_folder() / "resnet.res").read_text("utf-8")}
    return rendered(draw_networks([network], sources=sources), "html").decode()


def opened(page: str, folder: Path, script: str = "", fragment: str = "") -> str:
    """The document after the browser has run it, and then `script`."""
    file = folder / "page.html"
    file.write_text(page.replace("</body>", f"<script>{script}</script></body>"))
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={folder / 'profile'}", f"{file.as_uri()}{fragment}"]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    return done.stdout.decode()


def card(document: str) -> str:
    found = re.search(r'<div id="card"[^>]*>(.*?)</div>', document, re.DOTALL)
    assert found
    return unescape(re.sub(r"<[^>]+>", " ", found[1]))


def answer(document: str) -> list[float]:
    """The numbers that a script left in the title."""
    found = re.search(r"<title>(.*?)</title>", document)
    assert found
    return [float(word) for word in found[1].split()]


def test_the_page_asks_for_nothing(page: str) -> None:
    assert not re.findall(r"\b(?:src|href|srcset|action|data)\s*=", page)
    assert not re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|WebSocket|import\s*\(", page)
    assert "default-src 'none'" in page
    assert "{{" not in page


def test_every_part_has_its_facts(page: str) -> None:
    for id in ("resnet34.conv1", "resnet34.layer2.0.conv1", "resnet34.layer2.0/shortcut", "resnet34.fc"):
        assert f'"{id}":[' in page
        assert f'id="{id}"' in page


@in_a_browser
def test_a_linked_part_is_shown_with_its_facts(page: str, tmp_path: Path) -> None:
    text = card(opened(page, tmp_path, fragment="#resnet34.layer2.0.conv1"))
    for fact in ("64x56x56 → 128x28x28", "73,728", "57,802,752", "receptive field  67", "n3 x basic(128), /2"):
        assert fact in text


@in_a_browser
@pytest.mark.parametrize("id", ["resnet34.layer2.0.conv1", "resnet34.layer3.1/shortcut"])
def test_a_link_makes_its_part_stand_out_when_opened_and_when_followed(id: str, page: str, tmp_path: Path) -> None:
    script = f"""
      const part = document.getElementById("{id}");
      const look = () => [Number(part.classList.contains("linked")), svg.querySelectorAll(".linked").length,
        parseFloat(getComputedStyle(part.querySelector("path, polygon")).strokeWidth), Number(!card.hidden)];
      const seen = look();
      location.hash = "#resnet34.fc";
      window.addEventListener("hashchange", () => {{
        seen.push(...look());
        document.title = seen.join(" ");
      }});
    """
    assert answer(opened(page, tmp_path, script, f"#{id}"))[:6] == [1, 1, 3, 1, 0, 1]


@in_a_browser
def test_the_page_opens_with_the_whole_drawing(page: str, tmp_path: Path) -> None:
    script = """
      const shown = [at.x, at.y, at.x + view.clientWidth * at.unit, at.y + view.clientHeight * at.unit];
      const all = [full.x, full.y, full.x + full.width, full.y + full.height];
      document.title = [...shown, ...all].join(" ");
    """
    found = answer(opened(page, tmp_path, script))
    left, top, right, bottom = found[:4]
    assert left <= found[4] + 0.01
    assert top <= found[5] + 0.01
    assert right >= found[6] - 0.01
    assert bottom >= found[7] - 0.01


@in_a_browser
def test_keys_and_wheel_move_the_view(page: str, tmp_path: Path) -> None:
    script = """
      const seen = [at.unit];
      const key = (name) => document.dispatchEvent(new KeyboardEvent("keydown", { key: name }));
      key("+"); seen.push(at.unit);
      view.dispatchEvent(new WheelEvent("wheel", { deltaY: -300, clientX: 10, clientY: 10, cancelable: true }));
      seen.push(at.unit);
      key("0"); seen.push(at.unit, at.y);
      key("ArrowDown"); seen.push(at.y);
      document.title = seen.join(" ");
    """
    start, closer, closest, again, top, below = answer(opened(page, tmp_path, script))
    assert start == again > closer > closest
    assert below > top


@in_a_browser
def test_dragging_moves_and_hovering_tells(page: str, tmp_path: Path) -> None:
    script = """
      const pointer = (kind, x, y, target) =>
        target.dispatchEvent(new PointerEvent(kind, { pointerId: 1, clientX: x, clientY: y, bubbles: true }));
      view.setPointerCapture = () => {};  // knows only pointers that there are
      const seen = [at.x];
      pointer("pointerdown", 100, 100, view);
      pointer("pointermove", 40, 100, view);
      pointer("pointerup", 40, 100, view);
      seen.push(at.x);
      pointer("pointermove", 40, 100, document.getElementById("resnet34.layer2.0/shortcut").querySelector("path"));
      document.title = seen.join(" ");
    """
    document = opened(page, tmp_path, script)
    start, moved = answer(document)
    assert moved > start
    assert "layer2.0 shortcut" in card(document)
    assert "1x1 conv, 128, /2" in card(document)


@in_a_browser
def test_every_box_can_be_reached_by_tab_and_says_what_it_is(page: str, tmp_path: Path) -> None:
    document = opened(page, tmp_path)
    stops = re.findall(r'<g id="([^"]+)" class="node part" tabindex="0" role="img" aria-label="([^"]+)"', document)
    boxes = {id: label for id, label in stops if "/" not in id}
    assert len(boxes) == 36
    assert boxes["resnet34.layer2.0.conv1"].startswith("layer2.0.conv1, is 3x3 conv, 128, /2")
    assert "<title>resnet34" not in document


@in_a_browser
def test_escape_closes_the_card(page: str, tmp_path: Path) -> None:
    script = """
      document.getElementById("resnet34.fc").focus();
      const open = Number(!card.hidden);
      document.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape" }));
      document.title = `${open} ${Number(card.hidden)}`;
    """
    assert answer(opened(page, tmp_path, script)) == [1, 1]
