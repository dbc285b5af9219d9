"""What is asked of a registry: which audits, which models have this file, finding, licence or base, what became of one.

Every question is answered from an index, newest first, and no further than it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, exists, func, select, text

from assay.errors import UsageError, did_you_mean
from assay.facts.kept import About, Glance, Hit, KeptAudit
from assay.lazy import dataclass, regex
from assay.registry.rows import key, written
from assay.registry.tables import ARTIFACT, AUDIT, BLOB, FINDING, KEEPING, LICENCE, MODEL, RELATION, WAIVER

_DIGEST = regex(r"[0-9a-f]{64}\Z")
_PREFIX = regex(r"[0-9a-f]{8,64}\Z")
_AT_ONCE = 500  # values in one condition: SQLite takes at most 32,766 variables (limits.html), PostgreSQL 65,535
_LAST = "\U0010ffff"
_ONE = text("1")  # not a parameter: indexes are of what is latest
NEWEST = (AUDIT.c.last_kept.desc(), AUDIT.c.latest.desc(), AUDIT.c.id.desc())  # of one model; times are whole seconds
_FIELDS = tuple(
    field.name for field in fields(KeptAudit) if field.name not in ("latest", "answers", "inherits")
)  # as the columns are called
_FEW = 1_000  # audits that have what is asked for, up to which these are gone through, and not all models


def audits(connection: Connection, words: Iterable[str], *, every: bool, most: int) -> list[KeptAudit]:
    """The latest audit of each model, newest first, or `every` one; those that all words of the query fit.

    Args:
        words: `verdict:failed`, `licence:`, `finding:`, `base:`, `policy:`, `kind:` with a name or a pattern, `since:`
            and `until:` with a date; a word alone is looked for in the name.
    """
    words = tuple(words)
    where = [_condition(word, AUDIT if every else MODEL, every=every) for word in words]
    order = (AUDIT.c.last_kept, AUDIT.c.id) if every else (MODEL.c.last_kept, MODEL.c.name)
    few = _few(connection, words, every=every)
    asked = select(AUDIT if few is None else AUDIT.c.id, *order).where(*where)
    asked = asked if every else asked.join(MODEL, MODEL.c.audit_id == AUDIT.c.id)
    if few is None:
        asked = asked.order_by(*(column.desc() for column in order)).limit(most)
        return [_kept(row) for row in connection.execute(asked)]
    found = sorted(within(connection, asked, AUDIT.c.id, few), key=lambda row: tuple(row)[1:], reverse=True)
    kept = by_ids(connection, [row.id for row in found[:most]])
    return [kept[row.id] for row in found[:most]]


def _few(connection: Connection, words: Sequence[str], *, every: bool) -> set[int] | None:
    """The audits that have what one of the words asks for, where they are few; None: no word's are."""
    for word in words:
        name, colon, value = word.partition(":")
        table = _HAS.get(name.casefold())
        if colon and table:
            asked = select(table[0].c.audit_id).where(*_has(*table, value, every=every)).limit(_FEW + 1)
            found = connection.execute(asked).scalars().all()
            if len(found) <= _FEW:
                return set(found)
    return None


def history(connection: Connection, name: str, most: int) -> list[KeptAudit]:
    """The audits of one model, newest first (UsageError: none is kept)."""
    asked = select(AUDIT).where(AUDIT.c.key == key(name)).order_by(*NEWEST).limit(most)
    rows = connection.execute(asked.where(AUDIT.c.name == written(name))).all() or connection.execute(asked).all()
    if not rows:
        raise UsageError(f"no audit of {name!r} is kept{did_you_mean(name, _names(connection))}")
    return [_kept(row) for row in rows]


def latest(connection: Connection, name: str) -> KeptAudit | None:
    """The latest audit of the model of this very name; None: none is kept."""
    asked = select(AUDIT).join(MODEL, MODEL.c.audit_id == AUDIT.c.id).where(MODEL.c.name == written(name))
    row = connection.execute(asked).first()
    return _kept(row) if row else None


def count(connection: Connection, name: str) -> int:
    """How many audits of the model of this very name are kept."""
    own = select(func.count()).where(AUDIT.c.key == key(name), AUDIT.c.name == written(name))
    return int(connection.execute(own).scalar_one())


