"""Is there a chat template that cannot be parsed?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, unknown
from assay.facts.structure import Aspect
from assay.facts.text import ChatTemplate, Construct


@check(
    "template.unparsed",
    title="Is there a chat template that cannot be parsed?",
    severity=5.0,
    remedy="Take the template of the base model, or ask the publisher for one that transformers can parse.",
    aspects=(Aspect.TEMPLATES,),
)
def template_unparsed(template: ChatTemplate) -> Iterator[Answer]:
    """A template that does not parse in the dialect of transformers cannot be examined.

    Some runtimes read a wider or narrower dialect; what they make of this template is unknown.
    """
    for mark in template.marks:
        if mark.construct is Construct.SYNTAX:
            where = f"{template.artifact} {template.pointer}".strip()
            yield unknown(
                f"{where} line {mark.line}: {mark.seen}",
                Evidence(template.artifact, mark.seen, line=mark.line, pointer=template.pointer or None),
            )
