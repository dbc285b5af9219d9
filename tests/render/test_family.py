"""The pages of the commands are one family: the answer first, then its picture, at any width, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.builders.browser import CHROMIUM, amiss, opened
from tests.builders.pages import PAGES, fleet

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module", params=[*PAGES, "fleet", "model of a fleet"])
def file(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of one command; read only."""
    folder = tmp_path_factory.mktemp("page")
    if request.param not in PAGES:
        index, model = fleet(folder)
        return index if request.param == "fleet" else model
    path = folder / "page.html"
    path.write_bytes(PAGES[request.param](folder)[1])
    return path


def test_the_answer_stands_first_and_whole(browser: Any, file: Path) -> None:
    for width, height in ((1280, 900), (390, 844)):
        page, trouble = opened(browser, file, viewport={"width": width, "height": height})
        assert page.locator("h1").count() == 1 and trouble == []
        box = page.locator("#verdict").bounding_box()
        assert box is not None and box["y"] + box["height"] <= height
        assert page.locator("#verdict h2").inner_text().endswith((".", ")"))
        assert page.locator("#verdict .badge").inner_text().isupper()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        links = page.eval_on_selector_all(".contents a", "rows => rows.map(row => row.hash)")
        assert links[0] == "#verdict" and all(page.locator(link).count() == 1 for link in links)


def test_without_scripts_everything_is_there(browser: Any, file: Path) -> None:
    page, trouble = opened(browser, file, java_script_enabled=False)
    assert page.locator("main h2").last.is_visible() and trouble == []
    assert page.locator("img, iframe").count() == 0


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_screen_reader_finds_nothing_amiss(browser: Any, file: Path, scheme: str, width: int) -> None:
    page, _ = opened(browser, file, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    assert amiss(page) == []
