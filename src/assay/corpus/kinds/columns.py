"""Parquet and Arrow: rows from columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra
from assay.corpus.row import Row
from assay.corpus.unpacking import bomb

BATCH = 128  # rows of a table at a time: a value that is stored once may stand in each of them


def rows(stream: BinaryIO, kind: str, most: int) -> Iterator[Row]:
    """Rows of a file that can be read here and there, up to `most` bytes of values (ValueError beyond)."""
    number = unpacked = 0
    for batch in _batches(stream, kind):
        batch.validate(full=True)  # a damaged file has offsets that point anywhere, and pyarrow follows them
        unpacked += batch.nbytes
        if unpacked > most:
            raise ValueError(bomb(most))
        for fields in batch.to_pylist():
            number += 1
            yield Row(number, fields)


def _batches(stream: BinaryIO, kind: str) -> Iterator[Any]:
    if kind == "parquet":
        file = _extra.pyarrow("pyarrow.parquet").ParquetFile(stream, pre_buffer=False)
        yield from file.iter_batches(BATCH, use_threads=False)
        return
    arrow = _extra.pyarrow()
    ipc = _extra.pyarrow("pyarrow.ipc")
    alone = ipc.IpcReadOptions(use_threads=False)
    try:
        reader = ipc.open_stream(stream, options=alone)  # what datasets saves to disk
    except arrow.ArrowInvalid:
        stream.seek(0)
        whole = ipc.open_file(stream, options=alone)
        reader = (whole.get_batch(index) for index in range(whole.num_record_batches))
    for batch in reader:
        for start in range(0, batch.num_rows, BATCH):
            yield batch.slice(start, BATCH)
