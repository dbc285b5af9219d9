"""A point in time in words."""

from __future__ import annotations

from datetime import UTC, datetime

FORMAT = "%Y-%m-%dT%H:%M:%SZ"  # RFC 3339, section 5.6


def instant(when: datetime) -> str:
    """An aware time in UTC, to the second: "2026-11-27T03:05:07Z"; the order of the texts is that of the times."""
    return when.astimezone(UTC).strftime(FORMAT)
