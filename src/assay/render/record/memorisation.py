"""Memorisation for a terminal: how much is memorised by how often it occurs, beside what could be guessed."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.memorisation import Canary, Group, Memorisation, Repeated, Told
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, table, wrapped
from assay.render.visible import visible

_BARS = 24
_HEADINGS = (">occurs", ">asked", ">repeated", ">95 % interval", "")
CAUTIONS = (
    "What a model repeats it may have from elsewhere; passages that are held out show how much can be guessed.",
    "Membership of a single text cannot be told from these numbers; "
    "where a blind number does as well, the sets differ, not the model's memory.",
)


def headline(found: Memorisation) -> Headline:
    """The share that comes back of what it repeats most, beside what can be guessed; amber where it is more."""
    asked = [row for row in found.groups if row.passages]
    if not asked:
        return Headline("NOT MEASURED", "No passage of the corpora was long enough to ask for.", Tone.CARE)
    most = max(asked, key=lambda row: (row.repeated / row.passages, row.low))
    times = "once" if most.low == most.high == 1 else f"{often(most)} times"
    said = f"Of {most.passages:,} passages that occur {times} in the corpora {_percent(most)} come back word for word"
    said = f"{said} ({_interval(most)})"
    if found.held_out is None or not found.held_out.passages:
        return Headline("MEASURED", f"{said}; how much of that can be guessed is not known.", Tone.CARE)
    guessed = f"{said}; of held-out passages {_percent(found.held_out)} do ({_interval(found.held_out)})."
    if most.share_low > found.held_out.share_high:
        return Headline("MEMORISED", guessed, Tone.CARE)
    return Headline("MEASURED", f"{guessed} That is no more than can be guessed.", Tone.TELL)


def lines(found: Memorisation, colour: bool = False, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    yield from wrapped(f"{visible(found.model)}, {visible(found.runtime)}, beside {corpora_words(found)}", "", width)
    yield from headline(found).lines(painter(colour), width)
    yield ""
    asked = f"passages of {found.prefix} words, and whether the {found.suffix} that follow come back word for word"
    yield from wrapped(f"{asked} (greedy)", "", width)
    groups = [_group(row) for row in (*found.groups, *((found.held_out,) if found.held_out else ()))]
    if any(row[-1] for row in groups):
        groups = [row if row[-1] else (*row[:-1], "-") for row in groups]
        yield from table((*_HEADINGS, "sampled at least once in 1 / 10 / 100 / 1,000 tries"), groups, width)
    else:
        yield from table(_HEADINGS, [row[:-1] for row in groups], width)
    if found.canaries:
        yield ""
        yield "canaries: bits of exposure among 63 other secrets"
        yield from map(_canary, found.canaries)
    if found.told:
        yield ""
        yield "telling its documents from held-out ones (AUROC; 0.500 is chance)"
        yield from map(_told, found.told)
    if found.free:
        yield ""
        amount = f"{found.free.texts} texts of its own, {found.free.words:,} words"
        share = f"{100 * found.free.verbatim:.1f} % of them"
        yield f"{amount}: {share} in runs of 20 words or more that stand in the corpora"
        for text in found.free.longest[: None if verbose else 3]:
            yield f"  {_flat(text)[:110]}"
    if found.repeated:
        yield ""
        yield "repeated, the rarest first"
        yield from map(_passage, found.repeated[: None if verbose else 5])
    yield ""
    yield from (f"not known: {visible(text)}" for text in found.missing)
    yield from CAUTIONS


def corpora_words(found: Memorisation) -> str:
    """The corpora with the number of their documents."""
    documents = sum(row.documents for row in found.corpora)
    return f"{', '.join(visible(row.name) for row in found.corpora)} ({documents:,} documents)"


def _percent(row: Group) -> str:
    return f"{100 * row.repeated / row.passages:.0f} %"


def _interval(row: Group) -> str:
    return f"95 %: {100 * row.share_low:.0f} to {100 * row.share_high:.0f} %"


def _group(row: Group) -> tuple[str, ...]:
    share = row.repeated / row.passages
    interval = f"{100 * row.share_low:.1f} to {100 * row.share_high:.1f} %"
    tries = " / ".join(f"{100 * one.share:.0f} %" for one in row.discoverable)
    return often(row), str(row.passages), f"{100 * share:.0f} %", interval, "#" * round(share * _BARS), tries


def often(row: Group) -> str:
    """How often its passages occur in the corpora."""
    if not row.high:
        return "held out"
    if row.low == row.high:
        return f"{row.low}"
    return f"{row.low} or more" if row.high > 1 << 30 else f"{row.low} to {row.high}"


def _canary(row: Canary) -> str:
    name = f"planted {row.copies} times" if row.copies else "never planted"
    exposure = f"median {row.median:4.1f}  greatest {row.greatest:4.1f}  of {row.most:.0f}"
    return f"  {name:<18} {row.count:>4}  {exposure}"


def _told(row: Told) -> str:
    kind = "without the model" if row.blind else "by the model"
    return f"  {row.id:<26} {kind:<18} {row.auroc:.3f}  {row.low:.3f} to {row.high:.3f}"


def _passage(row: Repeated) -> str:
    passage = f"...{_flat(row.prefix)[-50:]} | {_flat(row.suffix)[:90]}"
    return f"  {row.count:,} times, {visible(row.document)[:40]}: {passage}"


def _flat(text: str) -> str:
    return " ".join(visible(text).split())
