"""A first `models.toml` for a project: every model that it names, with the places that do."""

from __future__ import annotations

import json
from collections.abc import Sequence

from assay.facts.fleet import Use
from assay.fleet.models import SCHEMA


def listed(uses: Sequence[Use]) -> dict[str, tuple[Use, ...]]:
    """What is audited of each model that a project names -> the places that name it so."""
    found: dict[str, list[Use]] = {}
    for use in uses:
        key = f"{use.model}@{use.revision}" if use.revision and use.model.startswith("hf://") else use.model
        found.setdefault(key, []).append(use)
    return {key: tuple(rows) for key, rows in sorted(found.items())}


def auditable(reference: str) -> bool:
    """Whether `assay audit` opens it: a folder or file of the project, or a model of a hub."""
    return not reference.startswith(("ollama:", "models:/", "runs:/"))


def toml(uses: Sequence[Use]) -> str:
    """The list; what assay cannot open stands in it as a comment."""
    lines = [f"schema = {json.dumps(SCHEMA)}"]
    for reference, rows in listed(uses).items():
        lines.append("")
        lines += [f"# {use.file}:{use.line} {use.how}" for use in rows[:10]]
        lines += [f"# and {len(rows) - 10:,} more places"] if len(rows) > 10 else []
        if auditable(reference):
            pinned = "" if all(use.pinned for use in rows) or "@" in reference else "  # no revision: pin one"
            lines += ["[[model]]", f"model = {json.dumps(reference)}{pinned}"]
        else:
            lines.append(f"# {reference}: not opened by assay; give the files that it stands for")
    return "\n".join(lines) + "\n"
