"""Is it left unsaid, or said in two ways, which model this one was made from?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, fail, informational, passed, unknown
from assay.facts.model import Model


@check(
    "base.undeclared",
    title="Is it left unsaid, or said in two ways, which model this one was made from?",
    severity=4.0,
    remedy="Ask the publisher for base_model and base_model_relation in the card's front matter; licence terms and "
    "known defects of the base carry over.",
    references=("MOF 1.0: model card", "CycloneDX pedigree.ancestors"),
)
def base_undeclared(model: Model) -> Iterator[Answer]:
    """A fine-tune inherits the licence, the data and the defects of its base.

    `base_model` in the card or in GGUF metadata is the declaration, or a sentence of the card ("a fine-tuned version
    of X", "trained from scratch"). An adapter names its base by construction; if
    the card names another, one of them is wrong, and that is a fail. That the base is the one declared is a claim.
    """
    named = [(artifact, claim.text, claim.line) for artifact, claim in model.stated("base_model")]
    for adapter in model.adapters:
        if adapter.base_model and named and not any(_same(adapter.base_model, text) for _, text, _ in named):
            yield fail(
                f"the adapter is for {adapter.base_model!r}, the card says {named[0][1]!r}",
                Evidence(adapter.artifact, adapter.base_model, pointer="/base_model_name_or_path"),
                Evidence(named[0][0], named[0][1], line=named[0][2] or None, name="base_model"),
            )
    if named:
        yield passed(
            f"made from {', '.join(text for _, text, _ in named[:5])}",
            *(Evidence(artifact, text, line=line or None, name=text) for artifact, text, line in named[:20]),
        )
    elif scratch := model.stated("from_scratch"):
        yield passed(
            "said to be trained from scratch",
            *(Evidence(artifact, claim.text, line=claim.line, name=claim.key) for artifact, claim in scratch[:5]),
        )
    elif not model.adapters:
        yield unknown("no base model is declared; whether it was trained from scratch is not known")
    for config in model.configs:
        if config.origin and not named:
            yield informational(
                f"{config.artifact} carries the name {config.origin!r}",
                Evidence(
                    config.artifact,
                    config.origin,
                    pointer="general.name" if config.naming == "gguf" else "/_name_or_path",
                ),
            )


def _same(left: str, right: str) -> bool:
    return left.rstrip("/").rpartition("/")[2].casefold() == right.rstrip("/").rpartition("/")[2].casefold()
