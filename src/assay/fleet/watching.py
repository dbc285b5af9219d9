"""Watch a fleet: ask hubs what their revisions lead to now, audit what is new, and tell a webhook what came of it."""

from __future__ import annotations

import hashlib
import hmac
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from assay.errors import MissingExtra, UsageError
from assay.facts.codec import canonical, decode
from assay.facts.fleet import FleetRow
from assay.files import as_record, content
from assay.fleet.models import Entry, without
from assay.lazy import dataclass
from assay.network.server import Server
from assay.secret import host_alone
from assay.subject import hub
from assay.writing import write

NAME = "assay.watch.json"
SCHEMA, SUMMARY = "assay-watch/1", "assay-watch-summary/1"
SECRET = "ASSAY_WEBHOOK_SECRET"  # noqa: S105 - the variable's name
MOST = 64 << 20  # bytes of what is remembered
MOST_WAITING = 100  # summaries that no webhook has taken yet
READ = 15.0  # seconds that a webhook may take


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reference led to when its hub was asked last."""

    reference: str
    commit: str
    tag: str


@dataclass(frozen=True, slots=True)
class Model:
    """A model of which a summary tells: its verdict now and before (empty: none), or why it could not be audited."""

    model: str
    reference: str
    verdict: str
    before: str
    dossier: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Summary:
    """What one look came to, as the webhook gets it: how many models were looked at, and those that differ."""

    schema: str
    at: str
    asked: int
    models: tuple[Model, ...]


@dataclass(frozen=True, slots=True)
class State:
    """What is remembered between two looks, beside the list of models."""

    schema: str
    seen: tuple[Seen, ...]
    waiting: tuple[Summary, ...]


def remembered(path: Path) -> State:
    """What an earlier look left (UsageError: it is damaged, or of another version)."""
    if not path.exists():
        return State(SCHEMA, (), ())
    raw = content(path, MOST, "record of a watch", "remove it: everything is asked again then")
    return as_record(raw, path, "record of a watch", SCHEMA, lambda value: decode(State, value))


def remember(path: Path, state: State) -> None:
    """Leave it for the next look."""
    write(path, canonical(state))


@dataclass(frozen=True, slots=True)
class Asked:
    """What asking came to: the entries that may be new, hubs' at their commits; what was seen; and what went wrong."""

    entries: tuple[Entry, ...]
    seen: tuple[Seen, ...]
    troubles: tuple[FleetRow, ...]


def asked(entries: Sequence[Entry], state: State, sleep: Callable[[float], None] = time.sleep) -> Asked:
    """Ask for every model of a hub that names no commit; one that cannot be asked for is a row, and the rest goes on.

    A model that is new is audited at the commit that the hub gave, so that no later one comes in between.
    """
    known = {row.reference: row for row in state.seen}
    found: list[Entry] = []
    seen: list[Seen] = []
    troubles: list[FleetRow] = []
    for entry in entries:
        if entry.trouble:
            troubles.append(without(entry, entry.trouble))
            continue
        if not entry.opened.startswith(hub.SCHEME):
            found.append(entry)
            continue
        old = known.get(entry.opened)
        try:
            if hub.pinned(entry.opened):
                found.append(entry)
                continue
            before = hub.Head(old.commit, old.tag) if old else None
            head = hub.patiently(partial(hub.head, entry.opened, before), sleep)
        except MissingExtra:
            raise
        except UsageError as cause:
            troubles.append(without(entry, str(cause)))
            seen += [old] if old else []
            continue
        seen.append(Seen(entry.opened, head.commit, head.tag))
        if old is None or old.commit != head.commit:
            name, _ = hub.named(entry.opened)
            found.append(replace(entry, opened=f"{hub.SCHEME}{name}@{head.commit}"))
    return Asked(tuple(found), tuple(seen), tuple(troubles))


def unfinished(found: Asked, rows: Sequence[FleetRow]) -> tuple[Seen, ...]:
    """What to remember: not that a commit was seen whose audit, among these rows, failed, so that it is tried again."""
    failed = {row.reference for row in rows if not row.audit}
    return tuple(row for row in found.seen if row.reference not in failed)


def summary(rows: Sequence[FleetRow], asked: int, at: str) -> Summary:
    """What the webhook is told: the models whose audit is another than before, and those that could not be audited."""
    models = tuple(
        Model(
            row.audit.name if row.audit else row.reference,
            (row.audit.reference if row.audit else "") or row.reference,
            row.audit.verdict if row.audit else "",
            row.before.verdict if row.before else "",
            row.audit.dossier if row.audit else "",
            row.trouble,
        )
        for row in rows
        if not (row.audit and row.before and row.audit.dossier == row.before.dossier)
    )
    return Summary(SUMMARY, at, asked, models)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The value of X-Assay-Signature: HMAC-SHA256 (RFC 2104) over the timestamp, a full stop and the body."""
    return "sha256=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def webhook(url: str) -> tuple[Server, str]:
    """The webhook at a URL and the secret that it shares (UsageError: one of them is none)."""
    secret = os.environ.get(SECRET, "")
    if not secret:
        raise UsageError(f"a webhook gets signed summaries: put a secret that it knows, too, into {SECRET}")
    if not host_alone(url):
        raise UsageError("the webhook has no http or https address: expected one such as https://host/path")
    return Server(url, READ, key="", needs=("endpoint", "telling a webhook"), secret_path=True), secret


def deliver(url: str, waiting: Sequence[Summary]) -> tuple[tuple[Summary, ...], str]:
    """Post summaries, the oldest first; those that were not taken, and why (empty: all were)."""
    server, secret = webhook(url)
    left = list(waiting)
    while left:
        body, stamp = canonical(left[0]), str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            "X-Assay-Timestamp": stamp,
            "X-Assay-Signature": signature(secret, stamp, body),
            "X-Assay-Delivery": hashlib.sha256(body).hexdigest()[:32],
        }
        try:
            server.deliver(body, headers)
        except UsageError as cause:
            return tuple(left), str(cause)
        left.pop(0)
    return (), ""
