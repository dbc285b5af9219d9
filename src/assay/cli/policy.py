"""`assay policy`: check or show a policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from assay.cli import _options as options
from assay.cli._apart import group
from assay.cli._streams import Output, looks, put_record
from assay.errors import UsageError
from assay.lazy import dataclass

if TYPE_CHECKING:
    from assay.policy import Policy


@dataclass(frozen=True, slots=True)
class Effect:
    """What a policy makes of one check: findings of which kinds block, and what stays INCOMPLETE.

    `required`: the kinds of subject of which the check must be answered; `off`: its findings are left out.
    """

    check: str
    blocks: tuple[str, ...]
    decides: bool
    required: tuple[str, ...]
    off: bool

    def words(self, kinds: int) -> str:
        """The same for a table; `kinds`: how many kinds of subject there are."""
        if self.off:
            return "switched off"
        words = [f"{kind} blocks" for kind in self.blocks]
        words += ["a person decides its reviews"] if self.decides else []
        of = "" if len(self.required) == kinds else f" of: {', '.join(self.required)}"
        words += [f"must be answered{of}"] if self.required else []
        return ", ".join(words) or "listed only"


@dataclass(frozen=True, slots=True)
class Shown:
    """A policy, and its effect on each check."""

    name: str
    description: str
    sha256: str
    waivers: int
    checks: tuple[Effect, ...]


@group("policy")
def COMMAND() -> None:
    """Check or show a policy."""


@COMMAND.command("check")
@click.argument("policy")
@options.formats("text", "json")
def check(policy: str, outputs: tuple[Output, ...]) -> None:
    """Check that POLICY, a name or a file, is well formed and that every pattern matches a check."""
    from assay.checks import installed
    from assay.policy import load, problems
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter

    loaded = load(policy)
    found = problems(loaded, tuple(entry.rule.id for entry in installed()))
    if found:
        raise UsageError(f"policy {policy}: {'; '.join(found)}")
    waivers = f", {len(loaded.waivers):,} waivers" if loaded.waivers else ""
    sentence = f"Policy {loaded.name} is well formed and every pattern matches a check{waivers}."
    for format, path in outputs:
        colour, width = looks(path)
        rows = (*Headline("VALID", sentence, Tone.GO).lines(painter(colour), width), f"sha256 {loaded.sha256}")
        put_record(format, _shown(loaded), rows, path)


@COMMAND.command("show")
@click.argument("policy", default="default")
@options.formats("text", "json")
def show(policy: str, outputs: tuple[Output, ...]) -> None:
    """Show for each check what POLICY blocks, leaves to a person, and wants answered of which kind of subject."""
    from assay.policy import load

    found = _shown(load(policy))
    for format, path in outputs:
        put_record(format, found, _lines(found, path is None), path)


def _shown(policy: Policy) -> Shown:
    from assay.checks import installed

    checks = tuple(_effect(policy, entry.rule.id) for entry in installed())
    return Shown(policy.name, policy.description, policy.sha256, len(policy.waivers), checks)


def _effect(policy: Policy, id: str) -> Effect:
    from assay.facts.finding import Finding, Kind
    from assay.facts.nature import SubjectKind

    kinds = {kind: Finding(id, kind, "", (), "", "") for kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN)}
    return Effect(
        id,
        blocks=tuple(str(kind) for kind in (Kind.FAIL, Kind.REVIEW) if policy.blocks(kinds[kind])),
        decides=policy.decides(kinds[Kind.REVIEW]),
        required=tuple(str(kind) for kind in SubjectKind if policy.requires(kinds[Kind.OPEN], kind)),
        off=policy.switched_off(id),
    )


def _lines(found: Shown, wide: bool) -> Iterator[str]:
    from assay.columns import WIDEST
    from assay.facts.nature import SubjectKind
    from assay.render.terminal import table, terminal_width

    yield from (f"{found.name}: {found.description}", "")
    rows = [(row.check, row.words(len(SubjectKind))) for row in found.checks]
    yield from table(("check", "what it does to the verdict"), rows, terminal_width(WIDEST) if wide else WIDEST)
