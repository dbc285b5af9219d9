"""Make a tokenizer from what assay's own readers gave: a `tokenizer.json`, or the vocabulary inside a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeGuard

from assay.errors import MissingExtra, UsageError
from assay.facts.tokenizer import SEPARATOR, Tokenizer, TokenRole, Vocabulary
from assay.text.tokenizer import opened
from assay.weights import Weights

# how text is split before merging, by the name in a GGUF file (llama.cpp, llama-vocab.cpp: enum llama_vocab_pre_type)
_WORD, _REST = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+", r"\s*[\r\n]+|\s+(?!\S)|\s+"
_LLAMA3 = rf"{_WORD}|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_REST}"
_QWEN2 = rf"{_WORD}|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{_REST}"
_SPLITS = {"llama-bpe": _LLAMA3, "llama3": _LLAMA3, "qwen2": _QWEN2}
_PLAIN, _DIGITS = frozenset({"default", "gpt-2", "gpt2"}), frozenset({"smollm", "refact", "starcoder", "command-r"})


def from_file(path: Path) -> Any:
    """The tokenizer of a `tokenizer.json` (UsageError: the library does not read it)."""
    _library()
    return opened(path)


def from_vocabulary(found: Vocabulary, tokenizer: Tokenizer, kind: str) -> Any:
    """The byte-level BPE of a GGUF file; `kind` is its `tokenizer.ggml.pre`.

    Raises UsageError for an algorithm or a way to split that assay does not know: a wrong tokenizer would give wrong
    scores without a sign.
    """
    library = _library()
    if tokenizer.algorithm != "gpt2":
        raise UsageError(
            f"{found.artifact}: a tokenizer of the kind {tokenizer.algorithm!r}; assay runs byte-level BPE (gpt2). "
            "Give a folder with tokenizer.json"
        )
    merges = [tuple(row.split(" ", 1)) for row in found.merges.split(SEPARATOR)] if found.merges else []
    vocabulary = {text: number for number, text in enumerate(found.tokens) if text}
    made = library.Tokenizer(library.models.BPE(vocabulary, [row for row in merges if len(row) == 2]))
    made.pre_tokenizer = _splitter(library, kind, found.artifact)
    made.decoder = library.decoders.ByteLevel()
    special = [token.text for token in tokenizer.tokens if token.role is TokenRole.CONTROL]
    added = [token.text for token in tokenizer.tokens if token.role is TokenRole.ADDED]
    made.add_special_tokens([library.AddedToken(text, special=True, normalized=False) for text in special])
    made.add_tokens([library.AddedToken(text, normalized=False) for text in added])
    return made


def _splitter(library: Any, kind: str, artifact: str) -> Any:
    steps = library.pre_tokenizers
    whole = steps.ByteLevel(add_prefix_space=False, use_regex=True)
    if kind in _PLAIN:
        return whole
    if kind in _DIGITS:
        return steps.Sequence([steps.Digits(individual_digits=True), whole])
    if kind in _SPLITS:
        split = steps.Split(library.Regex(_SPLITS[kind]), "isolated")
        return steps.Sequence([split, steps.ByteLevel(add_prefix_space=False, use_regex=False)])
    raise UsageError(
        f"{artifact}: text is split as {kind!r}, which assay does not know; give a folder with tokenizer.json"
    )


def _library() -> Any:
    try:
        import tokenizers
    except ImportError:
        raise MissingExtra("torch", "running a model") from None
    return tokenizers


def tokenizer(weights: Weights) -> Any:
    """The tokenizer of a model (UsageError: it has none that assay can run)."""
    files = {entry.path: entry for entry in weights.walk.entries}
    if weights.set.naming != "gguf" and "tokenizer.json" in files and weights.walk.roots:
        return from_file(Path(weights.walk.roots[0]) / "tokenizer.json")
    vocabularies, tokenizers = weights.facts("Vocabulary"), weights.facts("Tokenizer")
    if not vocabularies or not tokenizers:
        raise UsageError(
            f"{weights.name} has no tokenizer that assay can run: give a folder with tokenizer.json, or a GGUF file"
        )
    metadata = dict(weights.set.indexes[0].metadata)
    return from_vocabulary(vocabularies[0], tokenizers[0], metadata.get("tokenizer.ggml.pre", "default"))


def control(weights: Weights, fields: dict[str, Any], size: int) -> tuple[tuple[int, ...], frozenset[int]]:
    """(what a text begins with, what ends one), by metadata or configuration, and by the names that are in use."""
    metadata = dict(weights.set.indexes[0].metadata)
    tokens = {token.text: token.id for row in weights.facts("Tokenizer") for token in row.tokens}

    def stated(kind: str) -> list[int]:
        """The numbers of tokens that the files state, if the network has such tokens."""
        value = metadata.get(f"tokenizer.ggml.{kind}_token_id", fields.get(f"{kind}_token_id"))
        rows = value if isinstance(value, list) else [value]
        return [int(row) for row in rows if _is_number(row) and 0 <= int(row) < size]

    named = [tokens[name] for name in ("<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>") if name in tokens]
    ends = ("</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<eos>", "<end_of_turn>")
    stops = {*stated("eos"), *(tokens[name] for name in ends if name in tokens)}
    return tuple((stated("bos") or named)[:1]), frozenset(stops)


def _is_number(value: Any) -> TypeGuard[int | str]:
    if isinstance(value, str):
        return value.isdecimal() and len(value) < 12
    return isinstance(value, int) and not isinstance(value, bool)


def prefixed(weights: Weights, tokens: Any, start: tuple[int, ...]) -> tuple[int, ...]:
    """The tokens that the tokenizer puts before every text: by `tokenizer.json`, or a GGUF file's `add_bos_token`."""
    if weights.set.naming == "gguf":
        return start if dict(weights.set.indexes[0].metadata).get("tokenizer.ggml.add_bos_token") == "True" else ()
    with_, without = tokens.encode("a", add_special_tokens=True).ids, tokens.encode("a", add_special_tokens=False).ids
    at = next((at for at in range(len(with_)) if with_[at : at + len(without)] == without), 0)
    return tuple(with_[:at])
