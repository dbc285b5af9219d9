"""Does a chat template begin the answer, count turns, or read directives in a system prompt?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._template import steers, told
from assay.facts.finding import Answer, Kind
from assay.facts.structure import Aspect
from assay.facts.text import TemplateTrial


@check(
    "template.steers",
    title="Does a chat template begin the answer, count turns, or read directives in a system prompt?",
    severity=4.0,
    remedy="Read what it does, and compare with the template of the base model: many publishers mean it so.",
    references=("MITRE ATLAS AML.T0051",),
    aspects=(Aspect.TEMPLATES,),
)
def template_steers(trial: TemplateTrial) -> Iterator[Answer]:
    """Templates of well-known models open a block for thoughts, drop the thoughts of earlier turns, read a switch.

    Seen while the template was rendered on made-up conversations. It is how a publisher steers the model, and the same
    means could steer it elsewhere: who serves the model should know of it.
    """
    for done in trial.conducts:
        if steers(done):
            yield told(trial, done, Kind.REVIEW)
