"""What a card states below its front matter."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from benchmarks.cards import CARDS, COLUMNS, expected, read, seen

import assay
from assay.facts.finding import Kind
from assay.facts.openness import Support
from assay.formats._card_prose import stated_in_prose
from assay.formats._mentions import sentences
from assay.formats.model_card import sections
from assay.text.word import words
from tests.conftest import messages


def stated(text: str) -> set[tuple[str, str]]:
    body = text.split("\n")
    return {
        (row.key, row.text)
        for row in stated_in_prose(body, 0, tuple(sentences(body, 0)), tuple(sections(body, 0)), frozenset())
    }


STATED = {
    "- **License:** MIT": {("license", "MIT")},
    "| **License** | CC BY 4.0 |": {("license", "CC BY 4.0")},
    "- **License:** [More Information Needed]": set(),
    "- **Finetuned from model [optional]:** [b](https://huggingface.co/org/base-7b)": {("base_model", "org/base-7b")},
    "- **Language(s) (NLP):** English, Wolof, French": {("language", "en"), ("language", "fr")},
    "- **Hardware Type:** 8 x H100": {("hardware", "8 x H100")},
    "- **Developed by:** Acme": {("organization", "Acme")},
    "A quantized version of [Base-7B](https://huggingface.co/org/Base-7B).": {("base_model", "org/Base-7B")},
    "A quantized version of the base model.": set(),
    "A fine-tuned version of [x](https://huggingface.co/a/x-1) on the squad_v2 dataset.": {
        ("base_model", "a/x-1"),
        ("datasets", "squad_v2"),
    },
    "A fine-tuned version of [x](https://huggingface.co/a/x-1) on an unknown dataset.": {("base_model", "a/x-1")},
    "It was trained from scratch by us on LibriSpeech.": None,
    "It was not trained from scratch.": set(),
    "It was pre-trained on 512 H100 GPUs.": set(),
    "We trained on a large dataset.": set(),
    "It was trained on FineWeb-Edu, SlimPajama and The Stack.": {
        ("datasets", "FineWeb-Edu"),
        ("datasets", "SlimPajama"),
    },
    "It was evaluated on [y](https://huggingface.co/datasets/a/y).": set(),
    "We fine-tuned it on [y](https://huggingface.co/datasets/a/y).": {("datasets", "a/y")},
    "The model is released under the MIT License.": {("license_in_prose", "MIT License")},
    "The dataset is released under the MIT License.": set(),
    "The code is available under Apache 2.0.": set(),
    "It achieves the following results on the evaluation set:\n- Loss: 0.3\n- Accuracy: 0.91": {
        ("result_in_prose", "Loss = 0.3"),
        ("result_in_prose", "Accuracy = 0.91"),
    },
    "It reaches an F1 of 0.87.": {("result_in_prose", "It reaches an F1 of 0.87.")},
    "```\n- **License:** MIT\n```": set(),
}


@pytest.mark.parametrize("text", STATED)
def test_what_prose_states(text: str) -> None:
    if STATED[text] is None:
        assert {key for key, _ in stated(text)} == {"from_scratch", "datasets"}
    else:
        assert stated(text) == STATED[text]


def test_the_cards_of_the_benchmark_are_read_rightly() -> None:
    truth = yaml.safe_load((CARDS / "truth.yaml").read_text())
    wrong = [
        (name, column)
        for name, row in truth.items()
        for found, wanted in [(seen(read(CARDS / f"{name}.md")), expected(row))]
        for column in COLUMNS
        if found[column] != wanted[column]
    ]
    assert len(truth) == 30 and len(wrong) <= 9, wrong  # 95 % of 180


HTML = """# M

<h2>Results</h2>
<table>
<tr><th>Task</th><th>Score</th></tr>
<tr><td>A</td><td><b>61.2</b></td></tr>
<tr>
 <td>B
 </td>
 <td>
 70 %
 </td>
</tr>
</table>
"""


def test_rows_of_an_html_table_are_results(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(HTML)
    dossier = assay.audit(tmp_path, cost="header")
    row = dossier.openness.component("evaluation_results")
    assert (row.support, row.because, row.evidence[0].line) == (Support.VERIFIED, "a table of numbers in the card", 3)
    assert messages(dossier, "evaluation.undeclared", Kind.REVIEW)


def test_a_model_said_to_be_trained_from_scratch_has_no_base(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# M\n\nIt was trained from scratch.\n")
    dossier = assay.audit(tmp_path, cost="header")
    assert messages(dossier, "base.undeclared", Kind.PASS) == ["said to be trained from scratch"]


@pytest.mark.parametrize(
    ("text", "title"),
    [("**Limitations**", "Limitations"), ("<h3 align='left'>Limits</h3>", "Limits"), ("Results\n-------", "Results")],
)
def test_headings_that_are_not_of_markdown(text: str, title: str) -> None:
    assert [row.title for row in sections(text.split("\n"), 0)] == [title]


@pytest.mark.parametrize(("text", "count"), [("two words", 2), ("日本語の文章です", 4), ("mixed 文章", 2), ("", 0)])
def test_words_of_scripts_without_spaces_count(text: str, count: int) -> None:
    assert words(text) == count


def test_a_card_of_headings_alone_is_read_in_time_that_grows_with_its_length() -> None:
    start = time.process_time()
    assert stated("# a\n" * 20_000) == set()
    assert time.process_time() - start < 10  # half a second; over thirty where each sentence walks all headings
