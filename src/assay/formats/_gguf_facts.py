"""What GGUF metadata says about the model, as the same facts that the JSON files of a hub repository give.

Keys: ggml docs/gguf.md, "Standardized key-value pairs".
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.config import ModelConfig
from assay.facts.text import PublisherClaims, Stated
from assay.facts.tokenizer import Token, Tokenizer, TokenRole
from assay.formats._vocabulary import vocabulary
from assay.formats.encoding.json import integer, text
from assay.formats.template.tree import template

# llama.cpp enum llama_token_type; UNKNOWN is matched in text as CONTROL is (llama-vocab.cpp, special token cache)
_ROLES = {2: TokenRole.CONTROL, 3: TokenRole.CONTROL, 4: TokenRole.ADDED}
# general.file_type -> the tensor type that most weights have (llama.h enum llama_ftype); mixed types are left out
_FILE_TYPES = {
    0: "F32",
    1: "F16",
    2: "Q4_0",
    3: "Q4_1",
    7: "Q8_0",
    8: "Q5_0",
    9: "Q5_1",
    14: "Q4_K",
    15: "Q4_K",
    16: "Q5_K",
    17: "Q5_K",
    18: "Q6_K",
    32: "BF16",
}
# metadata key -> the word a model card uses for the same claim
_CLAIMS = {
    "general.license": "license",
    "general.license.name": "license_name",
    "general.license.link": "license_link",
    "general.size_label": "parameters",
    "general.name": "name",
    "general.organization": "organization",
    "general.url": "url",
    "general.repo_url": "url",
    "general.source.repo_url": "base_model",
    "general.source.huggingface.repository": "base_model",
    "general.quantized_by": "quantized_by",
}
_LISTS = {"general.datasets": "datasets", "general.languages": "language"}


def described(artifact: str, metadata: dict[str, object], tensor_names: frozenset[str]) -> Iterator[object]:
    """Yield the model config, the tokenizer, chat templates and publisher's claims that the metadata holds."""
    family = metadata.get("general.architecture")
    if isinstance(family, str) and metadata.get("general.type", "model") == "model":
        yield _config(artifact, family, metadata, tied="output.weight" not in tensor_names)
    tokenizer: Tokenizer | None = None
    if isinstance(metadata.get("tokenizer.ggml.tokens"), tuple):
        tokenizer = _tokenizer(artifact, metadata)
        yield tokenizer
    for key in sorted(metadata):
        value = metadata[key]
        if isinstance(value, str) and (key == "tokenizer.chat_template" or key.startswith("tokenizer.chat_template.")):
            yield template(artifact, key, key.removeprefix("tokenizer.chat_template").strip(".") or "default", value)
    yield PublisherClaims(artifact, tuple(_claims(metadata)))
    if tokenizer is not None:  # last: it may be longer than is read
        texts, merges = (_strings(metadata.get(f"tokenizer.ggml.{key}")) for key in ("tokens", "merges"))
        yield vocabulary(artifact, tokenizer.algorithm, texts, merges)


def _config(artifact: str, family: str, metadata: dict[str, object], *, tied: bool) -> ModelConfig:
    def whole(key: str) -> int | None:
        return integer(metadata.get(f"{family}.{key}"))

    tokens = metadata.get("tokenizer.ggml.tokens")
    hidden, heads = whole("embedding_length"), whole("attention.head_count")
    head_size = whole("attention.key_length") or (hidden // heads if hidden and heads else None)
    return ModelConfig(
        artifact,
        "gguf",
        family[:64],
        hidden_size=hidden,
        layers=whole("block_count"),
        heads=heads,
        kv_heads=whole("attention.head_count_kv") or heads,
        head_size=head_size,
        intermediate_size=whole("feed_forward_length"),
        vocabulary_size=whole("vocab_size") or (len(tokens) if isinstance(tokens, tuple) else None),
        context_length=whole("context_length"),
        tied_embeddings=tied,
        dtype=_FILE_TYPES.get(integer(metadata.get("general.file_type")) or 0)
        if "general.file_type" in metadata
        else None,
        origin=text(metadata.get("general.name")),
    )


def _tokenizer(artifact: str, metadata: dict[str, object]) -> Tokenizer:
    tokens, kinds = metadata["tokenizer.ggml.tokens"], metadata.get("tokenizer.ggml.token_type", ())
    if not isinstance(tokens, tuple) or not isinstance(kinds, tuple):
        raise Malformed("tokenizer.ggml.token_type is not an array")
    if kinds and len(kinds) != len(tokens):
        raise Malformed(
            "tokenizer.ggml.token_type has another length than the tokens", expected=len(tokens), got=len(kinds)
        )
    if tokens and not isinstance(tokens[0], bytes):
        raise Malformed("tokenizer.ggml.tokens is not an array of strings")
    whole = tuple(
        Token(number, raw.decode("utf-8", "backslashreplace")[:256], _ROLES[kind])
        for number, (raw, kind) in enumerate(zip(tokens, kinds, strict=False))
        if isinstance(kind, int) and kind in _ROLES
    )
    return Tokenizer(
        artifact, "llama.cpp", (text(metadata.get("tokenizer.ggml.model")) or "unknown")[:64], len(tokens), whole
    )


def _strings(entries: object) -> tuple[bytes, ...]:
    """An array of strings, or nothing where the field is something else."""
    return entries if isinstance(entries, tuple) and entries and isinstance(entries[0], bytes) else ()


def _claims(metadata: dict[str, object]) -> Iterator[Stated]:
    for key in sorted(metadata):
        value = metadata[key]
        if key in _CLAIMS and isinstance(value, str):
            yield Stated(_CLAIMS[key], value[:500], 0)
        elif key.startswith("general.base_model.") and key.endswith((".repo_url", ".name")) and isinstance(value, str):
            yield Stated("base_model", value[:500], 0)
        elif key.startswith("general.dataset.") and key.endswith((".repo_url", ".name")) and isinstance(value, str):
            yield Stated("datasets", value[:500], 0)
        elif key in _LISTS and isinstance(value, tuple):
            for entry in value[:500]:
                if isinstance(entry, bytes):
                    yield Stated(_LISTS[key], entry.decode("utf-8", "backslashreplace")[:500], 0)
