"""Find the API of a server and the model that is meant, and ask without what this server does not take."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from assay.errors import UsageError
from assay.network.server import Refused, Server
from assay.runtime import _answers
from assay.runtime._abreast import Abreast

# what a user copies from a manual, behind the address of the API
_PATHS = ("/chat/completions", "/completions", "/messages", "/models")
# what a server may refuse and still be asked; another name of the same, or nothing: it is left out
_OPTIONAL = {
    "max_tokens": "max_completion_tokens",  # newer models of OpenAI
    "top_logprobs": "",
    "logprobs": "",
    "seed": "",
    "temperature": "",
    "stream": "",
}
REFUSES = frozenset({400, 422, 501})  # of something that was asked for, not of the caller
_FORBIDS = 403  # OpenAI answers so to log-probabilities of some models; else a key is not allowed what it asks
_NOBODY = "no-such-model-f3a1"  # asked for to see whether a server minds
_LISTED = 8  # models that a message names


def located(url: str, wanted: str, connected: Callable[[str], Server]) -> tuple[Server, str]:
    """The server whose API lies at an address, or at /v1 there, and the name of the model.

    `connected` makes a connection to an address.

    Raises UsageError: it cannot be reached, has not this model, or several and none was named.
    """
    parts = urlsplit(url)
    path = parts.path.rstrip("/")
    path = next((path.removesuffix(end) for end in _PATHS if path.endswith(end)), path)
    paths = [path] if path.endswith("/v1") else [f"{path}/v1", path] if not path else [path, f"{path}/v1"]
    known: list[tuple[Server, Refused | None]] = []
    for one in paths:
        server = connected(urlunsplit(parts._replace(path=one)))
        try:
            names = _names(server.get("/models"))
        except Refused as cause:
            if cause.status not in (404, 405, 501):
                raise
            known.append((server, cause))
            continue
        if names is not None:
            return server, _chosen(server, names, wanted)
        known.append((server, None))
    server, refused = known[0]
    if not wanted:
        raise UsageError(f"{server.url} lists no models: name one with #model ({refused or 'it has none'})")
    return server, wanted


def _names(value: Any) -> list[str] | None:
    """The names of the models in an answer; None where it holds no list of them."""
    rows = value.get("data") if isinstance(value, dict) else None
    if not isinstance(rows, list):
        return None
    return [str(row.get("id")) for row in rows if isinstance(row, dict)]


def _chosen(server: Server, names: list[str], wanted: str) -> str:
    listed = ", ".join(names[:_LISTED]) + (f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else "")
    if not wanted:
        if len(names) != 1:
            raise UsageError(f"{server.url} has {len(names)} models ({listed or 'none'}): name one with #model")
        return names[0]
    # Ollama lists the default tag, and takes a name without it
    if not names or wanted in names or f"{wanted}:latest" in names:
        return wanted
    if _answers_to(server, _NOBODY):
        raise UsageError(
            f"{server.url} has no model {wanted!r} and would answer to any name: it has {listed}; give one with #model"
        )
    return wanted  # some servers load what they do not list


def _answers_to(server: Server, name: str) -> bool:
    for path, asked in (
        ("/completions", {"prompt": "The"}),
        ("/chat/completions", {"messages": [{"role": "user", "content": "Hello"}]}),
    ):
        try:
            server.post(path, {"model": name, "max_tokens": 1, **asked})
        except Refused as cause:
            if cause.busy:
                raise
            continue
        return True
    return False


class Serving:
    """One model of a server, asked in the words that it takes."""

    api = "OpenAI-compatible"
    streams = True  # whether a long answer is asked for as it is written

    def __init__(self, model: str, abreast: Abreast) -> None:
        self._model, self._abreast = model, abreast
        self._left: dict[str, frozenset[str]] = {}  # by path: what is not sent any more
        self._alone: set[str] = set()  # paths at which one answer at a time is given

    @property
    def refused(self) -> tuple[str, ...]:
        """What the server does not take, of that which changes an answer."""
        left = {name for names in self._left.values() for name in names}
        return tuple(name for name in ("temperature", "seed") if name in left)

    def post(self, path: str, wanted: dict[str, Any]) -> Any:
        """What the server answers, without the options that it refuses; one answer where it refuses several.

        What it refused is remembered where it answers without: an error may name an option and mean something else.
        """
        left, alone = self._left.get(path, frozenset()), path in self._alone
        while True:
            sent = {_OPTIONAL[name] if name in left else name: value for name, value in wanted.items()}
            sent.pop("", None)
            if alone or sent.get("n") == 1:
                sent.pop("n", None)
            try:
                joined = _answers.joined_events if sent.get("stream") else None
                value = self._abreast.post(path, {"model": self._model, **sent}, joined)
            except Refused as cause:
                named = next((name for name in _OPTIONAL if name in sent and _names_it(str(cause), name)), None)
                forbidden = cause.status == _FORBIDS and named is not None
                if not forbidden and (cause.status not in REFUSES or (named is None and "n" not in sent)):
                    raise
                left, alone = (left | {named}, alone) if named is not None else (left, True)
                continue
            self._left[path] = left
            if alone:
                self._alone.add(path)
            return value


def _names_it(said: str, name: str) -> bool:
    """Whether an error is about an option: `logprobs` is not named by `top_logprobs`."""
    return re.search(rf"(?<![A-Za-z0-9_]){name}(?![A-Za-z0-9_])", said) is not None
