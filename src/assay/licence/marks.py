"""Licences whose texts assay does not have, known by their names; and files that only declare their licence.

That a text gives a name does not say that it is that licence unaltered, so there is no open licence among the names.
"""

from __future__ import annotations

import re

# how the name reads in lower case, letters and digits only -> id
_NAMES = {
    "meta llama 3 community license agreement": "LicenseRef-llama3",
    "bigscience open rail m license": "LicenseRef-bigscience-openrail-m",
    "creativeml open rail m": "LicenseRef-creativeml-openrail-m",
    "creativeml openrail m": "LicenseRef-creativeml-openrail-m",
    "openrail m license": "LicenseRef-openrail-m",
    "tongyi qianwen research license agreement": "LicenseRef-qwen-research",
    "qwen research license agreement": "LicenseRef-qwen-research",
    "yi series models license agreement": "LicenseRef-yi-license",
    "falcon 180b tii license": "LicenseRef-falcon-180b",
    "falcon llm license": "LicenseRef-falcon-llm-license",
    "mistral ai research license": "LicenseRef-mistral-ai-research",
    "mistral ai non production license": "LicenseRef-mnpl",
    "grok 2 community license agreement": "LicenseRef-grok2-community",
    "deepfloyd if license agreement": "LicenseRef-deepfloyd-if-license",
    "fair noncommercial research license": "LicenseRef-fair-noncommercial-research",
    "apple machine learning research model license": "LicenseRef-apple-amlr",
    "h research license": "LicenseRef-h-research",
}  # fmt: skip


_DECLARED = re.compile(r"SPDX-License-Identifier:\s*([A-Za-z0-9.+-]{1,80})\s*$", re.MULTILINE)
MOST_DECLARED = 60  # words of a file that only declares its licence


def marked(text: str) -> tuple[str, ...]:
    """The id whose name the beginning of the text gives, or that a short file declares as SPDX-License-Identifier."""
    declared = _DECLARED.search(text[:4000])
    if declared and len(text[:4000].split()) <= MOST_DECLARED:
        return (declared[1],)
    plain = f" {' '.join(re.findall(r'[a-z0-9]+', text[:4000].lower()))} "
    return next(((id,) for name, id in _NAMES.items() if f" {name} " in plain), ())
