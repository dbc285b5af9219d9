"""Every kind of input on arbitrary and on damaged bytes: rows, or places where none could be read, and nothing else."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from pathlib import Path

import pyarrow
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from assay.corpus.inputs import Input, kind_of
from assay.corpus.row import NotRead
from assay.corpus.rows import Reading
from tests.builders.rows import WRITERS, tried

NAMES = (*WRITERS, "a.txt", "a.html", "a.tsv", "a.txt.gz")


LINE = b'{"text": "' + b"a" * 10_000 + b'"}\n'


def packed(path: Path) -> None:
    path.write_bytes(gzip.compress(LINE * 600))


def frames(path: Path) -> None:
    path.write_bytes(zstandard.ZstdCompressor().compress(LINE * 100) * 6)


def table(path: Path) -> None:
    text = pyarrow.array(["x" * 10_000])
    column = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0] * 600, pyarrow.int32()), text)
    parquet.write_table(pyarrow.table({"text": column.cast(pyarrow.string())}), path, compression="zstd")


@pytest.mark.parametrize(("name", "write"), [("a.jsonl.gz", packed), ("a.jsonl.zst", frames), ("a.parquet", table)])
def test_what_a_file_stands_for_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, write: Callable[[Path], None]
) -> None:
    """A few MB of a table or an archive can stand for more than a disk holds."""
    monkeypatch.setattr("assay.corpus.unpacking.LEAST", 2 << 20)
    monkeypatch.setattr("assay.corpus.unpacking.TIMES", 1)
    path = tmp_path / name
    write(path)
    kind = kind_of(name)
    assert kind is not None and path.stat().st_size < 1 << 20
    reading = Reading(Input(str(path), path.stat().st_size, *kind, name), "utf-8", lambda _: None)
    *rows, last = reading.rows()
    assert 0 < len(rows) < 300 and isinstance(last, NotRead)
    assert "it unpacks to more than 2 MiB, 1 times its size or more; unpack it before" in last.reason
    assert reading.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", NAMES)
def test_arbitrary_bytes(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("rows")

    @given(st.binary(max_size=300))
    def run(raw: bytes) -> None:
        tried(folder / name, raw)

    run()


@pytest.mark.parametrize("name", WRITERS)
def test_damaged_files(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("rows")
    WRITERS[name](folder / name)
    whole = (folder / name).read_bytes()

    @given(st.integers(0, len(whole) - 1), st.integers(1, 255), st.integers(0, len(whole)))
    def run(at: int, change: int, stop: int) -> None:
        raw = bytearray(whole)
        raw[at] ^= change
        tried(folder / name, bytes(raw[:stop] if stop % 3 == 0 else raw))

    run()
