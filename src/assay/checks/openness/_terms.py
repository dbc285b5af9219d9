"""Licence tags of the hub (huggingface/hub-docs, repositories-licenses) and what each family of licences restricts."""

from __future__ import annotations

# tag -> ids under which formats/_licence_marks.py identifies the text, where they are not equal ignoring case
_TEXTS: dict[str, tuple[str, ...]] = {
    "gpl-2.0": ("GPL-2.0-only",),
    "gpl-3.0": ("GPL-3.0-only",),
    "agpl-3.0": ("AGPL-3.0-only",),
    "lgpl-2.1": ("LGPL-2.1-only",),
    "lgpl-3.0": ("LGPL-3.0-only",),
}
# Open Source Initiative's list or the MOF's lists of open data and content licences
OPEN = frozenset({
    "apache-2.0", "mit", "bsd-2-clause", "bsd-3-clause", "isc", "unlicense", "bsl-1.0", "gpl-2.0", "gpl-3.0", "agpl-3.0", "lgpl-2.1", "lgpl-3.0",
    "mpl-2.0", "cc0-1.0", "cc-by-4.0", "cc-by-sa-4.0", "cc-by-3.0", "cc-by-sa-3.0", "cdla-permissive-2.0", "cdla-permissive-1.0", "odc-by", "pddl",
    "openmdw-1.0", "zlib", "ncsa", "artistic-2.0", "ecl-2.0", "afl-3.0", "epl-2.0", "eupl-1.2", "postgresql", "osl-3.0", "ms-pl",
})  # fmt: skip


_RESTRICTED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("cc-by-nc-nd", ("no commercial use", "no derivatives")),
    ("cc-by-nc", ("no commercial use",)),
    ("cc-by-nd", ("no derivatives",)),
    ("llama", ("acceptable-use policy", "limit on monthly users", "naming duty")),
    ("gemma", ("use policy", "licensor may restrict use later")),
    ("bigscience", ("behavioural use restrictions",)),
    ("bigcode", ("behavioural use restrictions",)),
    ("creativeml", ("behavioural use restrictions",)),
    ("openrail", ("behavioural use restrictions",)),
    ("tongyi-qianwen", ("limit on monthly users",)),
    ("qwen", ("limit on monthly users, or research only",)),
    ("deepseek", ("behavioural use restrictions",)),
)


def restrictions(id: str) -> tuple[str, ...]:
    """What the licence family of a tag or id is known to restrict; empty if nothing is known."""
    plain = id.lower().removeprefix("licenseref-")
    return next((words for start, words in _RESTRICTED if plain.startswith(start)), ())


def is_open(tag: str) -> bool:
    """Whether the tag is of a licence that OSI or the MOF lists as open."""
    return tag.lower() in OPEN


def texts_for(tag: str) -> tuple[str, ...]:
    """The identified ids that agree with a tag, lower case."""
    plain = tag.lower()
    return (*(id.lower() for id in _TEXTS.get(plain, (plain,))), f"licenseref-{plain}")
