"""What loading runs, in one clause: the worst place first, by its name, and the argument without which it does not.

A place where a check failed is worse than one that only runs code; a file that no way of loading opens is told too
where what it names is refused, for a person may open it by hand.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.dossier import Dossier
from assay.facts.finding import Effect, Finding, Kind
from assay.facts.loading import Runs
from assay.lazy import dataclass

MOST_PLACES = 2  # of a clause; of more the number is said
MOST_LETTERS = 48  # of a call
# checks whose finding names what a file runs
_NAMING = ("pickle.reaches-outside", "model.runs-code", "code.reaches-outside", "code.attack-shape")
# what opening a file runs where no finding names it, the most dangerous first
_WORDS = {
    Runs.PICKLE: "what {} names",
    Runs.PYTHON: "the code of {}",
    Runs.INSTALLED: "{}, an installed package",
    Runs.GRAPH: "the graph in {}",
}


@dataclass(frozen=True, slots=True)
class _Place:
    """A file that opening runs: what that is in words, the argument that it takes, and whether a check failed there."""

    artifact: str
    words: str
    optin: str
    refused: bool
    rank: int

    @property
    def only(self) -> str:
        return f" (only with {self.optin})" if self.optin else ""


def loading(dossier: Dossier) -> str:
    """The clause, without a full stop: "Loading runs posix.system('id') in x.bin, but only with weights_only=False"."""
    refused = {
        row.evidence[0].artifact: row
        for row in reversed(dossier.findings)  # of several the first
        if row.check in _NAMING and row.kind is Kind.FAIL and row.effect is Effect.BLOCKS and row.evidence
    }
    places = _places(dossier, refused)
    seen = "As far as could be seen, loading" if dossier.obstacles else "Loading"
    base = f"{seen} runs nothing of it" if dossier.loading else "No loader that assay knows fits its files"
    opened = {place.artifact for place in places}
    return (_said(places) if places else base) + _beside(
        [(artifact, row) for artifact, row in refused.items() if artifact not in opened], ";" if places else ", but"
    )


def _beside(stray: list[tuple[str, Finding]], joined: str) -> str:
    """What a file that no way of loading opens runs, the worst, and how many more there are."""
    if not stray:
        return ""
    artifact, row = min(stray, key=lambda item: _NAMING.index(item[1].check))
    more = f", and {len(stray) - 1:,} more" if len(stray) > 1 else ""
    return f"{joined} {artifact}, once opened, runs {_called(row)}{more}"


def _places(dossier: Dossier, refused: dict[str, Finding]) -> list[_Place]:
    """Each file once, the worst first: by the way that needs no argument where there is one."""
    found: dict[str, _Place] = {}
    for place in _every(dossier, refused):
        before = found.get(place.artifact)
        if before is None or (bool(place.optin), place.rank) < (bool(before.optin), before.rank):
            found[place.artifact] = place
    return sorted(found.values(), key=lambda row: (not row.refused, bool(row.optin), row.rank))


def _every(dossier: Dossier, refused: dict[str, Finding]) -> Iterator[_Place]:
    order = list(_WORDS)
    for path in dossier.loading:
        for step in path.steps:
            if step.runs in _WORDS:
                row = refused.get(step.artifact)
                words = f"{_called(row)} in {step.artifact}" if row else _WORDS[step.runs].format(step.artifact)
                yield _Place(step.artifact, words, path.optin, row is not None, order.index(step.runs))


def _said(places: list[_Place]) -> str:
    if len(places) == 1:
        (place,) = places
        return f"Loading runs {place.words}{f', but only with {place.optin}' if place.optin else ''}"
    named = " and ".join(f"{place.words}{place.only}" for place in places[:MOST_PLACES])
    more = f", and {len(places) - MOST_PLACES:,} more" if len(places) > MOST_PLACES else ""
    return f"Loading runs {named}{more}"


def _called(row: Finding) -> str:
    """What a finding shows of the call, short."""
    text = " ".join(row.evidence[0].seen.split()) or "what it names"
    return text if len(text) <= MOST_LETTERS else f"{text[:MOST_LETTERS]} …"
