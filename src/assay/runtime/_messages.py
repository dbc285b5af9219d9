"""Ask a server that speaks Anthropic's Messages API, put into the form of a chat of the OpenAI API.

Written from its reference ("Messages", "Models", "Errors", "Versions"), and tried on exchanges that were written from
it. It takes no seed, gives one answer to a request and no log-probabilities, and completes no plain text.
"""

from __future__ import annotations

from typing import Any

from assay.errors import UsageError
from assay.network.server import Refused
from assay.runtime._serving import Serving

VERSION = "2023-06-01"  # the header `anthropic-version` is required; there is no later one
_TAKEN = ("max_tokens", "temperature")


def headers(key: str) -> dict[str, str]:
    """The headers of every request; a key goes in one of its own."""
    return {"anthropic-version": VERSION, **({"x-api-key": key} if key else {})}


class Messages(Serving):
    """One model of such a server."""

    api = "Messages API"
    streams = False  # its events are others

    @property
    def refused(self) -> tuple[str, ...]:
        """As `Serving.refused`; there is no seed."""
        return (*super().refused, "seed")

    def post(self, path: str, wanted: dict[str, Any]) -> Any:
        """What the server answers to a chat, as a response of the OpenAI API has it."""
        if path != "/chat/completions":
            raise Refused(404, "the Messages API completes no plain text")
        told = {name: wanted[name] for name in _TAKEN if name in wanted}
        system = "\n\n".join(row["content"] for row in wanted["messages"] if row["role"] == "system")
        rows = [row for row in wanted["messages"] if row["role"] != "system"]
        value = super().post("/messages", {"messages": rows, **({"system": system} if system else {}), **told})
        blocks = value.get("content") if isinstance(value, dict) else None
        if not isinstance(blocks, list) or not all(isinstance(row, dict) for row in blocks):
            raise UsageError(f"{self._model} answered without content: its server does not speak the Messages API")
        # what it thought, or which tool it would call, is no part of its answer
        text = "".join(str(row.get("text", "")) for row in blocks if row.get("type") == "text")
        return {"choices": [{"message": {"role": "assistant", "content": text}}]}
