"""HDF5: what leads into other files, sizes that the file cannot hold, and sound files that must pass."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.facts.finding import Kind
from tests.builders.hdf5 import (
    chunked,
    contiguous,
    dataset_file,
    float32,
    heap,
    mapping,
    packed,
    space,
    virtual,
)
from tests.hostile.pickles import zipped

HEAP = 48  # where `front` lies
SOUND = dataset_file(space(4), float32(), contiguous(142, 16), after=bytes(16))


def virtual_file(*rows: tuple[str, str]) -> bytes:
    return dataset_file(space(4), float32(), virtual(HEAP), front=heap(mapping(*rows)))


def said(tmp_path: Path, name: str, raw: bytes, check: str, kind: Kind) -> list[str]:
    (tmp_path / name).write_bytes(raw)
    dossier = assay.audit(tmp_path / name, isolation=False)
    return [finding.message for finding in dossier.findings if (finding.check, finding.kind) == (check, kind)]


@pytest.mark.parametrize(
    ("raw", "check", "kind", "words"),
    [
        (
            virtual_file((".", "a"), ("/etc/secret.h5", "x")),
            "model.touches-files",
            Kind.FAIL,
            "virtual dataset '/w' takes its values from another file: '/etc/secret.h5', dataset 'x'",
        ),
        (
            virtual_file(("part-%b.h5", "x")),
            "model.touches-files",
            Kind.FAIL,
            "takes its values from another file: 'part-%b.h5'",
        ),
        (
            dataset_file(space(4), float32(), virtual(HEAP), front=heap(b"\7" + bytes(40))),
            "artifact.stopped",
            Kind.OPEN,
            "dataset '/w' is virtual, and assay cannot follow all of its parts",
        ),
        (
            dataset_file(space(1 << 20, 1 << 20), float32(), chunked(64, 64, 4), packed(1)),
            "archive.bomb",
            Kind.FAIL,
            "dataset '/w' declares 4,398,046,511,104 bytes (1,048,576 x 1,048,576 values of 4) in a file of",
        ),
        (
            dataset_file(space(1 << 40, 1 << 40), float32(), chunked(64, 64, 4)),
            "archive.bomb",
            Kind.FAIL,
            "dataset '/w' declares 4,835,703,278,458,516,698,824,704 bytes",
        ),
        (
            dataset_file(space(4), float32(1 << 31), chunked(4, 4)),
            "archive.bomb",
            Kind.FAIL,
            "dataset '/w' declares 8,589,934,592 bytes (4 values of 2,147,483,648)",
        ),
        (
            dataset_file(space(4), float32(), chunked(1 << 30, 4), packed(1)),
            "archive.bomb",
            Kind.FAIL,
            "dataset '/w' has chunks of 4,294,967,296 bytes",
        ),
        (
            dataset_file(space((1 << 24) + 1), float32(), contiguous(2**64 - 1, 0)),
            "archive.bomb",
            Kind.FAIL,
            "dataset '/w' declares 67,108,868 bytes",
        ),
        (
            dataset_file(space(4), float32(), contiguous(1 << 30, 16)),
            "artifact.malformed",
            Kind.OPEN,
            "dataset '/w' runs past the end: expected 16 bytes at byte 1,073,741,824, got 0",
        ),
        (
            dataset_file(space(400), float32(), contiguous(142, 16), after=bytes(16)),
            "artifact.malformed",
            Kind.OPEN,
            "dataset '/w' holds 16 bytes, but its extents and type need 1,600",
        ),
        (
            dataset_file(space(4), float32(), contiguous(142, 16), after=bytes(16), end=100),
            "artifact.malformed",
            Kind.OPEN,
            "the HDF5 file ends before the end that it states",
        ),
        (
            dataset_file(space(4), space(5), float32(), contiguous(142, 16)),
            "artifact.malformed",
            Kind.OPEN,
            "HDF5 object '/w' is described twice",
        ),
        (
            dataset_file(space(4), float32(), chunked(4, 4), packed(1, 40_000)),
            "model.custom-operator",
            Kind.REVIEW,
            "packed by the plugin filter 40000",
        ),
        (b"\0" * 512 + SOUND, "artifact.hidden-bytes", Kind.REVIEW, "512 bytes stand in front of the HDF5 superblock"),
        (b"\0" * 511 + SOUND, "artifact.malformed", Kind.OPEN, "not an HDF5 file: it has no superblock"),
    ],
)
def test_what_a_user_reads(tmp_path: Path, raw: bytes, check: str, kind: Kind, words: str) -> None:
    found = said(tmp_path, "model.weights.h5", raw, check, kind)
    assert any(words in message for message in found), found


def test_the_same_is_said_of_weights_in_a_keras_archive(tmp_path: Path) -> None:
    raw = zipped({"config.json": b"{}", "model.weights.h5": virtual_file(("/etc/secret.h5", "x"))})
    (found,) = said(tmp_path, "model.keras", raw, "model.touches-files", Kind.FAIL)
    assert found.startswith("model.keras > model.weights.h5: virtual dataset '/w' takes its values from another file")


@pytest.mark.parametrize(
    "raw",
    [
        SOUND,
        virtual_file((".", "a"), (".", "b")),
        dataset_file(space(4, 4), float32(), chunked(2, 2, 4), packed(2, 1)),
        dataset_file(space(1 << 22), float32(), chunked(1 << 10, 4), packed(1)),
        dataset_file(space(0), float32(), contiguous(2**64 - 1, 0)),
        dataset_file(space(), float32(), contiguous(2**64 - 1, 0)),
    ],
    ids=["contiguous", "virtual-within", "packed", "16-MiB-of-zeros", "empty", "one-value-never-written"],
)
def test_a_sound_file_has_no_finding(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "model.weights.h5").write_bytes(raw)
    dossier = assay.audit(tmp_path / "model.weights.h5", isolation=False)
    assert not [f for f in dossier.findings if f.kind in (Kind.FAIL, Kind.REVIEW)]
    assert [f.kind for f in dossier.findings if f.check == "artifact.malformed"] == [Kind.PASS]
