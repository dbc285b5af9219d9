"""What files say of their own licence, or of that of files beside them: SPDX headers, REUSE, manifests of packages.

Sources: SPDX 2.3 annex E (headers); the REUSE specification 3.3 (`REUSE.toml`, `.reuse/dep5`, `NAME.license`); npm
package.json, PEP 621 and 639, Cargo and CITATION.cff 1.2 (`license`). Read by their lines, so that any comment will do;
REUSE.toml as TOML, which may write the same in many ways, and by its lines where it is none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.openness import SourcePurpose
from assay.facts.text import PublisherClaims, Stated
from assay.files import toml_value
from assay.formats.container.unread import SOURCES
from assay.formats.window import Window
from assay.lazy import regex
from assay.licence.place import is_licence

HEADER, MOST_HEADER = 60, 16_384  # lines and bytes in which an SPDX header stands
MOST, MOST_SAID = 1 << 20, 200  # bytes of a manifest, and different licences that one file states of others
LONGEST = 200  # characters of an expression that are kept
_SPDX = regex(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+() -]{1,100})")
# formats of texts that may carry such a comment; Python's has its own reader (python/purpose.py)
_TEXTS = frozenset({"text", "settings", "yaml", "native-code", "model-card", "chat-template", "notebook", "licence"})
_REUSE = ("REUSE.toml", ".reuse/dep5")
_PACKAGES = ("package.json", "pyproject.toml", "setup.cfg", "cargo.toml", "citation.cff")
_STATED = regex(
    r"\s*[\"']?license[\"']?\s*[:=]\s*(?:\{\s*text\s*=\s*)?(?:[\"']([^\"']{2,100})[\"']|([^\"'{}\[\]#,]{2,100}))"
)
_TABLE = regex(r"\s*\[+\s*([^\[\]]{1,100}?)\s*\]+\s*\Z")
_TABLES = frozenset({"", "project", "tool.poetry", "package", "metadata"})
_QUOTED = regex(r"[\"']([^\"']{1,300})[\"']")
_WEIGHTS = (".safetensors", ".gguf", ".bin", ".pt", ".pth", ".ckpt", ".onnx", ".h5", ".keras", ".msgpack")
_ALL = frozenset({"*", "**", "**/*", "./*", "*.*"})


def file_licences(artifact: str, format: str, window: Window) -> Iterator[SourcePurpose | PublisherClaims]:
    """Yield the licence that a file names for itself or its package, and what REUSE says of the model's weights.

    A statement about all files, or about weights, is one about the model: the others are of parts.

    LimitExceeded: a manifest is longer, or states more, than assay reads.
    """
    name = artifact.rpartition("/")[2].lower()
    manifest = artifact in _REUSE or name in _PACKAGES
    if not manifest and format not in _TEXTS and name.rpartition(".")[2] not in SOURCES:
        return
    lines = window.rest(0, MOST if manifest else MOST_HEADER).decode("utf-8", "replace").splitlines()
    if artifact in _REUSE:
        yield from _reuse(artifact, lines)
    elif name in _PACKAGES:
        yield from _package(artifact, name, lines)
    elif name.endswith(".license"):
        yield from _said(artifact, artifact[: -len(".license")], *_header(lines))
    elif not is_licence(artifact) and (found := _header(lines))[0]:
        yield SourcePurpose(artifact, (), *found)
    if manifest and window.size > MOST:
        raise LimitExceeded(
            "what it states of licences is longer than assay reads",
            expected=f"at most {MOST:,} bytes",
            got=f"{window.size:,}",
        )


def _header(lines: list[str]) -> tuple[str, int]:
    for number, line in enumerate(lines[:HEADER], 1):
        if found := _SPDX.search(line):
            return found[1].strip(" -"), number
    return "", 0


def _said(artifact: str, covered: str, licence: str, line: int) -> Iterator[SourcePurpose | PublisherClaims]:
    """A licence of the files that a path or pattern means: of the model where these are all files, or weights."""
    if not licence:
        return
    if "/" not in artifact.removeprefix(".reuse/") and (covered in _ALL or covered.lower().endswith(_WEIGHTS)):
        yield PublisherClaims(artifact, (Stated("license", licence, line),))
    else:
        yield SourcePurpose(artifact, (), licence, line)


def _reuse(artifact: str, lines: list[str]) -> Iterator[SourcePurpose | PublisherClaims]:
    """What it states, a licence that several of its statements give to parts, or to the model, once."""
    told: set[tuple[type, str]] = set()
    rows = _annotations(lines) if artifact.endswith(".toml") else None
    for number, licence, covered in _by_line(artifact, lines) if rows is None else rows:
        for row in _said(artifact, covered, licence, number):
            if (type(row), licence) in told:
                continue
            if len(told) == MOST_SAID:
                raise LimitExceeded("more licences than assay reads", expected=f"at most {MOST_SAID}", got="more")
            told.add((type(row), licence))
            yield row


def _annotations(lines: list[str]) -> list[tuple[int, str, str]] | None:
    """As `_by_line`, of a REUSE.toml; None: it is no TOML."""
    try:
        tables = toml_value("\n".join(lines)).get("annotations")
    except ValueError:
        return None
    found = []
    places: dict[str, int] = {}
    for table in _listed(tables):
        licences = _listed(table.get("SPDX-License-Identifier")) if isinstance(table, dict) else []
        if said := [row for row in licences if isinstance(row, str)]:
            joined = " AND ".join(said)[:LONGEST]
            if joined not in places and len(places) <= MOST_SAID:  # of more none is told
                places[joined] = next((number for number, line in enumerate(lines, 1) if said[0] in line), 1)
            paths = [row for row in _listed(table.get("path")) if isinstance(row, str)]
            found.append((places.get(joined, 1), joined, _of_the_model(paths)))
    return found


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _of_the_model(paths: list[str]) -> str:
    """The first path or pattern that means all files, or weights; or nothing."""
    return next((path for path in paths if path in _ALL or path.lower().endswith(_WEIGHTS)), "")


def _by_line(artifact: str, lines: list[str]) -> Iterator[tuple[int, str, str]]:
    """(line, licence, the first path that means the model, or nothing) of each annotation of REUSE.toml (`path`,
    `SPDX-License-Identifier`) and stanza of dep5 (`Files`, `License`).
    """
    toml = artifact.endswith(".toml")
    covered, listing = "", False
    for number, line in enumerate(lines, 1):
        key, _, value = line.partition("=" if toml else ":")
        word = key.strip().strip("\"'").lower()
        listing = listing and (toml or line[:1].isspace())  # dep5 goes on in lines that are indented
        if word in ("path", "files") or listing:
            found = _QUOTED.findall(value or line) if toml else (value or line).split()
            covered = (covered if listing else "") or _of_the_model(found)
            listing = not toml or ("]" not in line and (listing or "[" in value))
        elif word in ("spdx-license-identifier", "license") and value.strip():
            quoted = _QUOTED.findall(value)
            yield number, (" AND ".join(quoted) if quoted else value.strip())[:LONGEST], covered


def _package(artifact: str, name: str, lines: list[str]) -> Iterator[SourcePurpose]:
    """The licence of the package that a manifest describes, the first that it states."""
    table = ""
    for number, line in enumerate(lines, 1):
        if head := _TABLE.match(line):
            table = head[1].strip().lower()
        elif table in _TABLES and (found := _STATED.match(line[:1000])) and not line.startswith((" " * 9, "\t\t\t")):
            yield SourcePurpose(artifact, (), (found[1] or found[2]).strip(), number)
            return
