"""Do tokenizer, config and embedding disagree about the vocabulary?"""

from __future__ import annotations

from collections.abc import Iterator

from assay.checks import check
from assay.facts.artifact import INSIDE
from assay.facts.config import ModelConfig
from assay.facts.finding import Answer, Evidence, Kind, fail, passed, review
from assay.facts.model import folder
from assay.facts.tensor import TensorSpec, WeightIndex, parameter_tensors
from assay.facts.tokenizer import Tokenizer

_EMBEDDINGS = ("embed_tokens.weight", "token_embd.weight", "wte.weight", "word_embeddings.weight")


@check(
    "vocabulary.not-as-configured",
    title="Do tokenizer, config and embedding disagree about the vocabulary?",
    severity=5.0,
    remedy=(
        "Use the tokenizer that was published with these weights; "
        "a token without an embedding row stops or corrupts generation."
    ),
    references=("CWE-129",),
)
def vocabulary_not_as_configured(
    tokenizer: Tokenizer, configs: tuple[ModelConfig, ...], indexes: tuple[WeightIndex, ...]
) -> Iterator[Answer]:
    """Every token needs a row of the embedding, and the config says how many rows there are.

    A tokenizer with more entries than rows reads outside the embedding. Fewer is common: rows are padded to a round
    number, and the spare rows were never trained. More than 1,024 spare rows are for review.
    """
    if INSIDE in tokenizer.artifact:
        said = f"{tokenizer.artifact} lies in an archive, and is compared with no config"
        yield Answer(Kind.NOT_APPLICABLE, said, (Evidence(tokenizer.artifact),))
        return
    naming = "gguf" if tokenizer.engine == "llama.cpp" else "hub"
    here = folder(tokenizer.artifact)
    own = [
        config
        for config in configs
        if config.naming == naming
        and (config.artifact == tokenizer.artifact if naming == "gguf" else folder(config.artifact) == here)
    ]
    embedding = _embedding(
        tuple(
            index
            for index in indexes
            if index.decoder and (index.format == "gguf") == (naming == "gguf") and folder(index.artifact) == here
        )
    )
    place = Evidence(tokenizer.artifact, f"{tokenizer.size:,} entries", name="vocabulary")
    for config in own:
        declared = config.vocabulary_size
        if declared is None:
            continue
        if embedding is not None and embedding[1].shape[0] != declared:
            index, tensor = embedding
            yield fail(
                f"{config.artifact} states a vocabulary of {declared:,}, the embedding has {tensor.shape[0]:,} rows",
                Evidence(
                    index.artifact, str(list(tensor.shape)), start=tensor.start, stop=tensor.stop, name=tensor.name
                ),
            )
        if tokenizer.size > declared:
            yield fail(
                f"{tokenizer.artifact} has {tokenizer.size:,} entries, "
                f"{config.artifact} states a vocabulary of {declared:,}",
                place,
            )
        elif declared - tokenizer.size > 1024:
            yield review(
                f"{declared - tokenizer.size:,} rows of the embedding have no token in {tokenizer.artifact}", place
            )
        elif embedding is None or embedding[1].shape[0] == declared:
            yield passed(
                f"{tokenizer.size:,} tokens, vocabulary of {declared:,}"
                + (f", {declared:,} embedding rows" if embedding else ""),
                place,
            )


def _embedding(indexes: tuple[WeightIndex, ...]) -> tuple[WeightIndex, TensorSpec] | None:
    return next(
        (
            (index, tensor)
            for index, tensor in parameter_tensors(indexes)
            if tensor.name.endswith(_EMBEDDINGS) and len(tensor.shape) == 2
        ),
        None,
    )
