"""One token of an answer as text: what was proved, then each view with what it cannot tell; maps without colour."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from assay.facts.inside import LIMITS, Effect, Estimated, Inside, Patching, Read
from assay.facts.uncertainty import Held, Pair
from assay.render.headline import Headline, Tone
from assay.render.terminal import painter, table, wrapped
from assay.render.visible import visible

SHADES, PLAIN = " ▁▂▃▄▅▆▇█", " .:-=+*#@"
MOST_ROWS = 10  # of tokens, parts, heads
_LABEL = 20  # columns before a strip


def quoted(word: str) -> str:
    """A token in quotation marks, all of it visible."""
    return f'"{visible(word)}"'


def percent(logprob: float) -> str:
    """A log-probability as a share."""
    share = 100 * math.exp(logprob)
    return f"{share:.1f} %" if share >= 0.1 else f"{share:.1g} %"


def settled(found: Inside) -> int | None:
    """The layer from which on the answer's token is the likeliest that can be read; None: in no layer, or no lens."""
    at = None
    for row in reversed(found.lens):
        if row.rank > 1:
            break
        at = row.layer
    return at


def headline(found: Inside) -> Headline:
    """The token, how sure the model is, and what each view says of it in one sentence."""
    word = quoted(found.answer[found.token - 1])
    said = [
        f"{word}, token {found.token} of {len(found.answer)}, at {percent(found.logprob)}; "
        f"the likeliest other is {quoted(found.other)} at {percent(found.other_logprob)}."
    ]
    at = settled(found)
    if at is not None:
        said.append(f"It can be read as the likeliest from layer {at} of {found.layers} on.")
    if found.attribution and (parts := strongest(found)):
        said.append(f"Most of its lead is written by {', '.join(part for part, _ in parts[:3])}.")
    if found.ablation and found.ablation.tokens:
        worst = min(found.ablation.tokens, key=lambda row: row.real or 0.0)
        said.append(f"Without {quoted(tokens(found, worst.place))} it loses {-(worst.real or 0.0):.1f} nats.")
    return Headline("LOOKED", " ".join(said), Tone.TELL)


def strongest(found: Inside) -> list[tuple[str, float]]:
    """(part, what it adds to the lead over the other token, nats), the greatest first."""
    parts = found.attribution.parts if found.attribution else ()
    rows = [(row.part if row.part == "embedding" else f"{row.part} {row.layer}", row.margin) for row in parts]
    return sorted(rows, key=lambda row: -abs(row[1]))


def tokens(found: Inside, place: int) -> str:
    """The tokens that an ablation at `place` takes away together."""
    assert found.ablation is not None
    places = [row.place for row in found.ablation.tokens]
    after = [other for other in places if other > place]
    return "".join(found.words[place : min(after) if after else len(found.words)])


def lines(
    found: Inside, colour: bool = False, width: int = 100, verbose: bool = False, plain: bool = False
) -> Iterator[str]:
    """The lines of the report; with `verbose` every layer and token."""
    paint, shades = painter(colour), PLAIN if plain else SHADES
    yield from wrapped(f"{visible(found.model)}  {visible(found.runtime)}  sha256 {found.sha256[:12]}", "", width)
    yield from headline(found).lines(paint, width)
    yield from wrapped(
        f"... {visible(''.join(found.words)[-300:])}[{visible(found.answer[found.token - 1])}]", "  ", width
    )
    yield ""
    yield paint("proved on this model", "1")
    for proof in found.proofs:
        claim = (
            f"{'holds' if proof.holds else 'FAILS'}  {proof.claim} (error {proof.error:.0e}, allowed {proof.bound:.0e})"
        )
        yield from wrapped(claim, f"  {proof.view:<12}", width, " " * 16)
    for left in found.unavailable:
        yield from wrapped(visible(left.why), f"  {left.view}: not available here. ", width, "    ")
    for title, limit, part in _parts(found, width, verbose, shades):
        yield ""
        yield from (paint(row, "1") for row in wrapped(title, "", width, "  "))
        yield from part
        yield from wrapped(LIMITS[limit], "  ", width)


