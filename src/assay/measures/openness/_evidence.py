"""For each component of the MOF: what in the files shows that it is there, and what only says so.

What counts as shown is assay's own rule (docs/openness.md), because the framework does not say: a file of the model
that was read and is what the rule asks for. Names alone show nothing of programs and weights. A link is a claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from assay.facts.architecture import library
from assay.facts.artifact import Artifact, Trouble
from assay.facts.finding import Evidence
from assay.facts.heading import Topic, topics
from assay.facts.model import LEAST_CARD, Model, stated_at
from assay.facts.openness import Purpose
from assay.facts.text import ModelCard, Section
from assay.lazy import dataclass, regex

MOST = 3  # pieces of evidence that a component carries
LEAST_HEADINGS, LEAST_HEADED, LEAST_DATA, LEAST_REPORT = 3, 5, 50, 300  # headings; then words
LEAST_PDF, LEAST_DATA_FILE = 10_000, 1000  # bytes: a placeholder is shorter
# the headings that a card needs (Mitchell et al. 2019), each with the topics that cover it
_PARTS = (
    (Topic.USE,),
    (Topic.LIMITATION,),
    (Topic.EVALUATION,),
    (Topic.RISK, Topic.SAFETY),
    (Topic.DATA, Topic.TRAINING),
    (Topic.DESCRIPTION,),
)
_CHECKPOINT = regex(r"(?:^|/)((?:checkpoint|step|global_step|ckpt|iter)[-_]?\d+)/")
_REPORT = regex(
    r"(?:^|/)[^/]*(?:tech[^/]*report|whitepaper|white[-_]paper|system[-_ ]?card)[^/]*\.(?:pdf|md|rst|txt|tex)$"
)
_PAPER = regex(r"(?:^|/)(?:[^/]*paper[^/]*|\d{4}\.\d{4,5}(?:v\d+)?)\.(?:pdf|tex)$")
_DATASHEET = regex(r"(?:^|/)(?:data[-_ ]?(?:sheet|card)s?[^/]*|data/readme|datasets?/readme)\.(?:md|rst|txt|pdf)$")
# what a run leaves behind is no data, though it lies beside it and is named like it
_NO_LOG = r"(?![^/]*(?:loss|metric|result|score|log|history|state|args|config|report)[^/]*\Z)"
_TABLES = r"\.(?:jsonl|csv|tsv|parquet|arrow)(?:\.gz|\.zst)?\Z"
_DATASET = regex(rf"(?:^|/)(?:(?:train|training|pretrain)(?:/|(?=[-_.\d])))+{_NO_LOG}[^/]*{_TABLES}")
_EVALUATION = regex(
    rf"(?:^|/)(?:(?:eval|evaluation|test|validation|benchmark)(?:/|(?=[-_.\d])))+{_NO_LOG}[^/]*{_TABLES}"
)
_SAMPLES = regex(r"(?:^|/)(?:samples?|sample[-_]outputs?|generations)(?:[-_.][^/]*)?\.(?:txt|md|jsonl|json|csv)$")
_STATE = regex(
    r"(?:^|/)(?:trainer_state\.json|training_args\.(?:bin|json)|all_results\.json|hyperparameters\.(?:ya?ml|json))$"
)
_LIBRARIES = regex(
    r"(?:^|/)(?:requirements[^/]*\.txt|pyproject\.toml|setup\.(?:py|cfg)|environment\.ya?ml"
    r"|uv\.lock|poetry\.lock|pipfile)$"
)
_RESULTS_FILE = regex(r"(?:^|/)(?:eval[-_]results?|results)\.(?:json|ya?ml|csv)$")
_ARXIV = regex(r"arxiv\.org/(?:abs|pdf)/|^arxiv:", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Why a component is there, where that is seen, and the licence that the thing itself names (empty: none)."""

    because: str
    evidence: tuple[Evidence, ...]
    licence: str = ""


def shown(model: Model, id: str) -> Found | None:
    """What shows that component `id` is there, or None."""
    return _SHOWN[id](model)


def said(model: Model, id: str) -> Found | None:
    """What only says that component `id` is there, apart from sentences."""
    rule = _SAID.get(id)
    return rule(model) if rule else None


def _files(because: str, rows: tuple[Artifact, ...]) -> Found | None:
    return Found(because, tuple(_whole(row) for row in rows[:MOST])) if rows else None


def _whole(row: Artifact) -> Evidence:
    return Evidence(row.path, f"{row.size:,} bytes", start=0, stop=row.size)


