"""Render a conversation by a model's own chat template, as an audit does: in a sandbox, under a budget of work."""

from __future__ import annotations

from datetime import datetime

from assay.errors import UsageError
from assay.facts.text import ChatTemplate
from assay.formats.template import rendering
from assay.formats.template.work import Exhausted

_MOMENT = datetime(2026, 1, 1)  # noqa: DTZ001 - a template that asks for the date gets one that does not change


def conversation(templates: tuple[ChatTemplate, ...], user: str, system: str) -> str:
    """The prompt up to where the answer begins (UsageError: there is no template, or it cannot be rendered)."""
    chosen = next((row for row in templates if row.name in ("default", "")), templates[0] if templates else None)
    if chosen is None:
        raise UsageError("the model has no chat template: give the prompt as the model is to read it, with --prompt")
    messages = [{"role": "system", "content": system}] if system else []
    variables = {
        "messages": [*messages, {"role": "user", "content": user}],
        "add_generation_prompt": True,
        "bos_token": "",
        "eos_token": "",
    }
    try:
        text, _ = rendering.prepared(chosen.source)(variables, _MOMENT)
    except (Exhausted, rendering.Refused, ValueError, TypeError, ArithmeticError, LookupError) as cause:
        raise UsageError(f"{chosen.artifact}: the chat template cannot be rendered ({str(cause)[:120]})") from None
    return text
