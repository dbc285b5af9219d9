"""A page of each command that writes one besides the report, with text from somebody else in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import assay
from assay.pipeline.change import change
from assay.render.record import change_page, comparison_page, scored_page, trace_page
from tests.builders.corpus import opened
from tests.builders.release import release
from tests.builders.scored import record

NASTY = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\u202e"
LINE = "the owl and the pussycat went to sea in a beautiful pea green boat"


def changed(folder: Path) -> tuple[object, bytes]:
    """Two audits of a release, of which the second lacks its training code and has another licence text."""
    release(folder / "old")
    release(folder / "new", without=("train.py",))
    licence = folder / "new" / "LICENSE"
    licence.write_text(f"{licence.read_text()}You may not sell it. {NASTY}\n", "utf-8")
    before, after = (assay.audit(folder / name, isolation=False) for name in ("old", "new"))
    after = replace(after, subject=replace(after.subject, name=NASTY))
    found = change(before, after)
    return found, change_page.page(found, before, after)


def compared(folder: Path) -> tuple[object, bytes]:
    """A model of six layers, of which one was trained further, against its base."""
    import numpy as np
    from benchmarks import derived

    random = np.random.default_rng(0)
    names = [f"model.layers.{n}.{role}.weight" for n in range(6) for role in ("self_attn.q_proj", "mlp.up_proj")]
    base = {name: random.standard_normal((64, 32)).astype(np.float32) for name in names}
    own = base | {name: values * np.float32(1.01) for name, values in base.items() if ".2." in name}
    paths = [
        derived.write_safetensors(folder / name / "model.safetensors", {f"{NASTY[:9]}.x": base[names[0]], **state})
        for name, state in (("base", base), ("tuned", own))
    ]
    found = replace(assay.diff(*paths), base=NASTY, missing=(NASTY,))
    return found, comparison_page.page(found, NASTY)


def scored(folder: Path) -> tuple[object, bytes]:
    """A text of two sentences."""
    found = replace(record(), model=NASTY, missing=(NASTY,))
    return found, scored_page.page(found)


def traced(folder: Path) -> tuple[object, bytes]:
    """A text of one document."""
    trace = opened(folder, [f"First {NASTY} {LINE}."]).trace(f"{LINE} {NASTY}")
    return trace, trace_page.page(trace)


PAGES: dict[str, Callable[[Path], tuple[object, bytes]]] = {
    "compare": changed,
    "diff": compared,
    "score": scored,
    "trace": traced,
}