def _parts(found: Inside, width: int, verbose: bool, shades: str) -> Iterator[tuple[str, str, Iterator[str]]]:
    """(title, what it cannot tell, its lines) of each view that there is."""
    if found.lens:
        yield "lens: what can be read before each layer, and after the last", "lens", _lens(found.lens, width, verbose)
    if found.tuned and found.trained:
        said = f"tuned lens, fitted to {found.trained.tokens:,} tokens of {found.trained.text}"
        yield f"{said}: layers that it reads better", "tuned", _lens(found.tuned, width, verbose)
    if found.attribution:
        yield "contributions to the lead over the other token, nats", "attribution", _attribution(found, width, shades)
    if found.ablation and found.ablation.tokens:
        yield "tokens: what becomes of the answer when no later one sees them", "tokens", _tokens(found, width, verbose)
    if found.ablation:
        yield "parts set to their mean: change of the lead, nats", "parts", _ablation(found, width, shades)
    if found.patching:
        said = f"patches from the other prompt, which says {quoted(found.patching.answer)}: share of the way to it"
        yield said, "patching", _patching(found, found.patching, width, shades)
    if found.support is not None:
        yield (
            f"training data: {', '.join(map(visible, found.support.corpora))}",
            "support",
            (f"  {row}" for row in supported(found)),
        )


def _lens(rows: Sequence[Read], width: int, verbose: bool) -> Iterator[str]:
    shown = rows if verbose or len(rows) < 2 * MOST_ROWS else [*rows[:-MOST_ROWS:4], *rows[-MOST_ROWS:]]
    cells = [
        (
            str(row.layer),
            f"{row.rank:,}",
            percent(row.logprob),
            " ".join(f"{quoted(other.text)}" for other in row.tokens[:4]),
        )
        for row in shown
    ]
    yield from table((">layer", ">rank", ">probability", "likeliest there"), cells, width)


