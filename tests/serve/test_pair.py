"""Two models that answer one question beside each other, on one scale."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay import registry
from assay.serve.asking import Asking
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.slow import HOSTILE, WORDS, Slow
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}
OTHER = ("The", " capital", " was", " Melbourne", ".")


@pytest.fixture
def pair() -> tuple[Slow, Slow]:
    return Slow(f"one {HOSTILE}"), Slow("two", OTHER)


@pytest.fixture
def bench(pair: tuple[Slow, Slow], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    place = str(tmp_path_factory.mktemp("pair") / "kept")
    with registry.open(place, new=True):
        pass
    with workbench(place, TOKEN, asking=Asking(pair)) as found:
        yield found
        for model in pair:
            model.let(100)


def asked(bench: Workbench, question: str) -> str:
    return bench.send("/ask", urlencode({"question": question}).encode(), FORM).headers["location"]


def ended(bench: Workbench, where: str) -> str:
    for _ in range(600):
        page = bench.ask(where, **BEARER).text
        if "data-live" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError(page)


def test_both_models_are_asked_and_write_at_the_same_time(bench: Workbench, pair: tuple[Slow, Slow]) -> None:
    where = asked(bench, "What is the capital?")
    assert where == "/ask/1?beside=2" and "one &lt;img" in bench.ask("/ask", **BEARER).text
    pair[1].let(2)  # the second goes on while the first waits
    while 'id="u-2"' not in (page := bench.ask(where, **BEARER).text):
        time.sleep(0.02)
    assert 'id="t-1"' not in page and page.count('data-live="') == 2 and page.count("above 50 %") == 1
    for model in pair:
        model.let(100)
    page = ended(bench, where)
    assert "BOTH" in page and "begin with the same 2 tokens" in page and "Scores of the whole answers" in page
    assert HOSTILE not in page and f'href="{where.partition("?")[0]}"' in page
    alone = bench.ask("/ask/2", **BEARER).text
    assert "Sentence by sentence" in alone and 'href="/ask/2?beside=1"' in alone


def test_the_token_after_the_same_words_is_shown_of_both(bench: Workbench, pair: tuple[Slow, Slow]) -> None:
    for model in pair:
        model.let(100)
    where = asked(bench, "What?")
    ended(bench, where)
    page = bench.ask(f"{where}&token=3", **BEARER).text
    assert f"Token 3 of {len(WORDS)}" in page and f"Token 3 of {len(OTHER)}" in page
    assert page.count("could have stood here") == 2 and page.count('aria-current="true"') == 2
    page = bench.ask(f"{where}&other=5", **BEARER).text  # the answers have parted before
    assert page.count("could have stood here") == 1 and f"Token 5 of {len(OTHER)}" in page
    for wrong in ("&token=12", "&other=6", "&token=x"):
        assert bench.ask(f"{where}{wrong}", **BEARER).status == 404
    assert bench.ask("/ask/1?beside=9", **BEARER).status == 404


def test_one_that_fails_says_why_beside_the_other(bench: Workbench, pair: tuple[Slow, Slow]) -> None:
    pair[0].let(100)
    pair[1].let(2)
    where = asked(bench, "burn")  # both fail at their third token
    pair[1].let(100)
    page = ended(bench, where)
    assert "NO ANSWER" in page and page.count("out of memory") == 3 and HOSTILE not in page
    stopped = asked(bench, "wait")
    assert bench.send("/ask/3/stop?beside=4", b"", FORM).headers["location"] == stopped == "/ask/3?beside=4"
    assert json.loads(bench.ask("/api/v1/jobs", **BEARER).text) == {"jobs": []}  # the rest goes on


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_watches_both_and_goes_by_keyboard(
    browser: Any, bench: Workbench, pair: tuple[Slow, Slow], scheme: str, width: int
) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    page.click("nav.links >> text=Ask")
    page.fill("textarea[name=question]", "What is the capital?")
    page.click("button:has-text('Ask')")
    page.wait_for_url("**/ask/1?beside=2")
    for model in pair:
        model.let(3)
    page.wait_for_selector("#t-3")
    page.wait_for_selector("#u-3")
    assert not amiss(page)
    boxes = [page.locator(f"#{row}-strip").bounding_box() for row in "tu"]
    assert (boxes[0]["x"] == boxes[1]["x"]) == (width < 800)  # one under the other on a phone
    for model in pair:
        model.let(100)
    page.wait_for_selector("#scores")
    page.focus("#t-1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    said = page.locator(".heard").all_inner_texts()
    assert said[0].startswith("is:") and said[1].startswith("was:") and page.locator("#u-3.same").count() == 1
    page.keyboard.press("Enter")
    page.wait_for_selector("#other")
    assert "Token 3 of 11" in page.inner_text("#token") and "Token 3 of 5" in page.inner_text("#other")
    assert not amiss(page) and not trouble and page.evaluate("document.documentElement.scrollWidth <= innerWidth")
