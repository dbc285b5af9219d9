"""The picture of a probe: what is wider is drawn wider."""

from __future__ import annotations

import re

from assay.facts.behaviour import Estimate, Probed, Unit
from assay.render.record.behaviour_page import picture


def test_numbers_of_one_unit_share_one_scale() -> None:
    rows = (
        Estimate("a", "narrow", 0.2, 0.1, 0.3, Unit.NATS, 8, 0.0),
        Estimate("b", "wide", -1.0, -2.0, 2.0, Unit.NATS, 8, 0.0),
        Estimate("c", "share", 0.5, 0.25, 0.75, Unit.SHARE, 8),
    )
    drawn = str(picture(Probed("bias", "How much?", "", rows, None, (), "", "")))
    narrow, wide, share = (float(found) for found in re.findall(r'class="whisker" d="M[\d.]+ \d+h([\d.]+)m', drawn))
    assert abs(wide / narrow - 4 / 0.2) < 1
    assert abs(share - 340 / 2) < 1
    assert len(set(re.findall(r'class="chance" d="M([\d.]+) ', drawn))) == 1  # nothing is at one place
    assert "narrow: +0.20 nats</text>" in drawn and "share: 50 %</text>" in drawn
