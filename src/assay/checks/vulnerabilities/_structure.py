"""Answers about flaws and hooks: what they have in common."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Answer, Evidence, Kind, passed
from assay.facts.structure import Contents, Flaw, FlawKind, Hook, HookKind


def flaw_answers(
    kind: Kind, contents: tuple[Contents, ...], flaws: tuple[Flaw, ...], *kinds: FlawKind
) -> Iterator[Answer]:
    """One answer for each flaw of these kinds; a pass if files were walked and none has one; not applicable else."""
    rows = [flaw for flaw in flaws if flaw.kind in kinds]
    for flaw in rows:
        stop = None if flaw.at is None else flaw.at + 1
        yield Answer(
            kind,
            f"{flaw.artifact}: {flaw.message}",
            (Evidence(flaw.artifact, flaw.message, start=flaw.at, stop=stop, name=flaw.name or flaw.kind),),
        )
    if not rows:
        yield examined(contents)


def hook_answers(contents: tuple[Contents, ...], hooks: tuple[Hook, ...], *kinds: HookKind) -> Iterator[Answer]:
    """One answer for each hook of these kinds: a fail where it leads outside the model, else for review."""
    rows = [hook for hook in hooks if hook.kind in kinds]
    for hook in rows:
        stop = None if hook.at is None else hook.at + 1
        where = Evidence(
            hook.artifact,
            f"{hook.runtime}: {hook.message}",
            start=hook.at,
            stop=stop,
            pointer=hook.pointer or None,
            name=hook.target,
        )
        yield Answer(Kind.FAIL if hook.outside else Kind.REVIEW, f"{hook.artifact}: {hook.message}", (where,))
    if not rows:
        yield examined(contents)


def examined(contents: tuple[Contents, ...]) -> Answer:
    """A pass that says what was walked through, or that there was nothing to ask this of."""
    if not contents:
        return Answer(Kind.NOT_APPLICABLE, "there is no container or graph to ask this of")
    parts = sum(row.parts for row in contents)
    formats = ", ".join(sorted({row.format for row in contents}))
    return passed(f"{len(contents):,} files with {parts:,} parts examined ({formats}), none found")
