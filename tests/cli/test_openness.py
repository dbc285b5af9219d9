"""`assay openness` and `assay card` as a user runs them, and the section in every report."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.facts.codec import decode
from assay.facts.dossier import Dossier
from assay.facts.openness import COMPONENTS, Answered, Openness
from assay.formats import recognised
from assay.measures.openness.mot import listing
from assay.render import renderer
from assay.render.record.ai_act import documentation_form
from assay.render.record.card import draft
from tests.builders.command import run
from tests.builders.release import openwashed, release
from tests.conftest import read

Audit = Callable[..., Dossier]


def test_the_answer_names_class_place_and_next_step(tmp_path: Path) -> None:
    done = run("openness", str(release(tmp_path / "m", without=("train.py",))))
    assert done.returncode == 0, done.stderr
    assert "MOF class by evidence: Class III - Open Model (9 of the 10 components of Class II)" in done.stdout
    assert "  verified  Evaluation code\n" in done.stdout and "at evaluate_model.py line 1" in done.stdout
    after = done.stdout.partition("The shortest way to Class II - Open Tooling\n")[2]
    assert after.startswith("  - the training code\n\n")


def test_of_a_model_behind_an_endpoint_nothing_is_said_to_be_absent(tmp_path: Path) -> None:
    done = run("openness", "openai+http://127.0.0.1:1/v1#m", "-o", "text", "-o", f"html={tmp_path / 'p.html'}")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("m  behind an endpoint (openai+http://127.0.0.1:1/v1#m): none of its files is seen\n")
    said = done.stdout + (tmp_path / "p.html").read_text("utf-8").partition("<body")[2]
    assert "absent" not in said and "sha256" not in said.partition("<script")[0]


def test_every_rule_is_printed_when_asked_for(tmp_path: Path) -> None:
    done = run("openness", str(openwashed(tmp_path / "m")), "--verbose")
    assert "not met        AIA-OSS-LIC-4 (paragraph 83)" in done.stdout
    assert "OSAID-PARAMETERS" in done.stdout and "end-model-weights" in done.stdout


def test_a_publisher_gets_what_to_add(tmp_path: Path) -> None:
    done = run("openness", str(openwashed(tmp_path / "m")), "--fix")
    assert "  missing      Training code (claimed: a link)" in done.stdout
    assert "  not open     Model parameters (Final): llama3" in done.stdout
    stub = done.stdout.partition("Delete what is not there:\n\n")[2]
    content = "\n".join(line.removeprefix("    ") for line in stub.splitlines()) + "\n"
    reading = read("assay.yaml", content.encode())  # the stub is a file of assertions, before anybody fills it in
    assert reading.obstacle is None and len(reading.facts) > 5


def test_json_is_the_part_of_the_dossier(tmp_path: Path) -> None:
    done = run("openness", str(release(tmp_path / "m")), "-o", "json")
    assert decode(Openness, json.loads(done.stdout)).by_evidence.level == 1


def test_a_listing_is_written_read_and_compared(tmp_path: Path) -> None:
    folder, file = release(tmp_path / "m"), tmp_path / "listing.yml"
    assert run("openness", str(folder), "-o", f"mot={file}").returncode == 0
    content = yaml.safe_load(file.read_text())
    assert listing(content).classification().level == 1
    assert [row["name"] for row in content["release"]["components"]] == [kind.title for kind in COMPONENTS]
    assert all((folder / row["component_path"]).is_file() for row in content["release"]["components"])
    same = run("openness", str(folder), "--mot", str(file), "-q")
    assert "every listed component is shown" not in same.stdout  # quiet prints the classes only
    assert "every listed component is shown" in run("openness", str(folder), "--mot", str(file)).stdout
    (folder / "train.py").unlink()
    assert "  listed, not shown   Training code\n" in run("openness", str(folder), "--mot", str(file)).stdout


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff\xfe\x00", "is not UTF-8 text"),
        (b"a: [", "is not YAML"),
        (b"x: 1", "no MOT listing"),
        (None, "cannot read"),
    ],
)
def test_a_listing_that_is_none(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "listing.yml"
    if content is not None:
        file.write_bytes(content)
    done = run("openness", str(release(tmp_path / "m")), "--mot", str(file))
    assert done.returncode == 2 and said in done.stderr and done.stderr.count("\n") == 1


def test_the_card_holds_what_was_counted_and_marks_the_rest(tmp_path: Path) -> None:
    done = run("card", str(release(tmp_path / "m")), "-q")
    assert done.returncode == 0 and "| parameters | 19,872, counted from the tensors |" in done.stdout
    assert "<!-- for the publisher: uses it is meant for" in done.stdout
    again = read("README.md", done.stdout.encode())
    assert again.obstacle is None and recognised("README.md", b"") is not None
    assert run("card", str(tmp_path / "m"), "-o", "html").returncode == 2


@pytest.mark.parametrize(
    ("format", "filled", "left"),
    [
        (
            "documentation-form",
            "| total number of parameters | 19,872 (19.9 K), counted |",
            "| energy of training | _not in the files; for the provider_ |",
        ),
        (
            "training-summary",
            "named and not examined: org/corpus\\-one (stated in README\\.md, line 4)",
            "| data of users | _not in the files; for the provider_ |",
        ),
    ],
)
def test_drafts_for_the_ai_act_hold_what_the_files_support(format: str, filled: str, left: str, tmp_path: Path) -> None:
    done = run("card", str(release(tmp_path / "m")), "-q", "-o", format)
    assert done.returncode == 0 and filled in done.stdout and left in done.stdout
    assert "compliant" not in done.stdout.lower()


def test_drafts_name_the_ways_to_load_that_need_no_option_and_count_the_rest(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(release(tmp_path / "m"))
    path = dossier.loading[0]
    ways = (*[replace(path, call="asked()", optin="flag")] * 3, *[replace(path, call="plain()", optin="")] * 7)
    many = replace(dossier, loading=ways)
    form, card = "\n".join(documentation_form(many)), "\n".join(draft(many))
    assert "asked" not in form + card
    assert "| technical means of integration | plain\\(\\), plain\\(\\), plain\\(\\), and 4 more |" in form
    assert card.count("`plain()`") == 5 and "- and 2 more" in card


def test_the_minimum_elements_of_the_g7_are_filled_or_not(tmp_path: Path, audit: Audit) -> None:
    (lens,) = (row for row in audit(release(tmp_path / "m")).openness.lenses if row.id == "g7-sbom-for-ai")
    answers = {row.id: row.answer for row in lens.judgements}
    assert answers["G7-MODEL-HASH"] is answers["G7-DATASET-IDENTITY"] is Answered.FILLED
    assert answers["G7-KPI-SECURITY"] is Answered.UNKNOWN and answers["G7-SYSTEM-NAME"] is Answered.NOT_APPLICABLE


@pytest.mark.parametrize("format", ["html", "markdown", "text"])
def test_every_report_has_the_section(format: str, tmp_path: Path, audit: Audit) -> None:
    found, stream = renderer(format), io.BytesIO()
    assert found is not None
    found.write(audit(openwashed(tmp_path / "m")), stream)
    page = stream.getvalue().decode()
    if format == "text":
        assert "of 6 parts of an open model" in page and "llama3" in page
        return
    assert "by evidence: no class" in page.replace("\\", "").replace("&#58;", ":")
    assert "Evaluation data" in page and "llama3" in page


def test_the_page_names_as_many_architectures_as_there_are() -> None:
    from assay.facts import architecture

    text = (Path(__file__).resolve().parents[2] / "docs" / "openness.md").read_text()
    assert (
        f"{len(architecture._TRANSFORMERS)} names of transformers 5.24.0, {len(architecture._LLAMA_CPP)} of llama.cpp"
        in text
    )


STATED = """---
pipeline_tag: text-classification
datasets:
- org/letters
---
# M

