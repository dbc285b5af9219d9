"""What is kept beside a dossier: the bill of materials, the signature of the model, the fingerprint of its weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assay import api
from assay.errors import InputError, UsageError
from assay.facts.dossier import Dossier
from assay.files import content

if TYPE_CHECKING:
    from assay.pipeline.gathered import Gathered
    from assay.subject import Walk
    from assay.weights.fingerprint import Fingerprint

_SIGNATURE = "model.sig"  # model_signing, the name that its command writes to
_MOST_SIGNATURE = 16 << 20


def beside(
    dossier: Dossier, model: str, before: Mapping[str, bytes], made: Callable[[], Fingerprint | None] | None
) -> dict[str, bytes]:
    """The files by role that belong to an audit of the model that a reference leads to.

    Args:
        before: what was made of the same files for an earlier audit, if anything; then no weights are read.
        made: makes the fingerprint of what was read; without it the model is opened once more.
    """
    read = before or {**_signature(model), **_fingerprint(dossier, made or (lambda: _opened(dossier, model)))}
    return {"bom": dossier.render("cyclonedx").encode(), **read}


def _signature(model: str) -> dict[str, bytes]:
    path = Path(model, _SIGNATURE)
    if "://" in model or path.is_symlink() or not path.is_file():
        return {}
    return {"signature": content(path, _MOST_SIGNATURE, "signature")}


def _fingerprint(dossier: Dossier, made: Callable[[], Fingerprint | None]) -> dict[str, bytes]:
    """The fingerprint of the weights, where they have one."""
    if dossier.subject.closed or not dossier.portrait.weights:
        return {}
    from assay.weights.fingerprint_files import encoded

    try:
        found = made()
    except (InputError, UsageError):  # none that can be read, or without the layers that it is made from
        return {}
    return {"fingerprint": encoded(found)} if found is not None else {}


def fingerprint(walk: Walk, read: Gathered, dossier: Dossier) -> Fingerprint | None:
    """Of weights on disk, from what was read of them in full: nothing is read again, and none are fetched for it."""
    from assay.weights.comparison.reference import fingerprint_of_read

    return None if walk.far else fingerprint_of_read(walk, read.facts, dossier.subject.sha256)


def _opened(dossier: Dossier, model: str) -> Fingerprint:
    """Made from the files as they lie there now; a hub's are in its cache by now, at the audited commit."""
    return api.fingerprint(dossier.subject.reference or model, offline=True)
