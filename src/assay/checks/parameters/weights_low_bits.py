"""Do the low bits of the weights look like a hidden message?"""

from __future__ import annotations

import math
from collections.abc import Iterator

from assay.checks import check
from assay.facts.finding import Answer, Evidence, informational, passed, review
from assay.facts.structure import Aspect
from assay.facts.values import LowBits, TensorSummary

SIGMAS = 6.0  # how far beyond chance both the power of a test and the shortfall must be
SHARE = 0.25  # of the values of a test that must carry random bits before a person is asked to look
# bits of entropy of the lowest f32 byte: random bytes have 8, text about 4.5, digits of two kinds 1, a constant 0
TEXT, CONSTANT = 7.0, 0.5
LEAST = 65_536
LATTICE = 1_024  # kinds of upper halves of f32 that a grid of quantised values stays below, and trained ones do not


@check(
    "weights.low-bits",
    title="Do the low bits of the weights look like a hidden message?",
    severity=5.0,
    remedy=(
        "Round the weights once more, for example to the next narrower type and back: "
        "that removes what low bits can carry."
    ),
    references=("MITRE ATLAS AML.T0018", "EvilModel (Wang et al., 2021)", "MaleficNet (Hitaj et al., 2022)"),
    aspects=(Aspect.VALUES,),
)
def weights_low_bits(summaries: tuple[TensorSummary, ...]) -> Iterator[Answer]:
    """A payload can be written into the low bits of weights without the model losing any ability.

    The density of trained weights slopes, so codes that differ only in their low bits occur a little unequally, by an
    amount that the density around them predicts. Encrypted or compressed bytes make them equal. Each 16-bit tensor is
    tested in 16 windows and as a whole, for 1, 2 and 4 low bits, where it is large enough for the test to have power.
    Measured detection and false alarms are in docs/measured/parameters.md. A payload thinner than a quarter of a
    window, in tensors below a million values, or in the low bits of true float32 weights, which are random already, is
    not excluded. In float32 the lowest byte is looked at: one that is zero, or always the same, carries nothing (such
    values were of a narrower type, see weights.inflated), nor does that of values on a grid.
    """
    tested = 0
    for row in summaries:
        place = Evidence(row.artifact, name=row.name)
        entropy = row.byte_entropy
        telling = row.values >= LEAST and row.distinct >= LATTICE and row.narrower is None
        if entropy is not None and telling and CONSTANT < entropy < TEXT:
            yield review(
                f"{row.name}: the lowest byte of its F32 values, where it is not zero, has "
                f"{entropy:.2f} bits of entropy, that of trained weights 8",
                place,
            )
        tests = [test for test in row.low_bits if test.sigma < 1 / SIGMAS]
        tested += bool(tests)
        found = [test for test in tests if _share(test) >= SHARE and 1 - test.uneven > SIGMAS * _spread(test)]
        if found:
            test = max(found, key=lambda test: (test.bits, _share(test) * test.values))
            yield review(
                f"{row.name}: the lowest {test.bits} bit{'s' if test.bits > 1 else ''} of values {test.first:,} to"
                f" {test.first + test.values:,} are random in about {100 * _share(test):.0f} % of them"
                f" (unevenness {test.uneven:.3f} of what their density predicts, chance {test.sigma:.3f})",
                place,
            )
    sixteen = sum(bool(row.low_bits) for row in summaries)
    if tested:
        yield passed(
            f"{tested:,} of {sixteen:,} tensors with enough 16-bit values could be tested; "
            "capacity below the test's power is not excluded"
        )
    elif summaries:
        yield informational(
            "no tensor has 16-bit values in such number that the low bits can be tested; a payload is not excluded"
        )


def _spread(test: LowBits) -> float:
    """Deviation of the unevenness of sound weights: that of chance, and a tenth for densities that are not smooth."""
    return math.hypot(test.sigma * math.sqrt(1 + 2 * abs(test.uneven)), 0.05)


def _share(test: LowBits) -> float:
    """The share of values whose low bits are random: they dilute the unevenness, which enters squared."""
    return 1 - math.sqrt(max(0.0, test.uneven))
