"""Every kind of input on arbitrary and on damaged bytes: rows, or places where none could be read, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.corpus.documents import Fields, Guesses, made
from assay.corpus.inputs import Input, kind_of
from assay.corpus.rows import NotRead, Reading
from tests.builders.rows import WRITERS

NAMES = (*WRITERS, "a.txt", "a.html", "a.tsv", "a.txt.gz")


def tried(path: Path, raw: bytes) -> None:
    path.write_bytes(raw)
    kind = kind_of(path.name)
    assert kind is not None
    source = Input(str(path), len(raw), *kind, path.name)
    for row in Reading(source, "utf-8", lambda _: None).rows():
        if isinstance(row, NotRead):
            assert row.reason and "\n" not in row.reason
        else:
            found = made(source, row, Fields(), Guesses())
            assert isinstance(found, str) or (found[0].decode() and found[1].id)


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
