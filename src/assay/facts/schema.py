"""The JSON Schema of a dossier and of its sections, from their dataclasses."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, is_dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from assay.facts.dossier import SCHEMA, Dossier
from assay.facts.section import builtin

_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


def dossier_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a dossier, with that of each of assay's own sections."""
    definitions: dict[str, Any] = {}
    root = _schema(Dossier, definitions)
    definitions["Dossier"]["properties"]["schema"] = {"const": SCHEMA}
    known: dict[str, Any] = {**builtin()}
    definitions["Section"]["oneOf"] = [
        {
            "properties": {
                "id": {"const": id},
                "schema": {"const": kind.SECTION.schema},
                "value": _held(kind, definitions),
            }
        }
        for id, kind in sorted(known.items())
    ] + [{"properties": {"id": {"not": {"enum": sorted(known)}}}}]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "assay dossier",
        **root,
        "$defs": definitions,
    }


def shapes() -> dict[str, str]:
    """For each schema that this version writes the SHA-256 of its shape: names, types and what is required."""
    found = {SCHEMA: _shape(Dossier)}
    sections: list[Any] = [*builtin().values()]
    return found | {kind.SECTION.schema: _shape(kind) for kind in sections}


def _shape(kind: Any) -> str:
    definitions: dict[str, Any] = {}
    _schema(kind, definitions)
    for row in definitions.values():
        row.pop("description", None)
    return hashlib.sha256(json.dumps(definitions, sort_keys=True).encode()).hexdigest()


def _held(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    one = _schema(kind, definitions)
    return {"type": "array", "items": one} if kind.SECTION.many else one


def _schema(kind: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if kind is Any:
        return {}
    if is_dataclass(kind) and isinstance(kind, type):
        if kind.__name__ not in definitions:
            definitions[kind.__name__] = {}
            hints = get_type_hints(kind)
            names = [field.name for field in fields(kind)]
            definitions[kind.__name__] = {
                "type": "object",
                "description": " ".join((kind.__doc__ or "").split()),
                "properties": {name: _schema(hints[name], definitions) for name in names},
                "required": [name for name in names if NoneType not in get_args(hints[name])],
                "additionalProperties": False,
            }
        return {"$ref": f"#/$defs/{kind.__name__}"}
    if get_origin(kind) is tuple:
        return {"type": "array", "items": _schema(get_args(kind)[0], definitions)}
    if get_origin(kind) in (Union, UnionType):
        return {"anyOf": [_schema(option, definitions) for option in get_args(kind)]}
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    return {"type": _SCALARS[kind]}
