"""A scored text for a terminal: what stands out, a label for each sentence, the text with surprising tokens marked."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator

from assay.facts.checked import Support
from assay.facts.uncertainty import (
    SHORT,
    Filtered,
    Grounding,
    Judged,
    Label,
    Pair,
    Risk,
    ScoredText,
    Span,
    SpanKind,
    TokenScore,
    Usual,
)
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter
from assay.render.visible import visible
from assay.text.chance import chance, instead, number

# steps of the colour scale, in nats: a probability of 1/2, 1/7, 1/55 and 1/1100
STEPS = (0.7, 2.0, 4.0, 7.0)
_BACKGROUNDS = ("", "48;5;229", "48;5;222", "48;5;215", "48;5;203")
MOST = 12
MOST_TOLD, MOST_SHOWN = 3, 60  # sentences in the first line, characters of each
_ORDER = (Label.CONTRADICTED, Label.DOUBTFUL, Label.NOT_JUDGED, Label.SUPPORTED)
SCALE = "  0 nats: certain; 0.7: an even chance; 2.3: one in ten; 4.6: one in 100; 6.9: one in 1,000"
MAY_STAY = "what may stay, so that in that share of texts all of it is true"
CAUTION = (
    "A surprising token is not wrong, and an expected one is not right: a model can be sure of what it makes up. "
    "A score is no error rate without a calibration."
)


def step(surprisal: float) -> int:
    """Which step of the scale, from 0 (expected) to 4."""
    return sum(surprisal >= least for least in STEPS)


def lines(found: ScoredText, colour: bool, width: int = 100, verbose: bool = False) -> Iterator[str]:
    """The lines of the report."""
    yield from headline(found).lines(painter(colour), width)
    yield ""
    yield from _judged(found, width, verbose)
    yield ""
    yield from _heatmap(found, colour, width)
    yield ""
    yield from _spans(found, verbose)
    yield from _marks(found, width)
    yield from _grounding(found, width, verbose)
    yield from _known(found, verbose)
    yield from _filtered(found, width)
    yield ""
    yield from _numbers(found, width, verbose)
    yield from _samples(found, width)
    if verbose:
        yield from (f"  {_token(token)}" for token in found.tokens)
    for text in found.missing:
        yield from textwrap.wrap(f"not known: {visible(text)}", width)
    size = f"{len(found.tokens):,} tokens, {'written by the model' if found.generated else 'given'}"
    yield f"{visible(found.model)}, {visible(found.runtime)}: {size}"


def headline(found: ScoredText) -> Headline:
    """What to act on: which sentences are contradicted or doubtful and why, or that none is; then an error rate."""
    word, sentence = _stands_out(found)
    said = f"{sentence} {_risk(found.risk)}" if found.risk else sentence
    calm = word == "SCORED" and not (found.risk and found.risk.unlike) and not found.marks
    return Headline(word, said, Tone.TELL if calm else Tone.CARE)


def _stands_out(found: ScoredText) -> tuple[str, str]:
    """(the worst label there is, the sentence that goes with it)."""
    total = len(found.judged)
    rows = {label: [row for row in found.judged if row.label is label] for label in _ORDER}
    worst, unread = rows[Label.CONTRADICTED] + rows[Label.DOUBTFUL], rows[Label.NOT_JUDGED]
    if worst:
        said = [
            f"{len(rows[label]):,} of {total:,} sentences {'is' if len(rows[label]) == 1 else 'are'} {label}"
            for label in _ORDER[:2]
            if rows[label]
        ]
        why = "; ".join(f"{_short(found, row)} ({_because(row)})" for row in worst[:MOST_TOLD])
        more = f"; and {len(worst) - MOST_TOLD:,} more" if len(worst) > MOST_TOLD else ""
        lost = f" Not judged: {len(unread):,}." if unread else ""
        whole = f"{_capital(_because(worst[0]))}." if total == 1 else ""
        return worst[0].label.upper(), whole or f"{', '.join(said)}: {why}{more}.{lost}"
    if len(unread) == total:
        return "NOT JUDGED", f"{_capital(_because(unread[0]) if unread else 'there is no sentence in it')}."
    if unread:
        rest = f"{total - len(unread):,} of {total:,} sentences"
        return "SCORED", f"Nothing stands out in {rest}; {len(unread):,} not judged ({_because(unread[0])})."
    size = "" if total == 1 else f" in {total:,} sentences"
    by = _because(found.judged[0]) if total == 1 else _looked(found)
    return "SCORED", f"Nothing here stands out{size}: {by}."


def _looked(found: ScoredText) -> str:
    """By what the sentences were judged."""
    given = (
        ("the documents", bool(found.grounding)),
        ("the training data", found.known is not None),
        ("other answers", bool(found.samples)),
    )
    rows = [name for name, there in given if there]
    return f"by the model and {', '.join(rows)}" if rows else "by the model alone, no source was asked"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _because(row: Judged) -> str:
    return visible(row.because).rstrip(".")


def _short(found: ScoredText, row: Judged) -> str:
    text = _flat(found.text[row.start : row.stop])
    return repr(text if len(text) <= MOST_SHOWN else f"{text[: MOST_SHOWN - 3]}...")


def _judged(found: ScoredText, width: int, verbose: bool) -> Iterator[str]:
    """Each sentence with its label and reason: those that stand out first, the others after them."""
    rows = ordered(found)
    for row in rows if verbose else rows[:MOST]:
        yield f"  {row.label:<12}  {_flat(found.text[row.start : row.stop])[: max(20, width - 16)]}"
        yield from textwrap.wrap(_because(row), width, initial_indent=" " * 16, subsequent_indent=" " * 16)
    if len(rows) > MOST and not verbose:
        yield f"  ... and {len(rows) - MOST:,} more sentences: --verbose"


def ordered(found: ScoredText) -> list[Judged]:
    """The sentences, those that stand out first."""
    return sorted(found.judged, key=lambda row: (_ORDER.index(row.label), row.start))


def _numbers(found: ScoredText, width: int, verbose: bool) -> Iterator[str]:
    """The scores with their units, the scale, and what is usual for the model."""
    sampled = [score for score in found.scores if score.cost.endswith("samples")]
    for score in found.scores if verbose else dict.fromkeys((*found.scores[:2], *sampled)):
        yield f"  {score.id:<20} {number(score.value):>8} {score.unit}"
    if any(score.unit == "nats" for score in found.scores):
        yield SCALE
    for text in usual_words(found):
        yield from textwrap.wrap(text, width, initial_indent="  ", subsequent_indent="  ")


def usual_words(found: ScoredText) -> Iterator[str]:
    """What is usual for the model, and where the text's worst sentence lies."""
    usual = found.usual
    values = [row.value for row in found.judged if row.value is not None]
    if usual is None or not values:
        return
    right, invented = usual.above(max(values))
    where = "" if len(found.judged) == 1 else " at most"
    yield (
        f"usual for this model: {number(max(values))} nats{where}, {usual.form}, is more than {100 * right:.0f} % of "
        f"right answers have, and than {100 * invented:.0f} % of invented ones ({usual.count:,} of assay's own "
        f"questions, each with both)"
    )
    yield (
        f"that separates the two with AUROC {usual.auroc:.2f} ({usual.low:.2f} to {usual.high:.2f}; chance 0.50); "
        f"a tenth of the right ones and {100 * (1 - usual.above(usual.doubtful)[1]):.0f} % of the invented ones lie "
        f"above {number(usual.doubtful)}, and are doubtful{_unless(usual)}"
    )


