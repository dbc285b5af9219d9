"""Model cards: the YAML front matter of `README.md` (huggingface/hub-docs, modelcard.md) and its sections."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from assay.errors import Malformed
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.heading import topics
from assay.facts.licence import Restriction
from assay.facts.structure import Aspect
from assay.facts.text import LicenceSource, ModelCard, Stated
from assay.formats import Format
from assay.formats._card_prose import stated_in_prose
from assay.formats._card_sections import parts
from assay.formats._few import few
from assay.formats._mentions import mentions, sentences, uncommented
from assay.formats.encoding.yaml import yaml_mapping
from assay.formats.licence import MOST_KEPT, licence_text, unread_clauses
from assay.formats.window import Window
from assay.lazy import regex
from assay.licence.asked import asked
from assay.licence.statement import says_nothing
from assay.text.word import words

MOST = 4 * 1024 * 1024
MAX_FRONT_MATTER = 256 * 1024
MAX_VALUES = 1000  # of a key
_KEYS = (
    "license",
    "license_name",
    "license_link",
    "base_model",
    "base_model_relation",
    "datasets",
    "metrics",
    "library_name",
    "language",
    "pipeline_tag",
)
# what a check may pass by, so that it is said where not all of it was read
_TELLING = {
    "license": "it names more licences than assay reads",
    "license_in_prose": "its sentences name more licences than assay reads",
    "base_model": "it names more base models than assay reads",
}
_COUNT = regex(
    r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?(?:-\s?)?(trillion|billion|million|[TBM])\b[\s-]+(?:total\s+)?param",
    re.IGNORECASE,
)
_TOKENS = regex(
    r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?(trillion|billion|million|[TBM])\b[\s-]+(?:\w+\s+)?(?:tokens|words)\b",
    re.IGNORECASE,
)
_CUTOFF = regex(r"\bcut-?\s?off\b[^.\n]{0,60}?\b((?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)\b", re.IGNORECASE)


def ready() -> None:
    """Compile the patterns of headings, which the reader searches, and after it whoever has a question about the card:
    a process that forks readers does so once for both.
    """
    topics("")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the card."""
    lines = window.text(MOST).replace("\r\n", "\n").split("\n")
    front, body_start, broken = _front_matter(lines)
    body = uncommented(lines[body_start:])
    claims = [*_claims(front, lines[:body_start]), *_counts(body, body_start)]
    headed = parts(body, body_start)
    known = frozenset(row.key for row in claims if not says_nothing(row.text))
    said = tuple(sentences(body, body_start))
    claims += stated_in_prose(body, body_start, said, headed, known)
    yield ModelCard(
        artifact,
        tuple(few(claims, lambda row: row.key, MAX_VALUES)),
        tuple(row.section for row in headed),
        sum(map(words, body)),
        tuple(asked(said)),
    )
    yield from mentions(artifact, said)
    yield from _gate_terms(artifact, front, lines[:body_start])
    stated = Counter(row.key for row in claims)
    yield from (
        Obstacle(artifact, Trouble.LIMIT, f"{said}, which are {MAX_VALUES:,}")
        for key, said in _TELLING.items()
        if stated[key] > MAX_VALUES
    )
    if broken:
        raise broken  # what stands below it was read all the same


def _gate_terms(artifact: str, front: dict[str, Any], lines: list[str]) -> Iterator[object]:
    """The text that people must agree to before the hub hands out the files, if it is a licence or forbids anything."""
    text = front.get("extra_gated_prompt")
    if not isinstance(text, str) or not text.strip():
        return
    first = _line(lines, "extra_gated_prompt", "")
    # a literal block keeps its lines; of other styles only the first is known
    rows = text.split("\n")
    kept = first < len(lines) and rows[0].strip() == lines[first].strip()
    placed = "\n" * first + text if kept else text
    found = licence_text(artifact, placed, notice=False)
    if found.identified or any(row.kind is not Restriction.OTHER for row in found.clauses):
        yield found
        yield LicenceSource(artifact, text[:MOST_KEPT], len(text) > MOST_KEPT)
    yield from unread_clauses(found, placed)


def _front_matter(lines: list[str]) -> tuple[dict[str, Any], int, Malformed | None]:
    """The front matter as a mapping, the index of the first line after it, and why it could not be read."""
    if not lines or lines[0].strip() != "---":
        return {}, 0, None
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    if not end:
        return {}, 0, Malformed("the card's front matter has no closing ---")
    text = "\n".join(lines[1:end])
    if len(text) > MAX_FRONT_MATTER:
        return (
            {},
            end + 1,
            Malformed(
                "the card's front matter is longer than assay reads",
                expected=f"at most {MAX_FRONT_MATTER:,} characters",
                got=f"{len(text):,}",
            ),
        )
    try:
        return yaml_mapping(text, "the card's front matter"), end + 1, None
    except Malformed as broken:
        return {}, end + 1, broken


