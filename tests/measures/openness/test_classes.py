"""The classes of the MOF: every rule and special case, worked by hand."""

from __future__ import annotations

import pytest
import yaml

from assay.errors import Malformed
from assay.facts.openness import BY_ID, COMPONENTS
from assay.measures.openness.classes import Standing, classified
from assay.measures.openness.mot import listing

OPEN, WRONG_KIND, CLOSED = Standing(True, True), Standing(True, False), Standing(False, False)
III = ["model_architecture", "parameters_final", "evaluation_results", "model_card", "data_card", "technical_report"]
II = [*III, "training_code", "inference_code", "evaluation_code", "evaluation_data"]
I = [*II, "datasets", "data_preprocessing_code", "parameters_intermediate", "research_paper"]


def there(
    ids: list[str], *, but: tuple[str, ...] = (), plus: tuple[str, ...] = (), **other: Standing
) -> dict[str, Standing]:
    return {id: OPEN for id in (*ids, *plus) if id not in but} | other


# what is there -> class, percent of III, II and I
CASES = {
    "nothing": ({}, None, (0, 0, 0)),
    "all of III": (there(III), 3, (100, 60, 0)),
    "all of II": (there(II), 2, (100, 100, 71)),
    "all of I": (there(I), 1, (100, 100, 100)),
    "one of III is missing": (there(III, but=("data_card",)), None, (83, 0, 0)),
    "higher classes are 0 until the lower is complete": (there(I, but=("model_card",)), None, (83, 0, 0)),
    "II lacks one": (there(I, but=("evaluation_code",)), 3, (100, 90, 0)),
    "I lacks one": (there(I, but=("datasets",)), 2, (100, 100, 92)),
    "a paper stands in for the report": (
        there(III, but=("technical_report",), plus=("research_paper",)),
        3,
        (100, 60, 0),
    ),
    "a paper stands in, and Class I asks for 13": (there(I, but=("technical_report",)), 1, (100, 100, 100)),
    "a paper stands in, one of 13 is missing": (there(I, but=("technical_report", "datasets")), 2, (100, 100, 92)),
    "a closed paper stands in for nothing": (
        there(III, but=("technical_report",), research_paper=CLOSED),
        None,
        (83, 0, 0),
    ),
    "a paper stands in for a closed report": (
        there(III, technical_report=CLOSED, research_paper=OPEN),
        3,
        (100, 60, 0),
    ),
    "a report is no paper": (there(I, but=("research_paper",)), 2, (100, 100, 92)),
    "closed weights do not count": (there(III, parameters_final=CLOSED), None, (83, 0, 0)),
    "a licence of another kind counts": (there(III, parameters_final=WRONG_KIND), 3, (100, 60, 0)),
    "what is optional adds nothing": (
        there(III, plus=("sample_outputs", "supporting_libraries", "model_metadata")),
        3,
        (100, 60, 0),
    ),
    "what is optional cannot be missed": (there(III, sample_outputs=CLOSED), 3, (100, 60, 0)),
    "only what is of II": (
        there(["training_code", "inference_code", "evaluation_code", "evaluation_data"]),
        None,
        (0, 0, 0),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_the_class_of_a_case_worked_by_hand(case: str) -> None:
    given, level, percent = CASES[case]
    found = classified(given)
    assert (found.level, tuple(row.percent for row in found.classes)) == (level, percent)


def test_the_framework_has_17_components_of_which_14_are_required() -> None:
    assert len(COMPONENTS) == 17
    assert [sum(row.required and row.level >= level for row in COMPONENTS) for level in (3, 2, 1)] == [6, 10, 14]


def test_what_is_missing_closed_or_of_another_kind_is_named() -> None:
    row = classified(there(III, but=("data_card",), parameters_final=CLOSED, model_card=WRONG_KIND)).classes[0]
    assert (row.missing, row.unlicensed, row.conditional) == (("data_card",), ("parameters_final",), ("model_card",))


LISTING = """framework:
  name: Model Openness Framework
  version: '1.0'
  date: 2024-12-15
release:
  name: Made up 1B
  version: '2'
  license:
    distribution: {name: Apache-2.0, path: LICENSE}
    code: {}
    data: {name: CDLA-Permissive-2.0, path: ''}
    document: {name: CC-BY-4.0, path: DOCS}
  date: 2026-01-02
  type: language
  architecture: transformer decoder
  treatment: instruct fine-tuned
  origin: Élan-7B
  producer: Somebody
  contact: ''
  repository: https://example.org/code
  huggingface: https://example.org/model
  components:
"""


def rows(*ids: str, **own: str) -> str:
    return "".join(
        f"  - name: {BY_ID[id].title}\n    description: d\n" + (f"    license: {own[id]}\n" if id in own else "")
        for id in ids
    )


# licences of a listing -> class, and what counts with a warning
MOT = {
    "by domain and distribution": (rows(*III), 3, ()),
    "unlicensed is present and does not count": (rows(*III, parameters_final="unlicensed"), None, ()),
    "its own licence comes first": (rows(*III, parameters_final="llama3"), None, ()),
    "MIT for documents counts, with a warning": (rows(*III, model_card="MIT"), 3, ("model_card",)),
    "data licence on code counts, with a warning": (
        rows(*III, model_architecture="CDLA-Permissive-2.0"),
        3,
        ("model_architecture",),
    ),
    "OpenMDW is for all kinds": (
        rows(*III, model_card="OpenMDW-1.0", model_architecture="OpenMDW-1.0", parameters_final="OpenMDW-1.0"),
        3,
        (),
    ),
    "CC-BY-NC is not open": (rows(*III, data_card="CC-BY-NC-4.0"), None, ()),
    "a port of CC-BY is open": (rows(*III, model_card="CC-BY-3.0-DE"), 3, ()),
    "a port of CC-BY-NC is not": (rows(*III, model_card="CC-BY-NC-3.0-DE"), None, ()),
    "an open government licence is open": (rows(*III, data_card="OGL-UK-3.0"), 3, ()),
    "free by FSF alone is open": (rows(*III, model_architecture="WTFPL"), 3, ()),
    "a spelling is understood": (rows(*III, model_architecture="Apache 2.0"), 3, ()),
    "a choice of licences is open if one is": (rows(*III, model_architecture="MIT OR LicenseRef-x"), 3, ()),
    "licences together are open if all are": (rows(*III, model_architecture="MIT AND LicenseRef-x"), None, ()),
}


@pytest.mark.parametrize("case", MOT)
def test_a_listing_has_the_class_that_its_rows_make(case: str) -> None:
    text, level, conditional = MOT[case]
    found = listing(yaml.safe_load(LISTING + text)).classification()
    assert (found.level, found.classes[0].conditional) == (level, conditional)


def test_a_listing_is_written_as_it_was_read() -> None:
    content = yaml.safe_load(LISTING + rows(*I, datasets="ODC-By-1.0"))
    again = yaml.safe_load(yaml.safe_dump(listing(content).content, sort_keys=False, allow_unicode=True))
    assert again == content and list(again["release"]) == list(content["release"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("release: 3\n", "expected a mapping `release`, got int"),
        ("release: {}\n", "the listing has no name"),
        ("release: {name: x, components: 4}\n", "no list of components"),
        (
            "release: {name: x, components: [{name: Training cod}]}\n",
            "no component 'Training cod'; did you mean 'Training code'?",
        ),
        ("release: {name: x, components: [7]}\n", "no component 'None'"),
    ],
)
def test_a_listing_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(Malformed) as refused:
        listing(yaml.safe_load(text))
    assert said in str(refused.value)
