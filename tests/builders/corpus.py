"""An indexed corpus of a few texts or files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import assay.corpus
from assay.corpus.building import Options, build
from assay.corpus.collection import Corpus
from assay.execution import executor
from assay.facts.corpus import CorpusRecord


def opened(folder: Path, texts: list[str], **fields: str) -> Corpus:
    """A corpus of these texts, one document each."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "texts.jsonl").write_text(
        "".join(json.dumps({"text": text, "id": f"d{number}", **fields}) + "\n" for number, text in enumerate(texts))
    )
    build((str(folder / "texts.jsonl"),), folder / "index", Options(), executor("local", 0), replace_old=True)
    return assay.corpus.open(folder / "index")


def indexed(folder: Path, *inputs: Path, **options: object) -> Corpus:
    """A corpus of these files, built with these `assay.corpus.building.Options`."""
    chosen = replace(Options(), **options)  # type: ignore[arg-type]
    build(tuple(map(str, inputs)), folder, chosen, executor("local", 0), replace_old=True)
    return assay.corpus.open(folder)


def skipped(record: CorpusRecord) -> dict[str, int]:
    """Reason -> how often."""
    return {row.reason: row.count for row in record.skipped}
