"""The shell of every page: its own style and script by hash, nothing from elsewhere, the record as data."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import pytest
from benchmarks.page import LISTED, many_findings, many_tensors, written

from assay.facts.codec import canonical, encode
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.render import renderer
from assay.render.map import small_map
from assay.render.page import carried
from assay.render.record.scored_page import page as scored_page
from assay.render.svg import bar
from tests.builders import calls, hub_model
from tests.builders.pages import NASTY, PAGES
from tests.builders.scored import record


@pytest.fixture(params=["report", *PAGES])
def shown(request: pytest.FixtureRequest, tmp_path: Path, audit: Callable[..., Dossier]) -> tuple[object, str]:
    """A record with hostile text, and its page."""
    if request.param != "report":
        record, page = PAGES[request.param](tmp_path)
        return record, page.decode()
    stream, html = io.BytesIO(), renderer("html")
    assert html is not None
    dossier = replace(audit(hub_model(tmp_path / "m")), excluded=(NASTY,))
    html.write(dossier, stream)
    return dossier, stream.getvalue().decode()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert not any(name.startswith("on") or name == "style" for name, _ in attrs)
        self.tags.append(tag)


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else(shown: tuple[object, str]) -> None:
    _, page = shown
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found is not None
    policy = dict(part.strip().split(" ", 1) for part in unescape(found[1]).split(";"))
    assert (policy["default-src"], policy["base-uri"], policy["form-action"]) == ("'none'",) * 3
    for element in ("style", "script"):
        body = re.search(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode() if body else ""
        assert policy.get(f"{element}-src") == (f"'sha256-{digest}'" if body else None)
    assert '<meta name="referrer" content="no-referrer">' in page


def test_nothing_of_the_record_becomes_an_element(shown: tuple[object, str]) -> None:
    _, page = shown
    parser = _Tags()
    parser.feed(page)
    assert not {"img", "iframe", "object"} & set(parser.tags)
    assert parser.tags.count("link") == 1 and '<link rel="icon" href="data:image/svg+xml,' in page
    assert parser.tags.count("script") == page.count("<script>") + 1  # the data
    assert "\u202e" not in page and "<script>alert" not in page


def test_the_record_is_embedded(shown: tuple[object, str]) -> None:
    record, page = shown
    data = re.search(r'<script type="application/x-bzip2" id="([a-z]+)">', page)
    assert data is not None
    whole = carried(page.encode(), data[1], 1 << 20)
    assert whole is not None and json.loads(whole) == encode(record)
    assert carried(page.encode(), data[1], len(whole) - 1) is None  # nothing is made of more than is asked for
    assert carried(page.replace(f'id="{data[1]}">', f'id="{data[1]}">AAAA').encode(), data[1], 1 << 20) is None


def test_five_hundred_findings_fit_into_five_hundred_kilobytes(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    dossier = many_findings(tmp_path / "m", 500)
    page, _ = written(dossier)
    assert sum(row.kind in LISTED for row in dossier.findings) >= 500
    assert len(page) < 500_000


def test_of_very_many_tensors_the_page_says_which_are_not_drawn(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    dossier = many_tensors(audit(hub_model(tmp_path / "m")), 3000)
    page, _ = written(dossier)
    assert carried(page, "dossier", 1 << 26) == canonical(dossier)
    whole = many_tensors(dossier, 30_000)  # too large to stand in a page: said, and where it is to be had
    large, _ = written(whole)
    assert carried(large, "dossier", 1 << 26) is None and b"too large to stand in this page" in large
    assert hashlib.sha256(canonical(whole)).hexdigest().encode() in large
    assert page.count(b'<details class="tensor"') == 400 and b"2,600 more tensors are not drawn" in page


def test_what_a_list_has_no_room_for_is_counted(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{"x.pkl": calls("os", "system", "id")}))
    (path, *_), (template, *_), (held, *_) = dossier.loading, dossier.templates, dossier.portrait.weights
    long = replace(
        dossier,
        loading=(replace(path, steps=path.steps[:1] * 1100), *[path] * 41),
        templates=(template,) * 23,
        portrait=replace(dossier.portrait, weights=(held,) * 1204),
    )
    page = written(long)[0].decode()
    for part, more in (("loading", (1040, 2)), ("templates", (3,)), ("weights", (1004,))):
        of_part = page.partition(f'<h2 id="{part}">')[2].partition("<h2 ")[0]
        assert [int(one.replace(",", "")) for one in re.findall(r">and ([\d,]+) more, in the dossier<", of_part)] == [
            *more
        ]
    assert "more, in the dossier" not in written(dossier)[0].decode()
    scored = record()
    many = replace(scored, sentences=scored.sentences * 300, spans=scored.spans * 600)
    assert "and 100 more, in the record" in scored_page(many).decode()
    assert "more, in the record" not in scored_page(scored).decode()


def test_every_finding_with_lines_of_its_own_shows_them(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    files = {f"step_{number}.py": f"import os\n\nos.system('step {number}')\n" for number in range(9)}
    dossier = audit(hub_model(tmp_path / "m", **files))
    page = written(dossier)[0].decode()
    kept = [row for row in dossier.findings if row.kind in LISTED and any(at.passage for at in row.evidence)]
    assert len(kept) >= 9
    for row in kept:
        _, _, own = page.partition(f'id="f-{row.fingerprint}"')
        assert '<span class="no' in own.partition('id="f-')[0], row.message
    lines = [row for row in kept if row.kind is Kind.INFORMATIONAL]
    assert lines and page.count("<summary>the lines around it</summary>") >= len(lines)
    for line in re.findall(r'<a href="#([^"]+)">', page.partition('<dl class="brief">')[2].partition("</dl>")[0]):
        assert f'id="{line}"' in page


def test_the_parts_of_a_bar_are_shares_of_the_whole() -> None:
    drawn = str(bar("Parameters", [(f"type {number}", 100 - number) for number in range(20)], str))
    shares = [float(share) for share in re.findall(r"\(([\d.]+) %\)</li>", drawn)]
    assert len(shares) == 8 and abs(sum(shares) - 100) < 0.5
    assert "13 others: 1131 (62.5 %)" in drawn


def test_two_roles_of_a_small_map_never_have_one_name(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    row = audit(hub_model(tmp_path / "m")).tensors[0]
    roles = [f"{where}.{what}" for where in ("attention.output", "output") for what in ("dense", "LayerNorm")]
    roles += ["intermediate.dense", "attention.self.query", "attention.self.key"]
    rows = [replace(row, name=f"encoder.layer.{layer}.{role}.weight") for layer in range(6) for role in roles]
    names = re.findall(r"<text[^>]*>([^<]+)</text>", str(small_map(rows, frozenset())))
    assert len(names) == len(set(names)) == len(roles) and max(map(len, names)) <= 10
    assert {"a.o.dense", "o.dense", "i.dense", "a.s.query"} < set(names)


def test_the_same_dossier_gives_the_same_bytes(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    assert written(dossier)[0] == written(dossier)[0]


def test_of_a_model_behind_an_endpoint_no_digest_is_shown_as_its_own(
    tmp_path: Path, audit: Callable[..., Dossier]
) -> None:
    dossier = audit(hub_model(tmp_path / "m"))
    closed = replace(dossier, subject=replace(dossier.subject, reference="openai+http://127.0.0.1:1/v1"))
    first = [written(row)[0].partition(b'id="decide"')[0].partition(b"<h1>")[2] for row in (dossier, closed)]
    digest = dossier.subject.sha256[:12].encode()
    assert digest in first[0] and digest not in first[1] and b"none of its files is seen" in first[1]
