"""Openness and behaviour of kept audits in the workbench: lines behind cells, exports, one probe beside another."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import yaml

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

import assay
from assay import registry
from assay.facts.behaviour import Behaviour, Estimate, Instance, Probed, Unit
from assay.facts.dossier import Dossier
from assay.facts.section import section
from assay.measures.openness.mot import listing
from tests.builders import hub_model
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import HOSTILE, TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}


def probed(dossier: Dossier, share: float, most: int = 16) -> Dossier:
    """The audit with probes of which one found this share, and one could not be run."""
    rows = (
        Estimate("share", "answers that give in", share, share - 0.1, share + 0.1, Unit.SHARE, 40, 0.5),
        Estimate("nats", "how much likelier", 2 * share, share, 3 * share, Unit.NATS, 40, 0.0),
    )
    seen = (Instance(HOSTILE, HOSTILE, "gave in"),)
    probes = (
        Probed("sycophancy", f"Does it give in? {HOSTILE}", "It gives in", rows, None, seen, "none", ""),
        Probed("refusal", "Does it refuse?", "", (), None, (), "", f"no prompts {HOSTILE}"),
    )
    found = Behaviour("1", "1", dossier.subject.name, "0" * 64, "torch", "", "", "trial", "1" * 64, "", most, 0, probes)
    return replace(dossier, sections=(*dossier.sections, section((found,))))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """The workbench over a model with probes, a hostile one with others, and one without."""
    folder = tmp_path_factory.mktemp("sections")
    licence = {"LICENSE": b"MIT License", "README.md": f"---\nlicense: mit\n---\n# m {HOSTILE}\n".encode()}
    dossier = assay.audit(hub_model(folder / "tiny", **licence), isolation=False)
    other = replace(dossier, subject=replace(dossier.subject, name=HOSTILE))
    with registry.open(str(folder / "kept"), new=True) as found:
        found.keep(probed(dossier, 0.8))
        found.keep(probed(other, 0.3, most=5))
        found.keep(replace(dossier, subject=replace(dossier.subject, name="plain")))
    with workbench(str(folder / "kept"), TOKEN) as running:
        yield running


def test_each_component_leads_to_the_file_behind_it(bench: Workbench) -> None:
    page, report = (bench.ask(path, **BEARER).text for path in ("/audits/tiny/openness", "/audits/tiny"))
    assert HOSTILE not in page
    assert 'id="c-model_card' in page
    addresses = set(re.findall(r'href="(/audits/[0-9a-f]{64})#(file-\d+)"', page))
    assert addresses and all(f'id="{row}"' in report for _, row in addresses)
    assert 'href="/audits/' in report and "/openness" in report and "/behaviour" in report


def test_openness_is_exported_as_the_command_writes_it(bench: Workbench) -> None:
    found = json.loads(bench.ask("/audits/tiny/openness/json", **BEARER).text)
    dossier = json.loads(bench.ask("/audits/tiny/json", **BEARER).text)
    assert found in [row["value"] for row in dossier["sections"]]
    mot = bench.ask("/audits/tiny/openness/mot", **BEARER)
    assert listing(yaml.safe_load(mot.text)).name == "tiny" and mot.headers["content-type"] == "application/yaml"
    assert "expected one of json, mot" in bench.ask("/audits/tiny/openness/pdf", **BEARER).text
    assert bench.ask("/audits/nobody/openness", **BEARER).status == 404


def test_a_probe_is_shown_beside_that_of_another_audit(bench: Workbench) -> None:
    alone = bench.ask("/audits/tiny/behaviour", **BEARER).text
    assert alone.count('<svg class="intervals"') == 1 and "Cannot be known: no prompts" in alone
    assert HOSTILE not in alone and "&lt;img" in alone
    both = bench.ask("/audits/tiny/behaviour?beside=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E", **BEARER).text
    assert HOSTILE not in both and both.count('<circle class="c1"') == 4 and "were not asked the same" in both
    assert both.index("tiny, answers that give in") < both.index("onerror=alert(1)&gt;, answers that give in")
    without = bench.ask("/audits/tiny/behaviour?beside=plain", **BEARER).text
    assert "No probe was run in that audit." in without and without.count('<circle class="c1"') == 2
    assert "audit the model with --probes" in bench.ask("/audits/plain/behaviour", **BEARER).text
    assert bench.ask("/audits/tiny/behaviour?beside=nobody", **BEARER).status == 404


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_nothing_is_amiss_in_a_browser(browser: Any, bench: Workbench, scheme: str, width: int) -> None:
    page = browser.new_context(
        bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
    ).new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
    for path in ("/audits/tiny/openness", "/audits/tiny/behaviour?beside=plain~0", "/audits/tiny/behaviour"):
        page.goto(f"http://127.0.0.1:{bench.port}{path}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth") and not amiss(page)
    page.fill("input[name=beside]", HOSTILE)
    page.keyboard.press("Enter")
    page.wait_for_url("**beside=**")
    fills = page.eval_on_selector_all("svg.intervals circle", "rows => rows.map(row => getComputedStyle(row).fill)")
    assert len(fills) == 4 and "rgb(0, 0, 0)" not in fills and not trouble and not amiss(page)
