"""Does the licence drop terms that come with the base model?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import place
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review
from assay.facts.model import Model
from assay.licence.name import same
from assay.licence.statement import declared
from assay.licence.term import family, restrictions

# name of a base model, lower case, without its organisation -> tag of the terms under which its publisher gives it
_TERMS = (
    (re.compile(r"(meta-)?llama-?4"), "llama4"),
    (re.compile(r"(meta-)?llama-?3\.3"), "llama3.3"),
    (re.compile(r"(meta-)?llama-?3\.2"), "llama3.2"),
    (re.compile(r"(meta-)?llama-?3\.1"), "llama3.1"),
    (re.compile(r"(meta-)?llama-?3"), "llama3"),
    (re.compile(r"(code)?llama-?2?-(7|13|34|70)b|llama-2"), "llama2"),
    (re.compile(r"(code|shield|recurrent|pali)?gemma-?[123]?"), "gemma"),
    (re.compile(r"starcoder"), "bigcode-openrail-m"),
    (re.compile(r"bloomz?(-|\Z)"), "bigscience-bloom-rail-1.0"),
    (re.compile(r"falcon-180b"), "falcon-180b"),
    (re.compile(r"deepseek-(llm|coder|moe|math)"), "deepseek"),
    (re.compile(r"c4ai-command|aya-"), "cc-by-nc-4.0"),
    (re.compile(r"exaone"), "exaone"),
    (re.compile(r"qwen2(\.5)?-72b|qwen1\.5-"), "qwen"),
    (re.compile(r"qwen2\.5-(3b|coder-3b)"), "qwen-research"),
    (re.compile(r"mistral-large|codestral"), "mistral-ai-research"),
)


@check(
    "licence.base-dropped",
    title="Does the licence drop terms that come with the base model?",
    severity=6.0,
    remedy="Read the base model's licence: where its terms travel with derivatives, the stricter of the two holds, "
    "whatever the tag says.",
)
def licence_base_dropped(model: Model) -> Iterator[Answer]:
    """A fine-tune cannot give away what its base holds back.

    The base is taken from the card or the metadata of the weights, by name: of 16 families of models it is known under
    which terms their publishers give them. Heuristic: a model may be called after another without being made from it,
    and a publisher may change terms; so the answer is for a person. Of other bases nothing is known.
    """
    bases = model.stated("base_model")
    if not bases:
        yield Answer(Kind.NOT_APPLICABLE, "no base model is named")
        return
    own = [(artifact, claim.text, claim.line) for artifact, claim in declared(model.stated)]
    own += [(text.artifact, id, 1) for text in model.licence_texts for id in text.identified]
    for artifact, base in bases:
        terms = _terms(base.text)
        at = place(artifact, base.text, base.line, "base_model")
        if terms is None:
            yield informational(f"under which terms {base.text} is given is not known", at)
        elif not own or any(_keeps(id, terms) for _, id, _ in own):
            yield passed(f"{base.text} is given under {terms}, and no other terms are stated for this model", at)
        else:
            stated = ", ".join(sorted({id for _, id, _ in own}))
            yield review(
                f"{base.text} is given under {terms} ({', '.join(restrictions(terms))}), this model under {stated}",
                at,
                *(Evidence(where, id, line=line or None, name="license") for where, id, line in own[:3]),
            )


def _terms(base: str) -> str | None:
    name = base.lower().rpartition("/")[2].replace("_", "-")
    return next((terms for pattern, terms in _TERMS if pattern.match(name)), None)


def _keeps(id: str, terms: str) -> bool:
    """Whether the stated licence is that of the base, or one of its family."""
    mine, theirs = family(id), family(terms)
    return same(id, terms) or same(terms, id) or (mine is not None and theirs is not None and mine.id == theirs.id)
