"""What two places of a report say of one licence agrees: card, text, base and the classes of openness."""

from __future__ import annotations

from pathlib import Path

import pytest

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from tests.builders.hub import CARD, hub_model
from tests.conftest import messages, of

ASKS = "The model is for non-commercial use only."


def carded(folder: Path, front: str, sentence: str = "", base: str = "org/base-7b", **files: str | None) -> Dossier:
    card = CARD.replace("license: apache-2.0", front).replace("org/base-7b", base)
    assert front in card
    return assay.audit(hub_model(folder / "m", README__md=f"{card}\n{sentence}\n", **{"LICENSE": None, **files}))


@pytest.mark.parametrize(("sentence", "open_"), [(ASKS, False), ("It is free for commercial use.", True)])
def test_what_the_card_asks_counts_for_the_classes_too(tmp_path: Path, sentence: str, open_: bool) -> None:
    dossier = carded(tmp_path, "license: apache-2.0", sentence)
    assert bool(of(dossier, "licence.restricted", Kind.PASS)) is open_
    found = dossier.openness.component("parameters_final").licence
    assert found.open is open_
    if not open_:
        assert found.id == "Apache-2.0, with more that the card asks"
        assert found.evidence[0].seen == ASKS
        assert dossier.openness.by_evidence.level is None


@pytest.mark.parametrize(
    ("front", "sentence", "kind"),
    [
        ("license: cc-by-nc-sa-4.0", "", Kind.PASS),
        ("license: apache-2.0", ASKS, Kind.PASS),
        ("license: apache-2.0", "", Kind.REVIEW),
        ("license: cc-by-nc-4.0", "", Kind.PASS),
    ],
)
def test_a_term_of_the_base_is_kept_by_another_licence_that_has_it(
    tmp_path: Path, front: str, sentence: str, kind: Kind
) -> None:
    dossier = carded(tmp_path, front, sentence, base="CohereForAI/c4ai-command-r-v01")
    assert [row.kind for row in of(dossier, "licence.base-dropped")] == [kind], messages(
        dossier, "licence.base-dropped"
    )


def test_the_list_of_uses_of_a_base_is_kept_by_no_other(tmp_path: Path) -> None:
    dossier = carded(tmp_path, "license: bigscience-bloom-rail-1.0", base="google/gemma-2-2b")
    assert [row.kind for row in of(dossier, "licence.base-dropped")] == [Kind.REVIEW]


def test_a_text_in_another_language_says_so(tmp_path: Path) -> None:
    text = "Acme-Lizenz\n\n" + "Die Gewichte dürfen nicht für den Handel genutzt werden, und nur von der Acme. " * 30
    (said,) = messages(carded(tmp_path, "license: other", LICENSE=text), "licence.restricted", Kind.REVIEW)
    assert said.startswith(
        "LICENSE is unlike any known licence; it seems to be in German, of which assay reads no clauses"
    )
