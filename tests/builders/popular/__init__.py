"""Folders as the most downloaded models have them: the real file names, each file small, whole and of a piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from assay.facts.dossier import Verdict

Names = Callable[[dict[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One network of a model, with its tokenizer: what the files of a folder are written from.

    Attributes:
        config: config.json, as its publisher wrote it but for the sizes.
        network: The class of transformers that gives names and shapes, or a table of them.
        names: How the names of the published file differ from what the class writes today.
        tokens: The kind of the tokenizer: wordpiece, bpe, split, unigram, sentencepiece.
        special: Its tokens by role.
        half: The element type of the weights is float16 rather than float32.
    """

    config: dict[str, Any] = field(default_factory=dict)
    network: str | dict[str, tuple[int, ...]] = ""
    names: Names = dict
    tokens: str = ""
    special: dict[str, str] = field(default_factory=dict)
    template: str = ""
    half: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One public repository: its file list, what the files are written from, and the right verdict.

    Attributes:
        parts: By folder, "" the root; a file belongs to the part of the nearest folder.
        more: The content of the files that follow from no part, by path.
        fails: The checks that fail.
        decisions: The checks that a person must decide.
        reviews: The other checks on safety and parameters that say something worth a look, and nothing that is wrong.
    """

    repo: str
    files: str
    parts: dict[str, Part]
    more: dict[str, Any] = field(default_factory=dict)
    card: str = "license: apache-2.0"
    verdict: Verdict = Verdict.PASSED
    fails: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    reviews: tuple[str, ...] = ()
