"""In Chromium: what is dropped is audited, nothing goes anywhere, and it works without a network."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import assay
from assay.facts.codec import canonical, decode
from assay.facts.dossier import Dossier
from tests.builders import calls, hub_model
from tests.builders.browser import CHROMIUM
from tests.builders.visit import LONG, Visit, serving

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed (Debian: apt-get install chromium)"),
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(scope="module")
def visit(browser: Any, site: Path) -> Iterator[Visit]:
    with serving(site) as (address, _):
        found = Visit(browser, address)
        yield found
        found.context.close()


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    name = "<img src=x onerror=alert(1)>.pkl"
    return hub_model(tmp_path / "hostile", **{name: calls("os", "system", "<script>alert(2)</script>")})


def test_a_hostile_pickle_fails_and_its_dossier_is_the_command_lines(visit: Visit, hostile: Path) -> None:
    assert visit.shown(hostile) == "hostile: FAILED"
    report = visit.page.frame_locator("#report")
    report.locator(".verdict .badge").wait_for(timeout=LONG)
    assert report.locator(".verdict .badge").inner_text() == "FAILED, 2 to decide"
    report.locator("html.painted").wait_for(timeout=LONG)  # its script ran, under the page's policy
    found = decode(Dossier, json.loads(visit.downloaded("json")))
    here = assay.audit(hostile, cost="pass")
    assert found.isolation == ("browser tab",) and found.kernels == "native wasm"
    assert canonical(replace(found, isolation=here.isolation, kernels=here.kernels)) == canonical(here)
    assert visit.trouble == []


def test_a_sound_file_that_is_dropped_is_audited(visit: Visit) -> None:
    visit.page.evaluate("delete document.documentElement.dataset.seconds")
    visit.page.evaluate(
        """() => {
          const dropped = new DataTransfer();
          dropped.items.add(new File(["# A model\\n"], "README.md"));
          document.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }"""
    )
    visit.page.locator("html[data-seconds]").wait_for(timeout=LONG)
    assert visit.page.inner_text("#result-title") == "README.md: INCOMPLETE"
    assert visit.page.inner_text("#command") == "assay audit README.md --cost pass --policy default"
    assert visit.trouble == []


def test_a_sound_model_passes(visit: Visit, tmp_path: Path) -> None:
    assert visit.shown(hub_model(tmp_path / "sound")) == "sound: PASSED"
    assert visit.trouble == []


def test_a_file_that_brings_python_down_costs_only_its_own_answers(visit: Visit, tmp_path: Path) -> None:
    deep = b"\x80\x02" + b"]" * 60_000 + b"a" * 59_999 + b"q\x000N."  # lists in lists, which it leaves in its memo
    model = hub_model(tmp_path / "m", **{"a.pkl": calls("os", "system", "x"), "model.pkl": deep})
    assert visit.shown(model) == "m: FAILED"
    dossier = json.loads(visit.downloaded("json"))
    assert {row["artifact"]: row["trouble"] for row in dossier["obstacles"]} == {"model.pkl": "stopped"}
    visit.trouble.clear()  # the browser's console has the stack that ran over


def test_files_that_are_hashed_beside_python_have_the_digests_of_the_command_line(visit: Visit, tmp_path: Path) -> None:
    model = hub_model(tmp_path / "large")
    rows = [("whole.dat", 9 * 10**6), *((f"streamed{number}.dat", 35 * 10**6 + number) for number in range(5))]
    for name, size in rows:  # as one; and in blocks, several side by side
        with (model / name).open("wb") as file:
            file.write(b"data")
            file.truncate(size)
    visit.shown(model)
    found = decode(Dossier, json.loads(visit.downloaded("json")))
    here = assay.audit(model, cost="pass", isolation=False)
    assert canonical(replace(found, isolation=(), kernels=here.kernels)) == canonical(here)
    assert [row.url for row in visit.page.workers] == [visit.page.workers[0].url]  # those that hash are gone
    assert visit.trouble == []


def test_of_ten_gigabytes_the_headers_come_first(visit: Visit, tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    values = 5 * 10**9
    header = json.dumps({"w": {"dtype": "BF16", "shape": [values], "data_offsets": [0, 2 * values]}}).encode()
    with model.open("wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        file.truncate(8 + len(header) + 2 * values)
    assert visit.shown(model) == "model.safetensors: INCOMPLETE"
    assert visit.page.locator("#rest").inner_text() == "Read all 10.0 GB"
    assert int(visit.page.evaluate("document.documentElement.dataset.heap")) < 300e6
    dossier = json.loads(visit.downloaded("json"))
    parameters = {row["id"]: row["value"] for row in dossier["portrait"]["measurements"]}["parameters"]
    assert parameters == values
    assert [row["artifact"] for row in dossier["obstacles"]] == ["model.safetensors"]


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_runs_over_the_edge(visit: Visit, hostile: Path, width: int) -> None:
    visit.shown(hostile)
    visit.page.set_viewport_size({"width": width, "height": 900})
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_neither_page_nor_worker_can_reach_another_site(visit: Visit, tmp_path: Path) -> None:
    (tmp_path / "there.txt").write_text("there")
    with serving(tmp_path) as (address, asked):
        code = f"fetch('{address}there.txt').then(() => 'sent', () => 'refused')"
        assert visit.page.evaluate(code) == "refused"
        assert [worker.evaluate(code) for worker in visit.page.workers] == ["refused"]
        assert asked == []
    visit.trouble.clear()  # the browser says on the console what it refused


def test_every_request_was_for_the_site_itself(visit: Visit) -> None:
    visit.page.locator("html[data-kept]").wait_for(timeout=LONG)
    own = (visit.address, f"blob:{visit.address}", "data:")
    others = [url for url in visit.requests if not url.startswith(own) and not url.endswith("there.txt")]
    assert visit.requests and others == []
    assert "to 127.0.0.1" in visit.page.inner_text("#requests")
    policy = visit.page.inner_text("#policy-text")
    assert policy.startswith("default-src 'none'") and "connect-src 'self'" in policy


def test_it_works_without_a_network_after_the_first_visit(browser: Any, site: Path, hostile: Path) -> None:
    with serving(site) as (address, _):
        visit = Visit(browser, address)
        visit.page.locator("html[data-kept]").wait_for(timeout=LONG)
    visit.opened()  # nobody serves it any more
    assert visit.shown(hostile) == "hostile: FAILED"
    visit.context.close()
