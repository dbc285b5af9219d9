"""Which licence is meant: the one answer for cards, files, corpora, Croissant, bills of materials and MOT listings."""

from __future__ import annotations

from assay.lazy import regex
from assay.licence._series import creative
from assay.licence.expression import expression, parts
from assay.licence.spelling import REF, SCANCODE, key, spelt, texts

# tags that name no licence but a family, and how the ids of its texts begin
_RAIL = regex(r"LicenseRef-(?:scancode-)?(?:big(?:science|code)-|stable-diffusion-|open-?rail|creativeml)")
_FAMILIES = (
    ("openrail", _RAIL),
    ("open rail", _RAIL),
    ("openrail m", _RAIL),
    ("cc", regex(r"CC[0-]")),
    ("creative commons", regex(r"CC[0-]")),
    ("bsd", regex(r"0?BSD")),
)


def named(text: str) -> str:
    """The SPDX expression that a name, hub tag, address or expression means; empty if it is not known.

    Ids are those of the SPDX list 3.29.0, or `LicenseRef-...` for licences that it does not have.
    """
    return spelt(text) or expression(text)


def same(tag: str, id: str) -> bool:
    """Whether a tag means the licence whose text has this id. "Only" and "or later" have one text; what has no version,
    several; and the tag of a family, such as `openrail`, any of it.
    """
    mine, theirs = named(tag), named(id)
    if mine and theirs:
        return any(_one_text(left, right) for left in parts(mine) for right in parts(theirs))
    asked, found = _plain(mine or tag), _plain(theirs or id)
    # texts of models carry a year or version that tags leave out
    return asked == found or found.startswith(f"{asked}-") or _of_family(tag, theirs or id)


def _of_family(tag: str, id: str) -> bool:
    words = key(tag)
    terms = creative(words).terms
    if terms and not creative(words).id:
        return creative(key(id)).terms == terms
    return any(words == family and begins.match(id) for family, begins in _FAMILIES)


def _one_text(left: str, right: str) -> bool:
    bare = {id.removesuffix("-only").removesuffix("-or-later") for id in (left, right)}
    return len(bare) == 1 or right in texts(left) or left in texts(right)


def _plain(id: str) -> str:
    """An unknown name in lower case, without what says that it is private to a document."""
    return id.strip().lower().removeprefix(SCANCODE).removeprefix(REF)
