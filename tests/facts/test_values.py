"""What is worked out from summaries of tensors."""

from __future__ import annotations

import statistics

from hypothesis import given
from hypothesis import strategies as st

from assay.facts.values import median


@given(st.lists(st.floats(allow_nan=False), min_size=1))
def test_the_median_is_that_of_the_library(values: list[float]) -> None:
    assert repr(median(values)) == repr(statistics.median(values))
