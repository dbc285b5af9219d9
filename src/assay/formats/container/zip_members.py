"""The members of a zip archive, each read as what it is."""

from __future__ import annotations

import zlib
from collections.abc import Generator, Iterator

from assay.errors import InputError, Malformed, OutOfTime
from assay.facts.artifact import inside, obstacle
from assay.facts.structure import Flaw, FlawKind
from assay.formats._few import few
from assay.formats.container.nest import contained, ended, part, pieces, unpacked
from assay.formats.container.zip import DEFLATED, STORED, Archive, Defect, Member, content, honest
from assay.formats.window import Window

MAX_FLAWS = 200  # of each kind


def flaws(artifact: str, index: Archive) -> Iterator[Flaw]:
    """What is wrong with the archive itself."""
    defects = few(index.defects, lambda defect: defect.kind, MAX_FLAWS)
    yield from (flaw(artifact, defect) for defect in defects)


def flaw(artifact: str, defect: Defect) -> Flaw:
    """A defect as a fact."""
    return Flaw(artifact, defect.kind, defect.message, defect.at, defect.name[:300])


def opened(artifact: str, window: Window, member: Member) -> Window | Flaw:
    """A window on a member's bytes; a Flaw if they are out of proportion; Malformed if they cannot be had."""
    if member.method == STORED:
        return part(window, member.start, member.stop)
    if member.method != DEFLATED:
        raise Malformed(
            f"member {member.name[:80]!r} has a compression that assay does not unpack",
            at=member.header,
            expected="stored or deflated",
            got=member.method,
        )

    def begin() -> Iterator[bytes]:
        inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            for raw in pieces(window, member.start, member.stop):
                while raw:
                    if out := inflate.decompress(raw, 1 << 20):
                        yield out
                    raw = inflate.unconsumed_tail
        except zlib.error as cause:
            raise Malformed(f"member {member.name[:80]!r} does not inflate", at=member.start) from cause
        ended(inflate.eof)

    inner = unpacked(inside(artifact, member.name[:300]), window, begin, member.stored)
    if isinstance(inner, Window):
        inner.packed = (member.start, member.stop, "deflate")
    return inner


def honest_content(artifact: str, window: Window, member: Member, most: int) -> Generator[Flaw, None, bytes]:
    """Yield what is wrong with a member that is read whole; return its bytes."""
    raw = content(window, member, most)
    if defect := honest(raw, member):
        yield flaw(artifact, defect)
    return raw


def member_facts(artifact: str, window: Window, member: Member) -> Iterator[object]:
    """What bears on loading in one member."""
    if member.name.endswith("/") and not member.size and not member.stored:
        return
    if member.link:
        return  # reported as a flaw of the archive
    try:
        inner = opened(artifact, window, member)
    except OutOfTime:
        raise
    except InputError as broken:
        yield obstacle(inside(artifact, member.name[:300]), broken)
        return
    if isinstance(inner, Flaw):
        yield inner
        return
    if inner.size != member.size:
        yield Flaw(
            artifact,
            FlawKind.AMBIGUOUS,
            f"zip member {member.name[:80]!r} holds {inner.size:,} bytes where the directory states {member.size:,}",
            member.start,
            member.name[:300],
        )
    yield from contained(artifact, member.name, inner)
