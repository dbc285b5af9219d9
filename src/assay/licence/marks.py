"""Licences whose texts assay does not have, known by their names; and files that only declare their licence.

That a text gives a name does not say that it is that licence unaltered, so there is no open licence among the names.
"""

from __future__ import annotations

import re

from assay.licence.unlisted import UNLISTED

_DECLARED = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+-]{1,80})\s*$", re.MULTILINE)
MOST_DECLARED = 60  # words of a file that only declares its licence


def marked(text: str) -> tuple[str, ...]:
    """The id whose name the beginning of the text gives, or that a short file declares as SPDX-License-Identifier."""
    declared = _DECLARED.search(text[:4000])
    if declared and len(text[:4000].split()) <= MOST_DECLARED:
        return (declared[1],)
    plain = f" {' '.join(re.findall(r'[a-z0-9]+|[+]{2}', text[:4000].lower()))} "
    return next(((row.id,) for row in UNLISTED if any(f" {mark} " in plain for mark in row.marks)), ())
