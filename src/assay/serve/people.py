"""Who may do what: people by their tokens, each with a role.

A file has a line for each: `view NAME TOKEN`, `audit NAME TOKEN` or `waive NAME TOKEN`, and behind it, where an OpenID
provider is asked, whom that knows them as: an email, or `sub:` and a subject. Then `-` in place of a token is none.
Empty lines and those that begin with `#` are left out. Who has more may also do what those before may.
"""

from __future__ import annotations

import hmac
from enum import IntEnum
from pathlib import Path
from urllib.parse import parse_qsl

from assay.errors import UsageError
from assay.files import text
from assay.lazy import dataclass, regex
from assay.network.serving import LEAST_TOKEN

MOST = 1 << 20  # bytes of the file
_NO_TOKEN, _SUBJECT = "-", "sub:"
_IDENTITY = regex(r"(?:sub:[!-~]{1,255}|[!-?A-~]{1,64}@[!-?A-~]{1,190})\Z")  # OpenID Connect Core 1.0, 2: sub
_NAME = regex(r"[A-Za-z0-9._@+-]{1,64}\Z")
SAFE = ("GET", "HEAD")  # methods that only look
_ANYONE = ("/links", "/trace", "/api/v1/traces")  # what is sent, and changes nothing
_LONG = ("whole", "true")  # of a query: a look inside that keeps a model busy for half a minute
_WORK = ("/jobs", "/api/v1/jobs", "/ask", "/api/v1/answers")


class Role(IntEnum):
    """What somebody may do: look, also start and cancel audits and ask a model, also accept findings."""

    VIEW = 1
    AUDIT = 2
    WAIVE = 3


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is let in, by which name what they do is recorded, and what opens the door, where it is not empty.

    `token` does, and who is `identity` to the OpenID provider: an email in lower case, or `sub:` and a subject.
    """

    name: str
    role: Role
    token: str = ""
    identity: str = ""


def people(file: Path) -> tuple[Person, ...]:
    """The people of a file (UsageError: a line is none such, or two have one name or token)."""
    found: list[Person] = []
    for number, line in enumerate(text(file, MOST, "list of people").splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        where = f"{file}: line {number}"
        if len(words) not in (3, 4) or words[0].upper() not in Role.__members__ or not _NAME.match(words[1]):
            raise UsageError(f"{where}: expected a role (view, audit or waive), a name and a token")
        person = Person(words[1], Role[words[0].upper()], _token(words, where), _identity(words[3:], where))
        if any(_one(person, row) for row in found):
            raise UsageError(f"{where}: the name, the token or who they are to the provider stands in a line before")
        found.append(person)
    if not found:
        raise UsageError(f"{file}: it names nobody")
    return tuple(found)


def bearer(people: tuple[Person, ...], token: str) -> Person | None:
    """Whose token it is; every one is compared, so that the time tells nothing."""
    given = token.encode("utf-8", "surrogateescape")
    found = [row for row in people if row.token and hmac.compare_digest(given, row.token.encode())]
    return found[0] if found else None


def signed_in(people: tuple[Person, ...], subject: str, email: str) -> Person | None:
    """Who somebody is whom the OpenID provider vouches for; `email` is one that it verified, or empty."""
    known, address = {f"{_SUBJECT}{subject}"}, email.lower()
    if email.isascii() and not address.startswith(_SUBJECT):  # other letters have an ASCII one in lower case, too
        known.add(address)
    return next((row for row in people if row.identity and row.identity in known), None)


def by_email(people: tuple[Person, ...]) -> bool:
    """Whether an email lets anybody in."""
    return any(row.identity and not row.identity.startswith(_SUBJECT) for row in people)


def needed(method: str, path: str, query: str = "") -> Role:
    """What a request takes; what is not known to take less takes the most."""
    if method in SAFE:
        asked = ((name, text.strip()) for name, text in parse_qsl(query))  # as `asked.value` reads them
        return Role.AUDIT if _LONG in asked else Role.VIEW
    if path in _ANYONE:
        return Role.VIEW
    return Role.AUDIT if path.startswith(_WORK) else Role.WAIVE


def _token(words: list[str], where: str) -> str:
    if words[2] == _NO_TOKEN and words[3:]:
        return ""
    if len(words[2]) < LEAST_TOKEN or not (words[2].isascii() and words[2].isprintable()):
        raise UsageError(f"{where}: a token has {LEAST_TOKEN} characters of ASCII or more")
    return words[2]


def _identity(words: list[str], where: str) -> str:
    if not words:
        return ""
    if not _IDENTITY.match(words[0]):
        raise UsageError(f"{where}: who they are to the provider is an email or sub:SUBJECT, in ASCII")
    return words[0] if words[0].startswith(_SUBJECT) else words[0].lower()


def _one(person: Person, other: Person) -> bool:
    """Whether two people are not told apart by something."""
    return person.name == other.name or any(
        getattr(person, name) and getattr(person, name) == getattr(other, name) for name in ("token", "identity")
    )
