"""What tells one licence text from another: sentences that only it holds, and how long it is.

Each sentence is given as it reads after `normalised`. They are short facts about the texts, chosen so that one
licence's sentences do not occur in another's; `tests/formats/test_licence.py` measures that on real files.
Lengths are in words of the normalised text, with room for a copyright line, an appendix or a cover note.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence: its SPDX id (or LicenseRef for licences outside the SPDX list), sentences, and length."""

    id: str
    sentences: tuple[str, ...]
    words: tuple[int, int] | None = None


def normalised(text: str) -> str:
    """Lower case, letters and digits only, single spaces: what re-flowing and mark-up do not change."""
    return " ".join(re.findall(r"[a-z0-9]+", text.lower()))


LICENCES = (
    Licence(
        "Apache-2.0",
        (
            "apache license version 2 0",
            "each contributor hereby grants to you a perpetual worldwide non exclusive no charge royalty free irrevocable copyright license",
            "you must cause any modified files to carry prominent notices stating that you changed the files",
            "you may add your own copyright statement to your modifications",
            "unless required by applicable law or agreed to in writing licensor provides the work",
        ),
        (1380, 1760),
    ),
    Licence(
        "MIT",
        (
            "permission is hereby granted free of charge to any person obtaining a copy of this software and associated documentation files",
            "to use copy modify merge publish distribute sublicense and or sell copies of the software",
            "the above copyright notice and this permission notice shall be included in all copies or substantial portions of the software",
            "the software is provided as is without warranty of any kind express or implied",
        ),
        (150, 215),
    ),
    Licence(
        "BSD-3-Clause",
        (
            "redistributions of source code must retain the above copyright notice",
            "redistributions in binary form must reproduce the above copyright notice",
            "may be used to endorse or promote products derived from this software without specific prior written permission",
        ),
        (190, 290),
    ),
    Licence(
        "BSD-2-Clause",
        (
            "redistributions of source code must retain the above copyright notice",
            "redistributions in binary form must reproduce the above copyright notice",
        ),
        (165, 235),
    ),
    Licence(
        "ISC",
        (
            "permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted",
        ),
        (90, 160),
    ),
    Licence("Unlicense", ("this is free and unencumbered software released into the public domain",), (170, 240)),
    Licence("BSL-1.0", ("boost software license version 1 0",), (180, 260)),
    Licence(
        "GPL-2.0-only",
        (
            "gnu general public license version 2 june 1991",
            "you may not copy modify sublicense or distribute the program except as expressly provided under this license",
        ),
        (2700, 3200),
    ),
    Licence(
        "GPL-3.0-only",
        (
            "gnu general public license version 3 29 june 2007",
            "you may convey verbatim copies of the program s source code",
        ),
        (5300, 5950),
    ),
    Licence("LGPL-2.1-only", ("gnu lesser general public license version 2 1 february 1999",), (4100, 4700)),
    Licence("LGPL-3.0-only", ("gnu lesser general public license version 3 29 june 2007",), (1000, 1400)),
    Licence(
        "AGPL-3.0-only",
        ("gnu affero general public license version 3 19 november 2007", "remote network interaction"),
        (5300, 5950),
    ),
    Licence("MPL-2.0", ("mozilla public license version 2 0", "incompatible with secondary licenses"), (2250, 2700)),
    Licence(
        "CC0-1.0",
        ("cc0 1 0 universal", "affirmer hereby overtly fully permanently irrevocably and unconditionally waives"),
        (850, 1150),
    ),
    Licence("CC-BY-4.0", ("creative commons attribution 4 0 international public license",)),
    Licence("CC-BY-SA-4.0", ("creative commons attribution sharealike 4 0 international public license",)),
    Licence("CC-BY-NC-4.0", ("creative commons attribution noncommercial 4 0 international public license",)),
    Licence(
        "CC-BY-NC-SA-4.0", ("creative commons attribution noncommercial sharealike 4 0 international public license",)
    ),
    Licence(
        "CC-BY-NC-ND-4.0",
        ("creative commons attribution noncommercial noderivatives 4 0 international public license",),
    ),
    Licence("CC-BY-ND-4.0", ("creative commons attribution noderivatives 4 0 international public license",)),
    Licence("CDLA-Permissive-2.0", ("community data license agreement permissive version 2 0",)),
    Licence("OpenMDW-1.0", ("openmdw license agreement version 1 0",)),
    Licence("LicenseRef-llama2", ("llama 2 community license agreement",)),
    Licence("LicenseRef-llama3", ("meta llama 3 community license agreement",)),
    Licence("LicenseRef-llama3.1", ("llama 3 1 community license agreement",)),
    Licence("LicenseRef-llama3.2", ("llama 3 2 community license agreement",)),
    Licence("LicenseRef-llama3.3", ("llama 3 3 community license agreement",)),
    Licence("LicenseRef-llama4", ("llama 4 community license agreement",)),
    Licence("LicenseRef-gemma", ("gemma terms of use", "gemma prohibited use policy")),
    Licence("LicenseRef-bigscience-openrail-m", ("bigscience open rail m license",)),
    Licence("LicenseRef-bigcode-openrail-m", ("bigcode open rail m v1",)),
    Licence("LicenseRef-creativeml-openrail-m", ("creativeml open rail m",)),
    Licence("LicenseRef-tongyi-qianwen", ("tongyi qianwen license agreement",)),
    Licence("LicenseRef-qwen", ("qwen license agreement",)),
    Licence("LicenseRef-deepseek", ("deepseek license agreement",)),
)
# a text that holds all of the first's sentences is the second only if the first does not fit
_CONTAINED = {
    "BSD-2-Clause": ("BSD-3-Clause",),
    "LicenseRef-qwen": ("LicenseRef-tongyi-qianwen",),
    "GPL-3.0-only": ("LGPL-3.0-only", "AGPL-3.0-only"),
}


def identified(text: str) -> tuple[tuple[str, ...], bool, int]:
    """(ids whose every sentence the text holds, whether it is one licence at its own length, words)."""
    plain = normalised(text)
    padded = f" {plain} "
    found = [licence for licence in LICENCES if all(f" {sentence} " in padded for sentence in licence.sentences)]
    ids = {licence.id for licence in found}
    kept = [licence for licence in found if not ids & set(_CONTAINED.get(licence.id, ()))]
    words = plain.count(" ") + 1 if plain else 0
    span = kept[0].words if len(kept) == 1 else None
    return tuple(licence.id for licence in kept), span is not None and span[0] <= words <= span[1], words
