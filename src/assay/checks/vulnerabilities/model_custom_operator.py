"""Does a model need operators, layers or filters that its runtime does not have?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.vulnerabilities._structure import hook_answers
from assay.facts.finding import Answer
from assay.facts.structure import Aspect, Hook, HookKind


@check(
    "model.custom-operator",
    title="Does a model need operators, layers or filters that its runtime does not have?",
    severity=4.3,
    remedy="Find out which library registers them and judge that library; the model alone does not run.",
    references=("CWE-829",),
    aspects=(Aspect.OPERATORS,),
)
def model_custom_operator(hooks: tuple[Hook, ...]) -> Iterator[Answer]:
    """Custom operators are native code that has to be loaded beside the model: what they do is not in the file.

    That is ordinary for some models and always a second thing to trust.
    """
    yield from hook_answers(hooks, HookKind.OPERATOR)