def _claims(front: dict[str, Any], lines: list[str]) -> Iterator[Stated]:
    for key in _KEYS:
        value = front.get(key)
        entries = value if isinstance(value, list) else [] if value is None else [value]
        for entry in entries[: MAX_VALUES + 1]:
            if isinstance(entry, str | int | float | bool):
                yield Stated(key, str(entry)[:500], _line(lines, key, str(entry)))
    yield from _tagged_bases(front, lines)
    yield from _gate(front, lines)
    yield from _samples(front.get("widget"), _line(lines, "widget", ""))
    yield from _results(front.get("model-index"), _line(lines, "model-index", ""))


def _tagged_bases(front: dict[str, Any], lines: list[str]) -> Iterator[Stated]:
    """The base models that the hub's own tags name (`base_model:adapter:org/name`), where no key does."""
    tags = front.get("tags")
    if front.get("base_model") or not isinstance(tags, list):
        return
    names = dict.fromkeys(
        tag.rpartition(":")[2] for tag in tags[:MAX_VALUES] if isinstance(tag, str) and tag.startswith("base_model:")
    )
    yield from (Stated("base_model", name[:500], _line(lines, "tags", name)) for name in names if name)


def _gate(front: dict[str, Any], lines: list[str]) -> Iterator[Stated]:
    """What the hub asks of people before it hands out the files: the fields of the form, and that there is a prompt."""
    fields = front.get("extra_gated_fields")
    for name in list(fields)[:100] if isinstance(fields, dict) else ():
        yield Stated("gated_field", str(name)[:200], _line(lines, "extra_gated_fields", ""))
    for key in ("extra_gated_prompt", "gated"):
        if front.get(key):
            yield Stated("gated", str(front[key])[:200], _line(lines, key, ""))


def _samples(value: Any, line: int) -> Iterator[Stated]:
    """The outputs that the card shows in its widget."""
    for row in value[:100] if isinstance(value, list) else ():
        output = row.get("output") if isinstance(row, dict) else None
        text = output.get("text") if isinstance(output, dict) else None
        if isinstance(text, str) and text.strip():
            yield Stated("sample_output", text.strip()[:200], line)


def _results(value: Any, line: int) -> Iterator[Stated]:
    """One claim for each numeric metric of the model-index."""
    for model in value[:100] if isinstance(value, list) else ():
        results = model.get("results") if isinstance(model, dict) else None
        for result in results[:MAX_VALUES] if isinstance(results, list) else ():
            dataset = result.get("dataset") if isinstance(result, dict) else None
            name = dataset.get("name", dataset.get("type")) if isinstance(dataset, dict) else None
            metrics = result.get("metrics") if isinstance(result, dict) else None
            for metric in metrics[:100] if isinstance(metrics, list) else ():
                if isinstance(metric, dict) and isinstance(metric.get("value"), int | float):
                    yield Stated("result", f"{name}: {metric.get('type')} = {metric['value']}"[:300], line)


def _line(lines: list[str], key: str, entry: str) -> int:
    """The line (from 1) on which a front-matter key, or its value in a list below it, is written."""
    at = next((number for number, line in enumerate(lines, 1) if line.startswith(f"{key}:")), 1)
    if entry and entry not in lines[at - 1]:
        return next((number for number, line in enumerate(lines[at:], at + 1) if entry in line), at)
    return at


def _counts(body: list[str], start: int) -> Iterator[Stated]:
    """What the prose counts: "135 million parameters", "2 trillion tokens", and the date of a data cutoff."""
    for number, line in enumerate(body, start + 1):
        for match in _TOKENS.finditer(line[:2000]):
            yield Stated("tokens", f"{match[1]}{match[2][0].upper()}", number)
        for match in _CUTOFF.finditer(line[:2000]):
            yield Stated("data_cutoff", match[1], number)
        for match in _COUNT.finditer(line[:2000]):
            yield Stated("parameters", f"{match[1]}{match[2][0].upper()}", number)


FORMAT = Format(
    "model-card",
    "model card",
    read,
    names=("readme.md",),
    needs=("yaml", "assay.licence.match", "assay.licence.clause", "assay.text.language"),
    examines=(Aspect.MARKS,),
    gaps=(),
)
