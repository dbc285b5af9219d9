"""Evidence as a page shows it: where it is, what was seen there, and the command that shows the bytes."""

from __future__ import annotations

from assay.facts.dossier import Dossier
from assay.facts.finding import Evidence
from assay.lazy import dataclass
from assay.render.words import location, quoted


@dataclass(frozen=True, slots=True)
class Located:
    """One piece of evidence: where, the anchor of the file's row (empty: none), what was seen, its bytes as a dump.

    The anchor is a whole address where the row is in another page.

    `said` is True where the finding's message already holds what was seen.
    """

    where: str
    anchor: str
    seen: str
    said: bool
    dump: str
    command: str


def anchors(dossier: Dossier, page: str = "") -> dict[str, str]:
    """For each file of the subject the id of its row in the page; in that at another address, where one is given."""
    begin = f"{page}#" if page else ""
    return {artifact.path: f"{begin}file-{number}" for number, artifact in enumerate(dossier.artifacts, 1)}


def located(evidence: tuple[Evidence, ...], anchors: dict[str, str], message: str = "") -> list[Located]:
    """Each piece of evidence, for a finding with this message."""
    return [_located(entry, anchors.get(entry.artifact, ""), message) for entry in evidence]


def dumping(at: Evidence) -> str:
    """The command that shows the bytes of a piece of evidence with an excerpt: all of this, and up to 256 in all."""
    start = at.start or 0
    length = max(len(at.excerpt or "") // 2, min(256, (at.stop or 0) - start))
    return f"xxd -s {start} -l {length} {quoted(at.artifact)}"


def _located(evidence: Evidence, anchor: str, message: str) -> Located:
    dump = command = ""
    if evidence.excerpt and evidence.start is not None:
        raw = bytes.fromhex(evidence.excerpt)
        dump = f"{raw.hex(' ')}  {''.join(chr(byte) if 32 <= byte < 127 else '.' for byte in raw)}"
        command = dumping(evidence)
    name = f"{evidence.name} " if evidence.name and evidence.name not in evidence.seen else ""
    seen = f"{name}{evidence.seen}".strip()
    return Located(location(evidence), anchor, seen, seen in message, dump, command)
