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
from assay.formats._card_sections import parts, sections
from assay.formats._mentions import sentences
from assay.text.word import words
from tests.conftest import messages


def stated(text: str) -> set[tuple[str, str]]:
    body = text.split("\n")
    return {
        (row.key, row.text) for row in stated_in_prose(body, 0, tuple(sentences(body, 0)), parts(body, 0), frozenset())
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
    "Original model: https://huggingface.co/a/x-1": {("base_model", "a/x-1")},
    "It was converted to MLX format from [a/x-1](https://huggingface.co/a/x-1) by a tool.": {("base_model", "a/x-1")},
    "A fine-tuned version of a state-of-the-art model.": set(),
    "Quantized from f16.": set(),
    "A fine-tuned version of [None](https://huggingface.co/None).": set(),
    "This is a port of [x-1](https://github.com/a/x-1) to Python.": set(),
    "The bar is initialized with `total`.": set(),
    "The software is provided as is, including but not limited to the warranties of fitness.": set(),
    "ONNX port of [x](https://huggingface.co/a/x-1) for search.": {("base_model", "a/x-1")},
    "A merge of a/x-1 and b/y-2, 0.5/0.5.": {("base_model", "a/x-1"), ("base_model", "b/y-2")},
    "Supports 2 languages: **English (en), Wolof (wo), Thai (th)**.": {("language", "en"), ("language", "th")},
    "It can only look 96 points ahead.": {("limit_in_prose", "It can only look 96 points ahead.")},
    "We used the pretrained [`a/x-1`](https://huggingface.co/a/x-1) model.": {("base_model", "a/x-1")},
    "We continue from `xlm-roberta-base` with pairs.": {("base_model", "xlm-roberta-base")},
    "I took a/x-1 and trained 2 epochs with b/y-2.": {("base_model", "a/x-1"), ("datasets", "b/y-2")},
    "The following models were merged:\n* [a/x-1](https://huggingface.co/a/x-1)\n* b/y-2": {
        ("base_model", "a/x-1"),
        ("base_model", "b/y-2"),
    },
    "It is distilled from Big-1.": {("base_model", "Big-1")},
    "It is distilled from Big-1.\n\nIt was fine-tuned from Small-2.": {("base_model", "Small-2")},
    "Het model is gebaseerd op [x](https://huggingface.co/a/x-1).": {("base_model", "a/x-1")},
    "本模型在 [x](https://huggingface.co/a/x-1) 的基础上训练。": {("base_model", "a/x-1")},
    "本模型は [x](https://huggingface.co/a/x-1) をベースにしています。": {("base_model", "a/x-1")},
    "Use it with a/x-1 and/or text/image.": set(),
    "We fine-tune on MIRACL and mMARCO.": {("datasets", "MIRACL"), ("datasets", "mMARCO")},
    "It was trained on breast cancer dataset.": {("datasets", "breast cancer")},
    "It was trained on the training dataset.": set(),
    "The Adam optimizer was used for training.": set(),
    "## Training data\n\nThe Pile is a large dataset in English.": {("datasets", "The Pile")},
    "## License\n\nMIT": {("license_in_prose", "MIT")},
    "## Lizenz\n\nDas Modell steht unter der Apache-2.0-Lizenz.": set(),
    "## Lizenz\n\nDas Modell steht unter Apache 2.0.": {("license_in_prose", "Apache 2.0")},
    "## 许可证\n\n本模型采用 Apache 2.0 许可证": {("license_in_prose", "Apache 2.0")},
    "## License\n\nThe code is MIT.": set(),
    "## License\n\nThis is not MIT.": set(),
    "license is apache 2 like the base": {("license_in_prose", "apache 2")},
    "这是中英双语模型。": {("language", "zh"), ("language", "en")},
    "It makes stuff up.": {("limit_in_prose", "It makes stuff up.")},
    "It may not be used for commercial purposes.": set(),
    "## Evaluation\n\n### French\n\nSie erreicht 91,2 %.": {("result_in_prose", "Sie erreicht 91,2 %.")},
    "## Evaluation\n\nSee the paper, table 1.": set(),
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
    assert len(truth) == 62 and len(wrong) <= 18, wrong  # 95 % of 372


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


@pytest.mark.parametrize(
    ("below", "kind"),
    [
        ("You can use the model to find boats in photographs of harbours, see the hub for others.", Kind.OPEN),
        ("It must not be used to find people.", Kind.PASS),
    ],
)
def test_a_heading_on_use_and_limits_needs_a_sentence_that_limits(tmp_path: Path, below: str, kind: Kind) -> None:
    (tmp_path / "README.md").write_text(f"# M\n\n## Intended uses & limitations\n\n{below}\n\n## Files\n\nNot many.\n")
    (found,) = [row for row in assay.audit(tmp_path, cost="header").findings if row.check == "limitation.undeclared"]
    assert found.kind is kind


def test_many_results_hide_nothing_else_that_the_card_states(tmp_path: Path) -> None:
    results = "".join(
        f"  - dataset: {{name: d{number}}}\n    metrics: [{{type: acc, value: 1}}]\n" for number in range(1000)
    )
    front = f"---\nmodel-index:\n- name: x\n  results:\n{results}---\n"
    (tmp_path / "README.md").write_text(f"{front}# M\n\nThe model is released under CC-BY-NC-4.0.\n")
    dossier = assay.audit(tmp_path, cost="header")
    assert messages(dossier, "licence.restricted") == ["CC-BY-NC-4.0: no commercial use, or research only"]


def test_it_is_said_where_a_card_names_more_licences_than_are_read(tmp_path: Path) -> None:
    said = "".join(f"Model-{number} is released under the MIT-{number} terms.\n\n" for number in range(1000))
    (tmp_path / "README.md").write_text(f"# M\n\n{said}The model is released under CC-BY-NC-4.0.\n")
    (found,) = messages(assay.audit(tmp_path, cost="header"), "artifact.stopped", Kind.OPEN)
    assert found == "README.md: its sentences name more licences than assay reads, which are 1,000"


def test_what_stands_below_a_heading_of_its_own_counts_for_the_one_above() -> None:
    table, files = "| a | 91.2 |\n| b | 80.0 |", "| a | 1,024,000 |"
    text = f"# Title\n\n## Evaluation\n\n### French\n\n{table}\n\n### Files\n\n{files}\n\n## Use\n"
    assert [(row.title, row.figures) for row in sections(text.split("\n"), 0)] == [
        ("Title", 0),
        ("Evaluation", 2),
        ("French", 2),
        ("Files", 0),
        ("Use", 0),
    ]


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
