"""Do stored rotary frequencies contradict the config?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from assay.checks import check
from assay.facts.config import ConfigValues, ModelConfig
from assay.facts.finding import Answer, Evidence, Kind, passed, review
from assay.facts.model import folder
from assay.facts.values import Frequencies

CLOSE = 0.02  # relative: what rounding to BF16 leaves, twice
_THETA = ("rope_theta", "rope_parameters.rope_theta", "text_config.rope_theta", "rotary_emb_base")
_SCALED = ("rope_scaling.", "rope_parameters.factor", "text_config.rope_scaling.")


@check(
    "weights.rope-not-as-configured",
    title="Do stored rotary frequencies contradict the config?",
    severity=4.0,
    remedy="Ask which base the model was trained with: with another one it reads positions that it never saw.",
)
def weights_rope_not_as_configured(
    frequencies: tuple[Frequencies, ...], configs: tuple[ModelConfig, ...], values: tuple[ConfigValues, ...]
) -> Iterator[Answer]:
    """Older libraries stored the frequencies of rotary position embeddings; today's work them out from `rope_theta`.

    Where the stored ones belong to another base, the config was changed after the weights were saved, or is that of
    another model. The frequency k of n is theta to the power of -k/n (Su et al., 2021, RoFormer, section 3.2.2).
    Where the config scales positions, they are not compared.
    """
    said = 0
    for rows in _alike(frequencies):
        first = rows[0]
        config = next((row for row in configs if folder(row.artifact) == folder(first.artifact)), None)
        own = next((row for row in values if config is not None and row.artifact == config.artifact), None)
        theta = _theta(own) if own is not None else None
        if own is None or theta is None or len(first.values) < 2 or first.values[1] <= 0:
            continue
        said += 1
        count = len(first.values)
        places = [Evidence(row.artifact, f"second value {row.values[1]:.6g}", name=row.name) for row in rows[:20]]
        if all(abs(seen / theta ** (-k / count) - 1) <= CLOSE for k, seen in enumerate(first.values)):
            yield passed(f"{len(rows):,} times {count:,} frequencies of base {theta:,.0f}, as configured", *places)
        else:
            yield review(
                f"{first.name}: the stored frequencies are those of base {first.values[1] ** -count:,.0f}, "
                f"{own.artifact} states {theta:,.0f}",
                *places,
                Evidence(own.artifact, f"{theta:g}", pointer="/rope_theta"),
            )
    if not said:
        yield Answer(Kind.NOT_APPLICABLE, "no rotary frequencies are stored that a config determines")


def _alike(frequencies: tuple[Frequencies, ...]) -> list[list[Frequencies]]:
    """Those with the same values in one folder together: every layer stores them."""
    found: dict[tuple[str, tuple[float, ...]], list[Frequencies]] = defaultdict(list)
    for row in frequencies:
        found[folder(row.artifact), row.values].append(row)
    return list(found.values())


def _theta(own: ConfigValues) -> float | None:
    """The base that the config states, else the default of every architecture that stored frequencies; None: scaled."""
    if any(key.startswith(_SCALED) for key, _ in own.entries):
        return None
    stated = next((float(v) for key in _THETA if isinstance(v := own.get(key), int | float)), 10_000.0)
    return stated if 1 < stated < 1e12 else None
