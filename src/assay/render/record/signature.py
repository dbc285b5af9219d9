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
        more = f" and {len(found.ignored) - MOST:,} more; all of them with -o json" if len(found.ignored) > MOST else ""
        yield f"left out   {visible(', '.join(found.ignored[:MOST]))}{more}"
    for name in found.outside[:MOST]:
        yield f"           not covered by the signature: {visible(name)}"
    if len(found.outside) > MOST:
        yield f"           and {len(found.outside) - MOST:,} more; all of them with -o json"
    for label, names in differences(found):
        for name in names[:MOST]:
            yield f"{label:10} {visible(name)}"
        if len(names) > MOST:
            yield f"{label:10} and {len(names) - MOST:,} more; all of them with -o json"


def differences(found: Verification) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The files that are not as they were signed, by what is wrong; kinds that do not occur are left out."""
    opened = tuple(f"{row.artifact} ({row.why})" for row in found.reached)
    for label, names in (
        ("changed", found.changed),
        ("absent", found.absent),
        ("uncovered", found.uncovered),
        ("opened", opened),
    ):
        if names:
            yield label, names


def named(found: Verification) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The same, and last the files that the signer left out and that nothing leads to."""
    yield from differences(found)
    if found.outside:
        yield "not covered", found.outside


def summary(found: Verification) -> str:
    """What is known of the signer, and how many files differ."""
    words = {"changed": "changed", "absent": "absent", "uncovered": "not covered by the signature"}
    words["opened"] = "left out by the signer and opened all the same"
    told = [f"{len(names):,} {words[label]}" for label, names in differences(found)]
    if told:
        return ", ".join([str(found.trust), *told])
    return f"{found.trust}; all {found.covered:,} signed files are as they were signed"