def by_id(connection: Connection, id: int) -> KeptAudit:
    """The audit of this id."""
    return _kept(connection.execute(select(AUDIT).where(AUDIT.c.id == id)).one())


def by_ids(connection: Connection, ids: Iterable[int]) -> dict[int, KeptAudit]:
    """The audits of these ids."""
    return {row.id: _kept(row) for row in within(connection, select(AUDIT), AUDIT.c.id, ids)}


def within(connection: Connection, asked: Any, column: Any, values: Iterable[Any]) -> Iterator[Any]:
    """The rows whose column has one of the values, however many these are."""
    every = sorted(values)
    for start in range(0, len(every), _AT_ONCE):
        yield from connection.execute(asked.where(column.in_(every[start : start + _AT_ONCE])))


def as_of(connection: Connection, time: str) -> list[KeptAudit]:
    """The audit of each model that was kept last up to a time."""
    order = (KEEPING.c.at.desc(), AUDIT.c.id.desc())
    place = func.row_number().over(partition_by=AUDIT.c.name, order_by=order).label("place")
    kept = select(AUDIT.c.id, place).join(KEEPING, KEEPING.c.audit_id == AUDIT.c.id).where(KEEPING.c.at <= time)
    ranked = kept.subquery()
    asked = select(AUDIT).join(ranked, ranked.c.id == AUDIT.c.id).where(ranked.c.place == 1)
    return [_kept(row) for row in connection.execute(asked.order_by(AUDIT.c.name))]


def one(connection: Connection, which: str) -> KeptAudit:
    """The audit that is meant: a model's name (its latest), `NAME~2` (two before that), or a dossier's digest.

    Raises:
        UsageError: none is meant, or more than one.
    """
    name, tilde, back = which.rpartition("~")
    if tilde and back.isdecimal() and len(back) < 7:
        found = history(connection, name, int(back) + 1)
        if int(back) >= len(found):
            raise UsageError(f"only {len(found):,} audits of {name!r} are kept: {which!r} is before the first")
        return found[int(back)]
    digest = which.removeprefix("sha256:")
    if _PREFIX.match(digest):
        beginning = (AUDIT.c.dossier >= digest, AUDIT.c.dossier <= f"{digest}g")  # after f in any collation
        rows = connection.execute(select(AUDIT).where(*beginning).limit(2)).all()
        if len(rows) == 2:
            raise UsageError(f"more than one kept dossier begins with {digest!r}: give more of its digits")
        if rows:
            return _kept(rows[0])
    return history(connection, which, 1)[0]


def find(connection: Connection, about: About, value: str, *, every: bool, most: int) -> list[Hit]:
    """Where something is, newest first: in the latest audit of each model, or in `every` one.

    Args:
        value: the SHA-256 of a file, or what a check, licence, base or the check of a waiver is called, as a name or
            a pattern such as `pickle.*`; of a finding also its fingerprint.
    """
    where, place, what = _PLACES[about]
    table: Table = place.table
    asked = select(place.label("place"), what.label("said"), *AUDIT.c).join(AUDIT, AUDIT.c.id == table.c.audit_id)
    asked = asked.where(*where(value))
    if not every:
        asked = asked.where(table.c.latest == _ONE)
    asked = asked.order_by(table.c.audit_id.desc(), table.c.id).limit(most)
    return [Hit(about, row.place, row.said, _kept(row)) for row in connection.execute(asked)]


def _kept(row: Row[Any]) -> KeptAudit:
    values = {name: getattr(row, name) for name in _FIELDS}
    answers = tuple(Glance(*answer) for answer in json.loads(row.answers or "[]"))
    return KeptAudit(**values, latest=bool(row.latest), answers=answers)


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(select(MODEL.c.name).order_by(MODEL.c.last_kept.desc()).limit(1_000)).scalars())


Conditions = list[ColumnElement[bool]]


def _digest(value: str) -> Conditions:
    found = value.lower().removeprefix("sha256:")
    if not _DIGEST.match(found):
        raise UsageError(f"{value!r} is no SHA-256: expected sha256: and 64 hexadecimal digits, or a file")
    return [ARTIFACT.c.sha256 == found]


def _check(value: str) -> Conditions:
    if re.fullmatch("[0-9a-f]{16}", value):
        return [FINDING.c.fingerprint == value]
    return fits(FINDING.c.check, value)