def strip(values: Sequence[float], most: float, width: int, shades: str) -> str:
    """One character a value from 0 to `most`; where there are more than fit, the greatest of neighbours."""
    size = -(-len(values) // max(1, width))
    found = [max(values[at : at + size]) for at in range(0, len(values), size)]
    steps = len(shades) - 1
    return "".join(shades[max(0, min(steps, round(steps * value / most)))] if most > 0 else " " for value in found)


def _attribution(found: Inside, width: int, shades: str) -> Iterator[str]:
    shares = found.attribution
    assert shares is not None
    values = {(row.part, row.layer): row.margin for row in shares.parts}
    most = max(map(abs, values.values()))
    values.pop(("embedding", 0), None)
    yield from _strips(values, most, ((1, "for"), (-1, "against")), found.layers, width, shades)
    said = ", ".join(f"{part} {value:+.2f}" for part, value in strongest(found)[:MOST_ROWS])
    yield from wrapped(f"most: {said}; all together {shares.margin:+.2f}", "  ", width)
    if shares.heads:
        heads = [(v, n, h) for n, row in enumerate(shares.heads) for h, v in enumerate(row)]
        best = sorted(heads, key=lambda row: -abs(row[0]))[:5]
        yield from wrapped(
            f"heads, of the logit: {', '.join(f'layer {n} head {h} {v:+.2f}' for v, n, h in best)}", "  ", width
        )
    if shares.tokens:
        order = sorted(range(len(found.words)), key=lambda at: -abs(shares.tokens[at]))[:5]
        said = ", ".join(f"{quoted(found.words[at])} {shares.tokens[at]:+.2f}" for at in order)
        yield from wrapped(f"taken directly from the tokens: {said}", "  ", width)


def without(found: Inside) -> Iterator[tuple[str, str, str, str]]:
    """(tokens, effect without them, direct contribution, rollout) of each, the greatest loss first."""
    assert found.ablation is not None
    direct = found.attribution.tokens if found.attribution else ()
    rolled = found.ablation.rollout
    for row in sorted(found.ablation.tokens, key=lambda row: row.real or 0.0):
        own = f"{direct[row.place]:+.2f}" if direct else ""
        share = f"{rolled[row.place]:.2f}" if rolled else ""
        yield tokens(found, row.place), f"{row.real or 0.0:+.2f}", own, share


def _tokens(found: Inside, width: int, verbose: bool) -> Iterator[str]:
    assert found.ablation is not None
    cells = [(quoted(words), *rest) for words, *rest in islice(without(found), None if verbose else MOST_ROWS)]
    yield from table(("token", ">without it", ">direct", ">rollout"), cells, width)
    if found.ablation.rollout:
        yield from wrapped(LIMITS["rollout"], "  ", width)


def _strips(
    values: Mapping[tuple[str, int], float],
    most: float,
    signs: Sequence[tuple[int, str]],
    layers: int,
    width: int,
    shades: str,
) -> Iterator[str]:
    """Values by (part, layer): for each part a strip of those with either sign, which has a word."""
    yield f"  {'':{_LABEL}}layers 0 to {layers - 1}, full at {most:.2f}"
    for kind in dict.fromkeys(part for part, _ in values):
        for sign, word in signs:
            by_layer = [max(0.0, sign * values.get((kind, layer), 0.0)) for layer in range(layers)]
            drawn = strip(by_layer, most, max(10, width - _LABEL - 12), shades)
            yield f"  {kind:<{_LABEL - 9}} {word:<8}|{drawn}|"


def estimated(found: Estimated) -> str:
    """How far the estimates are from what was tried, in words."""
    rank = "" if found.correlation is None else f", rank correlation {found.correlation:.2f}"
    return (
        f"estimates by gradient beside {found.pairs:,} tried: mean error {found.error:.2f} "
        f"where the mean effect is {found.size:.2f}{rank}"
    )


def _ablation(found: Inside, width: int, shades: str) -> Iterator[str]:
    assert found.ablation is not None
    values = {(row.part, row.layer): row.real or 0.0 for row in found.ablation.parts}
    most = max(map(abs, values.values()), default=0.0)
    yield from _strips(values, most, ((-1, "less"), (1, "more")), found.layers, width, shades)
    yield from _heads(found.ablation.heads, width)
    yield from wrapped(f"{estimated(found.ablation.estimated)}. {LIMITS['estimate']}", "  ", width)


def _heads(rows: Sequence[Effect], width: int) -> Iterator[str]:
    tried = sorted((row for row in rows if row.real is not None), key=lambda row: -abs(row.real or 0.0))
    if tried:
        said = ", ".join(f"layer {row.layer} head {row.place} {row.real or 0.0:+.2f}" for row in tried[:5])
        yield from wrapped(f"heads tried, {len(tried)} of {len(rows):,}: {said}", "  ", width)


def _patching(found: Inside, patched: Patching, width: int, shades: str) -> Iterator[str]:
    places = list(dict.fromkeys(row.place for row in patched.stream))
    longest = max(len(quoted(patched.words[at])) for at in places)
    label = min(longest, max(8, width // 3))
    yield f"  {'residual stream':<{label}}  layers 0 to {found.layers - 1}; full: the other answer"
    for at in places:
        values = [row.real or 0.0 for row in patched.stream if row.place == at]
        word = quoted(patched.words[at])
        word = word if len(word) <= label else f"{word[: label - 1]}…"
        yield f"  {word:<{label}} |{strip(values, 1.0, max(10, width - label - 6), shades)}|"
    best = sorted(patched.parts, key=lambda row: -abs(row.real or 0.0))[:5]
    said = ", ".join(f"{row.part} {row.layer} {row.real or 0.0:+.2f}" for row in best)
    yield from wrapped(f"parts, all tokens: {said}", "  ", width)
    yield from _heads(patched.heads, width)
    yield from wrapped(f"{estimated(patched.estimated)}. {LIMITS['estimate']}", "  ", width)


def supported(found: Inside) -> Iterator[str]:
    """What the training data holds of the names and numbers of the question and the answer, a line each."""
    if found.support is None:
        return
    if not found.support.held:
        yield "no name or number to look up"
    text = found.supported
    for row in found.support.held:
        times = f"{row.count:,} time{'s' if row.count != 1 else ''}"
        yield f"{quoted(text[row.start : row.stop])}: {times} in {_documents(row)}"
    for pair in found.support.pairs:
        names = f"{quoted(text[pair.start : pair.stop])} with {quoted(text[pair.other_start : pair.other_stop])}"
        yield f"{names}: {_documents(pair)}"


def _documents(row: Held | Pair) -> str:
    """In how many documents something stands, in words."""
    if not row.complete:
        return f"{row.documents:,} or more documents"
    return f"{row.documents:,} document{'s' if row.documents != 1 else ''}"
