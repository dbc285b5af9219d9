"""Drafts of the two documents that the EU AI Act asks of providers of general-purpose models, from the files alone.

The fields of the documentation form follow the transparency chapter of the GPAI Code of Practice (2025-07-10) and
Annex XI; those of the summary follow the Commission's template for the public summary of training content,
C(2025) 8311. Both were read through descriptions of them: compare the headings with the forms before you hand anything
in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from assay.facts.corpus import CorpusRecord
from assay.facts.dossier import Dossier
from assay.facts.openness import COUNTED, Component, ComponentLicence, Openness
from assay.render.record.openness import compute_words
from assay.render.visible import escaped
from assay.render.words import location, parameters, size

OPEN = "_not in the files; for the provider_"
# tasks of the hub -> what goes in, and what comes out
_MODALITIES = {
    "text-generation": ("text", "text"),
    "text2text-generation": ("text", "text"),
    "translation": ("text", "text"),
    "summarization": ("text", "text"),
    "question-answering": ("text", "text"),
    "fill-mask": ("text", "text"),
    "text-classification": ("text", "labels"),
    "token-classification": ("text", "labels"),
    "feature-extraction": ("text", "vectors"),
    "sentence-similarity": ("text", "vectors"),
    "text-to-image": ("text", "images"),
    "text-to-video": ("text", "video"),
    "text-to-speech": ("text", "speech"),
    "automatic-speech-recognition": ("speech", "text"),
    "image-classification": ("images", "labels"),
    "image-to-text": ("images", "text"),
    "image-text-to-text": ("images and text", "text"),
    "object-detection": ("images", "labels and boxes"),
}
Row = tuple[str, str]
Part = tuple[str, list[Row]]


def documentation_form(dossier: Dossier) -> Iterator[str]:
    """The form as Markdown: a table for each block, with what was counted or stated; the rest is left open."""
    yield f"# Model documentation form (draft): {escaped(dossier.subject.name)}"
    yield ""
    yield (
        "Article 53(1)(a) and (b), Annexes XI and XII of Regulation (EU) 2024/1689. "
        "What is filled in was counted, hashed or is stated in the files, with its place."
    )
    yield from _tables(_form(dossier))
    yield from _made(dossier)


def training_summary(dossier: Dossier) -> Iterator[str]:
    """The public summary as Markdown: given corpora with their counts, data sets that are only named as such."""
    yield f"# Public summary of training content (draft): {escaped(dossier.subject.name)}"
    yield ""
    yield "Article 53(1)(d) of Regulation (EU) 2024/1689. No exemption holds for this document."
    yield from _tables(_summary(dossier))
    yield from _made(dossier)


def _tables(parts: Iterable[Part]) -> Iterator[str]:
    for title, rows in parts:
        yield ""
        yield f"## {title}"
        yield ""
        yield "| field | from the files |"
        yield "|---|---|"
        yield from (f"| {name} | {value or OPEN} |" for name, value in rows)


def _summary(dossier: Dossier) -> Iterator[Part]:
    corpora = _corpora(dossier)
    sizes = [
        f"{escaped(corpus.name)}: {corpus.documents:,} documents, {corpus.words:,} words, {size(corpus.bytes)} of text"
        for corpus in corpora
    ]
    dates = sorted(row.last_date for corpus in corpora for row in corpus.datasets if row.last_date)
    yield (
        "1. General information",
        [
            ("provider", _stated(dossier, "organization", "author")),
            ("model", escaped(dossier.subject.name)),
            ("base models", _stated(dossier, "base_model")),
            ("date of placing on the Union market", ""),
            ("modalities and size of each", "<br>".join(sizes)),
            ("latest date of data", escaped(dates[-1][:10]) if dates else _stated(dossier, "data_cutoff")),
            ("languages", _stated(dossier, "language")),
        ],
    )
    yield (
        "2. Sources",
        [
            ("publicly available data sets", _provenance(dossier)),
            ("licensed private data sets", ""),
            ("other private data sets", ""),
            ("data crawled from the web: crawler, period, top domains", ""),
            ("data of users", ""),
            ("synthetic data and the models that made it", ""),
            ("other", ""),
        ],
    )
    yield (
        "3. Processing",
        [("measures on opt-outs and copyright", ""), ("removal of illegal content", ""), ("other", "")],
    )


def _form(dossier: Dossier) -> Iterator[Part]:
    found, digest = dossier.openness, dossier.subject.digest
    yield (
        "General information",
        [
            ("legal name of the provider", _stated(dossier, "organization", "author")),
            ("model and versions", f"{escaped(dossier.subject.name)}{f', sha256 {digest}' if digest else ''}"),
            ("evidence of authenticity", f"digest of the OpenSSF model-signing manifest: {digest}" if digest else ""),
            ("date of release", _stated(dossier, "released")),
            ("date of placing on the Union market", ""),
            ("models that it depends on", _stated(dossier, "base_model")),
        ],
    )
    yield "Properties of the model", _properties(dossier)
    yield (
        "Distribution",
        [
            ("channels", escaped(dossier.subject.reference)),
            ("licence", _licence(found.licence)),
        ],
    )
    yield (
        "Use",
        [
            ("acceptable use policy", ""),
            ("intended and restricted uses", ""),
            ("systems into which it can be integrated", ""),
            (
                "technical means of integration",
                _cut([escaped(path.call) for path in dossier.loading if not path.optin], 3, ", "),
            ),
            ("required hardware", ""),
            ("required software", _component(found.component("supporting_libraries"))),
        ],
    )
    yield "Training process", [("design of the training", ""), ("rationale of decisions", "")]
    yield "Data", _data(dossier)
    yield "Compute", _compute(dossier, found)
    yield (
        "Energy",
        [
            ("energy of training", _stated(dossier, "energy")),
            ("carbon emitted, and hardware", _stated(dossier, "emissions", "hardware")),
            ("how it was measured", ""),
            ("compute of inference", ""),
        ],
    )


def _properties(dossier: Dossier) -> list[Row]:
    counted = dossier.portrait.measured("parameters")
    config = next(iter(dossier.configs), None)
    context = config.context_length if config else None
    return [
        ("architecture", escaped(dossier.portrait.family)),
        ("design specifications", escaped(", ".join(config.architectures)) if config else ""),
        (
            "input modalities and greatest size",
            "<br>".join(filter(None, (_modality(dossier, 0), f"{context:,} tokens of context" if context else ""))),
        ),
        ("output modalities and greatest size", _modality(dossier, 1)),
        ("total number of parameters", f"{counted:,} ({parameters(counted)}), counted" if counted else ""),
    ]


def _modality(dossier: Dossier, side: int) -> str:
    """What goes in (0) or comes out (1), as the card says, else as its task does."""
    stated = _stated(dossier, ("input_modality", "output_modality")[side])
    tasks = [claim for claim in dossier.stated("pipeline_tag") if claim.text in _MODALITIES]
    if stated or not tasks:
        return stated
    task = tasks[0]
    where = f"{escaped(task.artifact)}, line {task.line}"
    return f"{_MODALITIES[task.text][side]} (by the task {task.text}, stated in {where})"


def _data(dossier: Dossier) -> list[Row]:
    return [
        ("type and modality", ""),
        ("provenance", _provenance(dossier)),
        ("how obtained and selected", ""),
        ("number of data points", ", ".join(f"{row.documents:,} documents" for row in _corpora(dossier))),
        ("scope and characteristics", ""),
        ("measures against unsuitable sources", ""),
        ("measures against bias", ""),
    ]


def _compute(dossier: Dossier, found: Openness) -> list[Row]:
    known = found.compute if found.compute and found.compute.flop is not None else None
    return [
        ("time of training", _stated(dossier, "training_time")),
        ("amount of compute", escaped(compute_words(known)[0]) if known else ""),
        ("how it was measured", escaped(known.assumptions[0]) if known else ""),
    ]


def _licence(found: ComponentLicence) -> str:
    if not found.id:
        return ""
    return f"{escaped(found.id)} ({'; '.join(escaped(location(row)) for row in found.evidence[:2])})"


def _stated(dossier: Dossier, *keys: str) -> str:
    rows = [
        f"{escaped(row.text)} (stated in {escaped(row.artifact)}{f', line {row.line}' if row.line else ''})"
        for key in keys
        for row in dossier.stated(key)
    ]
    return _cut(rows, 20)


def _cut(rows: list[str], most: int, between: str = "<br>") -> str:
    """The first of these in one cell of a table, and how many more there are."""
    more = [f"and {len(rows) - most:,} more"] if len(rows) > most else []
    return between.join([*rows[:most], *more])


def _corpora(dossier: Dossier) -> tuple[CorpusRecord, ...]:
    return dossier.corpora


def _provenance(dossier: Dossier) -> str:
    """The parts of the corpora that were given, then the data sets that are only named."""
    rows = [
        f"{escaped(row.dataset)}: {row.documents:,} documents, {escaped(row.licence.spdx or 'licence unknown')}"
        for corpus in _corpora(dossier)
        for row in corpus.datasets
    ]
    named = _stated(dossier, "datasets")
    parts = [_cut(rows, 50), f"named and not examined: {named}" if named else ""]
    return "<br>".join(filter(None, parts))


def _component(row: Component) -> str:
    if row.support not in COUNTED:
        return ""
    return "; ".join(escaped(location(entry)) for entry in row.evidence)


def _made(dossier: Dossier) -> Iterator[str]:
    yield ""
    yield f"Drafted by assay {dossier.assay} from the files of the model. A draft is no statement of the provider."
