"""Findings that are accepted in the workbench, as `assay registry waive` records them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay import registry
from assay.facts.kept import Accepted
from assay.registry.accepting import accepted
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.command import run
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN

FORM = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/x-www-form-urlencoded"}
GIVEN = {
    "audit": "tiny",
    "check": "pickle.reaches-outside",
    "artifact": "training_args.bin",
    "reason": HOSTILE,
    "owner": "ada",
    "expires": "2999-01-01",
}


def recorded(place: str) -> list[Accepted]:
    with registry.open(place) as found:
        return found.database.read(lambda connection: accepted(connection, every=True))


def test_a_waiver_is_recorded_taken_back_and_listed(bench: Workbench, kept: str) -> None:
    answer = bench.send("/waivers", urlencode(GIVEN).encode(), FORM)
    assert (answer.status, answer.headers["location"]) == (303, "/waivers")
    (row,) = recorded(kept)
    assert (row.model, row.check, row.artifact, row.owner, row.expires) == (
        "tiny", "pickle.reaches-outside", "training_args.bin", "ada", "2999-01-01",
    )  # fmt: skip
    assert row.manifest and row.by.endswith(", in the workbench")
    assert row.id[:8] in run("registry", "waivers", "--registry", kept).stdout
    assert bench.ask(f"/waivers/{row.id}/end", "POST", **FORM).status == 303
    (row,) = recorded(kept)
    assert row.ended_at and "taken back by" in bench.ask("/waivers", **FORM).text
    assert bench.ask(f"/waivers/{row.id}/end", "POST", **FORM).status == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"check": "weights.nope"}, "There is nothing to accept"),
        ({"artifact": "config.json"}, "There is nothing to accept"),
        ({"expires": "2001-01-01"}, "which is over"),
        ({"expires": "soon"}, "is no date"),
        ({"reason": " "}, "The reason is missing"),
        ({"owner": "x" * 600}, "The owner is longer"),
        ({"audit": "nobody"}, "is kept"),
    ],
)
def test_what_cannot_be_accepted_is_said_and_what_was_typed_stays(
    bench: Workbench, kept: str, given: dict[str, str], said: str
) -> None:
    answer = bench.send("/waivers", urlencode(GIVEN | given).encode(), FORM)
    assert answer.status in (400, 404) and said in answer.text
    assert "audit" in given or 'value="pickle.' in answer.text or 'value="weights.' in answer.text
    assert recorded(kept) == []


def test_who_may_change_nothing_accepts_nothing(kept: str) -> None:
    with workbench(kept, TOKEN, read_only=True) as bench:
        for path, way in (("/waivers", "POST"), ("/waivers/00000000/end", "POST"), ("/waivers/new?audit=tiny", "GET")):
            answer = bench.ask(path, way, **FORM)
            assert answer.status == 403 and "--read-only" in answer.text
        pages = [bench.ask(path, **FORM).text for path in ("/findings", "/waivers", "/audits/tiny")]
        assert not any("/waivers/new" in page or "/end" in page for page in pages)
    assert recorded(kept) == []


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_accepts_a_finding_where_it_is_shown(
    bench: Workbench, browser: Any, kept: str, scheme: str, width: int
) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("console", lambda message: trouble.append(message.text))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    if width > 1000:
        page.goto(f"http://127.0.0.1:{bench.port}/findings?check=pickle.*&q=training_args")
        page.click("tbody >> text=Accept")
    else:
        page.click(".models >> text=tiny")
        page.wait_for_selector("details.waiver", state="attached")  # the page that the click leads to, however late
        page.evaluate("document.querySelectorAll('details.waiver').forEach(row => { row.open = true; })")
        page.locator(".finding", has_text="training_args.bin").locator("text=Accept it here").first.click()
    assert page.input_value("input[name=check]") == "pickle.reaches-outside" and not amiss(page)
    page.fill("input[name=reason]", HOSTILE)
    page.fill("input[name=owner]", "ada")
    page.fill("input[name=expires]", "2999-01-01")
    page.click("main >> button:has-text('Accept')")
    assert HOSTILE in page.inner_text("tbody") and not amiss(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click("text=Take back")
    assert "taken back by" in page.inner_text("tbody")
    assert len(recorded(kept)) == 1 and not trouble
