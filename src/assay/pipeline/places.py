"""Where in the text of a setting's file its pointer leads: JSON and YAML, without parsing what is not asked about."""

from __future__ import annotations

import json
import re
from collections.abc import Collection

from assay.lazy import regex

MOST_SCANNED = 256 * 1024  # characters of a JSON text, about 0.05 s
MOST_DEPTH = 64
_TOKEN = regex(r'\s*(?:("[^"\\]*(?:\\.[^"\\]*)*")|([\[\]{},:])|([^\s\[\]{},:"]+))', re.DOTALL)


def in_json(text: str, wanted: Collection[str]) -> dict[str, int]:
    """For each JSON pointer of `wanted` that leads somewhere, the offset of its key, or of its entry of a list.

    Of a key that is there twice it is the last one, which is what a parser keeps. A text that is too long or too deep,
    or is no JSON, has no places.
    """
    found: dict[str, int] = {}
    frames: list[tuple[str, str | int | None]] = []  # of each open bracket its pointer, and the key or index inside
    at = 0
    while len(text) <= MOST_SCANNED and (token := _TOKEN.match(text, at)):
        at, mark = token.end(), token[2]
        outer, inside = frames[-1] if frames else ("", None)
        if token[1] and frames and inside is None:
            try:
                key = str(json.loads(token[1], strict=False))
            except ValueError:
                return {}
            frames[-1] = (outer, key.replace("~", "~0").replace("/", "~1"))
            found[f"{outer}/{frames[-1][1]}"] = token.start(1)
            continue
        if isinstance(inside, int) and mark not in ("]", ",", ":"):
            found[f"{outer}/{inside}"] = token.end() - len(token[0].lstrip())
        if mark in ("{", "["):
            frames.append((f"{outer}/{inside}" if frames else "", 0 if mark == "[" else None))
            if len(frames) > MOST_DEPTH:
                return {}
        elif mark in ("}", "]"):
            if not frames:
                return {}
            frames.pop()
        elif mark == "," and frames:
            frames[-1] = (outer, inside + 1 if isinstance(inside, int) else None)
    return {pointer: found[pointer] for pointer in wanted if pointer in found} if not text[at:].strip() else {}


def in_yaml(lines: list[str], pointer: str, value: str) -> int | None:
    """The number, from 1, of the only line that sets a pointer's last key to a value; None if none or more do."""
    key = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    if not value or not key:
        return None
    setting = re.compile(rf"""\s*(?:-\s+)*(?:["']?{re.escape(key)}["']?\s*:|{"-" if key.isdecimal() else "(?!)"})""")
    rows = [number for number, line in enumerate(lines, 1) if value in line and setting.match(line)]
    return rows[0] if len(rows) == 1 else None
