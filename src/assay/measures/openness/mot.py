"""Listings of the Model Openness Tool (lfai/model_openness_tool, schema/mof_schema.json): YAML in and out, the class.

A listing is typed in by somebody, so everything in it is a claim. It is kept as read: writing it again loses nothing.
"""

from __future__ import annotations

import difflib
from typing import Any

from assay.errors import Malformed
from assay.facts.openness import COMPONENTS, COUNTED, Classification, ComponentKind, LicenceOrigin, Openness
from assay.lazy import dataclass
from assay.licence.name import named
from assay.licence.tag import short
from assay.licence.term import fits, is_open
from assay.measures.openness.classes import Standing, classified

FRAMEWORK = {"name": "Model Openness Framework", "version": "1.0", "date": "2024-12-15"}
_BY_TITLE = {kind.title: kind for kind in COMPONENTS}
_MOST = 100  # rows of components; the framework has 17


@dataclass(frozen=True, slots=True)
class Row:
    """One component of a listing: its kind, and the licence that applies to it (empty: unlicensed)."""

    kind: ComponentKind
    licence: str


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing as it was read (`content`, plain YAML values), its name, and its components in order."""

    name: str
    rows: tuple[Row, ...]
    content: dict[str, Any]

    def classification(self) -> Classification:
        """The class by the rules of the tool: first licence that applies, open or not, kind with a warning."""
        return classified(
            {
                row.kind.id: Standing(is_open(row.licence), is_open(row.licence) and fits(row.licence, row.kind.domain))
                for row in self.rows
            }
        )


def listing(content: dict[str, Any]) -> Listing:
    """The listing in a MOT file's mapping; Malformed says which part is not as the schema has it."""
    release = content.get("release")
    if not isinstance(release, dict):
        raise Malformed("no MOT listing", expected="a mapping `release`", got=type(release).__name__)
    if not isinstance(release.get("name"), str):
        raise Malformed(
            "the listing has no name", expected="a text at release.name", got=repr(release.get("name"))[:60]
        )
    components = release.get("components", [])
    if not isinstance(components, list) or len(components) > _MOST:
        raise Malformed(
            "release.components is no list of components",
            expected=f"a list of at most {_MOST}",
            got=type(components).__name__,
        )
    licences = release.get("license")
    return Listing(
        release["name"],
        tuple(_row(entry, licences if isinstance(licences, dict) else {}) for entry in components),
        content,
    )


def _row(entry: Any, licences: dict[str, Any]) -> Row:
    name = entry.get("name") if isinstance(entry, dict) else None
    kind = _BY_TITLE.get(name) if isinstance(name, str) else None
    if kind is None:
        near = difflib.get_close_matches(str(name), _BY_TITLE, 1, 0.4)
        raise Malformed(f"no component {str(name)[:60]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    own = entry.get("license")
    if isinstance(own, str) and own.strip():
        return Row(kind, _licence(own))
    for key in (str(kind.domain), "distribution"):
        row = licences.get(key)
        said = row.get("name") if isinstance(row, dict) else None
        if isinstance(said, str) and said.strip():
            return Row(kind, _licence(said))
    return Row(kind, "")


def _licence(written: str) -> str:
    """The licence that is written, or its name where it is not known; nothing for the tool's "unlicensed"."""
    bare = written.strip()
    return "" if bare.lower() == "unlicensed" else short(named(bare)) or bare


def listed(found: Openness, name: str) -> dict[str, Any]:
    """A listing of what counts by evidence: each component with its path, its licence, and where that is written."""
    licence = next((row.licence for row in found.components if row.licence.origin is LicenceOrigin.DISTRIBUTION), None)
    whole = (
        {"name": licence.id, "path": licence.evidence[0].artifact if licence.evidence else ""}
        if licence
        else {"name": "unlicensed", "path": ""}
    )
    rows: list[dict[str, str]] = []
    for kind, row in zip(COMPONENTS, found.components, strict=True):
        if row.support in COUNTED:
            entry = {"name": kind.title, "description": f"{row.support} by assay: {row.because}"}
            if row.licence.origin is not LicenceOrigin.DISTRIBUTION:
                entry["license"] = row.licence.id or "unlicensed"
                entry["license_path"] = row.licence.evidence[0].artifact if row.licence.evidence else ""
            entry["component_path"] = row.evidence[0].artifact
            rows.append(entry)
    release = {"name": name, "version": "", "license": {"distribution": whole}, "producer": "", "components": rows}
    return {"framework": dict(FRAMEWORK), "release": release}


def written(found: Openness, name: str) -> bytes:
    """The same as YAML in UTF-8."""
    import yaml

    return yaml.safe_dump(listed(found, name), sort_keys=False, allow_unicode=True).encode()