_PLACES: dict[About, tuple[Callable[[str], Conditions], Any, Any]] = {
    About.FILE: (_digest, ARTIFACT.c.path, ARTIFACT.c.format),
    About.FINDING: (_check, FINDING.c.artifact, FINDING.c.kind + " " + FINDING.c.check + ": " + FINDING.c.message),
    About.LICENCE: (lambda value: fits(LICENCE.c.key, key(value)), LICENCE.c.place, LICENCE.c.name),
    About.BASE: (lambda value: fits(RELATION.c.key, key(value)), RELATION.c.base, RELATION.c.relation),
    About.WAIVER: (
        lambda value: fits(WAIVER.c.check, value),
        WAIVER.c.artifact,
        WAIVER.c.check + ", by " + WAIVER.c.owner + " until " + WAIVER.c.expires + ": " + WAIVER.c.reason,
    ),
}


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A name with `*` for any letters and `?` for one."""

    text: str

    @property
    def start(self) -> str:
        """What stands before the first of them."""
        return re.split(r"[*?]", self.text, maxsplit=1)[0]

    @property
    def like(self) -> str:
        """The same as SQL's LIKE has it, with `!` before what is meant by itself."""
        escaped = re.sub(r"([!%_])", r"!\1", self.text)
        return escaped.replace("*", "%").replace("?", "_")


def fits(column: Any, value: str) -> Conditions:
    """That a column is a name, or fits a pattern; what a pattern begins with is a range of the index."""
    value = written(value)
    found = _Pattern(value)
    if found.start == value:
        return [column == value]
    rest = [] if value == f"{found.start}*" else [column.like(found.like, escape="!")]
    return [*(_begins(column, found.start) if found.start else []), *rest]


def _begins(column: Any, start: str) -> Conditions:
    return [column >= start, column <= start + _LAST]


def _day(value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"{value!r} is no date: expected one such as 2026-11-27") from None


def _has(table: Table, about: About, value: str, *, every: bool) -> Conditions:
    return [*_PLACES[about][0](value), *([] if every else [table.c.latest == _ONE])]


_HAS: dict[str, tuple[Table, About]] = {
    "file": (ARTIFACT, About.FILE),
    "finding": (FINDING, About.FINDING),
    "licence": (LICENCE, About.LICENCE),
    "base": (RELATION, About.BASE),
}

_WORDS: dict[str, Callable[[str], Conditions]] = {
    "name": lambda value: fits(AUDIT.c.key, key(value)),
    "policy": lambda value: [AUDIT.c.policy == written(value)],
    "kind": lambda value: [AUDIT.c.kind == written(value)],
    "since": lambda value: [AUDIT.c.last_kept >= _day(value).isoformat()],
    "until": lambda value: [AUDIT.c.last_kept < (_day(value) + timedelta(days=1)).isoformat()],
}

_ASKED = ("verdict", *_WORDS, *_HAS)


def blobs(connection: Connection, id: int, roles: Iterable[str]) -> dict[str, str]:
    """The SHA-256 of what belongs to an audit in these roles, by role."""
    asked = select(BLOB.c.role, BLOB.c.sha256).where(BLOB.c.audit_id == id, BLOB.c.role.in_(tuple(roles)))
    return {row.role: row.sha256 for row in connection.execute(asked)}


def _condition(word: str, of: Table, *, every: bool) -> ColumnElement[bool]:
    """What one word of a query asks for (UsageError: it is none).

    Args:
        of: whose verdicts are meant: those of audits, or of models, which are those of their latest.
    """
    name, colon, value = word.partition(":")
    if colon and name.casefold() == "verdict":
        return of.c.verdict == written(value).upper()
    if colon and name.casefold() in _HAS:
        table, about = _HAS[name.casefold()]
        return exists().where(table.c.audit_id == AUDIT.c.id, *_has(table, about, value, every=every))
    if colon and name.casefold() in _WORDS:
        return and_(*_WORDS[name.casefold()](value))
    if colon and "/" not in word:
        raise UsageError(f"{name!r} cannot be asked for: give {', '.join(_ASKED)}{did_you_mean(name, _ASKED)}")
    return and_(*fits(AUDIT.c.key, key(matching(word))))


def matching(word: str) -> str:
    """The pattern that a word alone stands for: itself where it is one, else any name that it is a part of."""
    return word if set(word) & set("*?") else f"*{word}*"
