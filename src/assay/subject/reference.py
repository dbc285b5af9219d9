"""The walk that a reference leads to, whatever a user types: a path, a model on a hub, or one behind an endpoint.

- `models/SmolLM2`: a folder, a snapshot of a hub cache, or a single weight file
- `hf://org/name[@revision]`: fetched into the hub's cache, then walked (extra `hub`)
- `s3://bucket/path`, `gs://` and the like: read by ranges where it lies, walked (extra `store`)
- `openai+http://host:port/v1[#model]`: an OpenAI-compatible endpoint, a walk without files
- `anthropic+https://host/v1#model`: an endpoint that speaks the Messages API, likewise
"""

from __future__ import annotations

import os
from pathlib import Path

from assay.errors import UsageError
from assay.facts.dossier import ANTHROPIC, ENDPOINTS, OPENAI
from assay.lazy import regex
from assay.secret import without_user
from assay.subject.walk import Walk, walked

_SERVER = regex(r"(?P<api>openai\+|anthropic\+)(?P<url>https?://[^\s#]+)(?:#(?P<model>\S+))?\Z")
# what a server prints of itself, or a browser shows: a host with a port
_HOST = regex(r"(?:localhost|[A-Za-z0-9.-]+\.[A-Za-z0-9-]+|\[[0-9a-fA-F:]+\]):\d{1,5}(?:/\S*)?\Z")
# a model's page on the hub, as a browser shows it, or with the scheme half typed
_PAGE = regex(
    r"(?:(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/|hf:/?)(?!datasets/|spaces/)(?P<name>\w[\w.-]*/\w[\w.-]*)"
    r"(?:/(?:tree|blob|resolve|commit)/(?P<revision>[\w.-]+))?(?:[/?#]\S*)?\Z"
)
_PAGES = ("http", "www.", "huggingface.co/", "hf.co/", "hf:")  # all that such begin with
_FORMS = "a folder, a weight file, hf://org/name, s3://bucket/path or openai+http://host/v1#model"


def opened(model: str | os.PathLike[str], *, offline: bool = False, headers: bool = False) -> Walk:
    """The walk over what `model` names; a model on a hub is downloaded, unless it is here already or `offline` is set.

    Args:
        headers: headers are all that will be read: a hub's model is not downloaded, but read by ranges.

    Raises:
        MissingExtra: a model on a hub, and huggingface_hub is not installed.
        UsageError: nothing is there, or the reference has none of these forms; the message says what to give.
    """
    reference = os.fspath(model)
    if reference.startswith(_PAGES) and (page := _PAGE.match(reference)) and not Path(reference).exists():
        hub = f"hf://{page['name']}{'@' if page['revision'] else ''}{page['revision'] or ''}"
        raise UsageError(f"cannot open {reference.partition('?')[0]}: a model on the hub is {hub}")
    if "://" in reference or reference.startswith(ENDPOINTS):
        return _far(reference, offline=offline, headers=headers)
    if ":" in reference and _HOST.match(reference) and not Path(reference).exists():
        raise UsageError(f"no model at {reference}: a model behind a server is openai+http://{reference}")
    if not reference or "\0" in reference:
        raise UsageError(f"{reference!r} names no model: give {_FORMS}")
    return walked(Path(reference))


def _far(reference: str, *, offline: bool, headers: bool) -> Walk:
    from assay.subject import hub, hub_ranges, ranges  # what is on disk needs none of them

    if reference.startswith(hub.SCHEME) and headers and not offline:
        return hub_ranges.opened(reference)
    if reference.startswith(hub.SCHEME):
        return hub.fetched(reference, offline=offline)
    if reference.startswith(ranges.SCHEMES):
        if offline:
            raise UsageError(f"{without_user(reference)} is behind a network, and --offline was given")
        return ranges.ranged(reference)
    if reference.startswith(ENDPOINTS):
        _, _, name = server(reference)
        if offline:
            raise UsageError(f"{without_user(reference)} is behind a network, and --offline was given")
        shown = without_user(reference)
        return Walk(name or shown, shown, (), (), (), ())
    if reference.startswith(("http://", "https://")):
        api = ANTHROPIC if ".anthropic.com" in reference else OPENAI
        raise UsageError(
            f"cannot open {without_user(reference)}: give {api}{without_user(reference)} for a model behind a server,"
            " or a folder, a weight file or hf://org/name"
        )
    raise UsageError(f"cannot open {without_user(reference)}: give {_FORMS}")


def server(reference: str) -> tuple[str, str, str]:
    """(which API, URL, model) of a reference to an endpoint; no model where it names none. UsageError if it is none."""
    match = _SERVER.match(reference)
    if match is None:
        raise UsageError(f"{without_user(reference)} is no endpoint: expected openai+http://host:port/v1#model")
    return match["api"], match["url"], match["model"] or ""
