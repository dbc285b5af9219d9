"""Licences whose version and terms are part of their name: Creative Commons and GNU."""

from __future__ import annotations

from assay.lazy import dataclass, regex

# how each part of a Creative Commons name is written, longest first
_PARTS = (
    ("non commercial", "NC"),
    ("noncommercial", "NC"),
    ("no derivative works", "ND"),
    ("no derivatives", "ND"),
    ("no derivative", "ND"),
    ("no derivs", "ND"),
    ("noderivatives", "ND"),
    ("noderivs", "ND"),
    ("share alike", "SA"),
    ("sharealike", "SA"),
    ("attribution", "BY"),
    ("by", "BY"),
    ("nc", "NC"),
    ("nd", "ND"),
    ("sa", "SA"),
)
_ORDER = ("BY", "NC", "ND", "SA")
_COMMONS = regex(r"(?:creative commons |creativecommons |ccby(?= )|cc |(?=attribution ))")
_VERSION = regex(r"(\d(?:\.\d)?)(?= |\Z)")
_PORTED = regex(r"(?:international|unported|generic|universal|public|deed| )*(igo|[a-z]{2})?\Z")
_ZERO = regex(r"(?:cc|creative commons)(?: 0| zero)(?: (?:cc|0|1|universal|public|domain|dedication))*\Z")
_GNU = regex(
    r"(?:gnu )?(?P<kind>(?:lesser |library |affero )?gpl|lgpl|agpl|gfdl|fdl"
    r"|(?:lesser |library |affero )?general public|free documentation)"
    r" (?P<version>\d(?:\.\d)?)(?: (?P<later>or (?:any )?(?:later|newer|greater)|and later|\+)| (?P<only>only))?\Z"
)
_KINDS = {"lesser": "LGPL", "library": "LGPL", "affero": "AGPL", "free": "GFDL", "fdl": "GFDL", "general": "GPL"}


@dataclass(frozen=True, slots=True)
class Creative:
    """A Creative Commons name taken apart: its terms ("BY", "NC", "ND", "SA"), and the id that it has with its
    version.
    """

    terms: tuple[str, ...] = ()
    id: str = ""


def creative(words: str) -> Creative:
    """The parts of a name of Creative Commons, without an id where no version is named; no terms: it is no such
    name.
    """
    if _ZERO.match(words):
        return Creative((), "CC0-1.0")
    start = _COMMONS.match(words)
    if not start:
        return Creative()
    rest = words[start.end() :].strip()
    terms = {"BY"} if start[0].startswith("ccby") else set()
    while part := next((row for row in _PARTS if rest == row[0] or rest.startswith(f"{row[0]} ")), None):
        if part[1] in terms:
            return Creative()  # a term that is named twice is two names
        terms.add(part[1])
        rest = rest[len(part[0]) :].strip()
    version = _VERSION.match(rest)
    port = _PORTED.match(rest[version.end() if version else 0 :].strip())
    if "BY" not in terms or {"ND", "SA"} <= terms or not port:
        return Creative()
    ordered = tuple(term for term in _ORDER if term in terms)
    if not version:
        return Creative(ordered)
    number = version[1] if "." in version[1] else f"{version[1]}.0"
    return Creative(ordered, "-".join(("CC", *ordered, number, *([port[1].upper()] if port[1] else ()))))


def gnu(words: str) -> str:
    """The id of a name of the Free Software Foundation's licences with a version; empty for other names."""
    found = _GNU.match(words)
    if not found:
        return ""
    kind = _KINDS.get(found["kind"].split()[0], found["kind"].upper())
    version = found["version"] if "." in found["version"] else f"{found['version']}.0"
    return f"{kind}-{version}-{'or-later' if found['later'] else 'only'}"
