"""The same five rows in every format that a corpus is built from."""

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
