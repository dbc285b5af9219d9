"""A tokenizer from the facts that assay's own readers gave: a `tokenizer.json`, or the vocabulary inside a GGUF file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.facts.tokenizer import SEPARATOR, Tokenizer, TokenRole, Vocabulary
from assay.text.tokenizer import opened

# how text is split before merging, by the name that GGUF files carry (llama.cpp, llama-vocab.cpp: enum llama_vocab_pre_type)
_LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
_QWEN2 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLITS = {"llama-bpe": _LLAMA3, "llama3": _LLAMA3, "qwen2": _QWEN2}
_PLAIN, _DIGITS = frozenset({"default", "gpt-2", "gpt2"}), frozenset({"smollm", "refact", "starcoder", "command-r"})


def from_file(path: Path) -> Any:
    """The tokenizer of a `tokenizer.json` (UsageError: the library does not read it)."""
    _library()
    return opened(path)


def from_vocabulary(found: Vocabulary, tokenizer: Tokenizer, kind: str) -> Any:
    """The byte-level BPE of a GGUF file; `kind` is its `tokenizer.ggml.pre`.

    Raises UsageError for an algorithm or a way to split that assay does not know: a wrong tokenizer would give wrong scores
    without a sign.
    """
    library = _library()
    if tokenizer.algorithm != "gpt2":
        raise UsageError(
            f"{found.artifact}: a tokenizer of the kind {tokenizer.algorithm!r}; assay runs byte-level BPE (gpt2). Give a folder with tokenizer.json"
        )
    merges = [tuple(row.split(" ", 1)) for row in found.merges.split(SEPARATOR)] if found.merges else []
    vocabulary = {text: number for number, text in enumerate(found.tokens) if text}
    made = library.Tokenizer(library.models.BPE(vocabulary, [row for row in merges if len(row) == 2]))
    made.pre_tokenizer = _splitter(library, kind, found.artifact)
    made.decoder = library.decoders.ByteLevel()
    made.add_special_tokens(
        [
            library.AddedToken(token.text, special=True, normalized=False)
            for token in tokenizer.tokens
            if token.role is TokenRole.CONTROL
        ]
    )
    made.add_tokens(
        [
            library.AddedToken(token.text, normalized=False)
            for token in tokenizer.tokens
            if token.role is TokenRole.ADDED
        ]
    )
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
