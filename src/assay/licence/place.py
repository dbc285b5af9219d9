"""Where licences lie: the names of files that hold licences, policies and notices."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from assay.lazy import regex

if TYPE_CHECKING:
    from assay.facts.artifact import Obstacle
    from assay.facts.model import Model

# how such names read in lower case without the ending of a text; what ends otherwise may be code, and is read as that
_STEMS = (
    "licen[cs]e*",
    "*[-_ .]licen[cs]e",
    "*[-_ ]licen[cs]e[-_ ]*",
    "copying*",
    "copyright*",
    "unlicense",
    "eula",
    "*[-_ ]eula",
    "terms",
    "terms[-_ ]*",
    "*[-_ ]terms",
    "*[-_ ]terms[-_ ]of[-_ ]*",
    "notice",
    "*use[-_ ]policy*",
    # texts by their SPDX ids, as reuse.software files them below LICENSES/
    "licenseref-*",
    "apache-2.0",
    "mit",
    "bsd-*-clause*",
    "cc-by-*",
    "cc0-1.0",
    "[al]gpl-*",
    "gpl-*",
    "mpl-2.0",
    "openmdw-*",
    "*openrail*",
)
_ENDINGS = (".txt", ".md", ".rst", ".markdown", ".pdf", ".text", ".html")
_ALONE = ("license", "licence", "copying", "copyright", "unlicense", "eula", "terms", "notice", "use_policy")
NAMES = (*_ALONE, *(stem + ending for stem in _STEMS for ending in _ENDINGS))
_ENDS = regex(r"\.[a-z][a-z0-9_]{0,9}\Z")
# an ending that says which licence, or of what: LICENSE.apache
_OWN_ENDS = regex(
    r"(?:licen[cs]e|copying)\.(?:apache|mit|bsd|a?gpl|lgpl|lesser|openmdw|\w*rail|code|data|models?|weights|docs?|llama"
    r"|gemma|qwen|en|zh|cn)[\w.-]*\Z"
)
_NOTICE = regex(r"notice|copyright|.*use[-_ ]?policy|.*prohibited")


def is_unended(name: str) -> bool:
    """Whether a name in lower case, without the ending of any format, is that of a licence or the like: LICENSE-MODEL,
    MODEL_LICENSE, LICENSE.apache.
    """
    ended = _ENDS.search(name) and not _OWN_ENDS.match(name)
    return not ended and any(fnmatchcase(name, stem) for stem in _STEMS)


def is_licence(path: str) -> bool:
    """Whether a file, by its name, holds a licence, a policy or a notice."""
    name = path.rpartition("/")[2].lower()
    return any(fnmatchcase(name, pattern) for pattern in NAMES) or is_unended(name)


def unread(model: Model) -> tuple[Obstacle, ...]:
    """The licence files at the top of the folder that are there and could not be read."""
    read = {text.artifact for text in model.licences}
    return tuple(
        row
        for row in model.obstacles
        if "/" not in row.artifact
        and is_licence(row.artifact)
        and not is_notice(row.artifact)
        and row.artifact not in read
    )


def is_notice(path: str) -> bool:
    """Whether a file of that kind is a notice or a policy beside the licence."""
    return bool(_NOTICE.match(path.rpartition("/")[2].lower()))
