"""Source text into its syntax tree, unless it is more than assay follows."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import islice

from assay.errors import LimitExceeded

# words and signs of one file: a tree takes up to 0.9 KiB for each, so 450 MiB; the largest file that was found in use
# (torch/testing/_internal/common_methods_invocations.py of torch 2.13, 1.4 MB) has 267,612
MOST_WORDS = 500_000
_WORD = r"\w+|[^\w\s]"


def parsed(text: str) -> ast.Module:
    """The syntax tree of a module.

    Raises LimitExceeded where the text has more words and signs than assay follows, else what `ast.parse` raises.
    """
    if len(text) > MOST_WORDS and next(islice(re.finditer(_WORD, text), MOST_WORDS, None), None) is not None:
        most = f"at most {MOST_WORDS:,} words and signs"
        raise LimitExceeded("Python source with more in it than assay follows", expected=most, got="more")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape in somebody's string is not ours to warn about
        return ast.parse(text)
