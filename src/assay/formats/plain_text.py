"""Plain text: documents, vocabularies, settings. Searched for credentials and addresses; no loader runs it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.heading import Topic, topics
from assay.facts.openness import Prose
from assay.facts.program import AttackShape, Shape
from assay.facts.structure import Aspect, Hook, HookKind
from assay.facts.text import PlainText
from assay.formats import Format
from assay.formats.container.inert import inert, is_text, is_utf8
from assay.formats.script.line import MOST, script_shapes
from assay.formats.window import Window
from assay.lazy import regex

MOST_PROSE = 1 << 20  # bytes of a document in which components are looked for
_PROSE = (".md", ".markdown", ".rst", ".txt", ".tex")
_STEP = 1 << 20
# what is data or somebody else's words, by its name; a README in such a folder is its publisher's all the same
_NOT_THEIRS = regex(
    r"(?:^|/)(?:[^/]*(?:vocab|merges|labels?|words?|tokens?|classes|synsets?|corpus|prompts?|samples?|generations)[^/]*"
    r"|(?:train|test|eval|val|validation|dev|data|input|output|requirements)[^/]*)\.txt\Z"
    r"|(?:^|/)(?:data|datasets?|corp(?:us|ora)|samples?|tests?)/(?:[^/]+/)*(?!read_?me)[^/]+\.txt\Z"
    r"|(?:^|/)[^/]*(?:third[-_ ]?part(?:y|ies)|notices?|attribution|licen[cs]es?)[^/]*\Z"
)
# what is in every command that is looked for in a text, whose other lines cost nothing then (script/shape.py)
_MARKS = (
    *(b"/dev/tcp/", b"/dev/udp/", b"nc ", b"ncat ", b"netcat ", b"mkfifo", b"socat", b".ssh", b".aws", b".netrc"),
    *(b"huggingface/token", b"/etc/", b"id_rsa", b"crontab", b"printenv", b"env |"),
)
_ATTACKS = frozenset({Shape.REMOTE_SHELL, Shape.SENDS_SECRETS, Shape.PERSISTS})
# a port is waited for through /dev/tcp too, and without a shell behind it
_SHELL = regex(r"\b(?:ba|z|da|k)?sh\b|\b(?:exec|curl|wget|crontab|cmd|powershell|nc|ncat)\b|>>|/bin/", re.IGNORECASE)
_BUILT = ("dockerfile", "makefile")  # whose commands somebody runs
_SENTENCE = 4  # words that a line of prose has at least
_ENDS = regex(r"[.!?:;。！？](?:[)\"'”’*_]*)(?:\s|\Z)")
_RARE = 100  # vocabularies list control characters, too; a text has fewer than one in so many bytes
_CONTROL = bytes(byte for byte in range(32) if byte not in (9, 10, 11, 12, 13, 27))


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield the text's length; a script that calls itself a text is named as what it is."""
    lines, strange, first = 1, 0, None
    for at in range(0, window.size, _STEP):
        raw = window.rest(at, _STEP)
        if (kept := raw.translate(None, _CONTROL)) != raw:
            strange += len(raw) - len(kept)
            if first is None:
                first = at + next(number for number, byte in enumerate(raw) if byte in _CONTROL)
        lines += raw.count(b"\n")
    wide = window.rest(0, 2) in (b"\xff\xfe", b"\xfe\xff")  # UTF-16, half of whose bytes are 0 in plain English
    if first is not None and strange * _RARE > window.size and not wide:
        raise Malformed(
            "not a text, though its name says so",
            at=first,
            expected="printable characters",
            got=f"0x{window.read(first, 1)[0]:02x} and {strange - 1:,} more such bytes",
        )
    if window.rest(0, 2) == b"#!" or artifact.rpartition("/")[2].lower().startswith(_BUILT):
        yield from script_shapes(artifact, window)
    elif not _NOT_THEIRS.search(artifact.lower()):
        yield from _commands(artifact, window)
    if window.rest(0, 2) == b"#!":
        yield Hook(
            artifact,
            HookKind.NATIVE,
            "the operating system",
            "",
            "script",
            "a script, by its first line: it can do whatever its user can, and assay does not analyse it",
            False,
            0,
        )
    yield PlainText(artifact, lines)
    if artifact.lower().endswith(_PROSE):
        yield from _document(
            artifact, window.rest(0, MOST_PROSE).decode("utf-8", "replace").replace("\r\n", "\n").split("\n")
        )


def _commands(artifact: str, window: Window) -> Iterator[AttackShape]:
    """Commands with no use but an attack: a text is run by whoever hands it to a shell, without a first line for it.

    That something is downloaded or decoded and run is what documents tell people to do, and is not looked for here.
    """
    if any(mark in window.rest(0, MOST) for mark in _MARKS):
        yield from (row for row in script_shapes(artifact, window) if row.shape in _ATTACKS and _SHELL.search(row.seen))


def _document(artifact: str, rows: list[str]) -> Iterator[object]:
    """The document, and what it says of components of the model."""
    from assay.formats._card_sections import sections
    from assay.formats._mentions import mentions, sentences

    words = sum(len(row.split()) for row in rows)
    if not _speaks(artifact.lower(), rows):
        yield Prose(artifact, words)
        return
    tables = (part for part in sections(rows, 0) if part.figures >= 2 and Topic.EVALUATION in topics(part.title))
    yield Prose(artifact, words, next((part.line for part in tables), 0))
    yield from mentions(artifact, sentences(rows, 0))


def _speaks(path: str, rows: list[str]) -> bool:
    """Whether the publisher speaks of the model here: documents do, and of `.txt` files those that read as prose."""
    if _NOT_THEIRS.search(path):
        return False
    if not path.endswith(".txt"):
        return True
    filled = [row for row in rows if row.strip()]
    written = sum(len(row.split()) >= _SENTENCE for row in filled)
    ended = sum(_ENDS.search(row) is not None for row in filled)
    return 3 * written >= len(filled) and 10 * ended >= len(filled)


# LightGBM, libsvm, liblinear, ARPA and XGBoost's dump: numbers and names, line by line
_MODELS = (b"tree\nversion=v", b"svm_type ", b"solver_type ", b"\\data\\", b"booster[0]:")
# endings that texts have, and other files of programs that need no ending: what begins as a text is one
_OFTEN = (
    *(".vocab", ".merges", ".names", ".labels", ".list", ".vec", ".arpa", ".dict", ".codes", ".bpe", ".lst"),
    *(".uci", ".mm", ".lgb", ".lightgbm", ".text"),
)


def _unnamed(name: str, head: bytes) -> bool:
    """Whether a name without an extension stands for a text in UTF-8, one that says little for any text, or any name
    for a model that is written as text.
    """
    if name.endswith(_OFTEN):
        return is_text(head)
    bare = "." not in name or ("." not in name.lstrip(".") and inert(name, head) is None)
    return is_utf8(head) and (bare or head.startswith(_MODELS))


FORMAT = Format(
    "text", "plain text", read,
    names=(
        "*.txt", "*.md", "*.tex", "*.rst", "*.markdown", "*.log", "*.cff", "*.bib",
        "*.env", ".env", "*.diff", "*.patch", "*.html", "*.htm", "*.css",
        "authors", "contributors", "changelog", "changes", "version", "citation", "contributing", "checksums",
        "sha256sums", "makefile", "dockerfile", "requirements",
        "*.license",
    ),
    guess=_unnamed,
    needs=("assay.formats._mentions", "assay.formats.model_card"),
    examines=(Aspect.MARKS,),
    gaps=(),
)  # fmt: skip
