"""What a tokenizer says about its vocabulary and its control tokens."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass


class TokenRole(StrEnum):
    """CONTROL tokens steer the model and are not meant to be text; ADDED ones are matched whole but are text."""

    CONTROL = "control"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class Token:
    """One token that is matched as a whole: id, text, role."""

    id: int
    text: str
    role: TokenRole


@dataclass(frozen=True, slots=True)
class Tokenizer:
    """A vocabulary: algorithm, number of entries (highest id + 1), and the tokens matched as a whole.

    `engine` names who tokenises: "tokenizers" (Hugging Face) or "llama.cpp"; the setting that keeps user text
    from producing control tokens differs between them.
    """

    artifact: str
    engine: str
    algorithm: str
    size: int
    tokens: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class DeclaredTokens:
    """Special tokens that a side file (tokenizer_config, special_tokens_map, added_tokens) names: (key, text)."""

    artifact: str
    tokens: tuple[tuple[str, str], ...]
    tokenizer_class: str | None = None


SEPARATOR = "\0"


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every token as the tokenizer writes it, in id order, and its merges in rank order, each list in one text.

    Entries are separated by U+0000, an id without a token is empty. One text instead of a hundred thousand values
    crosses the worker's pipe in milliseconds.
    """

    artifact: str
    algorithm: str
    texts: str
    merges: str

    @property
    def tokens(self) -> list[str]:
        """The tokens in id order."""
        return self.texts.split(SEPARATOR) if self.texts else []


class RuleKind(StrEnum):
    """Where in a tokenizer a rule works."""

    NORMALISER = "normaliser"
    SPLITTER = "pre-tokeniser"
    DECODER = "decoder"


@dataclass(frozen=True, slots=True)
class TokenizerRule:
    """A tokenizer rule that rewrites or splits text: its JSON pointer, the pattern, what replaces it (None: it splits).

    `costly` says why matching the pattern can take time that grows faster than the text; empty if nothing says so.
    `parsed` is False where the pattern is in a dialect that assay does not read, so that nothing can be said about it.
    """

    artifact: str
    kind: RuleKind
    pointer: str
    pattern: str
    regex: bool
    replacement: str | None
    costly: str
    parsed: bool = True
