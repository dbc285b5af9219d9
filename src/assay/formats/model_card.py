"""Model cards: the YAML front matter of `README.md` (huggingface/hub-docs, modelcard.md) and its sections."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.errors import Malformed
from assay.facts.text import ModelCard, Section, Stated
from assay.formats import Format
from assay.formats.window import Window

MOST = 4 * 1024 * 1024
MAX_FRONT_MATTER = 256 * 1024
MAX_ALIASES = 100  # YAML aliases multiply; no card in use has any
MAX_VALUES = 1000
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
_COUNT = re.compile(
    r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?(?:-\s?)?(trillion|billion|million|[TBM])\b[\s-]+(?:total\s+)?param",
    re.IGNORECASE,
)
_TOKENS = re.compile(
    r"(?<![\w.])(\d{1,4}(?:\.\d{1,3})?)\s?(trillion|billion|million|[TBM])\b[\s-]+(?:\w+\s+)?(?:tokens|words)\b",
    re.IGNORECASE,
)
_CUTOFF = re.compile(r"\bcut-?\s?off\b[^.\n]{0,60}?\b((?:19|20)\d\d(?:-\d\d(?:-\d\d)?)?)\b", re.IGNORECASE)
# words by which a card says that something is not there (a heuristic: English only)
_DENIAL = re.compile(
    r"\b(?:not|never|no longer|cannot be|won't be|isn't|aren't)\s+(?:\w+\s+)?(?:released?|disclosed?|published?|public|available|shared?|provided?|documented)\b"
    r"|\b(?:undisclosed|withheld|proprietary|confidential|unavailable|more information needed|to be announced|n/a)\b",
    re.IGNORECASE,
)
_HEADING = re.compile(r"(#{1,6})\s+(.*)")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the card."""
    lines = window.text(MOST).replace("\r\n", "\n").split("\n")
    front, body_start = _front_matter(lines)
    claims = [*_claims(front, lines[:body_start]), *_counts(lines, body_start)]
    body = lines[body_start:]
    yield ModelCard(
        artifact,
        tuple(claims[:MAX_VALUES]),
        tuple(_sections(body, body_start)),
        sum(len(line.split()) for line in body),
    )


def _front_matter(lines: list[str]) -> tuple[dict[str, Any], int]:
    """The front matter as a mapping, and the index of the first line after it."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
    if not end:
        raise Malformed("the card's front matter has no closing ---")
    text = "\n".join(lines[1:end])
    if len(text) > MAX_FRONT_MATTER:
        raise Malformed(
            "the card's front matter is longer than assay reads",
            expected=f"at most {MAX_FRONT_MATTER:,} characters",
            got=f"{len(text):,}",
        )
    return _yaml(text), end + 1


def _yaml(text: str) -> dict[str, Any]:
    import yaml

    try:
        aliases = sum(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader))
        if aliases > MAX_ALIASES:
            raise Malformed(
                "the card's front matter repeats parts by alias more than assay follows",
                expected=f"at most {MAX_ALIASES}",
                got=aliases,
            )
        value = yaml.load(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, RecursionError, AttributeError, TypeError) as broken:
        first = str(broken).partition("\n")[0]
        raise Malformed(f"the card's front matter is not YAML that assay reads ({first[:120]})") from broken
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed("the card's front matter is not a mapping")
    return value


def _claims(front: dict[str, Any], lines: list[str]) -> Iterator[Stated]:
    for key in _KEYS:
        value = front.get(key)
        entries = value if isinstance(value, list) else [] if value is None else [value]
        for entry in entries[:MAX_VALUES]:
            if isinstance(entry, str | int | float | bool):
                yield Stated(key, str(entry)[:500], _line(lines, key, str(entry)))
    yield from _results(front.get("model-index"), _line(lines, "model-index", ""))


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


def _counts(lines: list[str], start: int) -> Iterator[Stated]:
    """What the prose counts: "135 million parameters", "2 trillion tokens", and the date of a data cutoff."""
    for number, line in enumerate(lines[start:], start + 1):
        for match in _TOKENS.finditer(line[:2000]):
            yield Stated("tokens", f"{match[1]}{match[2][0].upper()}", number)
        for match in _CUTOFF.finditer(line[:2000]):
            yield Stated("data_cutoff", match[1], number)
        for match in _COUNT.finditer(line[:2000]):
            yield Stated("parameters", f"{match[1]}{match[2][0].upper()}", number)


def _sections(body: list[str], start: int) -> Iterator[Section]:
    title, line, words, denial, fenced = "", start + 1, 0, None, False
    for number, text in enumerate(body, start + 1):
        if text.lstrip().startswith("```"):
            fenced = not fenced
        heading = None if fenced else _HEADING.match(text[:500])
        if heading:
            if title:
                yield Section(title, line, words, denial)
            title, line, words, denial = heading[2].strip().strip("#").strip()[:200], number, 0, None
        else:
            words += len(text.split())
            if denial is None and _DENIAL.search(text[:5000]):
                denial = number
    if title:
        yield Section(title, line, words, denial)


FORMAT = Format("model-card", "model card", read, names=("readme.md",), needs=("yaml",))
