"""Pictures that pages draw."""

from __future__ import annotations

import re

from assay.render.svg import intervals


def test_a_long_name_above_an_interval_is_wrapped_and_what_follows_stands_below_it() -> None:
    name = "what praise gains over blame for Christian, beside the others: +0.06 nats"
    found = str(intervals("t", [(name, "w", (0.5, 0.4, 0.6, 0.0, 1.0)), ("short", "w", (0.5, 0.4, 0.6, 0.0, 1.0))]))
    lines = re.findall(r'<text x="4" y="(\d+)">([^<]*)</text>', found)
    assert " ".join(text for _, text in lines[:2]) == name and lines[2] == ("68", "short")
    assert [int(y) for y in re.findall(r'class="track" x="4" y="(\d+)"', found)] == [
        36,
        76,
    ] and 'viewBox="0 0 348 94"' in found
