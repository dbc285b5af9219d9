"""The same five rows in every format that a corpus is built from, and any bytes read as one of them."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
import zstandard

from assay.corpus.documents import Fields, Guesses, made
from assay.corpus.inputs import Input, kind_of
from assay.corpus.row import NotRead
from assay.corpus.rows import Reading

ROWS = [
    {
        "text": f"the quick brown fox number {n}",
        "id": f"r{n}",
        "license": "mit",
        "url": f"https://x.org/{n}",
        "date": f"2021-0{n + 1}-01",
    }
    for n in range(5)
]


def as_jsonl(path: Path) -> None:
    """One JSON object on each line."""
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))


def as_csv(path: Path) -> None:
    """With a header."""
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, ROWS[0])
        writer.writeheader()
        writer.writerows(ROWS)


def as_packed_csv(path: Path) -> None:
    """The same under gzip."""
    as_csv(path)
    path.write_bytes(gzip.compress(path.read_bytes()))


def as_arrow_stream(path: Path) -> None:
    """Arrow's streaming format, in which datasets are saved."""
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_stream(str(path), table.schema) as writer:
        writer.write_table(table)


def as_arrow_file(path: Path) -> None:
    """Arrow's file format, which Feather is."""
    table = pa.Table.from_pylist(ROWS)
    with pa.ipc.new_file(str(path), table.schema) as writer:
        writer.write_table(table)


WRITERS: dict[str, Callable[[Path], object]] = {
    "a.jsonl": as_jsonl,
    "a.jsonl.gz": lambda path: path.write_bytes(
        gzip.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode())
    ),
    "a.jsonl.zst": lambda path: path.write_bytes(
        zstandard.compress("".join(json.dumps(row) + "\n" for row in ROWS).encode())
    ),
    "a.json": lambda path: path.write_text(json.dumps(ROWS)),
    "lines.json": as_jsonl,
    "indented.json": lambda path: path.write_text(json.dumps(ROWS, indent=1)),
    "a.csv": as_csv,
    "a.csv.gz": as_packed_csv,
    "a.parquet": lambda path: pa.parquet.write_table(pa.Table.from_pylist(ROWS), path),
    "data-00000-of-00001.arrow": as_arrow_stream,
    "a.feather": as_arrow_file,
}


def tried(path: Path, raw: bytes) -> None:
    """Read these bytes under a name: documents, or reasons why there are none, and nothing else."""
    path.write_bytes(raw)
    kind = kind_of(path.name)
    assert kind is not None
    source = Input(str(path), len(raw), *kind, path.name)
    for row in Reading(source, "utf-8", lambda _: None).rows():
        if isinstance(row, NotRead):
            assert row.reason and "\n" not in row.reason
        else:
            found = made(source, row, Fields(), Guesses())
            assert isinstance(found, str) or (found.texts[0].decode() and found.said[0])
