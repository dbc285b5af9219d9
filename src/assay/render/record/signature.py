"""A verification as text: whether it holds, who signed, what is covered, what differs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.signature import Trust, Verification
from assay.render.terminal import painter
from assay.render.visible import visible

MOST = 20


def lines(found: Verification, colour: bool = False) -> Iterator[str]:
    """The lines of the report; the first says it all."""
    word, code = ("VERIFIED", "1;37;42") if found.holds else ("NOT VERIFIED", "1;37;41")
    if found.trust is Trust.UNKNOWN and not any(differences(found)):
        word, code = "NOT CHECKED", "1;30;43"
    yield f"{painter(colour)(f' {word} ', code) if colour else word}  {summary(found)}"
    yield f"signer     {visible(found.signer)}, by {found.method}"
    yield f"           {visible(found.why)}"
    yield f"signed     {visible(found.subject)}, sha256 {found.sha256}, {found.covered:,} files"
    if found.ignored:
        yield f"left out   {visible(', '.join(found.ignored[:MOST]))}"
    for label, names in differences(found):
        for name in names[:MOST]:
            yield f"{label:10} {visible(name)}"
        if len(names) > MOST:
            yield f"{label:10} and {len(names) - MOST:,} more; all of them with -o json"


def differences(found: Verification) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The files that are not as they were signed, by what is wrong; kinds that do not occur are left out."""
    for label, names in (("changed", found.changed), ("absent", found.absent), ("uncovered", found.uncovered)):
        if names:
            yield label, names


def summary(found: Verification) -> str:
    """What is known of the signer, and how many files differ."""
    words = {"changed": "changed", "absent": "absent", "uncovered": "not covered by the signature"}
    told = [f"{len(names):,} {words[label]}" for label, names in differences(found)]
    if told:
        return ", ".join([str(found.trust), *told])
    return f"{found.trust}; all {found.covered:,} signed files are as they were signed"
