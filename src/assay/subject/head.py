"""The first bytes of a file: its format is recognised by them, and what only stands for a file gives itself away."""

from __future__ import annotations

import re

from assay.errors import Changed, Unreachable
from assay.facts.artifact import Obstacle, Trouble, obstacle
from assay.formats.container.inert import is_text
from assay.lazy import dataclass, regex
from assay.subject.cache import UNFINISHED
from assay.subject.walk import Entry

HEAD_OF_POINTER = 1024  # a Git LFS pointer is shorter (git-lfs docs/spec.md)
_POINTERS = ((b"version https://git-lfs.github.com/spec/", "Git LFS"), (b"# xet version ", "Xet"))
# names of files that are never texts, and those that are JSON
_WEIGHTS = (
    *(".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".hdf5", ".keras", ".msgpack", ".npz"),
    *(".npy", ".pkl", ".pickle", ".joblib", ".tflite", ".pte", ".zip", ".tar", ".gz", ".model", ".mlmodel"),
)
NEVER_EMPTY = (*_WEIGHTS, ".json")
_PAGES = (".html", ".htm", ".xhtml", ".md", ".txt", ".jinja", ".jinja2", ".py", ".js", ".svg", ".php", ".xsl")
_HTML = regex(
    rb"(?:<!--(?:(?!-->).)*-->|<\?xml[^>]*>|\s)*<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TITLE = regex(rb"<title[^>]*>\s*([^<]{1,80})", re.IGNORECASE)
_JSON_ERROR = regex(rb'\s*\{\s*"(?:error|errors|message|detail|code|status|statusCode|success)"\s*:')
_XML_ERROR = regex(rb"(?:<\?xml[^>]*>|\s)*<(?:Error|error|Code|ErrorResponse)\b")
# what servers answer instead of a file
_REFUSAL = regex(
    rb"\b(?:[45]\d\d:? |not found|forbidden|unauthori[sz]ed|access denied|access to \S+ is restricted|gated repo"
    rb"|invalid username|rate limit|too many requests|bad gateway|gateway time-?out|service unavailable"
    rb"|internal server error)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Peeked:
    """The first bytes of a file, and why it should not be read any further, if it should not."""

    head: bytes
    obstacle: Obstacle | None = None


def peeked(entry: Entry) -> Peeked:
    """The first bytes of a file, by which its format is recognised; an obstacle where it is not what its name says."""
    try:
        with entry.place.source() as source:
            source.seek(0)
            head = source.read(HEAD_OF_POINTER)
    except (Changed, Unreachable) as cause:
        return Peeked(b"", obstacle(entry.path, cause))
    absent = _absent(entry, head)
    return Peeked(head, Obstacle(entry.path, Trouble.ABSENT, absent) if absent else None)


def _absent(entry: Entry, head: bytes) -> str:
    """Why a file is not the file that it stands for, if it is not."""
    name = entry.path.rpartition("/")[2].lower()
    for mark, store in _POINTERS if entry.size < HEAD_OF_POINTER else ():
        if head.startswith(mark):
            return f"it is a {store} pointer, not the file that it stands for"
    if name.endswith(UNFINISHED):
        return "it is a partial download"
    if not entry.size:
        return "it is empty" if name.endswith(NEVER_EMPTY) else ""
    answer = _answer(name, head, entry.size)
    return f"it is {answer}, not the file that its name promises: download it again" if answer else ""


def _answer(name: str, head: bytes, size: int) -> str:
    """What a server sent instead of the file, if that is what the file is."""
    if "." in name and not name.endswith(_PAGES) and head.lstrip()[:1] == b"<" and _HTML.match(head):
        title = _TITLE.search(head)
        return f"an HTML page{_quoted(title[1]) if title else ''}"
    if name.endswith(_WEIGHTS) and is_text(head):
        if _XML_ERROR.match(head):
            return f"an error message in XML{_quoted(head)}"
        if _JSON_ERROR.match(head):
            return f"an error message in JSON{_quoted(head)}"
        if size < HEAD_OF_POINTER and _REFUSAL.search(head):
            return f"a message{_quoted(head)}"
    return ""


def _quoted(raw: bytes) -> str:
    text = " ".join(raw.decode("utf-8", "replace").split())
    return f" ({text[:80]!a})"
