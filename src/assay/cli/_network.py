"""What a user is told before a connection is opened: the proxy that it goes through."""

from __future__ import annotations

import os
import re

from assay.cli._streams import say
from assay.facts.dossier import ENDPOINTS

_HUB = "https://huggingface.co"  # huggingface_hub, "Environment variables", HF_ENDPOINT


def told(*references: str | None, offline: bool) -> None:
    """Say on standard error which proxy stands between this machine and each model or corpus behind a network."""
    if offline:
        return
    for model in (part for row in references if row and "://" in row for part in re.split(r",(?=https?://)", row)):
        if "://" not in model:
            continue
        from assay.network import proxy

        served = model.partition("+")[2] if model.startswith(ENDPOINTS) else model
        url = os.environ.get("HF_ENDPOINT") or _HUB if model.startswith("hf://") else served
        try:
            way = proxy(url)
        except ValueError:  # no URL: whoever opens it says so
            continue
        if way is not None:
            say(f"assay: {model} is asked through {way}", err=True)
