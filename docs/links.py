"""What `mkdocs build` changes of a page: a link to a file outside this folder becomes its name.

The site has no such files, and no address of the repository is known to it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

_LINK = re.compile(r"\[([^\[\]]+)\]\(((?:\.\./)+[^()\s]*)\)")
HERE = Path(__file__).resolve().parent


def on_page_markdown(markdown: str, *, page: Any, **given: Any) -> str:
    """The text of a page without links that lead out of the documentation."""
    folder = (HERE / page.file.src_path).parent

    def kept(link: re.Match[str]) -> str:
        place = (folder / link[2].partition("#")[0]).resolve()
        return link[0] if place.is_relative_to(HERE) else link[1]

    return _LINK.sub(kept, markdown)
