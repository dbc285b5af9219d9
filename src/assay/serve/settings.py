"""What the workbench answers about itself: the values that it runs with, and where each comes from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.facts.codec import encode
from assay.facts.setting import FIXED, Setting, Settings
from assay.render.record import settings_page
from assay.serve import asking, guard, jobs, started, tracing
from assay.serve.answers import HTML, in_json

_LIMITS = {
    "browsers that are let in at a time": guard.MOST_SESSIONS,
    "links that were not opened yet": guard.MOST_LINKS,
    "audits that wait": jobs.MOST_WAITING,
    "jobs that are listed": jobs.MOST_KEPT,
    "pages that follow jobs": started.MOST_STREAMS,
    "pages that follow answers": asking.STREAMS,
    "questions that wait": asking.WAITING,
    "answers that can be looked at": asking.HELD,
    "characters of a question or a document": asking.MOST_TEXT,
    "tokens of an answer": asking.MOST_TOKENS,
    "texts traced at a time": tracing.AT_ONCE,
    "traces that can be looked at": tracing.HELD,
    "characters of a text to trace": tracing.MOST_TEXT,
}


class Set:
    """What is answered to each request; body and type. `read` gives the values as they are now."""

    def __init__(self, read: Callable[[], tuple[Settings, ...]] = tuple) -> None:
        self._read = read

    def pages(self) -> Iterator[tuple[str, Callable[..., tuple[bytes, str]]]]:
        """What can be looked at: the path, and what answers."""
        yield "/settings", self.page
        yield "/api/v1/settings", self.listed

    def page(self, _request: Any) -> tuple[bytes, str]:
        """All of them."""
        return settings_page.page(self._all()), HTML

    def listed(self, _request: Any) -> tuple[bytes, str]:
        """All of them as JSON."""
        return in_json({"settings": encode(self._all())})

    def _all(self) -> tuple[Settings, ...]:
        limits = (Setting(name, f"{most:,}", FIXED) for name, most in _LIMITS.items())
        return (*self._read(), Settings("Limits", tuple(limits)))
