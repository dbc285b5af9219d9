"""The page in a real browser: distinct colours, no network or script needed, any width, light and dark, by keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier
from tests.builders import calls, hub_model
from tests.builders.browser import CHROMIUM, amiss, opened

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def page_file(tmp_path: Path, audit: Callable[..., Dossier]) -> Path:
    from assay.render import renderer

    template = "<img src=x onerror=alert(1)>{{ ''.__class__ }}"
    files = {
        "<img src=x onerror=alert(2)>.pkl".replace("/", "_"): calls("os", "system", "<script>alert(3)</script>"),
        "tokenizer_config.json": json.dumps({"chat_template": template}),
        "x.7z": b"7z\xbc\xaf'\x1c",
    }
    model = hub_model(tmp_path / "m", **files)
    path = tmp_path / "report.html"
    found = renderer("html")
    assert found is not None
    with path.open("wb") as stream:
        found.write(audit(model), stream)
    return path


def colour(page: Any, selector: str, property: str = "backgroundColor") -> str:
    return str(page.eval_on_selector(selector, f"element => getComputedStyle(element).{property}"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_answers_are_told_apart_by_colour_shape_and_word(browser: Any, page_file: Path, scheme: str) -> None:
    page, trouble = opened(browser, page_file, color_scheme=scheme)
    rows = page.eval_on_selector_all(
        ".strip li",
        """rows => rows.map(row => [row.className, row.querySelector("use").getAttribute("href"),
          row.querySelector(".word").textContent, row.querySelector(".band").checkVisibility(),
          JSON.stringify(["backgroundImage", "backgroundColor", "borderTopColor", "borderTopStyle"].map(
            name => getComputedStyle(row.querySelector(".band"))[name]))])""",
    )
    assert len(rows) == 5 and all(row[3] for row in rows)
    looks = {row[0] for row in rows}
    assert "fail" in looks and len(looks) > 2
    for at in (1, 2, 4):  # shape, word, colour and pattern: each alone is enough
        assert len(looks) <= len({row[at] for row in rows}) == len({(row[0], row[at]) for row in rows})
    kinds = [colour(page, f".finding.{kind}", "borderLeftColor") for kind in ("fail", "review")]
    assert len(set(kinds)) == 2
    assert colour(page, ".verdict") != colour(page, "body")
    bars = page.eval_on_selector_all(
        "svg.bar",
        "bars => bars.map(bar => Array.from(bar.querySelectorAll('rect')).map(r => getComputedStyle(r).fill))",
    )
    assert bars and all(len(set(fills)) == len(fills) and "rgb(0, 0, 0)" not in fills for fills in bars)
    assert trouble == []
    assert (colour(page, "body") == "rgb(251, 250, 248)") == (scheme == "light")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_over_the_edge(browser: Any, page_file: Path, width: int) -> None:
    page, _ = opened(browser, page_file, viewport={"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_scripts_everything_is_there(browser: Any, page_file: Path) -> None:
    page, trouble = opened(browser, page_file, java_script_enabled=False)
    assert page.locator("#findings .finding.fail").first.is_visible()
    assert not page.locator("#filter").is_visible() and trouble == []
    assert page.locator("img, iframe").count() == 0


def test_the_filter_narrows_and_the_keyboard_reaches_it(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    every = page.locator(".one").count()
    page.select_option("#filter-kind", "fail")
    shown = page.locator(".one:not([hidden])").count()
    assert 0 < shown < every
    page.focus("#filter-kind")
    for id in ("filter-question", "filter-file", "filter-text"):
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == id
    page.keyboard.type("os.system")
    assert page.locator("#findings .finding:not([hidden])").count() == 1
    page.fill("#filter-text", "")
    page.select_option("#filter-kind", "")
    page.select_option("#filter-file", "x.7z")
    files = page.eval_on_selector_all(".one:not([hidden])", "rows => rows.map(row => row.dataset.f)")
    assert files and set(files) == {"x.7z"}


def test_findings_are_sorted_and_each_has_a_link_of_its_own(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    worst = page.eval_on_selector_all("#matters > *", "rows => rows.map(row => row.dataset.c)")
    page.select_option("#sort", "c")
    assert page.eval_on_selector_all("#matters > *", "rows => rows.map(row => row.dataset.c)") == sorted(worst)
    page.select_option("#sort", "")
    assert page.eval_on_selector_all("#matters > *", "rows => rows.map(row => row.dataset.c)") == worst
    id = page.locator("details.rest .one").last.get_attribute("id")
    assert not page.locator(f"#{id}").is_visible()
    page.evaluate(f"location.hash = '#{id}'")
    page.locator(f"#{id}").wait_for(state="visible", timeout=10_000)


@pytest.mark.parametrize("scripts", [True, False])
def test_a_page_opens_at_what_its_address_names(browser: Any, page_file: Path, scripts: bool) -> None:
    context = browser.new_context(java_script_enabled=scripts, viewport={"width": 1280, "height": 700})
    for id in ("files", "card-openness"):
        page = context.new_page()
        page.goto(f"{page_file.as_uri()}#{id}")
        page.wait_for_timeout(1500)  # without scripts nothing in the page can say that it has come to rest
        box = page.locator(f"#{id}").bounding_box()
        assert box is not None and -1 <= box["y"] < 400, id
        page.close()
    context.close()


@pytest.mark.parametrize("scripts", [True, False])
def test_the_five_answers_come_a_frame_after_the_verdict(browser: Any, page_file: Path, scripts: bool) -> None:
    page, _ = opened(browser, page_file, java_script_enabled=scripts)
    held = page.locator(".five")
    held.evaluate("row => Promise.all(row.getAnimations().map(one => one.finished))")
    assert held.evaluate("row => row.firstElementChild.checkVisibility({contentVisibilityAuto: true})")
    assert held.evaluate("row => getComputedStyle(row).animationName") == "later"
    page.emulate_media(media="print")
    assert held.evaluate("row => getComputedStyle(row).animationName") == "none"


def test_a_waiver_is_copied_as_a_policy_takes_it(browser: Any, page_file: Path) -> None:
    import tomllib

    page, _ = opened(browser, page_file)
    page.evaluate("navigator.clipboard.writeText = async (text) => { window.copied = text; }")
    page.locator("details.waiver").first.evaluate("row => { row.open = true; }")
    page.locator("details.waiver button").first.click()
    text = page.evaluate("window.copied").replace("expires =   # a date", "expires = 2999-01-01")
    assert tomllib.loads(text)["waiver"][0]["check"] == page.locator("#matters > *").first.get_attribute("data-c")


def test_the_contents_follow(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, viewport={"width": 1280, "height": 700})
    page.wait_for_selector(
        ".contents a[aria-current]"
    )  # once the whole page is laid out, a moment after the first frame
    assert page.locator(".contents a[aria-current]").all_text_contents() == ["Verdict"]
    page.locator("#files").evaluate("row => row.scrollIntoView({behavior: 'instant'})")
    page.wait_for_function("document.querySelector('.contents a[aria-current]').hash === '#files'", timeout=10_000)


def test_on_a_phone_a_row_of_a_table_is_a_card_and_no_word_is_broken(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file, viewport={"width": 390, "height": 800})
    labels = page.eval_on_selector_all(".efforts td", "cells => cells.map(cell => cell.dataset.l || '')")
    assert labels[:3] == ["", "what is not known, and why", "how to find out"]
    assert page.eval_on_selector("#files ~ table td", "cell => getComputedStyle(cell).display") == "block"
    page.locator("#openness").evaluate("row => row.scrollIntoView({behavior: 'instant'})")
    widths = page.eval_on_selector_all(
        "#part-openness ~ .wide .cards td",
        "cells => cells.filter(cell => cell.offsetHeight).map(cell => cell.getBoundingClientRect().width)",
    )
    assert len(widths) > 30 and min(widths) > 200


@pytest.mark.parametrize(("width", "media"), [(360, "screen"), (390, "screen"), (1280, "screen"), (700, "print")])
def test_a_row_of_bytes_is_one_line_wherever_it_is_read(browser: Any, page_file: Path, width: int, media: str) -> None:
    page, trouble = opened(browser, page_file, viewport={"width": width, "height": 800})
    page.emulate_media(media=media)
    rows = page.eval_on_selector_all(
        "pre.dump",
        """rows => rows.filter(row => row.checkVisibility()).map(row => {
          const style = name => parseFloat(getComputedStyle(row)[name]);
          const high = row.clientHeight - style("paddingTop") - style("paddingBottom");
          return [row.scrollWidth - row.clientWidth, row.textContent.split("\\n").length,
            Math.round(high / style("lineHeight"))];
        })""",
    )
    assert rows and all(over <= 0 and high == lines for over, lines, high in rows), rows
    assert not trouble


def test_it_prints_what_a_reader_of_paper_needs(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    assert len(page.pdf()) > 20_000
    page.emulate_media(media="print")
    assert not page.locator("#filter").is_visible() and not page.locator(".contents").is_visible()
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.waiver pre").first.is_visible()
    assert not page.locator("details.tensor").first.is_visible()  # hundreds of pages


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_odd_layer_is_seen_on_the_map_and_leads_to_its_histogram(
    browser: Any, tmp_path: Path, audit: Callable[..., Dossier], scheme: str
) -> None:
    import numpy as np
    from benchmarks import derived

    from assay.render import renderer

    random = np.random.default_rng(0)
    state = {}
    for layer in range(6):
        for role in ("self_attn.q_proj", "mlp.up_proj"):
            scale = 4 if (layer, role) == (3, "mlp.up_proj") else 1
            values = random.standard_normal((64, 32)) * scale
            state[f"model.layers.{layer}.{role}.weight"] = values.astype(np.float32)
    left = derived.write_safetensors(tmp_path / "base" / "model.safetensors", state)
    changed = state | {"model.layers.2.self_attn.q_proj.weight": random.standard_normal((64, 32)).astype(np.float32)}
    derived.write_safetensors(tmp_path / "m" / "model.safetensors", changed)
    found = renderer("html")
    assert found is not None
    with (tmp_path / "r.html").open("wb") as stream:
        found.write(audit(tmp_path / "m", base=left.parent), stream)
    page, trouble = opened(browser, tmp_path / "r.html", color_scheme=scheme)
    maps = page.eval_on_selector_all(
        "svg.map:not(.small)",
        "maps => maps.map(map => Array.from(map.querySelectorAll('rect')).map(r => getComputedStyle(r).fill))",
    )
    scale, change = maps[0], maps[-1]
    assert len(maps) == 3 and len(change) == len(scale) == 12
    assert len(set(change)) == 2 and min(change.count(fill) for fill in set(change)) == 1  # one cell of change
    assert len(set(scale)) == 2 and min(scale.count(fill) for fill in set(scale)) == 1  # one odd layer
    assert "rgb(0, 0, 0)" not in change + scale
    steps = "rows => rows.map(row => [getComputedStyle(row).fill, row.querySelector('title').textContent])"
    card = page.eval_on_selector_all("svg.small.map path", steps)
    assert len(card) == len({fill for fill, _ in card}) == 2
    assert {words for _, words in card} == {
        "about the median of its role",
        "about 4 times the median of its role or more",
    }
    page.locator("#map ~ .maps a").nth(7).click()
    page.locator("details.tensor[open] svg.hist path").first.wait_for(state="visible", timeout=10_000)
    assert trouble == []


def test_a_trace_links_its_spans_to_documents(browser: Any, tmp_path: Path) -> None:
    from assay.render.record.trace_page import page as written
    from tests.builders.corpus import opened as corpus

    one = "the owl and the pussycat went to sea in a beautiful pea green boat"
    two = "slowly the old keeper climbed the iron stairs of the lighthouse"
    trace = corpus(tmp_path, [f"First. {one}.", f"Second. {two}."]).trace(f"{one.upper()}, they say. But {two}!")
    path = tmp_path / "trace.html"
    path.write_bytes(written(trace))
    for scheme in ("light", "dark"):
        page, trouble = opened(browser, path, color_scheme=scheme, viewport={"width": 390, "height": 800})
        tones = page.eval_on_selector_all(".traced a", "links => links.map(a => getComputedStyle(a).borderBottomColor)")
        backgrounds = page.eval_on_selector_all(
            ".traced a", "links => links.map(a => getComputedStyle(a).backgroundColor)"
        )
        plain = page.eval_on_selector(".traced", "e => getComputedStyle(e).color")
        assert len(set(tones)) == 2 and plain not in tones and "rgba(0, 0, 0, 0)" not in backgrounds
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.locator(".traced a").nth(1).click()
        assert page.url.endswith("#source-2") or page.url.endswith("#source-1")
        target = page.locator(":target mark").first.inner_text()
        assert target.casefold() in (one, two)
        page.close()
        assert not trouble


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_screen_reader_finds_nothing_amiss(browser: Any, page_file: Path, scheme: str, width: int) -> None:
    page, _ = opened(browser, page_file, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True)
    assert amiss(page) == []


def test_once_it_was_painted_the_whole_page_is_laid_out(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    page.wait_for_selector("html.painted", timeout=10_000)
    assert page.eval_on_selector("#method", "row => row.checkVisibility({contentVisibilityAuto: true})")


def test_a_word_that_needs_it_is_explained_where_it_stands(browser: Any, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    terms = page.locator("a.term")
    assert terms.count() > 8 and all(row.get_attribute("title") for row in terms.all())
    terms.nth(1).click()
    page.locator("dt:target").wait_for(state="visible", timeout=10_000)
    assert page.locator("dt:target").inner_text() == "digest"
