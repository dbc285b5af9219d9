"""Sections of a dossier: each comes out in every format that people read, and hostile text in it is harmless."""

from __future__ import annotations

import html
import io
import json
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markupsafe import Markup

from assay.facts.dossier import QUESTIONS, Dossier
from assay.facts.section import Section
from assay.facts.signature import Method, Trust, Verification
from assay.facts.structure import Reached
from assay.render import renderer, sections
from assay.render.command import reproduce
from assay.render.output.text import write as write_text
from assay.render.sections import View, installed, of, view
from tests.builders import hub_model
from tests.builders.corpus import opened
from tests.builders.dossier import with_section

PEOPLE = ("text", "markdown", "html", "sarif", "junit")
NASTY = "<img src=x onerror=alert(1)>\u202e\x1b[31m|`*_[a](javascript:x)"


@pytest.fixture
def whole(tmp_path: Path, audit: Callable[..., Dossier]) -> Dossier:
    """A dossier with a base, a corpus and a signature."""
    opened(tmp_path / "c", ["The quick brown fox jumps over the lazy dog.", "Another quick brown fox."])
    model, base = hub_model(tmp_path / "m"), hub_model(tmp_path / "base")
    found = audit(model, base=base, corpora=(str(tmp_path / "c" / "index"),))
    signature = Verification(
        method=Method.KEY,
        trust=Trust.VERIFIED,
        signer="key 12ab",
        why="by a given key",
        subject="m",
        sha256="a" * 64,
        covered=5,
        changed=("x.bin",),
        absent=(),
        uncovered=(),
        ignored=(".github",),
        outside=(".github/y.yml",),
        reached=(Reached(".github/z.bin", "modules.json names it at /1/path"),),
    )
    return with_section(found, signature)


def rendered(dossier: Dossier, format: str) -> str:
    stream, found = io.BytesIO(), renderer(format)
    assert found is not None
    if format == "text":
        write_text(dossier, stream, verbose=True)
    else:
        found.write(dossier, stream)
    return stream.getvalue().decode()


def said(dossier: Dossier, format: str) -> str:
    """The words of a report, without what its format adds to them."""
    text = rendered(dossier, format)
    if format == "sarif":
        (run,) = json.loads(text)["runs"]
        return "\n".join(row for part in run["properties"]["sections"] for row in part["text"])
    if format == "junit":
        return "\n".join(row.text or "" for row in ElementTree.fromstring(text).findall("testsuite/system-out"))
    plain = html.unescape(text)
    return " ".join((plain.replace("\\", "") if format == "markdown" else plain).split())


def test_a_view_has_the_name_of_its_file_and_one_of_the_five_questions() -> None:
    folder = Path(sections.__file__).parent
    views = [found for name in sorted(installed()) if (found := view(name)) is not None]
    assert [found.id for found in views] == sorted(p.stem for p in folder.glob("[a-z]*.py"))
    assert {found.question for found in views} <= set(QUESTIONS)


def test_sections_come_in_the_order_of_the_questions(whole: Dossier) -> None:
    assert [view.id for view, _ in of(whole)] == ["comparison", "corpora", "openness", "signature"]
    assert whole.section("openness") is whole.openness and whole.section("risk") is None


@pytest.mark.parametrize("format", PEOPLE)
def test_every_section_comes_out_in_every_format_that_people_read(whole: Dossier, format: str) -> None:
    found = said(whole, format)
    assert "all 20 tensors are equal to the last bit" in found  # comparison
    assert "index: 2 documents, 13 words, 68 bytes of text in 1 dataset" in found  # corpora
    assert "MOF class by evidence: no class" in found  # openness
    assert "the signature was made by the expected signer, 1 changed" in found  # signature
    assert "key 12ab, by key" in found and "x.bin" in found


@pytest.mark.parametrize("format", PEOPLE)
def test_hostile_text_of_a_section_is_harmless(whole: Dossier, format: str) -> None:
    assert whole.signature is not None and whole.comparison is not None
    corpora = tuple(
        replace(row, name=NASTY, datasets=(replace(row.datasets[0], dataset=NASTY),)) for row in whole.corpora
    )
    hostile = with_section(whole, replace(whole.comparison, base=NASTY, why=(NASTY,)))
    hostile = with_section(hostile, replace(whole.signature, signer=NASTY, changed=(NASTY,), subject=NASTY))
    hostile = with_section(hostile, *corpora)
    text = rendered(hostile, format)
    assert "\x1b" not in text and "\u202e" not in text and "\\u202e" in text.replace("\\\\u", "\\u")
    assert format not in ("html", "junit") or "<img" not in text


def text(value: Any, dossier: Dossier) -> Iterator[str]:
    yield f"{value} of {dossier.subject.name}"


def page(value: Any, dossier: Dossier) -> Markup:
    return Markup("<p>{}</p>").format(value)


def test_a_view_from_outside_is_used_and_replaces_none(whole: Dossier) -> None:
    bias = View("acme.bias", "hallucination", "Bias", text, text, page)
    other = replace(bias, id="openness")
    assert view("acme.bias", (bias, other)) is bias
    assert view("openness", (bias, other)) is not other


@pytest.mark.parametrize("format", PEOPLE)
def test_a_section_without_a_view_is_named(whole: Dossier, format: str) -> None:
    bias = Section("acme.bias", "acme-bias/3", whole.subject)
    biased = replace(whole, sections=(*whole.sections, bias))
    assert [view.id for view, _ in of(biased)][-1] == "acme.bias"
    assert "section acme.bias (schema acme-bias/3): no view is installed" in said(biased, format)


def test_each_section_adds_the_options_that_gave_it(whole: Dossier) -> None:
    assert reproduce(whole) == "assay audit m --policy default --base base --corpus index"


def test_text_and_sarif_need_no_template_engine() -> None:
    code = (
        "import sys; from assay.render import renderer, sections\n"
        "for name in sections.installed(): assert sections.view(name)\n"
        "for name in ('text', 'markdown', 'sarif', 'junit', 'json'): assert renderer(name)\n"
        "assert not {'jinja2', 'markupsafe'} & set(sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