- **Developed by:** Harbour Lab
- **License:** MIT
- **Language(s) (NLP):** English, Dutch
- **Finetuned from model:** FacebookAI/xlm-roberta-base
- **Release date:** 2026-03-04
- **Hardware Type:** 1x A100
- **Hours used:** 3
- **Carbon Emitted:** 0.4 kg
"""


def test_the_drafts_hold_what_the_card_states_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(STATED)
    (tmp_path / "config.json").write_text(
        '{"model_type": "xlm-roberta", "architectures": ["XLMRobertaForSequenceClassification"]}'
    )
    card = run("card", str(tmp_path), "-q").stdout
    assert card.startswith(
        '---\nlicense: mit\nlanguage:\n- "en"\n- "nl"\ndatasets:\n- "org/letters"\n'
        'base_model:\n- "FacebookAI/xlm-roberta-base"\n---\n'
    )
    assert "AutoModelForSequenceClassification.from_pretrained('.')" in card and "CausalLM" not in card
    form = run("card", str(tmp_path), "-q", "-o", "documentation-form").stdout.replace("\\", "")
    task = "by the task text-classification, stated in README.md, line 2"
    for field in (
        "| legal name of the provider | Harbour Lab (stated in README.md, line 8) |",
        "| date of release | 2026-03-04 (stated in README.md, line 12) |",
        f"| input modalities and greatest size | text ({task}) |",
        f"| output modalities and greatest size | labels ({task}) |",
        "| time of training | 3 (stated in README.md, line 14) |",
    ):
        assert field in form


@pytest.mark.parametrize(
    ("config", "auto"),
    [
        ({"model_type": "bert"}, "AutoModel"),
        ({"model_type": "llama"}, "AutoModelForCausalLM"),
        ({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, "AutoModelForMaskedLM"),
        ({"model_type": "bert", "architectures": ["BertModel"]}, "AutoModel"),
        ({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"]}, "AutoModelForCausalLM"),
        ({"model_type": "wav2vec2", "architectures": ["Wav2Vec2ForCTC"]}, "AutoModelForCTC"),
    ],
)
def test_the_advice_on_loading_is_that_of_the_architecture(config: dict[str, Any], auto: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps(config))
    assert f"`{auto}.from_pretrained('.')`" in run("card", str(tmp_path), "-q").stdout
