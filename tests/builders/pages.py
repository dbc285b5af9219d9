"""A page of each command that writes one besides the report, with text from somebody else in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import assay
from assay import registry
from assay.facts.comparison import Kinship
from assay.facts.kin import Families, Member
from assay.facts.memorisation import Canary, Discoverable, Free, Group, Memorisation, Repeated, Told
from assay.fleet.site import written
from assay.pipeline.change import change
from assay.render.record import (
    change_page,
    checked_page,
    comparison_page,
    family,
    lineage_page,
    memorisation_page,
    openness_page,
    scored_page,
    trace_page,
)
from assay.uncertainty.checking import check
from assay.uncertainty.sources import source
from tests.builders import calls, hub_model
from tests.builders.corpus import opened
from tests.builders.release import openwashed, release
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


def memorised(folder: Path) -> tuple[object, bytes]:
    """What a model repeats of a corpus of one document."""
    corpus = opened(folder, [f"{LINE}."]).trace(LINE).corpora
    groups = tuple(
        Group(low, high, 40, repeated, repeated / 40 - 0.02, repeated / 40 + 0.05, -1.0, (Discoverable(10, 0.5),))
        for low, high, repeated in ((1, 1, 2), (2, 9, 11), (10, 1 << 40, 30))
    )
    found = Memorisation(
        "memorisation 1",
        "0",
        NASTY,
        "a" * 64,
        "torch",
        corpus,
        10,
        8,
        0,
        groups,
        Group(0, 0, 40, 1, 0.0, 0.1, -2.0, (Discoverable(10, 0.1),)),
        (Repeated(NASTY, 12, NASTY, LINE),),
        (Told("loss", False, 0.8, 0.7, 0.9),),
        (Canary(3, 5, 4.0, 6.0, 6.0),),
        Free(3, 300, 0.2, (NASTY,)),
        (NASTY,),
    )
    return found, memorisation_page.page(found)


def open_(folder: Path) -> tuple[object, bytes]:
    """A release whose licence restricts what its card calls open."""
    dossier = assay.audit(openwashed(folder / "m"), isolation=False)
    dossier = replace(dossier, subject=replace(dossier.subject, name=NASTY))
    return dossier.openness, openness_page.page(dossier)


def related(folder: Path) -> tuple[object, bytes]:
    """Three known models: a relative, a stranger, and one of which nothing can be told."""
    rows = (
        Kinship(NASTY, "a" * 64, 900, 1000, -300.0, 800, 1000, -200.0, 0.9, "common origin, same coordinates"),
        Kinship("stranger", "b" * 64, 3, 1000, 0.0, 2, 1000, -1.0, 0.9, "no common origin found"),
        Kinship("small", "c" * 64, 0, 0, 0.0, 0, 0, 0.0, 0.0, "cannot tell"),
    )
    return rows, lineage_page.page(NASTY, rows)


def checked(folder: Path) -> tuple[object, bytes]:
    """A text beside a document that bears out one sentence, contradicts another and does not have the third."""
    document = "Marie Curie was born in Warsaw in 1867. She won the Nobel Prize in Physics in 1903."
    text = f"Marie Curie was born in Warsaw in 1867. She won the prize in 1911. {NASTY} was founded in Leeds in 1850."
    found = check(text, [source(NASTY, document)])
    return found, checked_page.page(found)


def families(folder: Path) -> tuple[object, bytes]:
    """A base of which nothing is kept, and what was made from it."""
    rows = (Member("base", 0, "", None), Member(NASTY, 1, "it says", None), Member("small", 2, "by its weights", None))
    found = Families(rows, 1, 0, 0, 0)
    return found, family.page(found)


def fleet(folder: Path) -> tuple[Path, Path]:
    """The index of a site of models, of which one got worse, and the page of that."""
    good = assay.audit(hub_model(folder / "tiny"), isolation=False)
    (folder / "tiny" / "pytorch_model.bin").write_bytes(calls("os", "system", "id"))
    bad = assay.audit(folder / "tiny", isolation=False)
    with registry.open(str(folder / "kept"), new=True) as kept:
        for dossier in (good, replace(good, subject=replace(good.subject, name=NASTY)), bad):
            kept.keep(dossier)
        written(kept, folder / "public")
    (page,) = (folder / "public" / "models").glob("tiny-*.html")
    return folder / "public" / "index.html", page


PAGES: dict[str, Callable[[Path], tuple[object, bytes]]] = {
    "compare": changed,
    "diff": compared,
    "score": scored,
    "trace": traced,
    "memorisation": memorised,
    "openness": open_,
    "lineage": related,
    "check": checked,
    "families": families,
}
