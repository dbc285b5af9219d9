"""Does a chat template change what was said, or add to it depending on what was said or when?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, Kind, unknown
from assay.facts.structure import Aspect
from assay.facts.text import Conduct, Conducted, TemplateTrial


@check(
    "template.alters-prompt",
    title="Does a chat template change what was said, or add to it depending on what was said or when?",
    severity=8.6,
    remedy=(
        "Do not serve the model with this template: take the template of "
        "its base model, or ask the publisher what the behaviour is for."
    ),
    references=("CWE-506", "MITRE ATLAS AML.T0051", "OWASP LLM01:2025", "CWE-1336"),
    aspects=(Aspect.TEMPLATES,),
)
def template_alters_prompt(trial: TemplateTrial) -> Iterator[Answer]:
    """The template was rendered on made-up conversations that differ in one thing each; what it adds must not differ.

    Every message has to reach the model as it was written; the text around it must not depend on what it says, on the
    date beyond naming it, or on which turn it is; the answer must not be begun for the model. Probes include every text
    that the template itself mentions. Rendered in Jinja's sandbox, in the isolated worker, under a budget that counts
    work. What is found was seen to happen; a trigger that no probe hits is not found.
    """
    where = f"{trial.artifact} {trial.pointer}".strip()
    if trial.stopped:
        yield unknown(
            f"{where} was {trial.stopped}"
            if trial.stopped.startswith("not ")
            else f"{where} was not tried: {trial.stopped}",
            Evidence(trial.artifact, trial.stopped, pointer=trial.pointer or None),
        )
    for done in trial.conducts:
        place = Evidence(
            trial.artifact,
            done.trigger or done.message,
            pointer=trial.pointer or None,
            name=f"{done.conduct}: {done.trigger}",
        )
        yield Answer(
            _kind(done),
            f"{where} {done.conduct}: {done.message}" + (f"; {done.more:,} more probes show it" if done.more else ""),
            (place,),
        )


def _kind(done: Conducted) -> Kind:
    """A fail; for review where published templates do it too: drop a system prompt, read directives in it, count."""
    lenient = (
        done.conduct is Conduct.COUNTS
        or (done.conduct is Conduct.DROPS and done.message.startswith("the system prompt"))
        or (done.conduct is Conduct.PREFILLS and "://" not in done.message)
        or "as system prompt or earlier answer" in done.message
    )
    return Kind.REVIEW if lenient else Kind.FAIL
