"""Parquet and Arrow: rows from columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from assay.corpus import _extra
from assay.corpus.row import Row
from assay.corpus.unpacking import bomb

BATCH = 128  # rows of a table at a time: a value that is stored once may stand in each of them
_FILE = b"ARROW1\0\0"  # Arrow columnar format 1.5, "IPC File Format"


def rows(stream: BinaryIO, kind: str, most: int) -> Iterator[Row]:
    """Rows of a file that can be read here and there, up to `most` bytes of values (ValueError beyond)."""
    number = unpacked = 0
    for batch in _batches(stream, kind):
        batch.validate(full=True)  # a damaged file has offsets that point anywhere, and pyarrow follows them
        if unpacked + batch.nbytes > most:
            raise ValueError(bomb(most))
        for fields in batch.to_pylist():
            unpacked += _size(fields)  # of a column with a dictionary the batch has each value once
            if unpacked > most:
                raise ValueError(bomb(most))
            number += 1
            yield Row(number, fields)


def _size(value: Any) -> int:
    """About how many bytes a value takes."""
    if isinstance(value, str | bytes):
        return len(value)
    if isinstance(value, dict):
        return sum(map(len, value)) + sum(map(_size, value.values()))
    return 8 + sum(map(_size, value)) if isinstance(value, list | tuple) else 8


def _batches(stream: BinaryIO, kind: str) -> Iterator[Any]:
    if kind == "parquet":
        file = _extra.pyarrow("pyarrow.parquet").ParquetFile(stream, pre_buffer=False)
        yield from file.iter_batches(BATCH, use_threads=False)
        return
    # datasets saves a stream; a file has its magic around one, which is read alike: for a file pyarrow starts threads
    if stream.read(len(_FILE)) != _FILE:
        stream.seek(0)
    ipc = _extra.pyarrow("pyarrow.ipc")
    reader = ipc.open_stream(stream, options=ipc.IpcReadOptions(use_threads=False))
    for batch in reader:
        for start in range(0, batch.num_rows, BATCH):
            yield batch.slice(start, BATCH)