def _unless(usual: Usual) -> str:
    """Where an answer that was asked for shortly is not doubtful though it is unlikely."""
    if usual.form != SHORT:
        return ""
    return f" where the model is surer than even of another, or above {number(usual.right[-1])}, as no right one does"


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
    """Each sentence with the passage that is nearest, what the documents have least of first."""
    if found.grounding:
        yield ""
        names = ", ".join(visible(row.name) for row in found.documents)
        yield f"beside {names}: how much of a sentence they lack, by its words, from 0 to 1"
    rows = nearest(found)
    for one in rows if verbose else rows[:MOST]:
        row = one.sentence
        yield f"  {row.absent:4.2f}  {_flat(found.text[row.start : row.stop])[: width - 10]}"
        if row.seen and (verbose or row.support is not Support.SUPPORTED):
            yield f"        nearest: {_flat(row.seen)[: width - 20]}"
        if one.gain is not None:
            yield f"        {likelier(one.gain)}"
    if len(rows) > MOST and not verbose:
        yield f"  ... and {len(rows) - MOST:,} more sentences: --verbose"


def nearest(found: ScoredText) -> list[Grounding]:
    """The sentences that documents could hold, those first of which they have least."""
    return sorted((row for row in found.grounding if row.sentence.claims), key=lambda row: -row.sentence.absent)


