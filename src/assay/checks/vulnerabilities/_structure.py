"""Answers about flaws and hooks: what they have in common."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.finding import Answer, Evidence, Kind
from assay.facts.structure import Flaw, FlawKind, Hook, HookKind


def flaw_answers(kind: Kind, flaws: tuple[Flaw, ...], *kinds: FlawKind) -> Iterator[Answer]:
    """One answer for each flaw of these kinds."""
    for flaw in (row for row in flaws if row.kind in kinds):
        stop = None if flaw.at is None else flaw.at + 1
        yield Answer(
            kind,
            f"{flaw.artifact}: {flaw.message}",
            (Evidence(flaw.artifact, flaw.message, start=flaw.at, stop=stop, name=flaw.name or flaw.kind),),
        )


def hook_answers(hooks: tuple[Hook, ...], *kinds: HookKind) -> Iterator[Answer]:
    """One answer for each hook of these kinds: a fail where it leads outside the model, else for review."""
    for hook in (row for row in hooks if row.kind in kinds):
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
