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

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, bindparam, func, select, text, union_all

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
Conditions = list[ColumnElement[bool]]
_FEW, _SORTED = (
    10,
    1_000,
)  # times the answer, and at most: audits with what is asked for that are sorted, not looked for
_NAMES = 32  # that fit a pattern, up to which each is looked for by itself


def audits(connection: Connection, words: Iterable[str], *, every: bool, most: int) -> list[KeptAudit]:
    """The latest audit of each model, newest first, or `every` one; those that all words of the query fit.

    Args:
        words: `verdict:failed`, `licence:`, `finding:`, `base:`, `policy:`, `kind:` with a name or a pattern, `since:`
            and `until:` with a date; a word alone is looked for in the name.
    """
    words = tuple(words)
    where = [_condition(word, AUDIT if every else MODEL, every=every) for word in words]
    order = (AUDIT.c.last_kept, AUDIT.c.id) if every else (MODEL.c.last_kept, MODEL.c.name)
    asked = select(AUDIT, *order).where(*where)
    asked = asked if every else asked.join(MODEL, MODEL.c.audit_id == AUDIT.c.id)
    few = _few(connection, words, min(_FEW * most, _SORTED), every=every)
    if few is not None:
        asked = asked.where(AUDIT.c.id.in_(bindparam("few", few, expanding=True, literal_execute=True)))
    asked = asked.order_by(*(column.desc() for column in order)).limit(most)
    return [_kept(row) for row in connection.execute(asked)]


def _few(connection: Connection, words: Sequence[str], few: int, *, every: bool) -> list[int] | None:
    """The audits that have what one of the words asks for, where they are so few; None: no word's are."""
    for word in words:
        name, colon, value = word.partition(":")
        about = _HAS.get(name.casefold())
        if colon and about:
            column, fitting = _PLACES[about][0](value)
            id = column.table.c.audit_id
            asked = select(id).where(*fits(column, fitting), *_current(column.table, every=every))
            found = connection.execute(asked.order_by(column, id).limit(few + 1)).scalars().all()  # as the index has it
            if len(found) <= few:
                return sorted(set(found))
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
    of, place, what = _PLACES[about]
    column, fitting = of(value)
    table = column.table
    current = _current(table, every=every)
    names = _fitting(connection, column, fitting, current)
    columns = (table.c.id, table.c.audit_id, place.label("place"), what.label("said"))

    def newest(*where: ColumnElement[bool]) -> Any:
        asked = select(*columns).where(*where, *current)
        return select(asked.order_by(table.c.audit_id.desc(), table.c.id).limit(most).subquery())

    each = [newest(*fits(column, fitting))] if names is None else [newest(column == name) for name in names]
    if not each:
        return []
    rows = union_all(*each).subquery()
    asked = select(rows.c.place, rows.c.said, *AUDIT.c).join(AUDIT, AUDIT.c.id == rows.c.audit_id)
    asked = asked.order_by(rows.c.audit_id.desc(), rows.c.id).limit(most)
    return [Hit(about, row.place, row.said, _kept(row)) for row in connection.execute(asked)]


def _fitting(connection: Connection, column: Any, value: str, current: Conditions) -> list[str] | None:
    """The names that fit a pattern, from one to the next of the index; None: no pattern, or there are too many."""
    pattern = _Pattern(written(value))
    if pattern.start == pattern.text:
        return None
    begin = _begins(column, pattern.start) if pattern.start else []
    names = select(func.min(column).label("name")).where(*begin, *current).cte("names", recursive=True)
    after = select(func.min(column)).where(column > names.c.name, *begin, *current).correlate(names).scalar_subquery()
    names = names.union_all(select(after).where(names.c.name.is_not(None)))
    asked = select(names.c.name).where(names.c.name.is_not(None)).limit(_NAMES + 1)
    found = connection.execute(asked).scalars().all()
    if len(found) > _NAMES:
        return None
    fit = re.compile(pattern.expression, re.DOTALL)
    return [name for name in found if fit.fullmatch(name)]


def _kept(row: Row[Any]) -> KeptAudit:
    values = {name: getattr(row, name) for name in _FIELDS}
    answers = tuple(Glance(*answer) for answer in json.loads(row.answers or "[]"))
    return KeptAudit(**values, latest=bool(row.latest), answers=answers)


def _names(connection: Connection) -> list[str]:
    return list(connection.execute(select(MODEL.c.name).order_by(MODEL.c.last_kept.desc()).limit(1_000)).scalars())


def _digest(value: str) -> tuple[Any, str]:
    found = value.lower().removeprefix("sha256:")
    if not _DIGEST.match(found):
        raise UsageError(f"{value!r} is no SHA-256: expected sha256: and 64 hexadecimal digits, or a file")
    return ARTIFACT.c.sha256, found


def _check(value: str) -> tuple[Any, str]:
    return (FINDING.c.fingerprint if re.fullmatch("[0-9a-f]{16}", value) else FINDING.c.check), value


# by what is asked for: the column and what it has to fit, where it was found, and what is said of it
_PLACES: dict[About, tuple[Callable[[str], tuple[Any, str]], Any, Any]] = {
    About.FILE: (_digest, ARTIFACT.c.path, ARTIFACT.c.format),
    About.FINDING: (_check, FINDING.c.artifact, FINDING.c.kind + " " + FINDING.c.check + ": " + FINDING.c.message),
    About.LICENCE: (lambda value: (LICENCE.c.key, key(value)), LICENCE.c.place, LICENCE.c.name),
    About.BASE: (lambda value: (RELATION.c.key, key(value)), RELATION.c.base, RELATION.c.relation),
    About.WAIVER: (
        lambda value: (WAIVER.c.check, value),
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

    @property
    def expression(self) -> str:
        """The same as a regular expression."""
        return re.escape(self.text).replace(r"\*", ".*").replace(r"\?", ".")


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


def _current(table: Table, *, every: bool) -> Conditions:
    return [] if every else [table.c.latest == _ONE]


_HAS = {"file": About.FILE, "finding": About.FINDING, "licence": About.LICENCE, "base": About.BASE}

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
        column, fitting = _PLACES[_HAS[name.casefold()]][0](value)
        of_audit = column.table.c.audit_id == AUDIT.c.id
        found = select(column).where(of_audit, *fits(column, fitting), *_current(column.table, every=every))
        return found.offset(0).exists()  # so PostgreSQL asks it of one audit after another, and joins no tables
    if colon and name.casefold() in _WORDS:
        return and_(*_WORDS[name.casefold()](value))
    if colon and "/" not in word:
        raise UsageError(f"{name!r} cannot be asked for: give {', '.join(_ASKED)}{did_you_mean(name, _ASKED)}")
    return and_(*fits(AUDIT.c.key, key(matching(word))))


def matching(word: str) -> str:
    """The pattern that a word alone stands for: itself where it is one, else any name that it is a part of."""
    return word if set(word) & set("*?") else f"*{word}*"
