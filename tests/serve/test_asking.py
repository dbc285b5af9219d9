"""A model that is asked from a page: tokens as they are written, what is made of them, and what goes wrong."""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay import registry
from assay.serve.asking import MOST_TOKENS, Asking
from assay.serve.tracing import Tracing
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.corpus import opened
from tests.builders.slow import WORDS, Slow
from tests.builders.workbench import Answer, Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
FORM = {**BEARER, "Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def slow() -> Slow:
    return Slow()


@pytest.fixture
def bench(slow: Slow, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The workbench, which only shows, with the slow model and a corpus."""
    folder = tmp_path_factory.mktemp("asked")
    opened(folder, ["The capital is Canberra, says King O'Malley, and the capital was Melbourne before."])
    with registry.open(str(folder / "kept"), new=True):
        pass
    traced = Tracing((str(folder / "index"),))
    with workbench(str(folder / "kept"), TOKEN, read_only=True, traced=traced, asking=Asking((slow,), traced)) as found:
        yield found
        slow.let(100)


def asked(bench: Workbench, **fields: str) -> Answer:
    return bench.send("/ask", urlencode(fields).encode(), FORM)


def ended(bench: Workbench, where: str) -> str:
    """The page of an answer once it has ended."""
    for _ in range(600):
        page = bench.ask(where, **BEARER).text
        if "data-live" not in page:
            return page
        time.sleep(0.05)
    raise AssertionError(page)


def test_each_token_is_told_as_soon_as_it_is_there(bench: Workbench, slow: Slow) -> None:
    where = asked(bench, question="What is the capital?").headers["location"]
    connection = http.client.HTTPConnection("127.0.0.1", bench.port, timeout=30)
    connection.request("GET", f"{where}/events", headers=BEARER)
    stream = connection.getresponse()
    assert stream.getheader("content-type", "").startswith("text/event-stream")
    for number, word in enumerate(WORDS[:4], 1):
        slow.let(1)
        assert stream.readline().decode() == f"id: {number}\n"
        event = json.loads(stream.readline().removeprefix(b"data: "))
        assert (event["n"], event["text"]) == (number, word) and stream.readline() == b"\n"
    connection.close()
    slow.let(100)
    page = ended(bench, where)
    again = bench.ask(f"{where}/events", **BEARER, Last_Event_ID="9").text  # a browser that comes back
    assert re.findall(r"id: (\d+)", again) == ["10", "11"] and again.endswith('{"over": true}\n\n')
    assert page.count('class="t s') == len(WORDS) and "Sentence by sentence" in page
    assert HOSTILE not in page and "Trace this answer" in page


def test_what_is_made_of_an_answer(bench: Workbench, slow: Slow) -> None:
    slow.let(100)
    where = asked(bench, question="What?", document="The capital is Sydney.").headers["location"]
    page = ended(bench, where)
    assert "Beside the documents" in page and "In the training data" in page
    assert {f's{step}"' for step in range(5)} <= set(re.findall(r'class="t (s\d")', page))
    record = json.loads(bench.ask(f"{where}/json", **BEARER).text)
    assert record["text"] == "".join(WORDS) and record["generated"] and record["documents"]
    zoomed = bench.ask(f"{where}?token=4", **BEARER).text
    assert "Token 4 of 11" in zoomed and "could have stood here" in zoomed and 'aria-current="true"' in zoomed
    assert f'href="{where}/inside/4"' in zoomed and HOSTILE not in zoomed
    inside = bench.ask(f"{where}/inside/4", **BEARER)
    assert inside.status == 400 and "shows nothing of what goes on inside" in inside.text and HOSTILE not in inside.text
    assert bench.ask(f"{where}/inside/12", **BEARER).status == 404
    for token in ("0", "12", "x", "9" * 40):
        assert bench.ask(f"{where}?token={token}", **BEARER).status == 404
    assert bench.ask("/ask/99", **BEARER).status == 404 and bench.ask("/ask/x/events", **BEARER).status == 404
    assert "What?" in bench.ask("/ask", **BEARER).text


def test_an_answer_is_stopped_and_the_next_one_begins(bench: Workbench, slow: Slow) -> None:
    first = asked(bench, question="One?").headers["location"]
    second = asked(bench, question="Two?").headers["location"]
    slow.let(3)
    while 'id="t-3"' not in bench.ask(first, **BEARER).text:
        time.sleep(0.02)
    assert bench.send(f"{first}/stop", b"", FORM).status == 303
    slow.let(1)
    page = ended(bench, first)
    assert "stopped" in page and page.count('class="t s') == 4
    assert bench.send(f"{second}/stop", b"", FORM).headers["location"] == second
    slow.let(100)
    assert "Token" not in ended(bench, second)


def test_an_answer_is_looked_at_again_once_it_has_ended(bench: Workbench, slow: Slow) -> None:
    where = asked(bench, question="One?", document="Sydney is the capital.").headers["location"]
    early = bench.send(f"{where}/again", b"samples=2", FORM)
    assert early.status == 409 and "look again at one that has ended" in early.text
    slow.let(100)
    first = ended(bench, where)
    assert bench.send(f"{where}/again", b"samples=2", FORM).headers["location"] == where
    page = ended(bench, where)
    assert "Beside the documents" in page and page.count('class="t s') == first.count('class="t s') == len(WORDS)
    for fields, why in ((b"samples=99", "no number from 0 to 10"), (b"seed=1.5", "is no whole number")):
        wrong = bench.send(f"{where}/again", fields, FORM)
        assert wrong.status == 400 and why in wrong.text


@pytest.mark.parametrize(("question", "why"), [("fail", "it cannot answer"), ("burn", "out of memory")])
def test_a_model_that_fails_says_why_and_the_rest_goes_on(
    bench: Workbench, slow: Slow, question: str, why: str
) -> None:
    slow.let(100)
    page = ended(bench, asked(bench, question=question).headers["location"])
    assert "NO ANSWER" in page and why in page.casefold() and HOSTILE not in page
    assert "Sentence by sentence" in ended(bench, asked(bench, question="And now?").headers["location"])


def test_what_cannot_be_asked_is_said_in_the_form(bench: Workbench) -> None:
    for fields, why in (
        ({"question": " "}, "There is no question."),
        ({"question": "a" * 200_000}, "at most 100,000 are taken"),
        ({"question": "a", "most": str(MOST_TOKENS + 1)}, "is no number from 1 to 512"),
        ({"question": "a", "temperature": "nan"}, "is no number from 0 to 5"),
        ({"question": "a", "samples": "1e9"}, "is no number from 0 to 10"),
    ):
        answer = asked(bench, **fields)
        assert answer.status == 400 and why in answer.text
    for _ in range(8):
        assert asked(bench, question="wait").status == 303
    assert "8 questions wait already" in asked(bench, question="wait").text


def test_without_a_model_it_says_how_to_have_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    place = str(tmp_path_factory.mktemp("none") / "kept")
    with registry.open(place, new=True):
        pass
    with workbench(place, TOKEN) as bench:
        assert "start assay serve with --run MODEL" in bench.ask("/ask", **BEARER).text
        assert asked(bench, question="Is there one?").status == 400


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_watches_it_being_written(
    browser: Any, bench: Workbench, slow: Slow, scheme: str, width: int
) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    page.click("nav.links >> text=Ask")
    assert not amiss(page)
    page.fill("textarea[name=question]", "What is the capital?")
    page.click("button:has-text('Ask')")
    page.wait_for_url("**/ask/1")
    slow.let(9)
    page.wait_for_selector("#t-9")
    assert page.locator("#t-7").inner_text() == f" {HOSTILE}" and page.locator("img").count() == 0
    looks = "rows => rows.map(row => { const s = getComputedStyle(row); return s.backgroundColor + s.borderBottom; })"
    assert len(set(page.eval_on_selector_all("#t-strip a", looks))) == 5 and not amiss(page)
    slow.let(100)
    page.wait_for_selector("#judged")
    page.focus("#t-1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#token")
    assert "Token 2 of 11" in page.inner_text("#token") and not amiss(page) and not trouble
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
