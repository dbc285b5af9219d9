"""Where licences lie: the names of files that hold licences, policies and notices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from assay.facts.artifact import Artifact, Obstacle, Trouble
from assay.lazy import fits, regex

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
_ENDINGS = (".txt", ".md", ".rst", ".markdown", ".pdf", ".text", ".html", ".htm")
# documents and packed files of which assay reads no text, and pictures of one; a picture may also show number plates
_DOCUMENTS = (".docx", ".doc", ".odt", ".rtf", ".pages", ".tex", ".epub", ".xps", ".gz", ".zip")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".tif", ".tiff", ".webp", ".bmp", ".heic", ".svg")
_ALONE = ("license", "licence", "copying", "copyright", "unlicense", "eula", "terms", "notice", "use_policy")
NAMES = (*_ALONE, *(stem + ending for stem in _STEMS for ending in _ENDINGS))
PDF_NAMES = (*_ALONE, *(f"{stem}.pdf" for stem in _STEMS))
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
    return not ended and any(fits(name, stem) for stem in _STEMS)


def is_licence(path: str) -> bool:
    """Whether a file, by its name, holds a licence, a policy or a notice."""
    name = path.rpartition("/")[2].lower()
    return any(fits(name, pattern) for pattern in NAMES) or is_unended(name)


class _Read(Protocol):
    """A licence text that was read."""

    @property
    def artifact(self) -> str: ...


class _Files(Protocol):
    """What a model and a dossier know of files: which there are, what stood in the way, which licences were read."""

    @property
    def artifacts(self) -> tuple[Artifact, ...]: ...

    @property
    def obstacles(self) -> tuple[Obstacle, ...]: ...

    @property
    def licences(self) -> Sequence[_Read]: ...


def unread(model: _Files) -> tuple[Obstacle, ...]:
    """The licence files at the top of the folder that are there and could not be read: why, one row for each."""
    read = {text.artifact for text in model.licences}
    found = {row.artifact: row for row in reversed(model.obstacles) if is_licence(row.artifact)}
    for row in model.artifacts:
        if ending := _no_text(row.path):
            found[row.path] = Obstacle(row.path, Trouble.UNREAD, f"assay reads no text from a {ending} file")
    return tuple(
        row for path, row in sorted(found.items()) if "/" not in path and not is_notice(path) and path not in read
    )


def _no_text(path: str) -> str:
    """The ending of a file that is a licence by its name, and of a kind of which assay reads no text; else empty."""
    stem, dot, ending = path.rpartition("/")[2].lower().rpartition(".")
    if dot + ending in _PICTURES:
        return dot + ending if stem in _ALONE else ""
    named = dot + ending in _DOCUMENTS and is_licence(stem) and "plate" not in stem
    return dot + ending if named else ""


def is_notice(path: str) -> bool:
    """Whether a file of that kind is a notice or a policy beside the licence."""
    return bool(_NOTICE.match(path.rpartition("/")[2].lower()))
