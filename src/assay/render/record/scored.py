"""A scored text for a terminal: the text with surprising tokens marked, then spans and sentences by surprisal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from assay.facts.uncertainty import Pair, Risk, ScoredText, Span, SpanKind, TokenScore
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter
from assay.render.visible import visible

# steps of the colour scale, in nats: a probability of 1/2, 1/7, 1/55 and 1/1100
STEPS = (0.7, 2.0, 4.0, 7.0)
_BACKGROUNDS = ("", "48;5;229", "48;5;222", "48;5;215", "48;5;203")
MOST = 12
DOUBTFUL = 0.5
CAUTION = (
    "A surprising token is not wrong, and an expected one is not right: a model can be sure of what it makes up. "
    "A score is no error rate without a calibration."
)


def step(surprisal: float) -> int:
    """Which step of the scale, from 0 (expected) to 4."""
    return sum(surprisal >= least for least in STEPS)


def chance(logprob: float) -> str:
    """A probability in words that fit a line: `62 %`, `0.3 %`, `1 in 40,000`."""
    share = 2.718281828459045**logprob
    if share >= 0.0005:
        return f"{100 * share:.2g} %"
    return f"1 in {min(10**12, round(1 / share)):,}" if share > 0 else "less than 1 in 10^300"


def lines(found: ScoredText, colour: bool, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    size = f"{len(found.tokens):,} tokens, {'written by the model' if found.generated else 'given'}"
    yield f"{visible(found.model)}, {visible(found.runtime)}: {size}"
    yield from headline(found).lines(painter(colour), width)
    yield ""
    yield from _heatmap(found, colour, width)
    yield ""
    yield from _spans(found, verbose)
    yield from _marks(found, width)
    yield from _grounding(found, width, verbose)
    yield from _known(found, verbose)
    yield from _filtered(found, width)
    yield ""
    sampled = [score for score in found.scores if score.cost.endswith("samples")]
    for score in found.scores if verbose else dict.fromkeys((*found.scores[:1], *sampled)):
        yield f"  {score.id:<16} {score.value:8.3f} {score.unit}"
    yield from _samples(found, width)
    if verbose:
        yield from (f"  {_token(token)}" for token in found.tokens)
    for text in found.missing:
        yield from textwrap.wrap(f"not known: {visible(text)}", width)


def headline(found: ScoredText) -> Headline:
    """How often such answers are wrong where that is known, else what surprises the model; then what lacks support."""
    doubtful = sum(row.unsupported >= DOUBTFUL for row in found.grounding)
    said = [_risk(found.risk) if found.risk else _surprising(found)]
    if found.grounding:
        said.append(f"{doubtful:,} of {len(found.grounding):,} sentences lack support in the documents.")
    if found.marks:
        said.append(f"{len(found.marks):,} it is sure of without support.")
    care = found.marks or doubtful or (found.risk and found.risk.unlike)
    return Headline("SCORED", " ".join(said), Tone.CARE if care else Tone.TELL)


def _surprising(found: ScoredText) -> str:
    """What has a probability below 2 %, of names, numbers, dates and quotations where there are some."""
    if not found.tokens:
        return "No token of it was scored."
    named = [span for span in found.spans if span.kind is not SpanKind.WORDS]
    if not named:
        worst = min(found.tokens, key=lambda token: token.logprob)
        return f"No name, number, date or quotation is in it; its least likely token has {chance(worst.logprob)}."
    odd = sorted((span for span in named if step(span.surprise) > 2), key=lambda span: -span.surprise)
    of = f"{len(named):,} names, numbers, dates and quotations"
    if not odd:
        return f"None of its {of} surprises the model."
    worst_of = visible(_flat(found.text[odd[0].start : odd[0].stop])[:60])
    verb = "surprise" if len(odd) > 1 else "surprises"
    return f"{len(odd):,} of its {of} {verb} the model, most of all {worst_of!r} ({chance(-odd[0].surprise)})."


def _risk(risk: Risk) -> str:
    """What a calibration says of a text, and in which way the text is not like it."""
    said = (
        f"Of answers with this {risk.score} score, {100 * risk.rate:.0f} % were wrong "
        f"({risk.count:,} questions of {visible(risk.pack)})"
    )
    return f"{said}; but {visible(risk.unlike)}, so this may not hold." if risk.unlike else f"{said}."


def _spans(found: ScoredText, verbose: bool) -> Iterator[str]:
    named = [span for span in found.spans if span.kind is not SpanKind.WORDS] or list(found.spans)
    for span in sorted(named, key=lambda span: -span.surprise)[: None if verbose else MOST]:
        said = visible(found.text[span.start : span.stop])[:60]
        yield f"  {_mark(span.surprise)} {span.kind:<9} {said:<40}  {_words(found, span)}"
    if len(named) > MOST and not verbose:
        yield f"  ... and {len(named) - MOST:,} more: --verbose"


def _heatmap(found: ScoredText, colour: bool, width: int) -> Iterator[str]:
    """The text; with colour each token on its step, without it surprising tokens in brackets."""
    pieces, at = ([], 0) if found.tokens else ([visible(found.text, keep="\n")], len(found.text))
    for token in found.tokens:
        if token.start > at:
            pieces.append(visible(found.text[at : token.start], keep="\n"))
        text = visible(found.text[max(at, token.start) : token.stop], keep="\n")
        level = step(-token.logprob)
        at = max(at, token.stop)
        if not text:
            continue
        if colour and level:
            body = text.lstrip(" ")
            pieces.append(" " * (len(text) - len(body)) + f"\x1b[30;{_BACKGROUNDS[level]}m{body}\x1b[0m")
        else:
            pieces.append(text if level < 3 else f"{text[: len(text) - len(text.lstrip())]}[{text.lstrip()}]")
    whole = "".join(pieces)
    for row in whole.split("\n"):
        yield from (
            [f"  {row}"]
            if colour
            else textwrap.wrap(row, width - 2, initial_indent="  ", subsequent_indent="  ") or [""]
        )


def _marks(found: ScoredText, width: int) -> Iterator[str]:
    """What the model is sure of without support."""
    if found.marks:
        yield ""
        yield "sure, and not supported by what was given"
    for mark in found.marks[:MOST]:
        said = f"{_flat(found.text[mark.start : mark.stop])[:80]!r}: {visible(mark.because)}"
        yield from textwrap.wrap(said, width - 2, initial_indent="  ", subsequent_indent="    ")
    if len(found.marks) > MOST:
        yield f"  ... and {len(found.marks) - MOST:,} more: -o json"


def _grounding(found: ScoredText, width: int, verbose: bool) -> Iterator[str]:
    """Each sentence beside the documents, the least supported first."""
    if found.grounding:
        yield ""
        names = ", ".join(visible(row.name) for row in found.documents)
        yield f"beside {names}: 1 is not supported at all, by assay's checker"
    for row in sorted(found.grounding, key=lambda row: -row.unsupported)[: None if verbose else MOST]:
        yield f"  {row.unsupported:4.2f}  {_flat(found.text[row.start : row.stop])[: width - 10]}"
        if row.missing:
            yield f"        not in the documents: {', '.join(visible(name) for name in row.missing[:6])}"
        if row.seen and (verbose or row.unsupported >= DOUBTFUL):
            yield f"        nearest: {_flat(row.seen)[: width - 20]}"


def _filtered(found: ScoredText, width: int) -> Iterator[str]:
    """Which sentences may stay, and under which guarantee."""
    if found.filtered:
        yield ""
        yield "what may stay, so that in that share of texts all of it is true"
    for row in found.filtered:
        kept = "left out" if row.alpha is None else f"{100 * (1 - row.alpha):.0f} %"
        yield f"  {kept:>8}  {_flat(found.text[row.start : row.stop])[: width - 14]}"


def _known(found: ScoredText, verbose: bool) -> Iterator[str]:
    """How rare names and numbers are in the corpora, and which never stand together."""
    if found.known is None:
        return
    yield ""
    yield f"in the corpora {', '.join(map(visible, found.known.corpora))}"
    rows = {found.text[row.start : row.stop]: row for row in found.known.held}
    for text, row in sorted(rows.items(), key=lambda pair: (pair[1].count, pair[0]))[: None if verbose else MOST]:
        more = "" if row.complete else " or more"
        yield f"  {row.count:>9,} times in {row.documents:,} documents{more}  {visible(text)[:60]}"
    for pair in found.known.pairs if verbose else [pair for pair in found.known.pairs if not pair.documents][:MOST]:
        one, other = found.text[pair.start : pair.stop], found.text[pair.other_start : pair.other_stop]
        yield f"  {visible(one)[:40]!r} and {visible(other)[:40]!r} together {_together(pair)}"


def _together(pair: Pair) -> str:
    if pair.documents:
        return f"in {pair.documents:,} documents, such as {visible(pair.example)[:60]}"
    return "in no document" if pair.complete else "in none of the documents looked at"


def _samples(found: ScoredText, width: int) -> Iterator[str]:
    """What else was answered, by meaning, most frequent first."""
    sizes = Counter(sample.meaning for sample in found.samples)
    if sizes:
        yield ""
        yield f"{len(found.samples)} other answers, {len(sizes)} meaning{'s' if len(sizes) > 1 else ''} by their words"
    for meaning, size in sorted(sizes.items(), key=lambda row: (-row[1], row[0]))[:MOST]:
        text = next(sample.text for sample in found.samples if sample.meaning == meaning)
        said = _flat(text) or "(nothing)"
        yield f"  {size:3} x  {said if len(said) <= width - 10 else said[: width - 13] + '...'}"


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def _mark(surprisal: float) -> str:
    return "#" * step(surprisal) + "." * (len(STEPS) - step(surprisal))


def _words(found: ScoredText, span: Span) -> str:
    mine = [token for token in found.tokens if token.start < span.stop and token.stop > span.start]
    worst = min(mine, key=lambda token: token.logprob)
    other = next((row for row in worst.alternatives if row.logprob > worst.logprob), None)
    instead = f", more likely {visible(other.text).strip()!r} ({chance(other.logprob)})" if other else ""
    return f"{chance(worst.logprob)}{instead}"


def _token(token: TokenScore) -> str:
    spread = f"entropy {token.entropy:.2f}  rank {token.rank}" if token.entropy is not None else ""
    return f"{_mark(-token.logprob)} {visible(token.text)!r:<24} {token.logprob:8.3f}  {spread}"
