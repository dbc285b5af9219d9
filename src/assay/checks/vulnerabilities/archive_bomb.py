"""Does a file unpack to far more than its size?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import flaw_answers
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect, Flaw, FlawKind


@check(
    "archive.bomb",
    title="Does a file unpack to far more than its size?",
    severity=6.5,
    remedy="Do not unpack or load it: it fills the disk or the memory of whoever does.",
    references=("CWE-409", "CWE-776", "CWE-789", "CVE-2026-0897"),
    aspects=(Aspect.UNPACKING,),
)
def archive_bomb(flaws: tuple[Flaw, ...]) -> Iterator[Answer]:
    """More than 500 times its packed size, and more than 64 MiB: weights do not compress like that.

    Reference bombs count too: entities in XML, aliases in YAML. So do datasets of HDF5 whose extents declare what the
    file cannot hold: a reader allocates them before it reads. assay counts while it unpacks and stops there.
    """
    yield from flaw_answers(Kind.FAIL, flaws, FlawKind.BOMB)
