"""Dossiers with one part replaced."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.facts.dossier import Dossier
from assay.facts.section import section


def with_section(dossier: Dossier, *records: Any, **fields: Any) -> Dossier:
    """The dossier with these records of one class as its section, and other fields replaced."""
    mine = section(records)
    rest = (row for row in dossier.sections if row.id != mine.id)
    return replace(dossier, sections=tuple(sorted((*rest, mine), key=lambda row: row.id)), **fields)
