"""What SentencePiece's compiled normalisation table writes (sentencepiece normalizer.cc, DecodePrecompiledCharsMap).

Four bytes of length, a double-array trie of that length, then the replacements, each ended by a zero byte. The trie,
which says what is replaced, is not decoded; what it is replaced by is in clear.
"""

from __future__ import annotations

from assay.facts.tokenizer import RuleKind, TokenizerRule

LONGEST = 18  # characters of the longest expansion that Unicode's NFKC has: U+FDFA, an Arabic phrase
_NAME = "compiled table"


def charsmap_rule(artifact: str, pointer: str, raw: bytes) -> TokenizerRule:
    """The table as one rule: with the replacement that no normalisation form has, if there is one, or not parsed."""
    size = int.from_bytes(raw[:4], "little")
    if len(raw) < 4 or size > len(raw) - 4 or size % 4:
        return TokenizerRule(artifact, RuleKind.NORMALISER, pointer, _NAME, False, None, "", parsed=False)
    texts = raw[4 + size :].decode("utf-8", "backslashreplace").split("\0")
    strange = max((text for text in texts if len(text) > LONGEST or "://" in text), key=len, default=None)
    return TokenizerRule(artifact, RuleKind.NORMALISER, pointer, _NAME, False, strange and strange[:1000], "")
