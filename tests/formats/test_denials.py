"""Which of the things that a sentence names it denies."""

from __future__ import annotations

import pytest

from assay.formats._mentions import mentions, sentences, uncommented

# sentence -> what it denies, and what it offers; what stands in neither is only named
SENTENCES = {
    "There is **no** paper and **no** technical report": ({"research_paper", "technical_report"}, set()),
    "The dataset is not released and the results are not published.": ({"datasets", "evaluation_results"}, set()),
    "The training code and the evaluation code will not be shared.": ({"training_code", "evaluation_code"}, set()),
    "The training code is released and the dataset is not released.": ({"datasets"}, {"training_code"}),
    "The weights are available, but the training data isn't public.": ({"datasets"}, {"parameters_final"}),
    "We never published intermediate checkpoints, nor the test sets.": (
        {"parameters_intermediate", "evaluation_data"},
        set(),
    ),
    "Neither the training data nor the training code is public.": ({"datasets", "training_code"}, set()),
    "The preprocessing code is proprietary.": ({"data_preprocessing_code"}, set()),
    "We will release the training code soon.": ({"training_code"}, set()),
    "We have not published a paper.": ({"research_paper"}, set()),
    "It was trained on a proprietary dataset.": ({"datasets"}, set()),
    "Training data: more information needed": ({"datasets"}, set()),
    "No technical report exists yet.": ({"technical_report"}, set()),
    "Model weights are not included in this repository.": ({"parameters_final"}, set()),
    # about something else
    "merge LoRA weights into the base weights and save a model (no PEFT wrapper required).": (set(), set()),
    "No PEFT wrapper is required to load the weights.": (set(), set()),
    "The weights can be loaded without the training code.": (set(), set()),
    "Do not use the weights for medical advice.": (set(), set()),
    "There is no training data overlap with the test set.": (set(), set()),
    "No training data from users was used.": (set(), set()),
    "The model was trained without the test set.": (set(), set()),
    "The paper is not peer-reviewed.": (set(), set()),
    "These weights are not compatible with older versions, see https://example.org.": (set(), set()),
    "The dataset does not contain personal data.": (set(), set()),
    "The results are not statistically significant.": (set(), set()),
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_sentence_denies_what_it_is_about(sentence: str) -> None:
    rows = list(mentions("README.md", sentences([sentence], 0)))
    denied = {row.component for row in rows if row.denies}
    assert (denied, {row.component for row in rows if not row.denies}) == SENTENCES[sentence]


def test_what_stands_in_a_comment_is_not_said() -> None:
    text = ["a <!-- the data is", "not released --> b <!-- c --> d", "```", "<!-- code -->", "```", "e"]
    assert uncommented(text) == ["a ", " b  d", "```", "<!-- code -->", "```", "e"]