def _parameters(model: Model) -> Found | None:
    sets = model.whole_weights()
    if not sets or model.shards_missing():
        return None
    rows = tuple(
        Evidence(index.artifact, f"{len(index.tensors):,} tensors", start=index.data_start, stop=index.data_stop)
        for index in sets[0].indexes[:MOST]
    )
    return Found(f"weights that were read: {sets[0].parameters:,} parameters", rows)


def _intermediate(model: Model) -> Found | None:
    """Two checkpoints or more, the weights of which differ."""
    first: dict[str, Artifact] = {}
    for index in model.indexes:
        match, artifact = _CHECKPOINT.search(index.artifact.lower()), model.artifact(index.artifact)
        if match and artifact:
            first.setdefault(match[1], artifact)
    distinct = {row.sha256: row for row in first.values()}
    return (
        _files(f"{len(distinct)} checkpoints whose weights differ", tuple(distinct.values()))
        if len(distinct) > 1
        else None
    )


def _program(purpose: Purpose) -> Callable[[Model], Found | None]:
    def rule(model: Model) -> Found | None:
        rows = list(model.marks(purpose))
        if not rows:
            return None
        own = next((source.licence for source, _ in rows if source.licence), "")
        return Found(
            f"a program that {purpose.value}",
            tuple(Evidence(source.artifact, mark.seen, line=mark.line) for source, mark in rows[:MOST]),
            own,
        )

    return rule


def _from_library(model: Model) -> Found | None:
    """The library with the code of the architecture that the config names, unless that asks for code of its own."""
    if model.references:
        return None
    for config in model.configs:
        known = library(config.family, config.naming)
        if known:
            return Found(
                f"{config.family} is in {known.name} ({known.version}), not in the model's folder",
                (
                    Evidence(
                        config.artifact,
                        config.family,
                        pointer="/model_type" if config.naming == "hub" else "general.architecture",
                    ),
                ),
                known.licence,
            )
    return None


def _architecture(model: Model) -> Found | None:
    return _program(Purpose.ARCHITECTURE)(model) or _from_library(model)


def _inference(model: Model) -> Found | None:
    found = _program(Purpose.INFERENCE)(model)
    if found:
        return found
    mapped = [row for row in model.references if row.repository is None and model.has(row.path)]
    if mapped:
        return Found(
            "the code that the config names is in the folder",
            tuple(Evidence(row.artifact, row.target, pointer=row.pointer) for row in mapped[:MOST]),
        )
    return _from_library(model)


def _results(model: Model) -> Found | None:
    """Numbers: in the model-index, in a table below a heading that announces them, or in a document of the model."""
    if model.card:
        rows = model.card.stated("result")
        if rows:
            return Found(
                "numbers in the model-index", tuple(stated_at(model.card.artifact, row) for row in rows[:MOST])
            )
        tables = [row for row in model.sections(Topic.EVALUATION, least=0) if row.figures >= 2]
        if tables:
            return Found("a table of numbers in the card", model.section_places(tables[:MOST]))
    documents = [row for row in model.documents if row.results_line]
    if documents:
        return Found(
            "a table of numbers in a document",
            tuple(Evidence(row.artifact, line=row.results_line) for row in documents[:MOST]),
        )
    return _files("a file of results", model.named(_RESULTS_FILE))


def _card(model: Model) -> Found | None:
    card = model.card
    if card is None or card.words < LEAST_CARD:
        return None
    rows = _headed(card)
    if len(rows) < LEAST_HEADINGS:
        return None
    return Found(
        f"{card.words:,} words under {len(rows)} of the {len(_PARTS)} headings that a card needs",
        model.section_places(tuple(dict.fromkeys(rows))[:MOST]),
    )


def _headed(card: ModelCard) -> list[Section]:
    """The sections of a card that say something on a part that a card needs, one a part."""
    headed = [(row, topics(row.title)) for row in card.sections if row.words >= LEAST_HEADED]
    covered = [next((row for row, about in headed if not about.isdisjoint(part)), None) for part in _PARTS]
    return [row for row in covered if row is not None]


def _data_card(model: Model) -> Found | None:
    sheets = tuple(row for row in model.named(_DATASHEET) if _words(model, row.path, LEAST_DATA) >= LEAST_DATA)
    if sheets:
        return _files("a data sheet", sheets)
    rows = model.sections(Topic.DATA, least=LEAST_DATA)
    return Found("the card describes the data", model.section_places(rows[:MOST])) if rows else None


def _words(model: Model, path: str, unread: int) -> int:
    """How many words the document at `path` has; `unread` for what is no text, such as PDF."""
    document = model.document(path)
    return document.words if document else unread


