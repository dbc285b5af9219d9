"""Does a chat template use constructs that reach outside the conversation?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail
from assay.facts.structure import Aspect
from assay.facts.text import ChatTemplate, Construct

_UNSAFE = (Construct.PRIVATE, Construct.INCLUDE, Construct.UNKNOWN_NAME, Construct.COSTLY_LOOP)


@check(
    "template.unsafe-construct",
    title="Does a chat template use constructs that reach outside the conversation?",
    severity=8.8,
    remedy="Do not serve the model with this template; take the template of its base model, or ask the publisher.",
    references=("CWE-1336", "CVE-2024-34359"),
    aspects=(Aspect.TEMPLATES,),
)
def template_unsafe_construct(template: ChatTemplate) -> Iterator[Answer]:
    """A chat template is code that the server runs on every request.

    Private attributes (`__class__`, `|attr`) climb to the interpreter in servers without a sandbox; `include` reads
    other files; `lipsum` and `self` carry the interpreter's globals; loops over huge ranges stall the
    server. No published chat format needs any of them. Found in the syntax tree, so spacing and quoting hide nothing.
    """
    marks = [mark for mark in template.marks if mark.construct in _UNSAFE]
    if marks:
        first = marks[0]
        yield fail(
            f"{template.artifact} {template.pointer} line {first.line} uses a {first.construct}: {first.seen}"
            + (f" and {len(marks) - 1} more" if len(marks) > 1 else ""),
            *(
                Evidence(
                    template.artifact,
                    f"{mark.construct}: {mark.seen}",
                    line=mark.line,
                    pointer=template.pointer or None,
                    name=mark.seen,
                )
                for mark in marks[:20]
            ),
        )
