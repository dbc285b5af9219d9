"""Fingerprints as files: a library of known models, and which of them a model shares an origin with.

A fingerprint is a safetensors file, so that whoever reads one needs nothing of ours, and ours is read by the same
bounded reader as any weight file.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from assay.errors import InputError, UsageError
from assay.facts.comparison import Kinship
from assay.files import data_folder
from assay.weights.fingerprint import LAYERS, NEURONS, OWN, SHARED, Fingerprint, kinship
from assay.weights.safetensors import safetensors

SCHEMA = "assay-fingerprint/2"  # 1 knew only gated layers, and took the strongest neurons by their scale
SUFFIX = ".fingerprint.safetensors"
MOST = 64 * 1024 * 1024
MOST_FILES = 10_000
_SEPARATOR = "\0"


def library() -> Path:
    """Where fingerprints are kept unless another folder is named: `$XDG_DATA_HOME/assay/fingerprints`."""
    return data_folder() / "fingerprints"


def encoded(found: Fingerprint) -> bytes:
    """The fingerprint as a safetensors file."""
    texts = _SEPARATOR.join(sorted(found.tokens)).encode("utf-8", "backslashreplace")
    sketches = {"gate": found.gate, "own": found.own, "up": found.up}
    tensors = {name: ("I8", values.shape, values.tobytes()) for name, values in sketches.items()}
    told = {
        "name": found.name,
        "sha256": found.sha256,
    }
    told |= {"hidden": str(found.hidden), "inner": str(found.inner), "depth": str(found.depth)}
    return safetensors(tensors | {"tokens": ("U8", (len(texts),), texts)}, {"schema": SCHEMA} | told)


def decoded(path: Path) -> Fingerprint:
    """The fingerprint in a file; UsageError says what is wrong with it."""
    try:
        if path.stat().st_size > MOST:
            raise UsageError(f"{path} is larger than any fingerprint ({MOST:,} bytes)")
        return _decoded(path, isolation=True)
    except OSError as cause:
        raise UsageError(f"cannot read {path}: {cause.strerror}") from None
    except InputError as cause:
        raise UsageError(f"{path} is no fingerprint that can be read: {cause}") from None


def kept(raw: bytes) -> Fingerprint:
    """The fingerprint in bytes that `encoded` made (UsageError: they are none).

    They are read in this process: it takes a bounded header and plain integers.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "kept.safetensors")
        path.write_bytes(raw[: MOST + 1])
        try:
            return _decoded(path, isolation=False)
        except InputError as cause:
            raise UsageError(f"a kept fingerprint cannot be read: {cause}") from None


def _decoded(path: Path, *, isolation: bool) -> Fingerprint:
    import numpy as np

    from assay import weights

    found = weights.open(path, isolation=isolation)
    told = dict(found.set.indexes[0].metadata)
    if told.get("schema", "").startswith("assay-fingerprint/") and told["schema"] != SCHEMA:
        raise InputError(f"it is {told['schema'][:80]}, not {SCHEMA}: make it again with  assay fingerprint MODEL")
    if told.get("schema") != SCHEMA or not {"gate", "own", "up", "tokens"} <= set(found):
        raise InputError(f"expected schema {SCHEMA!r}, got {told.get('schema', '')[:80]!r}")
    sketches = {}
    for name, dimensions in (("own", OWN), ("up", SHARED), ("gate", SHARED)):
        values = np.asarray(found[name].array(), np.int8)
        if values.ndim != 3 or values.shape[2] != dimensions or not 0 < values.size <= LAYERS * NEURONS * dimensions:
            raise InputError(f"{name} has shape {values.shape}")
        sketches[name] = values
    own, up, gate = sketches["own"], sketches["up"], sketches["gate"]
    sizes = [told.get(key, "") for key in ("hidden", "inner", "depth")]
    if up.shape != gate.shape or len(own) != len(up) or not all(text.isascii() and text.isdigit() for text in sizes):
        raise InputError("its parts do not belong together")
    texts = found["tokens"].array().astype(np.uint8).tobytes().decode("utf-8", "replace")
    tokens = frozenset(texts.split(_SEPARATOR))
    hidden, inner, depth = (int(text[:18]) for text in sizes)
    return Fingerprint(told.get("name", path.name), told.get("sha256", ""), hidden, inner, depth, own, up, gate, tokens)


def relatives(model: Fingerprint, folder: Path) -> list[Kinship]:
    """`model` against every fingerprint in `folder`, the likeliest relatives first; UsageError: none, or too many."""
    files = sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []
    if not files:
        raise UsageError(f"no fingerprints in {folder}: make some with  assay fingerprint MODEL")
    if len(files) > MOST_FILES:  # those left out might be the relatives
        raise UsageError(f"{folder} holds {len(files):,} fingerprints, at most {MOST_FILES:,} are compared: divide it")
    found = [kinship(model, decoded(path)) for path in files]
    return sorted(found, key=lambda row: (min(row.fixed_log10_p, row.agreed_log10_p), row.name))
