"""What a list leaves out is counted below it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from assay.facts.checked import CheckedSentence, Support
from assay.facts.uncertainty import Grounding, Held, Known, Pair, Sample
from assay.render.record import scored, scored_page, trace
from tests.builders.corpus import opened
from tests.builders.scored import record


def test_a_scored_text_counts_what_it_does_not_list() -> None:
    whole = record()
    held = tuple(Held(place, place + 1, 1, 1, True) for place in range(len(set(whole.text))))
    lacking = CheckedSentence(0, 5, Support.NOT_FOUND, "not there", True, 1.0, -1, 0, 0, "")
    found = replace(
        whole,
        judged=whole.judged * 300,
        samples=tuple(Sample(f"{place}", -1.0, 1, place) for place in range(15)),
        grounding=(Grounding(lacking, None),) * 14,
        known=Known(("c",), ("0" * 64,), held, tuple(Pair(0, 5, 14, 20, 0, "", True) for _ in range(17))),
    )
    said = list(scored.lines(found, False))
    distinct = len({whole.text[row.start : row.stop] for row in held})
    assert "  ... and 3 more: -o json" in said and "  ... and 2 more sentences: --verbose" in said
    assert f"  ... and {distinct - 12} more: --verbose" in said and "  ... and 5 more pairs: --verbose" in said
    assert "and 100 more, in the record" in scored_page.page(found).decode()


def test_a_trace_counts_the_sentences_that_it_does_not_list(tmp_path: Path) -> None:
    found = opened(tmp_path, ["Owls see well at night."]).trace(" ".join(f"Number {n} is here." for n in range(45)))
    said = list(trace.lines(found))
    assert sum(row.startswith("  ... and 5 more") for row in said) == 1
    assert not any("... and" in row for row in trace.lines(found, verbose=True))
