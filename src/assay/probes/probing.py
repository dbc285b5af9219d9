"""Run probes of behaviour on a model: `assay probe MODEL`, and `assay audit MODEL --run`.

Where the model or its runtime cannot give what a probe needs, or a probe cannot be carried out on this model, that is
its answer: it cannot be known, and why.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from assay import uncertainty
from assay.errors import UsageError, did_you_mean
from assay.facts.behaviour import Behaviour, Probed
from assay.facts.codec import decode
from assay.facts.uncertainty import identity
from assay.files import AppendOnly, content, json_lines
from assay.lazy import dataclass
from assay.probes.ask import Ask, Kept
from assay.probes.behaviour import NOTHING, Cost, Known, Material, Probe, installed, lacking
from assay.progress import Progress, Steps
from assay.runtime import Runtime
from assay.uncertainty import questions
from assay.uncertainty.questions import QuestionSet
from assay.version import VERSION

SCHEMA = "assay-behaviour/1"
MOST = 16  # questions of a probe: 3 CPU minutes for all quick ones on SmolLM2-135M (benchmarks/probes.py)
MOST_KEPT, MOST_PROMPTS = 1 << 30, 16 << 20  # bytes
LEAST_PROMPTS, PROMPTS = 8, 512
_GIVEN = {"base": "give a base, with --base MODEL", "prompts": "give prompts, with --prompts FILE"}


@dataclass(frozen=True, slots=True)
class Probing:
    """What to probe: names of probes (none: the quick ones), the questions, how many of them, the user's own prompts.

    `keep` is the file in which answers are kept as they come in; `deep` adds the probes that take minutes.
    """

    pack: QuestionSet
    only: tuple[str, ...] = ()
    most: int = MOST
    prompts: tuple[str, ...] = ()
    prompts_sha256: str = ""
    keep: Path | None = None
    seed: int = 0
    key_in_clear: bool = False
    deep: bool = False

    def opened(self, model: str, *, isolation: bool = True, offline: bool = False) -> Runtime:
        """The model, ready to be asked (UsageError, InputError: it cannot be run, and why)."""
        return uncertainty.open(model, isolation=isolation, offline=offline, key_in_clear=self.key_in_clear)

    @property
    def compares(self) -> bool:
        """Whether a probe is run that compares with a base, if there is one."""
        return any(row.given == "base" for row in chosen(self, base=True))


def planned(
    only: Sequence[str] = (),
    packs: Sequence[Path] = (),
    most: int = MOST,
    prompts: Path | None = None,
    keep: Path | None = None,
    seed: int = 0,
    *,
    key_in_clear: bool = False,
    deep: bool = False,
) -> Probing:
    """The plan that these make.

    Raises UsageError: there is no such probe, or a file is no question set or has no prompts.
    """
    known = tuple(row.id for row in installed())
    for name in only:
        if name not in known:
            raise UsageError(f"no probe {name!r}{did_you_mean(name, known)}: {', '.join(known)}")
    texts, digest = _prompts(prompts) if prompts else ((), "")
    asked = questions.load(packs or (questions.GENERAL,))
    return Probing(asked, tuple(only), most, texts, digest, keep, seed, key_in_clear, deep)


def _prompts(path: Path) -> tuple[tuple[str, ...], str]:
    """The prompts of a file, a line each or JSON lines with `prompt`, and the digest of the file."""
    raw = content(path, MOST_PROMPTS, "file of prompts")
    text = raw.decode("utf-8", "replace")
    if path.suffix.lower() == ".jsonl":
        rows = [str(row["prompt"]).strip() for _, row in json_lines(text, path, '{"prompt": ...}', ("prompt",))]
    else:
        rows = [line.strip() for line in text.splitlines()]
    found = tuple(dict.fromkeys(filter(None, rows)))[:PROMPTS]
    if len(found) < LEAST_PROMPTS:
        raise UsageError(f"{path} has {len(found)} prompts; fewer than {LEAST_PROMPTS} say nothing about a rate")
    return found, hashlib.sha256(raw).hexdigest()


def chosen(plan: Probing, *, base: bool = False) -> tuple[Probe, ...]:
    """The probes of a plan: those that are named, else the quick ones, those whose material is given, deep ones."""
    given = {name for name, there in (("base", base), ("prompts", bool(plan.prompts))) if there}
    if plan.only:
        return tuple(row for row in installed() if row.id in plan.only)
    costs = {Cost.QUICK, *((Cost.DEEP,) if plan.deep else ())}
    return tuple(row for row in installed() if (row.given in given if row.given else row.cost in costs))


def probed(
    runtime: Runtime,
    plan: Probing,
    progress: Progress | None = None,
    base: Runtime | None = None,
    known: Known = NOTHING,
) -> Behaviour:
    """What the model does, probe by probe.

    Args:
        base: the model from which it was made.
        known: what an audit knows of it beside what running it shows.

    Raises UsageError: `plan.keep` holds answers of another model, or cannot be written.
    """
    rows = chosen(plan, base=base is not None)
    with ExitStack() as stack:
        # prompts of a probe are not known before it runs: each counts as one step, whatever it asks
        steps = Steps(progress, "probing", len(rows), "probes")
        ask = Ask(runtime, _kept(plan, runtime, stack, plan.keep))
        beside = Ask(base, _kept(plan, base, stack, _beside(plan.keep))) if base else None
        material = Material(ask, plan.pack.questions, beside, plan.prompts, known, plan.most, plan.seed)
        found = []
        for probe in rows:
            found.append(_one(probe, material))
            steps.add()
    return Behaviour(
        schema=SCHEMA,
        assay=VERSION,
        model=runtime.model,
        sha256=runtime.sha256,
        runtime=runtime.name,
        base=base.model if base else "",
        base_sha256=base.sha256 if base else "",
        questions=plan.pack.name,
        questions_sha256=plan.pack.sha256,
        prompts_sha256=plan.prompts_sha256,
        most=plan.most,
        seed=plan.seed,
        probes=tuple(found),
    )


def _one(probe: Probe, material: Material) -> Probed:
    if probe.given and not getattr(material, probe.given):
        return unknown(probe, _GIVEN[probe.given])
    lacks = lacking(material.ask.runtime, probe.needs)
    if lacks:
        return unknown(probe, f"{material.ask.runtime.name} does not {' or '.join(lacks)}")
    try:
        return probe.run(probe, material)
    except UsageError as cause:
        return unknown(probe, str(cause))


def unknown(probe: Probe, reason: str) -> Probed:
    """The answer of a probe that could not be carried out."""
    return Probed(probe.id, probe.question, "", (), None, (), "", reason)


def _kept(plan: Probing, runtime: Runtime, stack: ExitStack, path: Path | None) -> AppendOnly[Kept] | None:
    if path is None:
        return None
    bound = {"probed": identity(runtime), "runtime": runtime.name}
    return stack.enter_context(AppendOnly(path, bound, partial(decode, Kept), MOST_KEPT, "answers"))


def _beside(path: Path | None) -> Path | None:
    """Where the answers of the base are kept."""
    return path.with_name(f"{path.name}.base") if path else None
