"""Is a file something else than its name says?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Flaw, FlawKind


@check(
    "artifact.disguised",
    title="Is a file something else than its name says?",
    severity=8.1,
    remedy="Do not load it. A publisher who renames files on purpose wants one reader to look and another to load.",
    references=("CWE-646", "CVE-2025-10155", "CVE-2025-1889"),
)
def artifact_disguised(flaws: tuple[Flaw, ...]) -> Iterator[Answer]:
    """A pickle called `.safetensors`, an archive at the end of a weight file: name and content say different things.

    Who goes by the name reads one thing, who goes by the content another.
    The content is read as what it is as well, so that what it would do is told by the other checks.
    """
    for flaw in flaws:
        if flaw.kind is FlawKind.DISGUISED:
            yield fail(
                f"{flaw.artifact}: {flaw.message}",
                Evidence(flaw.artifact, flaw.message, start=flaw.at, name=flaw.name or flaw.kind),
            )
