"""The pictures of the documentation, made from the page of a real model: `python docs/pictures.py` (needs Chromium).

Each PNG carries a digest of what it shows, in a text chunk of its own, so that a test can say when it is old without a
browser. Numbers are left out of the digest: a count that grew by one is no reason to draw again.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import assay
from assay.cli.demo import packaged_model
from assay.render import renderer

HERE = Path(__file__).resolve().parent
KEY = b"shows"  # the keyword of the chunk
WIDTH, HEIGHT = 1280, 960


def page(model: Path) -> str:
    """The page of the model."""
    stream, html = io.BytesIO(), renderer("html")
    assert html is not None
    html.write(assay.audit(model), stream)
    return stream.getvalue().decode()


def first_screen(page: str) -> str:
    """What is seen when the page is opened, and its styles."""
    return page[page.index("<style>") : page.index("</style>")] + page[page.index("<h1>") : page.index('id="decide"')]


def maps(page: str) -> str:
    """The maps of the layers."""
    start = page.index('<div class="maps">')
    return page[start : page.index('<p class="legend-steps"', start)]


def _of_maps(shown: Any) -> bytes:
    picture: bytes = shown.locator("#map ~ .maps").screenshot()
    return picture


def _of_first_screen(shown: Any) -> bytes:
    picture: bytes = shown.screenshot()
    return picture


# each picture: what of the page it shows, and how it is taken
PICTURES: dict[str, tuple[Callable[[str], str], Callable[[Any], bytes]]] = {
    "report.png": (first_screen, _of_first_screen),
    "map.png": (maps, _of_maps),
}


def digest(part: str) -> str:
    """SHA-256 in hex of a part of the page without its numbers."""
    return hashlib.sha256(re.sub(r"[0-9.,]+", "0", part).encode()).hexdigest()


def carried(png: bytes) -> str:
    """The digest that a picture carries; empty if it has none."""
    at = 8
    while at + 12 <= len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"tEXt" and png[at + 8 :].startswith(KEY + b"\0"):
            return png[at + 8 + len(KEY) + 1 : at + 8 + length].decode()
        at += 12 + length
    return ""


def with_digest(png: bytes, text: str) -> bytes:
    """A PNG with a text chunk before its end."""
    body = b"tEXt" + KEY + b"\0" + text.encode()
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    return png[:-12] + chunk + png[-12:]  # the last twelve bytes are the chunk that ends it


def main() -> None:
    """Draw every picture again."""
    from playwright.sync_api import sync_playwright

    html = page(packaged_model())
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as play:
        file = Path(name) / "page.html"
        file.write_text(html, "utf-8")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        shown = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        shown.goto(file.as_uri())
        shown.wait_for_selector("html.painted")
        for name, (part, take) in PICTURES.items():
            (HERE / name).write_bytes(with_digest(take(shown), digest(part(html))))
            print(f"wrote docs/{name}", file=sys.stderr)
            shown.evaluate("window.scrollTo(0, 0)")
        browser.close()


if __name__ == "__main__":
    main()
