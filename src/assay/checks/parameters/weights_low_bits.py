"""Do the low bits of the weights look like a hidden message?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational, passed, review
from assay.facts.values import LowBits, TensorSummary

SIGMAS = 6.0  # how far beyond chance both the expectation and the shortfall must be
SHARE = 0.5  # of the values in a window that must carry random bits before a person is asked to look
TEXT = 7.0  # bits of entropy of the lowest f32 byte: random bytes have 8, text about 4.5
LEAST = 65_536


@check(
    "weights.low-bits",
    title="Do the low bits of the weights look like a hidden message?",
    severity=5.0,
    remedy="Round the weights once more, for example to the next narrower type and back: that removes what low bits can carry.",
    references=("MITRE ATLAS AML.T0018", "EvilModel (Wang et al., 2021)", "MaleficNet (Hitaj et al., 2022)"),
)
def weights_low_bits(summaries: tuple[TensorSummary, ...]) -> Iterator[Answer]:
    """A payload can be written into the low bits of weights without the model losing any ability.

    The density of trained weights slopes, so codes that differ only in their low bits occur a little unequally, by an
    amount that the density around them predicts. Encrypted or compressed bytes make them equal. Each 16-bit tensor is
    tested in 16 windows and as a whole, for 1, 2 and 4 low bits, where it is large enough for the test to have power.
    Measured detection and false alarms are in docs/parameters.md. A payload thinner than half of a window, in tensors
    below a million values, or in the low bits of true float32 weights, which are random already, is not excluded.
    """
    tested = 0
    for row in summaries:
        place = Evidence(row.artifact, name=row.name)
        if row.byte_entropy is not None and row.values >= LEAST and row.narrower is None and row.byte_entropy < TEXT:
            yield review(
                f"{row.name}: the lowest byte of its F32 values has {row.byte_entropy:.2f} bits of entropy, that of trained weights 8",
                place,
            )
        tests = [*_whole(row.low_bits), *row.low_bits]
        tested += any(_power(test) for test in tests)
        found = [(_share(test), test) for test in tests if _hides(test)]
        if found:
            share, test = max(found, key=lambda pair: (pair[1].values, pair[1].bits))
            yield review(
                f"{row.name}: the lowest {test.bits} bit{'s' if test.bits > 1 else ''} of values {test.first:,} to"
                f" {test.first + test.values:,} are random in about {100 * share:.0f} % of them"
                f" (ratio {test.ratio:.3f}, {test.expected:.3f} expected, chance {test.sigma:.3f})",
                place,
            )
    sixteen = sum(bool(row.low_bits) for row in summaries)
    if summaries and not tested:
        yield informational(
            "no tensor has 16-bit values in such number that the low bits can be tested; a payload is not excluded"
        )
    elif tested:
        yield passed(
            f"{tested:,} tensors tested of {sixteen:,} with enough 16-bit values; capacity below the power of the test is not excluded"
        )


def _whole(tests: tuple[LowBits, ...]) -> Iterator[LowBits]:
    """All windows of a tensor as one test for each depth."""
    for bits in sorted({test.bits for test in tests}):
        mine = [test for test in tests if test.bits == bits]
        weights = [1 / test.sigma**2 for test in mine]
        total = sum(weights)
        ratio, expected = (
            sum(w * getattr(test, what) for w, test in zip(weights, mine, strict=True)) / total
            for what in ("ratio", "expected")
        )
        yield LowBits(bits, mine[0].first, sum(test.values for test in mine), ratio, expected, math.sqrt(1 / total))


def _power(test: LowBits) -> bool:
    return test.expected - 1 > SIGMAS * test.sigma


def _hides(test: LowBits) -> bool:
    """Whether the bits are so much more equal than the density predicts that at least half of them must be random."""
    noise = test.sigma * math.sqrt(1 + 2 * (test.expected - 1))
    return _power(test) and test.expected - test.ratio > SIGMAS * noise / 2 and _share(test) >= SHARE


def _share(test: LowBits) -> float:
    """The share of values whose low bits are random: they dilute the unevenness, which enters squared."""
    return 1 - math.sqrt(max(0.0, test.ratio - 1) / (test.expected - 1))
