"""A policy with further waivers, as the file that it would be."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date

from assay.errors import UsageError
from assay.facts.dossier import Waiver
from assay.lazy import regex

_NAME = regex(r"(?m)^name = .*$")


def text_with(text: str, name: str, waivers: Sequence[Waiver]) -> str:
    """The TOML of a policy, with these waivers after its own.

    Args:
        name: what it is called then; empty for as it is called. A policy of assay's has to be called otherwise.
    """
    head = _NAME.sub(lambda _: f"name = {_string(name)}", text, count=1) if name else text
    return "\n".join([head.rstrip("\n"), *map(_table, waivers)]) + "\n"


def _table(waiver: Waiver) -> str:
    rows = [("check", waiver.check), ("artifact", waiver.artifact), ("subject", waiver.subject)]
    rows += [("manifest", waiver.manifest), ("reason", waiver.reason), ("owner", waiver.owner)]
    lines = [f"{name} = {_string(value)}" for name, value in rows if value]
    return "\n".join(["", "[[waiver]]", *lines, f"expires = {date.fromisoformat(waiver.expires).isoformat()}"])


def _string(text: str) -> str:
    """A basic string of TOML 1.0, which is one of JSON but for DEL, and for halves of surrogate pairs."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{text[:80]!a} is no text, and cannot stand in a policy") from None
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
