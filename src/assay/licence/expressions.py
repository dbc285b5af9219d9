"""Licences as people write them: to SPDX expressions, and to what they ask for. Never a guess: what is not known stays so."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import license_expression

from assay.facts.corpus import Licence, LicenceBasis, LicenceClass

MOST = 200  # characters; longer text is no name of a licence
# names in use that are no SPDX identifiers, after lower case and with every run of other characters as one space
_ALIASES = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2 0": "Apache-2.0",
    "apache license 2 0": "Apache-2.0",
    "apache license version 2 0": "Apache-2.0",
    "mit license": "MIT",
    "the mit license": "MIT",
    "bsd 3 clause": "BSD-3-Clause",
    "bsd 2 clause": "BSD-2-Clause",
    "gplv2": "GPL-2.0-only",
    "gplv3": "GPL-3.0-only",
    "gpl v2": "GPL-2.0-only",
    "gpl v3": "GPL-3.0-only",
    "agplv3": "AGPL-3.0-only",
    "lgplv3": "LGPL-3.0-only",
    "cc0": "CC0-1.0",
    "cc zero": "CC0-1.0",
    "public domain": "LicenseRef-scancode-public-domain",
    "odc by": "ODC-By-1.0",
    "odbl": "ODbL-1.0",
    "pddl": "PDDL-1.0",
    "unlicense": "Unlicense",
}
_CREATIVE = re.compile(r"cc (by(?: nc)?(?: sa| nd)?) (\d) ?(\d)?(?: international| unported)?\Z")
_DEED = re.compile(
    r"https?://creativecommons\.org/(?:licenses|publicdomain)/([a-z-]+)/(\d\.\d)/?(?:deed\.\w+|legalcode\S*)?\Z"
)
_NOT_STATED = frozenset(
    {"", "unknown", "other", "none", "n/a", "na", "null", "various", "mixed", "see license", "unspecified"}
)
_CATEGORY = {
    "Permissive": LicenceClass.PERMISSIVE,
    "Public Domain": LicenceClass.PERMISSIVE,
    "Copyleft": LicenceClass.SHARE_ALIKE,
    "Copyleft Limited": LicenceClass.SHARE_ALIKE,
    "Proprietary Free": LicenceClass.RESTRICTED,
    "Free Restricted": LicenceClass.RESTRICTED,
    "Source-available": LicenceClass.RESTRICTED,
    "Commercial": LicenceClass.RESTRICTED,
}
# data licences that ask for attribution and no more; the index counts them as permissive
_ATTRIBUTION = re.compile(r"(CC-BY-\d|ODC-By|OGL-|CDLA-Permissive-1)", re.IGNORECASE)
_ORDER = (  # where parts of an AND differ, the one that asks for most holds
    LicenceClass.UNKNOWN,
    LicenceClass.RESTRICTED,
    LicenceClass.NON_COMMERCIAL,
    LicenceClass.NO_DERIVATIVES,
    LicenceClass.SHARE_ALIKE,
    LicenceClass.ATTRIBUTION,
    LicenceClass.PERMISSIVE,
)


def licence(document: str, asserted: str = "", card: str = "", croissant: str = "") -> Licence:
    """The licence of a document from what it says itself, what a user asserts, and what card and Croissant file say.

    The document's own word comes first, then the user's, the Croissant file's and the card's. Where the document and
    one of the others name different licences the class is CONFLICTING.
    """
    sources = (
        (document, LicenceBasis.DOCUMENT),
        (asserted, LicenceBasis.ASSERTED),
        (croissant, LicenceBasis.CROISSANT),
        (card, LicenceBasis.DATASET_CARD),
    )
    stated = [(text.strip(), basis) for text, basis in sources if text.strip().casefold() not in _NOT_STATED]
    if not stated:
        return Licence(next((text for text, _ in sources if text), ""), "", LicenceBasis.UNKNOWN, LicenceClass.UNKNOWN)
    text, basis = stated[0]
    found = {spdx(other) or other.casefold() for other, _ in stated}
    kind = LicenceClass.CONFLICTING if len(found) > 1 else asks(spdx(text))
    return Licence(text, spdx(text), basis, kind)


@lru_cache(4096)
def spdx(written: str) -> str:
    """The SPDX expression that `written` is, or empty; `LicenseRef-scancode-...` for known licences outside SPDX."""
    text = written.strip()
    if not text or len(text) > MOST:
        return ""
    deed = _DEED.match(text.casefold())
    if deed:
        text = "CC0-1.0" if deed[1] == "zero" else f"CC-{deed[1].upper()}-{deed[2]}"
    words = re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip()
    creative = _CREATIVE.match(words)
    if creative:
        text = f"CC-{creative[1].upper().replace(' ', '-')}-{creative[2]}.{creative[3] or '0'}"
    try:  # not `validate`, which fails on some of the errors that it is there to report
        parsed = _licensing().parse(_ALIASES.get(words, text), validate=True, strict=True)
    except license_expression.ExpressionError:
        return ""
    return str(parsed) if parsed is not None else ""


@lru_cache(4096)
def asks(expression: str) -> LicenceClass:
    """What an SPDX expression asks for: the most of what an AND joins, the least of what an OR leaves to choose."""
    if not expression:
        return LicenceClass.UNKNOWN
    return _asks(_licensing().parse(expression))


def _asks(node: Any) -> LicenceClass:
    kind = type(node).__name__
    if kind in ("AND", "OR"):
        classes = [_asks(part) for part in node.args]
        return (min if kind == "AND" else max)(classes, key=_ORDER.index)
    if kind == "LicenseWithExceptionSymbol":
        return _asks(node.license_symbol)
    return _one(str(node.key))


def _one(id: str) -> LicenceClass:
    if "-NC" in id.upper():
        return LicenceClass.NON_COMMERCIAL
    if re.search(r"-ND(-|\Z)", id.upper()):
        return LicenceClass.NO_DERIVATIVES
    if _ATTRIBUTION.match(id):
        return LicenceClass.ATTRIBUTION
    return _CATEGORY.get(_categories().get(id, ""), LicenceClass.UNKNOWN)


@lru_cache(1)
def _licensing() -> Any:
    return license_expression.get_spdx_licensing()


@lru_cache(1)
def _categories() -> dict[str, str]:
    rows = license_expression.get_license_index()
    found: dict[str, str] = {}
    for row in rows:
        for key in (row.get("spdx_license_key"), *row.get("other_spdx_license_keys", ())):
            if key:
                found[key] = row.get("category", "")
    return found
