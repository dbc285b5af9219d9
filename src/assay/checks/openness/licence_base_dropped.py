"""Does the licence drop terms that come with the base model?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.checks.openness._licence import not_read, place
from assay.facts.finding import Answer, Evidence, Kind, informational, passed, review
from assay.facts.licence import Restriction
from assay.facts.model import Model
from assay.lazy import regex
from assay.licence.name import same
from assay.licence.statement import declared
from assay.licence.term import family, restrictions

# name of a base model, lower case, without its organisation -> tag of the terms under which its publisher gives it
_TERMS = (
    (regex(r"(meta-)?llama-?4"), "llama4"),
    (regex(r"(meta-)?llama-?3\.3"), "llama3.3"),
    (regex(r"(meta-)?llama-?3\.2"), "llama3.2"),
    (regex(r"(meta-)?llama-?3\.1"), "llama3.1"),
    (regex(r"(meta-)?llama-?3"), "llama3"),
    (regex(r"(code)?llama-?2?-(7|13|34|70)b|llama-2"), "llama2"),
    (regex(r"(code|shield|recurrent|pali)?gemma-?[123]?"), "gemma"),
    (regex(r"starcoder"), "bigcode-openrail-m"),
    (regex(r"bloomz?(-|\Z)"), "bigscience-bloom-rail-1.0"),
    (regex(r"falcon-180b"), "falcon-180b"),
    (regex(r"deepseek-(llm|coder|moe|math)"), "deepseek"),
    (regex(r"c4ai-command|aya-"), "cc-by-nc-4.0"),
    (regex(r"exaone"), "exaone"),
    (regex(r"qwen2(\.5)?-72b|qwen1\.5-"), "qwen"),
    (regex(r"qwen2\.5-(3b|coder-3b)"), "qwen-research"),
    (regex(r"mistral-large|codestral"), "mistral-ai-research"),
    # open ones, whose terms are kept by any licence that names no fewer duties
    (regex(r"mistral-7b|mixtral-8x|mistral-nemo"), "apache-2.0"),
    (regex(r"qwen3|qwen2\.5-(0\.5|1\.5|7|14|32)b|qwen2-(0\.5|1\.5|7)b"), "apache-2.0"),
    (
        regex(r"(distil)?bert-base-(un)?cased|bert-large-(un)?cased|t5-|flan-t5|smollm|olmo|pythia|falcon-(7|40)b"),
        "apache-2.0",
    ),
    (regex(r"phi-[34]|phi-2\Z|gpt2\Z|deepseek-r1\Z"), "mit"),
)

# terms that mean the same in whatever licence they stand; lists of uses, names and thresholds are each family's own
_SAME_EVERYWHERE = frozenset({Restriction.NON_COMMERCIAL, Restriction.NO_DERIVATIVES})


@check(
    "licence.base-dropped",
    title="Does the licence drop terms that come with the base model?",
    severity=6.0,
    remedy="Read the base model's licence: where its terms travel with derivatives, the stricter of the two holds, "
    "whatever the tag says.",
)
def licence_base_dropped(model: Model) -> Iterator[Answer]:
    """A fine-tune cannot give away what its base holds back.

    The base is taken from the card, the config of an adapter, or the metadata of the weights, by name: of 20
    families of models it is known under which terms their publishers give them. Where no licence is stated, the
    base's terms hold. That another licence, or the card, forbids commercial use or derivatives keeps such a term of
    the base; other terms are each family's own. Heuristic: a model may be called after another without being made
    from it, and a publisher may change terms; so the answer is for a person. Of other bases nothing is known.
    """
    bases = [
        (artifact, claim.text, place(artifact, claim.text, claim.line, "base_model"))
        for artifact, claim in model.stated("base_model")
    ]
    in_card = {_bare(text) for _, text, _ in bases}
    bases += [
        (row.artifact, row.base_model, Evidence(row.artifact, row.base_model, pointer="/base_model_name_or_path"))
        for row in model.adapters
        if row.base_model and _bare(row.base_model) not in in_card
    ]
    if not bases:
        yield Answer(Kind.NOT_APPLICABLE, "no base model is named")
        return
    yield from not_read(model)
    own = [(artifact, claim.text, claim.line) for artifact, claim in declared(model.stated)]
    own += [(text.artifact, id, 1) for text in model.licence_texts for id in text.identified]
    asked = {row.kind for row in (model.card.terms if model.card else ())}
    kept = asked.union(*(restrictions(id) for _, id, _ in own)) & _SAME_EVERYWHERE
    for _, base, at in bases:
        terms = _terms(base)
        if terms is None:
            yield informational(f"under which terms {base} is given is not known", at)
            continue
        held = tuple(code for code in restrictions(terms) if code not in kept)
        stated = ", ".join(sorted({id for _, id, _ in own}))
        if not own and held:
            yield review(
                f"{base} is given under {terms} ({', '.join(held)}), which holds for what is made from it; "
                "no licence is stated for this model",
                at,
            )
        elif not held or any(_keeps(id, terms) for _, id, _ in own):
            yield passed(f"{base} is given under {terms}, which is not dropped", at)
        else:
            yield review(
                f"{base} is given under {terms} ({', '.join(held)}), this model under {stated}",
                at,
                *(Evidence(where, id, line=line or None, name="license") for where, id, line in own[:3]),
            )


def _bare(base: str) -> str:
    return base.lower().rstrip("/").rpartition("/")[2].replace("_", "-")


def _terms(base: str) -> str | None:
    return next((terms for pattern, terms in _TERMS if pattern.match(_bare(base))), None)


def _keeps(id: str, terms: str) -> bool:
    """Whether the stated licence is that of the base, or one of its family."""
    mine, theirs = family(id), family(terms)
    return same(id, terms) or same(terms, id) or (mine is not None and theirs is not None and mine.id == theirs.id)
