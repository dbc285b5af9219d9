"""`assay policy`: check or show a policy."""

from __future__ import annotations

import click

from assay.cli._apart import group
from assay.cli._streams import looks, say
from assay.errors import UsageError


@group("policy")
def COMMAND() -> None:
    """Check or show a policy."""


@COMMAND.command("check")
@click.argument("policy")
def check(policy: str) -> None:
    """Check that POLICY, a name or a file, is well formed and that every pattern matches a check."""
    from assay.checks import installed
    from assay.policy import load, problems

    loaded = load(policy)
    found = problems(loaded, tuple(entry.rule.id for entry in installed()))
    if found:
        raise UsageError(f"policy {policy}: {'; '.join(found)}")
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter

    waivers = f", {len(loaded.waivers):,} waivers" if loaded.waivers else ""
    sentence = f"Policy {loaded.name} is well formed and every pattern matches a check{waivers}."
    colour, width = looks(None)
    say(*Headline("VALID", sentence, Tone.GO).lines(painter(colour), width), f"sha256 {loaded.sha256}")


@COMMAND.command("show")
@click.argument("policy", default="default")
def show(policy: str) -> None:
    """Show for each check what POLICY blocks, leaves to a person, and wants answered of which kind of subject."""
    from assay.checks import installed
    from assay.facts.finding import Finding, Kind
    from assay.facts.nature import SubjectKind
    from assay.policy import load
    from assay.render.terminal import WIDEST, table, terminal_width

    loaded = load(policy)
    say(f"{loaded.name}: {loaded.description}", "")
    rows = []
    for entry in installed():
        id = entry.rule.id
        kinds = {kind: Finding(id, kind, "", (), "", "") for kind in (Kind.FAIL, Kind.REVIEW, Kind.OPEN)}
        if loaded.switched_off(id):
            words = ["switched off"]
        else:
            words = [f"{kind} blocks" for kind in (Kind.FAIL, Kind.REVIEW) if loaded.blocks(kinds[kind])]
            words += ["a person decides its reviews"] if loaded.decides(kinds[Kind.REVIEW]) else []
            wanted = [str(kind) for kind in SubjectKind if loaded.requires(kinds[Kind.OPEN], kind)]
            of = "" if len(wanted) == len(SubjectKind) else f" of: {', '.join(wanted)}"
            words += [f"must be answered{of}"] if wanted else []
        rows.append((id, ", ".join(words) or "listed only"))
    say(*table(("check", "what it does to the verdict"), rows, terminal_width(WIDEST)))
