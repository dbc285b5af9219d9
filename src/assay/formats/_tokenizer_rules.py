"""Rules of a tokenizer.json that rewrite or split text, and what their patterns cost to match.

They stand among the normalizers, pre_tokenizers and decoders of the tokenizers library.
"""

from __future__ import annotations

import base64
import re
import re._constants as op  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
import warnings
from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.tokenizer import RuleKind, TokenizerRule
from assay.formats._charsmap import charsmap_rule
from assay.lazy import regex

MAX_RULES = 1_000
MAX_NODES = 100_000
MAX_PATTERN = 20_000
_PARTS = (("normalizer", RuleKind.NORMALISER), ("pre_tokenizer", RuleKind.SPLITTER), ("decoder", RuleKind.DECODER))
_PROPERTY = regex(r"\\[pP](?:\{[^}]*\}|[A-Z])")
_TWICE = regex(r"\((?:\?:)?([^()|]+)\|\1\)[*+]")  # Python's own parser folds such alternatives into one
_MANY = 64  # a repetition up to here is taken as bounded


def rules(artifact: str, value: dict[str, Any]) -> Iterator[TokenizerRule]:
    """Each rule with a pattern, wherever it is nested."""
    found = 0
    for key, kind in _PARTS:
        stack: list[tuple[str, Any]] = [(f"/{key}", value.get(key))]
        seen = 0
        while stack:
            pointer, node = stack.pop()
            seen += 1
            if seen > MAX_NODES or found > MAX_RULES:
                most = f"at most {MAX_NODES:,} and {MAX_RULES:,}"
                raise LimitExceeded("tokenizer of more parts or rules than assay reads", expected=most, got="more")
            if isinstance(node, list):
                stack.extend((f"{pointer}/{number}", entry) for number, entry in enumerate(node))
            elif isinstance(node, dict):
                rule = _rule(artifact, kind, pointer, node)
                if rule is not None:
                    found += 1
                    yield rule
                stack.extend(
                    (f"{pointer}/{name[:80]}", entry)
                    for name, entry in node.items()
                    if isinstance(entry, list | dict) and name != "precompiled_charsmap"
                )


def _rule(artifact: str, kind: RuleKind, pointer: str, node: dict[str, Any]) -> TokenizerRule | None:
    pattern = node.get("pattern")
    by_pattern = isinstance(pattern, dict) and isinstance(pattern.get("Regex"), str)
    holder: dict[str, Any] = pattern if isinstance(pattern, dict) else {}
    text = holder["Regex"] if by_pattern else holder.get("String")
    if node.get("type") == "Precompiled" and isinstance(node.get("precompiled_charsmap"), str):
        return charsmap_rule(artifact, pointer[:500], _decoded(node["precompiled_charsmap"]))
    if not isinstance(text, str):
        if node.get("type") in ("Prepend", "Strip", "StripAccents") and isinstance(node.get("prepend"), str):
            return TokenizerRule(artifact, kind, pointer[:500], "", False, node["prepend"][:1000], "")
        return None
    content = node.get("content")
    replacement = content[:1000] if isinstance(content, str) else None
    cost = costly(text) if by_pattern else ""
    return TokenizerRule(
        artifact, kind, pointer[:500], text[:2000], by_pattern, replacement, cost or "", parsed=cost is not None
    )


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def costly(pattern: str) -> str | None:
    """Why matching may take exponential time, in a few words.

    Two reasons are known: a repetition in a repetition with nothing fixed between, and alternatives that overlap.
    Empty if neither is there, None if the pattern is in a dialect that Python does not parse.
    """
    if len(pattern) > MAX_PATTERN:
        return f"its pattern is {len(pattern):,} characters long"
    if _TWICE.search(pattern):
        return "a repetition has the same alternative twice"
    plain = _PROPERTY.sub(r"\\w", pattern).replace("(?i:", "(?:")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = parser.parse(plain)
    except (re.error, RecursionError, OverflowError, ValueError):
        return None
    stack: list[Any] = [tree]
    while stack:
        for kind, argument in list(stack.pop()):
            if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                _, high, body = argument
                many = high == op.MAXREPEAT or high > _MANY
                if many and _ambiguous(list(body)):
                    return "a repetition stands inside a repetition with nothing fixed between them"
                stack.append(body)
            elif kind is op.BRANCH:
                stack.extend(argument[1])
            elif kind is op.SUBPATTERN:
                stack.append(argument[3])
            elif kind in (op.ASSERT, op.ASSERT_NOT):
                stack.append(argument[1])
    return ""


def _ambiguous(body: list[Any]) -> bool:
    """Whether a round of a repetition can end at many positions: one part repeats, all others may be empty."""
    while len(body) == 1 and body[0][0] is op.SUBPATTERN:
        body = list(body[0][1][3])
    if len(body) == 1 and body[0][0] is op.BRANCH:
        branches = [list(branch) for branch in body[0][1][1]]
        firsts = [repr(branch[0]) for branch in branches if branch]
        return len(set(firsts)) < len(firsts) or any(_ambiguous(branch) for branch in branches)
    required = [item for item in body if not (item[0] in (op.MAX_REPEAT, op.MIN_REPEAT) and item[1][0] == 0)]
    loops = [
        item
        for item in body
        if item[0] in (op.MAX_REPEAT, op.MIN_REPEAT) and (item[1][1] == op.MAXREPEAT or item[1][1] > _MANY)
    ]
    return bool(loops) and all(item in loops for item in required)
