"""Read a saved dossier.

One of this schema is read strictly, one of an older schema with what it lacks said, one of a newer schema not at all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from assay.errors import UsageError
from assay.facts.codec import Mismatch, decode
from assay.facts.dossier import SCHEMA, Dossier, WaiverState
from assay.facts.finding import Effect
from assay.facts.section import Section, Unread, builtin, declared
from assay.lazy import regex
from assay.plugin import Loaded

_NAME, _, _VERSION = SCHEMA.partition("/")
_SCHEMA = regex(rf"{re.escape(_NAME)}/(\d{{1,6}})\Z")
# the parts that were fields of their own in the first schema
_OPTIONS = (("comparison", "base"), ("corpora", "corpora"), ("risk", "run"), ("signature", "trust"))  # what gave them
_HEX = regex(r"(?:[0-9a-f]{2})*\Z")
MOST_SEVERE = 10
_FIELDS = ("comparison", "corpora", "openness", "risk", "signature")


def dossier(value: object, plugins: tuple[Loaded, ...] = ()) -> Dossier:
    """The dossier in a JSON value; `lacks` says what an older one does not hold.

    Args:
        plugins: packages outside assay whose sections are to be read too.

    Raises:
        UsageError: it is no dossier, is damaged, or was written by a version that comes after this one.
    """
    schema = value.get("schema") if isinstance(value, dict) else None
    found = _SCHEMA.match(schema) if isinstance(schema, str) else None
    if found is None or not isinstance(value, dict):
        raise UsageError(f"expected schema {SCHEMA!r} or an older one, got {str(schema)[:80]!r}")
    if int(found[1]) > int(_VERSION):
        raise UsageError(f"it has schema {schema!r}, and this version of assay reads up to {SCHEMA!r}: update assay")
    classes = builtin() | declared(row for plugin in plugins for row in plugin.values)
    if schema == SCHEMA:
        return _sound(_with_sections(decode(Dossier, value), classes))
    lacks: list[str] = []
    upgraded = {**_completed(Dossier, _as_sections(value), "", lacks), "schema": SCHEMA}
    read = _sound(_with_sections(decode(Dossier, upgraded), classes))
    missing = (f"{name} (its schema {schema} had none)" for name in dict.fromkeys(lacks))
    return replace(read, lacks=(*missing, *read.lacks))


def _sound(found: Dossier) -> Dossier:
    """The same dossier (ValueError: its parts contradict one another, or are none that assay writes)."""
    rules = {rule.id for rule in found.rules}
    waived = {row.check for row in found.waivers if row.state is WaiverState.APPLIED}
    for finding in found.findings:
        if finding.check not in rules:
            raise ValueError(f"a finding is of the check {finding.check[:80]!r}, which is not among its rules")
        if not all(_HEX.match(row.excerpt or "") for row in finding.evidence):
            raise ValueError(f"the bytes that a finding of {finding.check} shows are not hexadecimal")
        if finding.effect is Effect.WAIVED and finding.check not in waived:
            raise ValueError(f"a finding of {finding.check} is waived, and no waiver applied")
    for rule in found.rules:
        if not 0 <= rule.severity <= MOST_SEVERE:
            raise ValueError(f"the severity of {rule.id[:80]!r} is {rule.severity}, expected 0 to {MOST_SEVERE}")
    for row in found.artifacts:
        if not 0 <= row.size < 1 << 63:
            raise ValueError(f"the size of {row.path[:80]!r} is that of no file")
    return found


def _as_sections(value: dict[str, Any]) -> dict[str, Any]:
    """A dossier of the first schema with its parts as sections."""
    parts = [
        {"id": name, "schema": f"assay-{name}/1", "value": value[name]}
        for name in _FIELDS
        if value.get(name) not in (None, [])
    ]
    core = {key: entry for key, entry in value.items() if key not in _FIELDS}
    given = [option for name, option in _OPTIONS if value.get(name) not in (None, [])]
    return {"sections": parts, "plugins": [], "given": given, "lacks": [], **core}


def _with_sections(found: Dossier, classes: dict[str, type]) -> Dossier:
    """The dossier with each section as the record that its schema names; what cannot be read stays, and is named."""
    sections: list[Section] = []
    lacks = list(found.lacks)
    for row in found.sections:
        read, reason = _typed(row, classes.get(row.id))
        sections.append(read)
        if reason:
            lacks.append(f"section {row.id} ({reason})")
    return replace(found, sections=tuple(sections), lacks=tuple(lacks))


def _typed(row: Section, kind: Any) -> tuple[Section, str]:
    """A section with its record, and why it could not be read (empty: it was)."""
    if kind is None:
        return row, f"schema {row.schema}: nothing that is installed and named reads it"
    expected = kind.SECTION.schema
    if row.schema != expected:
        return row, f"schema {row.schema}: this version reads {expected}"
    holds: Any = tuple[kind, ...] if kind.SECTION.many else kind
    assert isinstance(row.value, Unread)
    try:
        return replace(row, value=decode(holds, json.loads(row.value.text))), ""
    except Mismatch as cause:
        return row, f"schema {row.schema}: {cause}"


def _completed(kind: Any, value: Any, path: str, lacks: list[str]) -> Any:
    """`value` with the fields that it lacks, empty, and without those that the class does not have."""
    if is_dataclass(kind) and isinstance(value, dict):
        hints = get_type_hints(kind)
        return dict(_fields(kind, hints, value, path, lacks))
    arguments = get_args(kind)
    if get_origin(kind) is tuple and isinstance(value, list) and arguments[1:] == (Ellipsis,):
        return [_completed(arguments[0], entry, path, lacks) for entry in value]
    if get_origin(kind) in (Union, UnionType) and value is not None:
        return _completed(next((row for row in arguments if row is not NoneType), Any), value, path, lacks)
    return value


def _fields(kind: Any, hints: dict[str, Any], value: dict[str, Any], path: str, lacks: list[str]) -> Iterator[Any]:
    for field in fields(kind):
        name, hint = field.name, hints[field.name]
        where = f"{path}.{name}" if path else name
        if name in value:
            yield name, _completed(hint, value[name], where, lacks)
        elif NoneType not in get_args(hint):
            lacks.append(where)
            yield name, _empty(hint)()


def _empty(hint: Any) -> Callable[[], Any]:
    """What makes an empty JSON value that decodes as `hint`."""
    if get_origin(hint) is tuple:
        return list
    if hint in (str, int, float, bool):
        made: Callable[[], Any] = hint
        return made
    return dict