def likelier(gain: float) -> str:
    """How much likelier the documents make a sentence, in words."""
    return f"{number(abs(gain))} nats a token {'likelier' if gain >= 0 else 'less likely'} once the model has read them"


def _filtered(found: ScoredText, width: int) -> Iterator[str]:
    """Which sentences may stay, and under which guarantee."""
    if found.filtered:
        yield ""
        yield MAY_STAY
    for row in found.filtered:
        yield f"  {stays(row):>10}  {_flat(found.text[row.start : row.stop])[: width - 16]}"


def stays(row: Filtered) -> str:
    """In which share of texts all that stays is true, if this sentence does; why it does not."""
    if row.score is None:
        return "not scored"
    return "left out" if row.alpha is None else f"{100 * (1 - row.alpha):.0f} %"


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
    if len(rows) > MOST and not verbose:
        yield f"  ... and {len(rows) - MOST:,} more: --verbose"
    apart = [pair for pair in found.known.pairs if not pair.documents]
    for pair in found.known.pairs if verbose else apart[:MOST]:
        one, other = found.text[pair.start : pair.stop], found.text[pair.other_start : pair.other_stop]
        yield f"  {visible(one)[:40]!r} and {visible(other)[:40]!r} together {_together(pair)}"
    if len(apart) > MOST and not verbose:
        yield f"  ... and {len(apart) - MOST:,} more pairs: --verbose"


def _together(pair: Pair) -> str:
    if pair.documents:
        return f"in {pair.documents:,} documents, such as {visible(pair.example)[:60]}"
    return "in no document" if pair.complete else "in none of the documents looked at"


def _samples(found: ScoredText, width: int) -> Iterator[str]:
    """What else was answered, by meaning, most frequent first."""
    sizes = Counter(sample.meaning for sample in found.samples)
    if sizes:
        yield ""
        meanings = "1 meaning" if len(sizes) == 1 else f"{len(sizes)} meanings"
        source = next((row.source for row in found.scores if row.id == "meaning.entropy"), "")
        by = source.rpartition(" clustered by ")[2] or "what they claim"
        yield f"{len(found.samples)} other answers, {meanings} by {visible(by)}"
    for meaning, size in sorted(sizes.items(), key=lambda row: (-row[1], row[0]))[:MOST]:
        text = next(sample.text for sample in found.samples if sample.meaning == meaning)
        said = _flat(text) or "(nothing)"
        yield f"  {size:3} x  {said if len(said) <= width - 10 else said[: width - 13] + '...'}"
    if len(sizes) > MOST:
        yield f"  ... and {len(sizes) - MOST:,} more: -o json"


def _flat(text: str) -> str:
    return " ".join(visible(text).split())


def _mark(surprisal: float) -> str:
    return "#" * step(surprisal) + "." * (len(STEPS) - step(surprisal))


def _words(found: ScoredText, span: Span) -> str:
    mine = [token for token in found.tokens if token.start < span.stop and token.stop > span.start]
    worst = min(mine, key=lambda token: token.logprob)
    other = instead(worst)
    said = f", more likely {other}" if other else ""
    return f"{chance(worst.logprob)}{said}"


def _token(token: TokenScore) -> str:
    spread = f"entropy {token.entropy:.2f}  rank {token.rank}" if token.entropy is not None else ""
    return f"{_mark(-token.logprob)} {visible(token.text)!r:<24} {number(token.logprob):>8}  {spread}"
