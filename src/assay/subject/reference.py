"""What a user types to name a model: a folder, a file, a hub reference or an endpoint."""

from __future__ import annotations

from pathlib import Path

from assay.errors import UsageError
from assay.facts.dossier import ENDPOINT
from assay.subject import Walk, walked


def opened(reference: str, *, offline: bool) -> Walk:
    """The walk over what `reference` names."""
    if reference.startswith("hf://"):
        from assay.subject.hub import fetched

        return fetched(reference, offline=offline)
    if reference.startswith(ENDPOINT):
        if offline:
            raise UsageError(f"{reference} is behind a network, and --offline was given")
        return Walk(reference.rpartition("#")[2] if "#" in reference else reference, reference, (), (), (), ())
    if "://" in reference:
        raise UsageError(
            f"cannot open {reference}: this version opens folders, files, hf://org/name and openai+http://host/v1#model"
        )
    return walked(Path(reference))