def _document(pattern: re.Pattern[str], what: str) -> Callable[[Model], Found | None]:
    def rule(model: Model) -> Found | None:
        rows = tuple(
            row
            for row in model.named(pattern)
            if (
                row.size >= LEAST_PDF
                if row.path.lower().endswith(".pdf")
                else _words(model, row.path, 0) >= LEAST_REPORT
            )
            and row.format != "unknown"
        )
        return _files(what, rows)

    return rule


def _tables(model: Model, pattern: re.Pattern[str]) -> tuple[Artifact, ...]:
    """Data files that are what their names say: text, or Parquet and Arrow by their first bytes."""
    known = {row.artifact for row in model.obstacles if "Parquet data" in row.reason or "Arrow data" in row.reason}
    return tuple(
        row
        for row in model.named(pattern)
        if row.size >= LEAST_DATA_FILE and (row.format != "unknown" or row.path in known)
    )


def _datasets(model: Model) -> Found | None:
    if model.corpora:
        return Found(
            "the corpus that this audit was given",
            tuple(
                Evidence(row.name, f"{row.documents:,} documents, sha256 {row.sha256}") for row in model.corpora[:MOST]
            ),
        )
    return _files("training data in the folder", _tables(model, _DATASET))


def _evaluation_data(model: Model) -> Found | None:
    return _files("evaluation data in the folder", _tables(model, _EVALUATION))


def _metadata(model: Model) -> Found | None:
    config, state = model.config, model.named(_STATE)
    how = (*(_whole(row) for row in state[:1]), *model.section_places(model.sections(Topic.TRAINING)))[:1]
    if config is None or not how:
        return None
    return Found(
        "configuration and how it was trained",
        (Evidence(config.artifact, config.family, pointer="/model_type"), *how),
    )


def _samples(model: Model) -> Found | None:
    rows = model.card.stated("sample_output") if model.card else ()
    if rows and model.card:
        return Found("outputs in the card", tuple(stated_at(model.card.artifact, row) for row in rows[:MOST]))
    return _files("a file of outputs", model.named(_SAMPLES))


_SHOWN: dict[str, Callable[[Model], Found | None]] = {
    "model_architecture": _architecture,
    "parameters_final": _parameters,
    "parameters_intermediate": _intermediate,
    "evaluation_results": _results,
    "model_card": _card,
    "data_card": _data_card,
    "technical_report": _document(_REPORT, "a report in the folder"),
    "research_paper": _document(_PAPER, "a paper in the folder"),
    "sample_outputs": _samples,
    "training_code": _program(Purpose.TRAINING),
    "inference_code": _inference,
    "evaluation_code": _program(Purpose.EVALUATION),
    "data_preprocessing_code": _program(Purpose.PREPROCESSING),
    "evaluation_data": _evaluation_data,
    "supporting_libraries": lambda model: _files("a list of what it needs", model.named(_LIBRARIES)),
    "datasets": _datasets,
    "model_metadata": _metadata,
}


def _stated(key: str, because: str, keep: re.Pattern[str] | None = None) -> Callable[[Model], Found | None]:
    def rule(model: Model) -> Found | None:
        rows = [row for row in model.stated(key) if keep is None or keep.search(row[1].text)]
        return Found(because, tuple(stated_at(artifact, row) for artifact, row in rows[:MOST])) if rows else None

    return rule


def _pointer(model: Model) -> Found | None:
    """Weights that are not all here: pointers to files, or shards that an index names."""
    if missing := model.shards_missing():
        return Found(f"{len(missing)} of the files that the index names are not here", missing[:MOST])
    rows = [row for row in model.obstacles if row.trouble is Trouble.ABSENT and "LFS pointer" in row.reason]
    return (
        Found("a pointer to a file that is not here", tuple(Evidence(row.artifact, row.reason) for row in rows[:MOST]))
        if rows
        else None
    )


def _short_card(model: Model) -> Found | None:
    card = model.card
    if card is None or not card.words:
        return None
    because = f"under {len(_headed(card))} of the {len(_PARTS)} headings that a card needs, {LEAST_HEADINGS} at least"
    return Found(
        f"a card of {card.words:,} words, {because if card.words >= LEAST_CARD else 'too little to judge by'}",
        (Evidence(card.artifact),),
    )


_SAID: dict[str, Callable[[Model], Found | None]] = {
    "parameters_final": _pointer,
    "model_card": _short_card,
    "evaluation_results": _stated("result_in_prose", "a result in prose"),
    "datasets": _stated("datasets", "named in the card"),
    "data_card": _stated("datasets", "data sets are named, not described"),
    "evaluation_data": _stated("result", "the model-index names the data"),
    "research_paper": _stated("arxiv", "an arXiv number", _ARXIV),
    "supporting_libraries": _stated("library_name", "a library is named"),
}
