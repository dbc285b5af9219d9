"""A verification as text: whether it holds, who signed, what is covered, what differs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.signature import Trust, Verification
from assay.render.visible import visible

MOST = 20


def lines(found: Verification, colour: bool = False) -> Iterator[str]:
    """The lines of the report; the first says it all."""
    differs = found.changed or found.absent or found.uncovered
    word, code = ("VERIFIED", "1;37;42") if found.holds else ("NOT VERIFIED", "1;37;41")
    if found.trust is Trust.UNKNOWN and not differs:
        word, code = "NOT CHECKED", "1;30;43"
    head = f" {word} "
    shown = f"\x1b[{code}m{head}\x1b[0m" if colour else word
    yield f"{shown}  {_summary(found)}"
    yield f"signer     {visible(found.signer)}, by {found.method}"
    yield f"           {visible(found.why)}"
    yield f"signed     {visible(found.subject)}, sha256 {found.sha256}, {found.covered:,} files"
    if found.ignored:
        yield f"left out   {visible(', '.join(found.ignored[:MOST]))}"
    for label, names in (("changed", found.changed), ("absent", found.absent), ("uncovered", found.uncovered)):
        for name in names[:MOST]:
            yield f"{label:10} {visible(name)}"
        if len(names) > MOST:
            yield f"{label:10} and {len(names) - MOST:,} more; all of them with -o json"


def _summary(found: Verification) -> str:
    counts = ((found.changed, "changed"), (found.absent, "absent"), (found.uncovered, "not covered by the signature"))
    told = [f"{len(names):,} {word}" for names, word in counts if names]
    return (
        ", ".join([str(found.trust), *told])
        if told
        else f"{found.trust}; all {found.covered:,} signed files are as they were signed"
    )
