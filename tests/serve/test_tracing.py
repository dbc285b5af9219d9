"""A text that is pasted into the workbench: its spans, the documents behind them, and what cannot be traced."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay import registry
from assay.serve.tracing import HELD, MOST_TEXT, Tracing
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.corpus import opened
from tests.builders.workbench import Answer, Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}
OWL = "the owl and the pussycat went to sea in a beautiful pea green boat"
KEEPER = f"slowly the old keeper climbed {HOSTILE} the iron stairs of the lighthouse"
TEXT = f"{OWL.upper()}, they say.\nBut {KEEPER}!"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The workbench over an empty registry and a corpus of two documents."""
    folder = tmp_path_factory.mktemp("traced")
    opened(folder, [f"First. {OWL}.", f"Second. {KEEPER}."], licence="cc-by-4.0", title=HOSTILE)
    empty(str(folder / "kept"))
    with workbench(str(folder / "kept"), TOKEN, traced=Tracing((str(folder / "index"),)), read_only=True) as found:
        yield found


def empty(place: str) -> None:
    with registry.open(place, new=True):
        pass


def sent(bench: Workbench, **fields: str) -> Answer:
    return bench.send("/trace", urlencode(fields).encode(), FORM)


def test_a_text_leads_to_its_documents_and_back(bench: Workbench) -> None:
    where = sent(bench, text=TEXT.replace("\n", "\r\n")).headers["location"]
    page = bench.ask(where, **BEARER).text
    pieces = re.findall(r'<a id="(p-\d+)" class="tone-\d b(\d)[^"]*"\s+href="#(source-\d)"', page)
    assert {source for _, _, source in pieces} == {"source-1", "source-2"} and {b for _, b, _ in pieces} <= set("0123")
    assert {f'href="#{piece}"' for piece, _, _ in pieces} <= set(re.findall(r'href="#p-\d+"', page))
    assert "CC-BY-4.0" in page and "not proof of causation" in page and "Attribution" in page
    assert HOSTILE not in page and page.count("&lt;img src=x") > 2
    record = json.loads(bench.ask(f"{where}/json", **BEARER).text)
    assert record["text"] == TEXT and len(record["sources"]) == 2  # line breaks are those that were pasted
    assert sent(bench, text=TEXT).headers["location"] == where  # the same text has the same address


def test_what_cannot_be_traced_is_said_in_the_form(bench: Workbench) -> None:
    assert "There is no text to trace." in sent(bench, text=" \n").text
    long = sent(bench, text="a " * (MOST_TEXT // 2 + 1))
    assert long.status == 400 and "at most 200,000 are traced" in long.text
    shown = sent(bench, text="</textarea>" + "x" * MOST_TEXT).text
    assert shown.count("</textarea>") == 1 and "&lt;/textarea&gt;xxx" in shown
    assert bench.ask("/trace/0123456789abcdef", **BEARER).status == 404
    assert sent(bench, text="\ud83d \0 ﷽".encode("utf-8", "replace").decode()).status == 303
    for number in range(HELD + 1):
        last = sent(bench, text=f"text {number}").headers["location"]
    assert "NOT FOUND" in bench.ask(last, **BEARER).text


def test_without_a_corpus_it_says_how_to_have_one(tmp_path: Path) -> None:
    empty(str(tmp_path / "kept"))
    with workbench(str(tmp_path / "kept"), TOKEN) as bench:
        assert "start assay serve with --corpus DIR" in bench.ask("/trace", **BEARER).text
        assert sent(bench, text="one two three").status == 400


def test_a_corpus_that_is_removed_or_rebuilt_is_noticed(tmp_path: Path) -> None:
    opened(tmp_path, [OWL])
    empty(str(tmp_path / "kept"))
    with workbench(str(tmp_path / "kept"), TOKEN, traced=Tracing((str(tmp_path / "index"),))) as bench:
        first = sent(bench, text=OWL).headers["location"]
        shutil.move(tmp_path / "index", tmp_path / "gone")
        trouble = sent(bench, text="slowly the old keeper climbed the stairs")
        assert trouble.status == 400 and "index" in trouble.text and "slowly the old keeper" in trouble.text
        assert "pussycat" in bench.ask(first, **BEARER).text
        opened(tmp_path, ["Slowly the old keeper climbed the stairs."])
        again = sent(bench, text="slowly the old keeper climbed the stairs").headers["location"]
        assert "FOUND" in bench.ask(again, **BEARER).text


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_goes_from_a_span_to_its_document_and_back(
    browser: Any, bench: Workbench, scheme: str, width: int
) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    page.click("nav.links >> text=Trace")
    assert not amiss(page)
    page.fill("textarea", TEXT)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/trace/*")
    fills = page.eval_on_selector_all(".scale b", "rows => rows.map(row => getComputedStyle(row).backgroundColor)")
    assert len(set(fills)) == 4 and not amiss(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator(".traced a").last.click()
    assert page.locator(":target mark").first.inner_text().startswith("slowly the old keeper")
    page.locator(":target a[href^='#p-']").first.click()
    assert page.locator(".traced a:target").inner_text().startswith("slowly the old keeper") and not trouble
