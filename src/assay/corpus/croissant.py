"""What the Croissant file of a data set says of it."""

from __future__ import annotations

from pathlib import Path

from assay.corpus._card import card
from assay.errors import UsageError
from assay.licence.name import named


def metadata(path: Path) -> dict[str, str]:
    """`name`, `licence`, `url`, `version` and `creator` as far as the file gives them.

    Raises:
        UsageError: it cannot be read, or is no Croissant file.
    """
    found, why = card(path, "_croissant")
    if found is None:
        raise UsageError(f"{path}: not a Croissant file ({why})")
    licences = [claim.text for claim in found.claims if claim.key == "licence"]
    known = next((text for text in licences if named(text)), licences[0])  # here: the worker has no tables of names
    return {claim.key: claim.text for claim in found.claims} | {"licence": known}
