"""A hub's model of which only headers are asked for: read by ranges where it lies, at a commit; nothing is stored."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from assay.errors import UsageError
from assay.subject import hub
from assay.subject.ranges import walk_of
from assay.subject.walk import Walk
from assay.version import VERSION


def opened(reference: str) -> Walk:
    """The walk over a hub's model: over the cache where all of it is there, else over what the hub gives.

    Raises as `hub.head` does.
    """
    ahead = hub.patiently(lambda: hub.ahead(reference))
    if not ahead.missing:
        return hub.fetched(ahead.reference, offline=True)
    name, commit = hub.named(ahead.reference)
    try:
        walk = walk_of(_System(name, commit or "", ahead.sizes), "", name)
    except OSError as cause:
        raise UsageError(f"cannot open {ahead.reference}: {cause}") from None
    return replace(walk, reference=ahead.reference)


class _System:
    """A hub as far as `walk_of` asks: what a commit holds never changes."""

    def __init__(self, name: str, commit: str, sizes: tuple[tuple[str, int], ...]) -> None:
        self._name, self._commit, self._sizes = name, commit, dict(sizes)

    def find(self, path: str, *, detail: bool) -> dict[str, dict[str, Any]]:
        """The files, with their sizes, and what stands for their content."""
        return {file: self.info(file) for file in self._sizes}

    def info(self, file: str) -> dict[str, Any]:
        """The size of one, and the commit."""
        return {"size": self._sizes[file], "VersionId": self._commit}

    def invalidate_cache(self) -> None:
        """There is none."""

    def cat_file(self, file: str, *, start: int, end: int) -> bytes:
        """The bytes of one from `start` to `end`; a hub that is busy or lost is asked again (UsageError: too often)."""
        return hub.patiently(lambda: self._got(file, start, end))

    def _got(self, file: str, start: int, end: int) -> bytes:
        from huggingface_hub import get_session, hf_hub_url, hf_raise_for_status
        from huggingface_hub.utils._headers import build_hf_headers

        from assay.subject._guard import READ

        url = hf_hub_url(self._name, file, revision=self._commit)
        headers = {**build_hf_headers(), "user-agent": f"assay/{VERSION}", "range": f"bytes={start}-{end - 1}"}
        with (
            hub.asking(f"{hub.SCHEME}{self._name}", f"file {file}", most=end - start, reads=True),
            get_session().stream("GET", url, headers=headers, timeout=READ, follow_redirects=True) as answer,
        ):
            hf_raise_for_status(answer)
            if answer.status_code != 206 and (start, end) != (0, self._sizes[file]):
                raise UsageError(f"the hub gives no ranges of {file}: audit it without --cost header")
            return bytes(answer.read())
