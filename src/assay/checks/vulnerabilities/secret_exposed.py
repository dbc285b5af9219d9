"""Does a text of the model hold a credential?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, review
from assay.facts.structure import Aspect
from assay.facts.text import TextMark, TextMarkKind


@check(
    "secret.exposed",
    title="Does a text of the model hold a credential?",
    severity=7.5,
    remedy="Tell the publisher, who has to revoke it: everybody who downloaded the model has it. Do not use it.",
    references=("CWE-798", "CWE-540", "OWASP LLM02:2025"),
    aspects=(Aspect.MARKS,),
)
def secret_exposed(marks: tuple[TextMark, ...]) -> Iterator[Answer]:
    """Access keys, tokens, private keys, addresses with a password, by the fixed form that their issuers give them.

    A credential in a model is its publisher's trouble first, and a sign that what was published was not looked at.
    Only fixed forms are looked for, so that a finding is one; a password without a form is not seen.
    """
    for mark in marks:
        if mark.kind is TextMarkKind.SECRET:
            article = "an" if mark.what[0] in "AEIOUae" else "a"
            yield review(
                f"{mark.artifact}:{mark.line} holds what looks like {article} {mark.what}: {mark.seen}",
                Evidence(mark.artifact, mark.seen, line=mark.line, name=mark.what),
            )
