"""Who may do what: people by their tokens, each with a role.

A file has a line for each: `view NAME TOKEN`, `audit NAME TOKEN` or `waive NAME TOKEN`; empty lines and those that
begin with `#` are left out. Who has more may also do what those before may.
"""

from __future__ import annotations

import hmac
from enum import IntEnum
from pathlib import Path

from assay.errors import UsageError
from assay.files import text
from assay.lazy import dataclass, regex
from assay.network.serving import LEAST_TOKEN

MOST = 1 << 20  # bytes of the file
_NAME = regex(r"[A-Za-z0-9._@+-]{1,64}\Z")
SAFE = ("GET", "HEAD")  # methods that only look
_ANYONE = ("/links", "/trace", "/api/v1/traces")  # what is sent, and changes nothing
_WORK = ("/jobs", "/api/v1/jobs", "/ask", "/api/v1/answers")


class Role(IntEnum):
    """What somebody may do: look, also start and cancel audits and ask a model, also accept findings."""

    VIEW = 1
    AUDIT = 2
    WAIVE = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is let in, by which name what they do is recorded, and their token (empty: none opens the door)."""

    name: str
    role: Role
    token: str = ""


def people(file: Path) -> tuple[Person, ...]:
    """The people of a file (UsageError: a line is none such, or two have one name or token)."""
    found: list[Person] = []
    for number, line in enumerate(text(file, MOST, "list of people").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"{file}: line {number}"
        if len(words) != 3 or words[0].upper() not in Role.__members__ or not _NAME.match(words[1]):
            raise UsageError(f"{where}: expected a role (view, audit or waive), a name and a token")
        if len(words[2]) < LEAST_TOKEN or not (words[2].isascii() and words[2].isprintable()):
            raise UsageError(f"{where}: a token has {LEAST_TOKEN} characters of ASCII or more")
        if any(words[1] == row.name or words[2] == row.token for row in found):
            raise UsageError(f"{where}: the name or the token stands in a line before")
        found.append(Person(words[1], Role[words[0].upper()], words[2]))
    if not found:
        raise UsageError(f"{file}: it names nobody")
    return tuple(found)


def bearer(people: tuple[Person, ...], token: str) -> Person | None:
    """Whose token it is; every one is compared, so that the time tells nothing."""
    given = token.encode("utf-8", "surrogateescape")
    found = [row for row in people if row.token and hmac.compare_digest(given, row.token.encode())]
    return found[0] if found else None


def needed(method: str, path: str) -> Role:
    """What a request takes; what is not known to take less takes the most."""
    if method in SAFE or path in _ANYONE:
        return Role.VIEW
    return Role.AUDIT if path.startswith(_WORK) else Role.WAIVE
