"""Which files that a signature leaves out are opened all the same, because another file of the model names them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from posixpath import normpath

from assay.facts.artifact import EXCLUDED, Obstacle, lies_in
from assay.facts.config import CodeReference
from assay.facts.structure import Hook, HookKind, PathOutside, Reached
from assay.facts.tensor import ShardIndex
from assay.lazy import regex
from assay.subject.head import NEVER_EMPTY
from assay.subject.walk import Entry, Walk

# formats of files that nothing is loaded from, of what Git keeps for itself, and of what could not be opened
INERT, UNREAD, UNOPENED = "inert", "", "unopened"
DATA = "tensor data"  # of files that no reader knows and another file reads values from
# formats that no loader takes from a folder that it is told to load, unless by the name of the file
_PASSED_OVER = frozenset(
    {INERT, UNREAD, UNOPENED, "unknown", "text", "settings", "image or document", "empty", "yaml", "licence",
     "model-card", "notebook", "checksum-list", "python", "native-code"}
)  # fmt: skip
_NAMING = (
    ".json",
    ".yaml",
    ".yml",
    ".xml",
    ".onnx",
    ".py",
    ".toml",
    ".cfg",
    ".ini",
    ".conf",
    ".pbtxt",
)  # files that name others
_ENDS = regex(r"(?<=.)(?=[._-])")


def reached(left_out: Mapping[str, str], facts: Iterable[object]) -> tuple[Reached, ...]:
    """Those of the files left out that some fact says a loader opens, in the order given.

    Args:
        left_out: path -> format, INERT, UNREAD or UNOPENED.
        facts: what was read of the other files.

    A file is opened where a path leads to it, or to a name that it begins with; what a folder holds is opened where a
    path leads to the folder and a loader takes such files. A file that was not read to its end may name any of these.
    What could not be opened may be a folder or a link to one, and is opened where a path leads through it.
    What a signer left out, and Git does not keep, is opened where loaders take such files at all.
    """
    if all(kind == INERT for kind in left_out.values()):
        return ()
    names, unread = _names(facts)
    through = {folder: why for path, why in names.items() for folder in _folders(path)}
    found = []
    for path, kind in left_out.items():
        why = next((names[row] for row in _exact(path.lower()) if row in names), "") if kind != INERT else ""
        if kind == UNOPENED:
            why = why or through.get(path.lower(), "")
        if kind not in (INERT, UNREAD) and (kind not in _PASSED_OVER or path.lower().endswith(NEVER_EMPTY)):
            why = why or next((names[row] for row in _folders(path.lower()) if row in names), unread)
            why = why or ("" if lies_in(path, EXCLUDED) else "loaders open files of its kind")
        if why:
            found.append(Reached(path, why))
    return tuple(found)


def whole(walk: Walk) -> Walk:
    """The same walk with nothing set aside."""
    entries = (*walk.entries, *(row for row in walk.aside if isinstance(row, Entry)))
    obstacles = (*walk.obstacles, *(row for row in walk.aside if isinstance(row, Obstacle)))
    return replace(
        walk,
        entries=tuple(sorted(entries, key=lambda row: row.path)),
        obstacles=tuple(sorted(obstacles, key=lambda row: row.artifact)),
        aside=(),
    )


def aside(walk: Walk) -> dict[str, str]:
    """What is set aside, as `reached` takes it."""
    rows = ((row.path, UNREAD) if isinstance(row, Entry) else (row.artifact, UNOPENED) for row in walk.aside)
    return dict(rows)


def as_listed(walk: Walk, left_out: Iterable[str]) -> dict[str, str]:
    """These paths as `reached` takes them, before the files among them that are not set aside get their formats."""
    own = aside(walk)
    return {path: own.get(path, UNOPENED) for path in left_out}


def _names(facts: Iterable[object]) -> tuple[dict[str, str], str]:
    """Path -> which file names it, and where; and of a file that was not read to its end that it may name any."""
    found: dict[str, str] = {}
    unread = ""
    for fact in facts:
        if isinstance(fact, Obstacle) and fact.artifact.lower().endswith(_NAMING):
            unread = unread or f"{fact.artifact} was not read to its end and may name it"
        for by, pointer, target in _named(fact):
            for start in {by.rpartition("/")[0], ""}:  # from the file's own folder, or from that of the model
                path = normpath(f"{start}/{target}".lstrip("/")).lower()  # as file systems without case would
                found.setdefault(path, f"{by} names it at {pointer or 'its top'}")
    return found, unread


def _named(fact: object) -> Iterator[tuple[str, str, str]]:
    """(file, pointer, path) of each path that a fact says a file names."""
    if isinstance(fact, PathOutside):
        yield fact.artifact, fact.pointer, fact.target
    elif isinstance(fact, ShardIndex):
        for file, tensor in {file: tensor for tensor, file in fact.weight_map}.items():
            yield fact.artifact, f"/weight_map/{tensor}"[:500], file
    elif isinstance(fact, Hook) and fact.kind is HookKind.READ:
        yield fact.artifact, fact.pointer, fact.target
    elif isinstance(fact, CodeReference) and fact.repository is None:
        yield fact.artifact, fact.pointer, fact.module


def _exact(path: str) -> Iterator[str]:
    """The path, and what it begins with in its folder: a checkpoint of TensorFlow is named by what its files share."""
    yield path
    folder, _, name = path.rpartition("/")
    yield from (f"{folder}/{name[: row.start()]}" for row in _ENDS.finditer(name) if folder)


def _folders(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
