"""`models.toml`: the models of a fleet, in groups, and the policy of each group.

schema = "assay-models/1"

[[model]]
model = "models/*"                # folders, files and patterns, from the folder of this file
group = "research"

[[model]]
model = "hf://org/name@revision"

[[model]]
model = "hf://org/*"              # those that the hub lists of an account, now

[group.research]
policy = "default"                # a built-in policy or a file
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from assay import policy
from assay.errors import MissingExtra, UsageError, did_you_mean
from assay.facts.fleet import FleetRow
from assay.files import known_keys, text, toml_value
from assay.lazy import dataclass
from assay.subject import hub

SCHEMA = "assay-models/1"
NAME = "models.toml"
MOST = 16 << 20  # bytes of a list of models
MOST_MODELS = 1_000_000
_MAGIC = "*?["


@dataclass(frozen=True, slots=True)
class Entry:
    """One model: what is audited, where the list says so (file:line), its group, and the policy that judges it.

    `reference` is as the list has it, `opened` the same for a process with any working directory; `trouble` says why
    it cannot be audited, where that is known before.
    """

    reference: str
    opened: str
    place: str
    group: str
    policy: str
    trouble: str = ""


def without(entry: Entry, trouble: str) -> FleetRow:
    """The row of a model that could not be audited."""
    return FleetRow(entry.reference, entry.place, entry.group, None, None, False, False, trouble)


def entries(path: Path, *, offline: bool = False) -> tuple[Entry, ...]:
    """The models of a list, patterns put for what they fit, each once, in the order of the list.

    A pattern of a hub's models that cannot be asked for is an entry with its trouble. Raises UsageError: it is no such
    list, names a policy that is none, or a pattern of files that fits nothing.
    """
    raw = text(path, MOST, "list of models", "write one with  assay fleet init PROJECT")
    try:
        value = toml_value(raw)
    except ValueError as cause:
        raise UsageError(f"{path} is not TOML: {cause}") from None
    if value.get("schema") != SCHEMA:
        raise UsageError(f"{path}: expected schema = {SCHEMA!r}, got {value.get('schema')!r}")
    known_keys(value, {"schema", "policy", "model", "group"}, f"{path}")
    groups = _groups(value, path)
    lines = _lines(raw)
    found: dict[str, Entry] = {}
    for number, row in enumerate(_rows(value, path)):
        place = f"{path.name}:{lines[number] if number < len(lines) else 1}"
        for entry in _entry(row, place, groups, path, offline=offline):
            before = found.setdefault(entry.reference, entry)
            if (before.group, before.policy) != (entry.group, entry.policy):
                raise UsageError(f"{entry.place}: {entry.reference} is listed at {before.place} with other rules")
        if len(found) > MOST_MODELS:
            raise UsageError(f"{path} names more than {MOST_MODELS:,} models: divide it")
    if not found:
        raise UsageError(f'{path} names no model: write  [[model]]  and  model = "FOLDER"')
    return tuple(found.values())


def _groups(value: dict[str, Any], path: Path) -> dict[str, str]:
    """The policy of each group; that of "" is of models without one."""
    table = value.get("group", {})
    if not isinstance(table, dict) or not all(isinstance(row, dict) for row in table.values()):
        raise UsageError(f"{path}: groups are written as [group.NAME]")
    usual = _policy(value.get("policy", "default"), path, str(path))
    found = {"": usual}
    for name, row in table.items():
        known_keys(row, {"policy"}, f"{path} [group.{name}]")
        found[name] = _policy(row.get("policy", usual), path, f"{path} [group.{name}]")
    return found


def _policy(named: object, path: Path, origin: str) -> str:
    if not isinstance(named, str):
        raise UsageError(f"{origin}: policy = {named!r}: expected a name or a file")
    beside = path.parent / named
    whole = str(beside) if named not in policy.BUILTIN and beside.is_file() else named
    policy.load(whole)
    return whole if whole in policy.BUILTIN else os.path.abspath(whole)


def _rows(value: dict[str, Any], path: Path) -> list[Any]:
    rows = value.get("model", [])
    if not isinstance(rows, list):
        raise UsageError(f"{path}: models are written as [[model]]")
    return rows


def _entry(row: Any, place: str, groups: dict[str, str], path: Path, *, offline: bool) -> Iterator[Entry]:
    if not isinstance(row, dict) or not isinstance(row.get("model"), str) or not row["model"].strip():
        raise UsageError(f'{place}: expected  model = "FOLDER, FILE, PATTERN, hf://org/name@revision or endpoint"')
    known_keys(row, {"model", "group", "policy"}, place)
    group = row.get("group", "")
    if group not in groups:
        raise UsageError(f"{place}: no group {group!r}{did_you_mean(str(group), filter(None, groups))}")
    judged = _policy(row["policy"], path, place) if "policy" in row else groups[group]
    if hub.is_pattern(row["model"]):
        found, trouble = _listed(row["model"], offline=offline)
        yield from (Entry(reference, reference, place, group, judged, trouble) for reference in found)
        return
    for reference in _references(row["model"], place, path):
        yield Entry(reference, reference if "://" in reference else os.path.abspath(reference), place, group, judged)


def _listed(pattern: str, *, offline: bool) -> tuple[tuple[str, ...], str]:
    """What a pattern of a hub's models fits; or itself, and why that is not known: the rest of the fleet goes on."""
    if offline:
        return (pattern,), f"{pattern} asks the hub which models it has, and --offline was given"
    try:
        return hub.patiently(partial(hub.listed, pattern, MOST_MODELS)), ""
    except MissingExtra:
        raise
    except UsageError as cause:
        return (pattern,), str(cause)


def _references(model: str, place: str, path: Path) -> list[str]:
    if "://" in model:
        return [model]
    beside = path.parent / os.path.expanduser(model)
    if not set(model) & set(_MAGIC) or beside.exists():
        return [str(beside)]
    found = sorted(glob.glob(str(beside), recursive=True))
    if not found:
        raise UsageError(f"{place}: {model!r} fits nothing in {path.parent}")
    return found


def _lines(raw: str) -> list[int]:
    """The line of each [[model]]."""
    return [number for number, line in enumerate(raw.splitlines(), 1) if line.split("#")[0].strip() == "[[model]]"]
