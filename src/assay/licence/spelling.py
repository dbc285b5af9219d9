"""One licence, as people write it, to its id: SPDX ids old and new, hub tags, titles, usual names, addresses of texts.

Never a guess. A name counts if every word of it is known: "not MIT", "MIT-like" and "custom-mit" are no names of MIT. A
name that leaves the version open names no licence that has several: "Apache", "CC BY" and "BSD" stay unknown. Of the
GPL, LGPL and GFDL any version may then be chosen, which is a licence of its own (`GPL-1.0-or-later`).
"""

from __future__ import annotations

import json
import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from assay.lazy import regex
from assay.licence._address import addressed, is_address
from assay.licence._series import creative, gnu
from assay.licence.spdx import current, listed
from assay.licence.unlisted import OTHER_NAMES, UNLISTED, VERSIONS

NAMES = "names.json"
MOST = 200  # characters; longer text is no name of a licence
REF, SCANCODE = "licenseref-", "licenseref-scancode-"
# words that belong to a title and not to the name; what else a name may be written with but letters and digits
_TITLE = frozenset({"the", "license", "licence", "licenses", "licences", "version", "ver", "v", "agreement"})
_WRITTEN = regex(r"[a-z0-9\s\-_.,:;/()\[\]'\"+\u2018\u2019\u201c\u201d\u2010-\u2015\u00ae\u2122]*\Z")
_WORD = regex(r"\d+(?:\.\d+)*(?:[a-z](?![a-z]))?|[a-z]+|\++")
_ZEROS = regex(r"(?:\.0)+\Z")
_V = regex(r"(?<=[a-z])v(?=\d)")  # as in GPLv3
_LINK = regex(r"\[([^\[\]]+)\]\(([^()\s]+)\)\Z")
_ASIDE = regex(r"([^()]+)\(([^()]+)\)([^()]*)\Z")


@lru_cache(4096)
def spelt(text: str) -> str:
    """The id that `text` means, or empty: an id of the SPDX list as it is today, else `LicenseRef-...`."""
    plain = text.strip().strip("\"'`").strip()
    if not plain or len(plain) > MOST:
        return ""
    if is_address(plain):
        return next((found for name in addressed(plain) if (found := spelt(name))), "")
    if plain in listed():  # for most, and the tables below take as long as all else that is said of a licence
        return current(plain)
    lower = plain.casefold()
    if lower in _exactly():
        return _exactly()[lower]
    if lower.startswith(REF):
        return _referred(lower)
    link = _LINK.match(plain)
    return _named(key(plain)) or (_linked(link[1], link[2]) if link else _twice(plain))


@lru_cache(4096)
def key(text: str) -> str:
    """A name as names are compared: words and numbers in lower case, without what titles add; `2` for `2.0`.

    Empty for what has letters of another script or signs that no name has, so that "non-MIT" in Chinese is not MIT.
    """
    plain = text.casefold().replace("&", " and ")
    if not plain.isascii():
        letters = unicodedata.normalize("NFKD", plain)
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    if not _WRITTEN.match(plain):
        return ""
    found = [word for word in _WORD.findall(_V.sub(" ", plain)) if word not in _TITLE]
    return " ".join(_ZEROS.sub("", word) if word.endswith(".0") else word for word in found)


def is_listed(id: str) -> bool:
    """Whether this is an id of the SPDX list, written as the list writes it."""
    return id in listed()


def texts(id: str) -> tuple[str, ...]:
    """The ids of the texts that a licence may have whose name leaves the version open; of others, none."""
    return next((row.texts for row in UNLISTED if row.id == id), VERSIONS.get(id, ()))


def _named(words: str) -> str:
    """The licence with this key: by table, or as one of a series whose version and terms are part of the name."""
    if not words:
        return ""
    found = _by_key().get(words)
    if found:
        return found
    made = creative(words).id or gnu(words)
    return made if made in listed() else ""


def _referred(lower: str) -> str:
    """A `LicenseRef-`: of models' licences by any of their names, of ScanCode's by its key; others are private to a
    document.
    """
    bare = lower.removeprefix(SCANCODE).removeprefix(REF)
    found = _by_key().get(key(bare), "")
    if found.casefold().startswith(REF):
        return found
    return _scancode().get(lower, "") if lower.startswith(SCANCODE) else ""


def _linked(said: str, address: str) -> str:
    """What a link says, unless it leads to another licence."""
    found, there = spelt(said), spelt(address) if is_address(address) else ""
    return found if found and there in ("", found) else ""


def _twice(text: str) -> str:
    """A title with its short form in brackets, such as "MIT License (Expat)": both must be the same licence."""
    aside = _ASIDE.match(text)
    if not aside:
        return ""
    found, short = _named(key(f"{aside[1]} {aside[3]}")), _named(key(aside[2]))
    return found if found and (not key(aside[2]) or short == found or found in texts(short)) else ""


@lru_cache(1)
def _exactly() -> dict[str, str]:
    """Ids and names in lower case, for those that are written as the lists write them."""
    rows = {id.lower(): current(id) for id in listed()}
    rows |= {row.title.lower(): current(row.id) for row in listed().values() if current(row.id) == row.id}
    rows |= {name.lower(): row.id for row in UNLISTED for name in (row.id, *row.names)}
    rows |= {name.lower(): id for id, names in OTHER_NAMES.items() for name in names}
    return rows


@lru_cache(1)
def _by_key() -> dict[str, str]:
    """What `keyed` gives, as `python docs/generate.py` wrote it."""
    rows: dict[str, str] = json.loads(Path(__file__).with_name(NAMES).read_bytes())
    return rows


def keyed() -> dict[str, str]:
    """The same by key, and ScanCode's own names of texts. Not an id of one plain word: "Intel License" is not
    `Intel`.
    """
    words = {id.lower() for id in listed() if re.fullmatch(r"[A-Za-z]+", id)}
    titles = {row.title.lower() for row in listed().values()}
    rows = {key(name): id for name, id in _exactly().items() if not name.startswith(REF) and name not in words - titles}
    rows |= {key(row.id[len(SCANCODE) :]): row.id for row in UNLISTED if row.id.lower().startswith(SCANCODE)}
    rows |= {key(name): id for id, names in OTHER_NAMES.items() for name in names}
    rows.pop("", None)
    return rows


@lru_cache(1)
def _scancode() -> dict[str, str]:
    """ScanCode's ids of licences that are not on the SPDX list, lower case -> the id that holds."""
    import license_expression

    rows: dict[str, str] = {}
    for row in license_expression.get_license_index():
        id = row.get("spdx_license_key")
        for name in (id, *row.get("other_spdx_license_keys", ())):
            if id and str(name).lower().startswith(SCANCODE) and not row.get("is_exception"):
                rows[str(name).lower()] = current(id) if is_listed(id) else id
    return rows
