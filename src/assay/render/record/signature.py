"""A verification as text: whether it holds, who signed, what is covered, what differs."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.signature import Trust, Verification
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible

MOST = 20


def headline(found: Verification) -> Headline:
    """Whether it holds, and why not; not checked is what exits 3."""
    said = summary(found)
    sentence = f"{said[:1].upper()}{said[1:]}."
    if found.holds:
        return Headline("VERIFIED", sentence, Tone.GO)
    if found.trust is Trust.UNKNOWN and not found.differs:
        return Headline("NOT CHECKED", sentence, Tone.CARE)
    return Headline("NOT VERIFIED", sentence, Tone.STOP)


def lines(found: Verification, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The lines of the report; the first says it all."""
    yield from headline(found).lines(painter(colour), width)
    yield from wrapped(f"{visible(found.signer)}, by {found.method}", "signer     ", width, " " * 11)
    yield from wrapped(visible(found.why), " " * 11, width)
    yield from wrapped(
        f"{visible(found.subject)}, sha256 {found.sha256}, {found.covered:,} files", "signed     ", width, " " * 11
    )
    if found.ignored:
        more = f" and {len(found.ignored) - MOST:,} more; all of them with -o json" if len(found.ignored) > MOST else ""
        yield from wrapped(f"{visible(', '.join(found.ignored[:MOST]))}{more}", "left out   ", width, " " * 11)
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
