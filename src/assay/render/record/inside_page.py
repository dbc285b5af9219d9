"""One token of an answer as one page: proofs, then each view as a map and a table, with what it cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from assay.facts.codec import canonical
from assay.facts.inside import LIMITS, Effect, Inside, LookedInto
from assay.lazy import dataclass
from assay.render import page as shell
from assay.render.heat import heat
from assay.render.page import Part
from assay.render.record import workbench
from assay.render.record.inside import estimated, headline, percent, quoted, strongest, supported, without

MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where a workbench shows it: the address of the answer, the token's number and how many the answer has.

    `whole` says that values were replaced, too.
    """

    at: str
    number: int
    count: int
    whole: bool


def page(found: Inside, place: Place | None = None) -> bytes:
    """The page as UTF-8; `place` is where a workbench shows it (None: it is a file)."""
    ablation, patching = found.ablation, found.patching
    return shell.page(
        "workbench_inside.html.j2" if place else "inside.html.j2",
        b"" if place else canonical(found),
        "inside",
        styles=("inside.css",),
        contents=tuple(_contents(found)),
        links=workbench.links("/ask") if place else (),
        place=place,
        found=found,
        word=quoted(found.answer[found.token - 1]),
        headline=headline(found),
        context="".join(found.words),
        after="".join(found.answer[found.token :]),
        limits=LIMITS,
        percent=percent,
        estimated=estimated,
        maps=_maps(found),
        strongest=[(name, f"{value:+.2f}", "") for name, value in strongest(found)[:MOST_ROWS]],
        tokens=list(without(found)) if ablation else [],
        ablated=_effects([*ablation.parts, *ablation.heads], ()) if ablation else [],
        patched=_effects([*patching.stream, *patching.parts, *patching.heads], patching.words) if patching else [],
        support=list(supported(found)),
    )


def body(looked: LookedInto, said: Sequence[str]) -> Markup:
    """One look inside as a part of a report: the sentence, lines that are said of it, the lens, the maps."""
    found = looked.found
    return shell.fragment(
        "sections/inside.html.j2",
        found=found,
        said=said,
        question=looked.question,
        sentence=headline(found).sentence if found else "",
        before="".join(found.answer[: found.token - 1]) if found else "",
        word=found.answer[found.token - 1] if found else "",
        reads=[row for row in found.lens if row.layer % 5 == 0 or row.layer == found.layers] if found else [],
        maps=_maps(found) if found else {},
        limits=LIMITS,
        percent=percent,
    )


def _contents(found: Inside) -> Iterator[Part]:
    yield Part("context", "What stands before it", f"{len(found.words):,}")
    yield Part("proofs", "Proved on this model", f"{len(found.proofs):,}")
    if found.lens:
        yield Part("lens", "What can be read")
    if found.tuned:
        yield Part("tuned", "Tuned lens")
    if found.attribution:
        yield Part("contributions", "What wrote it")
    if found.ablation:
        yield Part("without", "What it hung on")
    if found.patching:
        yield Part("patches", "Where the prompts differ")
    if found.support is not None:
        yield Part("support", "In the training data")


def _maps(found: Inside) -> dict[str, Markup]:
    """Each map, empty where its view is not there."""
    maps = dict.fromkeys(("parts", "heads", "ablation", "stream"), Markup(""))
    if found.attribution:
        rows = [row for row in found.attribution.parts if row.part != "embedding"]
        shares = {(row.part, row.layer): row.margin for row in rows}
        maps["parts"] = _by_layer("What each part adds to the lead, nats", shares, found.layers)
        if found.attribution.heads:
            turned = list(zip(*found.attribution.heads, strict=True))
            most = max(abs(value) for row in turned for value in row)
            heads = [(f"head {number}", row) for number, row in enumerate(turned)]
            maps["heads"] = heat("What each head adds to the logit", "layer", heads, most, "{:+.2f}".format)
    if found.ablation:
        effects = {(row.part, row.layer): row.real for row in found.ablation.parts}
        maps["ablation"] = _by_layer("Change of the lead where a part is its mean, nats", effects, found.layers)
    if found.patching:
        places = dict.fromkeys(row.place for row in found.patching.stream)
        stream = {(row.place, row.layer): row.real for row in found.patching.stream}
        rows_ = [
            (quoted(found.patching.words[at]), [stream.get((at, layer)) for layer in range(found.layers)])
            for at in places
        ]
        maps["stream"] = heat("Share of the way to the other answer", "layer", rows_, 1.0, "{:+.2f}".format)
    return maps


def _by_layer(
    title: str, values: dict[tuple[str, int], float | None] | dict[tuple[str, int], float], layers: int
) -> Markup:
    kinds = dict.fromkeys(kind for kind, _ in values)
    most = max((abs(value) for value in values.values() if value is not None), default=0.0)
    rows = [(kind, [values.get((kind, layer)) for layer in range(layers)]) for kind in kinds]
    return heat(title, "layer", rows, most, "{:+.2f}".format)


def _effects(rows: Sequence[Effect], words: Sequence[str]) -> list[tuple[str, str, str]]:
    """(what, tried, estimated), the greatest first."""
    tried = sorted((row for row in rows if row.real is not None), key=lambda row: -abs(row.real or 0.0))
    found = []
    for row in tried[:MOST_ROWS]:
        name = f"{row.part} of layer {row.layer}"
        if row.part == "heads":
            name = f"head {row.place} of layer {row.layer}"
        elif row.place >= 0:
            name = f"{quoted(words[row.place])} before layer {row.layer}"
        estimate = "" if row.estimate is None else f"{row.estimate:+.2f}"
        found.append((name, f"{row.real or 0.0:+.2f}", estimate))
    return found
