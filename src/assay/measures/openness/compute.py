"""Training compute: C = 6 P D for dense transformers (Commission guidelines C(2025) 5045, Annex A.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assay.facts.model import Model, beside, stated_at
from assay.facts.openness import Compute
from assay.facts.role import placed

if TYPE_CHECKING:
    from fractions import Fraction

GPAI, SYSTEMIC = 10**23, 10**25  # FLOP: guidelines paragraph 17; Regulation (EU) 2024/1689, Article 51(2)
_UNIT = {"M": 10**6, "B": 10**9, "T": 10**12}


def estimate(parameters: int, tokens: int) -> int:
    """FLOP of training `parameters` weights on `tokens` tokens (epochs counted), by the architecture: 6 P D."""
    return 6 * parameters * tokens


def by_hardware(units: int, seconds: int, peak: int, utilisation: Fraction) -> int:
    """FLOP by the hardware: N L H U, with `peak` in FLOP per second and `utilisation` between 0 and 1 (Annex A.2)."""
    return int(units * seconds * peak * utilisation)


def interval(flop: int) -> tuple[int, int]:
    """30 % to each side, the tolerance of paragraph 123."""
    return flop * 7 // 10, flop * 13 // 10


def tokens_of(text: str) -> int | None:
    """`2T`, `600B` or `1.5T` as a number of tokens."""
    unit = _UNIT.get(text[-1:].upper())
    if not unit:
        return None
    from fractions import Fraction

    try:
        return int(Fraction(text[:-1]) * unit)
    except (ValueError, ZeroDivisionError):
        return None


def compute(model: Model) -> Compute | None:
    """The card of compute, or None where there are no weights to count."""
    sets = model.whole_weights()
    parameters = sets[0].parameters if sets else 0
    if not parameters:
        return None
    claims = [(tokens_of(claim.text), artifact, claim) for artifact, claim in model.stated("tokens")]
    known = [row for row in claims if row[0]]
    best = max(known, key=lambda row: row[0] or 0, default=None)
    tokens = best[0] if best else None
    flop = estimate(parameters, tokens) if tokens else None
    low, high = interval(flop) if flop is not None else (None, None)
    sparse = any(placed(tensor.name).expert is not None or "exps" in tensor.name for _, tensor in sets[0].tensors)
    stored = [config for config in model.configs if config.naming == "hub"]
    config = beside(sets[0].indexes[0].artifact, stored)
    packed = config is not None and config.quantization is not None
    assumptions = ["C = 6 P D, dense transformer, the tolerance of 30 % (C(2025) 5045, Annex A)"]
    if tokens:
        assumptions.append(
            "tokens as the card claims them, taken as all tokens of the training; if several are named, the most"
        )
    if sparse:
        assumptions.append("the model is sparse: every step uses a part of the parameters, so this is an upper bound")
    if packed:
        assumptions.append("the weights are packed: the parameters are counted as stored, and are more in truth")
    assumptions.append(
        "compute of a base model, of merged weights and of synthetic data would add to it, and is not known"
    )
    return Compute(
        parameters,
        tokens,
        flop,
        low,
        high,
        -(-GPAI // (6 * parameters)),
        -(-SYSTEMIC // (6 * parameters)),
        tuple(assumptions),
        (stated_at(best[1], best[2]),) if best else (),
    )
