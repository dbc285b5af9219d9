"""Places that were found and not asked for to the end: their next page needs no search of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Unread:
    """Kept by what names the search, the newest last."""

    def __init__(self, most: int) -> None:
        """`most`: places that are kept, of the searches that were asked for last."""
        self._most, self._lock = most, threading.Lock()
        self._held: dict[object, NDArray[np.int64]] = {}

    def taken(self, key: object) -> NDArray[np.int64] | None:
        """The places of a search, no longer kept; None where there are none."""
        with self._lock:
            return self._held.pop(key, None)

    def keep(self, key: object, hits: NDArray[np.int64]) -> None:
        """Keep the places of a search, and of those before it as many as may be."""
        with self._lock:
            self._held.pop(key, None)
            self._held[key] = hits
            while sum(map(len, self._held.values())) > self._most:
                del self._held[next(iter(self._held))]
