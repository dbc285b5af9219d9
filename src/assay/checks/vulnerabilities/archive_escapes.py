"""Does unpacking a container write outside its folder?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import flaw_answers
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect, Flaw, FlawKind


@check(
    "archive.escapes",
    title="Does unpacking a container write outside its folder?",
    severity=8.8,
    remedy="Do not unpack it. Ask the publisher for the files themselves.",
    references=("CWE-22", "CWE-59", "CVE-2025-12060", "CVE-2007-4559"),
    aspects=(Aspect.UNPACKING,),
)
def archive_escapes(flaws: tuple[Flaw, ...]) -> Iterator[Answer]:
    """A member called `../../.ssh/authorized_keys`, an absolute name, a link, a device.

    Tools that unpack model archives by name write where the archive says. Links redirect members that come later.
    An entity that includes a file by its address is the same in XML.
    """
    yield from flaw_answers(Kind.FAIL, flaws, FlawKind.ESCAPE)
