"""Open a `tokenizer.json` with the tokenizers library.

The library raises nothing narrower than Exception for a file that it does not read. The file may tell it to cut a text,
or to fill it up: that is left to whoever asks, as in transformers, so that no text is read in part without a word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.errors import UsageError


def opened(path: Path) -> Any:
    """The tokenizer in a file (UsageError: it cannot be read; ImportError: the library is not installed)."""
    from tokenizers import Tokenizer

    try:
        found = Tokenizer.from_file(str(path))
    except Exception as cause:  # noqa: BLE001 - the library's own error is no class of its own
        raise UsageError(f"{path}: not a tokenizer that the tokenizers library reads ({str(cause)[:120]})") from None
    found.no_truncation()
    found.no_padding()
    return found
