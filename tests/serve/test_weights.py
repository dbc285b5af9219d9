"""The weights of a kept audit in the workbench: maps, a table that is searched, sorted and turned over."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import assay
from assay import registry
from tests.builders import hub_model
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
MANY = 10_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The workbench over an audit of a model with very many tensors, one of which has a hostile name."""
    folder = tmp_path_factory.mktemp("large")
    dossier = assay.audit(hub_model(folder / "tiny"), isolation=False)
    row = next(row for row in dossier.tensors if any(row.bins))
    rows = tuple(
        replace(
            row, name=f"model.layers.{number // 10}.mlp.experts.{number % 10}.up_proj.weight", kurtosis=3.0 + number
        )
        for number in range(MANY - 1)
    )
    whole = replace(dossier, tensors=(*rows, replace(row, name=HOSTILE)))
    with registry.open(str(folder / "kept"), new=True) as found:
        found.keep(whole)
    with workbench(str(folder / "kept"), TOKEN) as bench:
        yield bench


def names(page: str) -> list[str]:
    return re.findall(r'<tr id="t-\d+"><td><code>(.*?)</code>', page)


def test_every_tensor_is_on_exactly_one_page(large: Workbench) -> None:
    seen: list[str] = []
    path = "/audits/tiny/weights?q=layers.99"
    while path:
        page = large.ask(path, **BEARER).text
        seen += names(page)
        after = re.search(r'<a href="(\?[^"]*)#tensors" rel="next">', page)
        path = f"/audits/tiny/weights{after[1].replace('&amp;', '&')}" if after else ""
    layers = [99, *range(990, 1000)]
    assert len(seen) == len(set(seen)) == 10 * len(layers) - 1  # the last is called otherwise
    assert {int(name.split(".")[2]) for name in seen} == set(layers)
    last = large.ask(f"/audits/tiny/weights?from={MANY - 50}", **BEARER).text
    assert len(names(last)) == 50 and 'rel="next"' not in last


def test_it_is_sorted_by_what_is_asked_for(large: Workbench) -> None:
    page = large.ask("/audits/tiny/weights?sort=kurtosis", **BEARER).text
    assert names(page)[0] == "model.layers.999.mlp.experts.8.up_proj.weight" and f"{MANY:,} tensors" in page
    assert len(page) < 1_000_000
    for asked in ("sort=nope", "from=x", "from=-1", "from=" + "9" * 400):
        assert large.ask(f"/audits/tiny/weights?{asked}", **BEARER).status == 400
    assert large.ask("/audits/nobody/weights", **BEARER).status == 404
    assert "0 tensors of" in large.ask("/audits/tiny/weights?q=nothing+like+it", **BEARER).text
    assert large.ask("/audits/tiny/weights?from=9999999", **BEARER).status == 200


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_goes_from_the_report_to_a_tensor(
    browser: Any, smollm2: Path, tmp_path: Path, scheme: str, width: int
) -> None:
    place = str(tmp_path / "kept")
    with registry.open(place, new=True) as kept:
        kept.keep(assay.audit(smollm2))
    with workbench(place, TOKEN) as bench:
        page = browser.new_context(
            bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
        ).new_page()
        trouble: list[str] = []
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
        page.click(".models h3 a")
        page.click("nav.links >> text=Weights")
        fills = page.eval_on_selector_all(
            "svg.map rect", "rows => [...new Set(rows.map(row => getComputedStyle(row).fill))]"
        )
        assert len(fills) > 3 and not amiss(page)
        page.fill("input[name=q]", "blk.3 attn_q")
        page.select_option("select[name=sort]", "kurtosis")
        page.click("button:has-text('Show')")
        page.wait_for_load_state()
        assert page.locator("tbody tr").count() == 1 and "sort=kurtosis" in page.url
        assert page.locator("tbody svg.hist path").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.locator("svg.map a").first.click()
        page.wait_for_load_state()
        assert page.locator("tbody tr").count() >= 1 and not amiss(page) and not trouble


def test_an_audit_without_weights_says_so(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "README.md").write_text("# nothing")
    with registry.open(str(tmp_path / "kept"), new=True) as kept:
        kept.keep(assay.audit(tmp_path / "m", isolation=False))
    with workbench(str(tmp_path / "kept"), TOKEN) as bench:
        page = bench.ask("/audits/m/weights", **BEARER)
        assert page.status == 200 and "No values of weights are in this audit" in page.text
