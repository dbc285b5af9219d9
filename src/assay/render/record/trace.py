"""A trace as text: the text with its spans, then sources, licences, and what a trace cannot tell."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from assay.facts.trace import CAUTIONS, Contamination, Item, ItemPart, Source, Standing, Trace
from assay.render.headline import Headline, Tone
from assay.render.record.segment import corpora_words, licence_words, segments, standings, title, unasked_words
from assay.render.terminal import Paint, painter, table, wrapped
from assay.render.visible import visible

_COLOURS = ("30;46", "30;43", "30;42", "30;45", "30;44", "37;41")
_STANDING_COLOURS = {
    Standing.QUOTED: "33",
    Standing.NEAR_QUOTED: "33",
    Standing.SIMILAR: "36",
    Standing.NOTHING: "2",
    Standing.UNKNOWN: "35",
}
MOST_SPANS = 20
MOST_SENTENCES = 40


def headline(trace: Trace, exceeded: Sequence[str] = ()) -> Headline:
    """How much of the text was found; `exceeded` are the limits of `--fail-on` that are, each in a sentence."""
    spans = f"{len(trace.spans):,} span{'s' if len(trace.spans) != 1 else ''}"
    said = f"{trace.covered:,} of {trace.words:,} words lie in {spans} that the corpus holds"
    found = f"{said}; sentences: {standings(trace) or 'none'}."
    if lost := unasked_words(trace.corpora):
        found = f"{found} {lost}"
    if exceeded:
        return Headline("FAILED", " ".join([*exceeded, found]), Tone.STOP)
    missed = "UNKNOWN" if lost else "NOT FOUND"
    return Headline("FOUND" if trace.covered else missed, found, Tone.TELL)


def lines(
    trace: Trace, exceeded: Sequence[str] = (), colour: bool = False, width: int = 100, verbose: bool = False
) -> Iterator[str]:
    """The lines of the report; with `verbose` every span, sentence and passage."""
    paint = painter(colour)
    yield from wrapped(visible(corpora_words(trace)), "", width)
    yield from headline(trace, exceeded).lines(paint, width)
    yield ""
    yield from _marked(trace, colour)
    if trace.sources:
        yield ""
        yield paint("sources", "1") + "  most explained first"
        for number, source in enumerate(trace.sources, 1):
            yield from _source(number, source, width, 3 if verbose else 1)
    yield from _spans(trace, paint("spans", "1"), verbose)
    yield ""
    yield from _sentences(trace, paint, width, verbose)
    if trace.licences:
        yield ""
        yield paint("licences of the sources", "1") + "  by words of this text that they cover"
        for share in trace.licences:
            licence = f"{visible(share.dataset)}: {visible(licence_words(share.licence))}"
            yield f"  {share.words:>6,}  {licence}, {share.documents:,} documents"
    yield ""
    for sentence in CAUTIONS:
        yield from textwrap.wrap(sentence, width)


def _sentences(trace: Trace, paint: Paint, width: int, verbose: bool) -> Iterator[str]:
    yield paint("sentences", "1")
    for row in trace.sentences[: None if verbose else MOST_SENTENCES]:
        label = "" if row.source is None else f" [{row.source + 1}]"
        kind = paint(f"{row.standing:<14}", _STANDING_COLOURS[row.standing])
        yield f"  {kind}{row.share:>5.0%}{label:5}  {_cut(trace.text[row.start : row.stop], width - 28)}"
    if len(trace.sentences) > MOST_SENTENCES and not verbose:
        yield f"  ... and {len(trace.sentences) - MOST_SENTENCES:,} more; all of them with --verbose or -o json"
    for likeness in trace.likenesses:
        where = f"sentence {likeness.sentence + 1}, cosine {likeness.cosine:.2f}: {visible(title(likeness.document))}"
        yield f"  {paint('similar, which is no source', '36')}  {where}: {_cut(likeness.seen, width - 50)}"


def _marked(trace: Trace, colour: bool) -> Iterator[str]:
    """The text with each span followed by the number of its first source; brackets where there is no colour."""
    whole = ""
    for piece in segments(trace):
        shown = visible(piece.text, keep="\n")
        if piece.span is None:
            whole += shown
            continue
        number = piece.span.documents[0] if piece.span.documents else None
        mark = "common" if piece.span.common else ""
        label = " ".join(filter(None, (str(number + 1) if number is not None else "", mark))) or "-"
        if colour:
            code = "2;7" if number is None else _COLOURS[number % len(_COLOURS)]
            whole += "\n".join(f"\x1b[{code}m{line}\x1b[0m" for line in shown.split("\n")) + f"\x1b[2m[{label}]\x1b[0m"
        else:
            whole += f"[[{shown}]][{label}]"
    for line in whole.split("\n"):
        yield f"  {line}"


def _source(number: int, source: Source, width: int, passages: int) -> Iterator[str]:
    document = source.document
    kind = "several short matches, " if source.patchwork else ""
    yield f"  [{number}] {visible(title(document))}  ({visible(document.dataset)}, {visible(source.corpus)})"
    found = f"{kind}{source.words:,} words, {source.bits:,.0f} bits, BM25 {source.relevance:.1f}"
    url = f"; {visible(document.url)}" if document.url else ""
    yield f"      {found}; {visible(licence_words(document.licence))}{url}"
    for row in source.passages[:passages]:
        seen = f"...{_flat(row.before)[-40:]}>>{_flat(row.seen)}<<{_flat(row.after)[:40]}..."
        yield from textwrap.wrap(
            f"{row.sameness}: {visible(seen)}",
            width,
            initial_indent="      ",
            subsequent_indent="        ",
            max_lines=3,
        )


def _spans(trace: Trace, heading: str, verbose: bool) -> Iterator[str]:
    if not trace.spans:
        return
    yield ""
    yield heading + "  most surprising first"
    shown = trace.spans if verbose else trace.spans[:MOST_SPANS]
    for span in shown:
        often = f"{span.count:,} times{', common' if span.common else ''}"
        said = _cut(trace.text[span.start : span.stop], 60)
        yield f"  {span.words:>5,} words {span.bits:>8,.0f} bits  {often:<22} {said}"
    if len(trace.spans) > len(shown):
        yield f"  ... and {len(trace.spans) - len(shown):,} more; all of them with --verbose or -o json"


def _flat(text: str) -> str:
    return " ".join(text.split())


def _cut(text: str, width: int) -> str:
    flat = visible(_flat(text))
    return flat if len(flat) <= width else f"{flat[: width - 1]}…"


def contamination_headline(found: Contamination, failed: bool) -> Headline:
    """How many entries of a benchmark are clean; red where fewer are than `--fail-over` lets pass."""
    clean, whole = sum(bool(item.clean) for item in found.items), len(found.items)
    dirty, unknown = (sum(item.clean is state for item in found.items) for state in (False, None))
    said = f"{found.benchmark}: {clean:,} of {whole:,} items are clean ({clean / whole:.1%})."
    if unknown:
        said = f"{found.benchmark}: {dirty:,} of {whole:,} items are not clean, of {unknown:,} it is unknown."
    if found.skipped:
        said += f" {found.skipped:,} row{'s have' if found.skipped != 1 else ' has'} no question."
    if dirty:
        return Headline("CONTAMINATED", said, Tone.STOP if failed else Tone.CARE)
    if unknown:
        return Headline("NOT KNOWN", said, Tone.CARE)
    return Headline("NONE FOUND", said, Tone.CARE if found.skipped or found.left else Tone.TELL)


def contamination_lines(
    found: Contamination, failed: bool = False, colour: bool = False, width: int = 100, most: int = 20
) -> Iterator[str]:
    """How many entries of a benchmark are clean, and the worst of the others."""
    lost = unasked_words(found.corpora)
    yield from contamination_headline(found, failed).lines(painter(colour), width)
    held = f"the corpus holds a run of 13 words (or all), or a near copy, of  {', '.join(_held(found))}"
    yield from wrapped(held, "", width, "   ")
    dirty = sorted(
        (item for item in found.items if item.clean is False),
        key=lambda item: (-max(map(_share, _parts(item))), item.id),
    )
    if dirty:
        yield ""
        headings = ("item", ">passage", ">question", ">answer", "found in")
        rows = [(_cut(item.id, 24), *map(_part, _parts(item)), _cut(item.source, 50)) for item in dirty[:most]]
        yield from table(headings, rows, width)
    if len(dirty) > most:
        yield f"  ... and {len(dirty) - most:,} more; all of them with -o json"
    if lost:
        yield visible(lost)
    for row in found.left:
        yield f"not looked at  {visible(row.reason)}: {row.count:,} items"
    yield ""
    yield "An item is clean when of no part is found: a run of 13 words, the whole of 5 words or more, a near copy (~)."
    yield "A clean item is only as clean as the corpus is complete; a paraphrase is not found."


def _parts(item: Item) -> tuple[ItemPart, ItemPart, ItemPart]:
    return item.passage, item.question, item.answer


def _share(part: ItemPart) -> float:
    return part.overlap or part.near


def _part(part: ItemPart) -> str:
    if not part.words:
        return "-"
    share = f"~{part.near:.0%}" if part.near and not part.overlap else f"{part.overlap:.0%}"
    return f"{share} {part.longest:,} of {part.words:,}"


def _held(found: Contamination) -> Iterator[str]:
    for number, name in enumerate(("passages", "questions", "answers")):
        parts = [part for item in found.items if (part := _parts(item)[number]).words]
        yield f"{sum(_share(part) > 0 for part in parts):,} of {len(parts):,} {name}"
