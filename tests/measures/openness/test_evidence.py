"""Which components are there, and where that is seen: releases open, washed, and denying everything."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import BY_ID, COMPONENTS, Component, LicenceOrigin, Support
from tests.builders.hub import hub_model
from tests.builders.release import DOMAINS, REPORT, TEXTS, TRAIN, openwashed, release
from tests.builders.safetensors import safetensors
from tests.conftest import messages, of

Audit = Callable[..., Dossier]


def component(dossier: Dossier, id: str) -> Component:
    return dossier.openness.component(id)


def test_a_release_that_is_open_in_every_part_is_class_i(tmp_path: Path, audit: Audit) -> None:
    found = audit(release(tmp_path / "m")).openness
    assert found.by_evidence.level == found.by_claim.level == 1 and not found.next_steps
    assert {row.support for row in found.components} == {Support.VERIFIED}


def test_every_counted_component_has_a_file_with_lines_or_bytes_or_a_key(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(release(tmp_path / "m"))
    paths = {artifact.path for artifact in dossier.artifacts}
    for row in dossier.openness.components:
        assert row.evidence and all(place.artifact in paths for place in row.evidence), row.id
        assert all(place.line or place.start is not None or place.pointer for place in row.evidence), row.id


# file that is left out -> component that is gone with it
GONE = {
    "train.py": "training_code",
    "evaluate_model.py": "evaluation_code",
    "prepare.py": "data_preprocessing_code",
    "technical_report.md": "technical_report",
    "paper.tex": "research_paper",
    "data/train.jsonl": "datasets",
    "data/eval.jsonl": "evaluation_data",
    "requirements.txt": "supporting_libraries",
    "training_args.json": "model_metadata",
    "samples.txt": "sample_outputs",
    "checkpoint-200/model.safetensors": "parameters_intermediate",
    "model.safetensors": "parameters_final",
}


@pytest.mark.parametrize("file", GONE)
def test_without_its_file_a_component_is_not_there(file: str, tmp_path: Path, audit: Audit) -> None:
    without = (
        (file, "checkpoint-100/model.safetensors", "checkpoint-200/model.safetensors")
        if file == "model.safetensors"
        else (file,)
    )
    found = audit(release(tmp_path / "m", without=without)).openness
    assert found.component(GONE[file]).support not in (Support.VERIFIED, Support.ASSERTED)
    assert found.by_evidence.level != 1 or not BY_ID[GONE[file]].required or GONE[file] == "technical_report"


def test_licences_come_from_the_component_its_domain_or_the_model(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(release(tmp_path / "m"))
    origins = {row.id: (row.licence.id, row.licence.origin) for row in dossier.openness.components}
    assert origins["training_code"] == ("Apache-2.0", LicenceOrigin.OWN)  # its SPDX header
    assert origins["evaluation_code"] == ("Apache-2.0", LicenceOrigin.DOMAIN)
    assert origins["parameters_final"] == ("CDLA-Permissive-2.0", LicenceOrigin.DOMAIN)
    assert origins["model_card"] == ("CC-BY-4.0", LicenceOrigin.DOMAIN)
    without = audit(release(tmp_path / "n", licences={}))
    inherited = component(without, "parameters_final").licence
    assert (inherited.id, inherited.origin, inherited.open, inherited.fits) == (
        "Apache-2.0",
        LicenceOrigin.DISTRIBUTION,
        True,
        False,
    )
    assert "parameters_final" in without.openness.by_evidence.classes[0].conditional


def test_a_licence_text_in_the_folder_of_the_data_is_its_own(tmp_path: Path, audit: Audit) -> None:
    folder = release(tmp_path / "m")
    (folder / "data" / "LICENSE").write_text("SPDX-License-Identifier: CC-BY-NC-4.0\n")
    licence = component(audit(folder), "datasets").licence
    assert (licence.id, licence.origin, licence.open) == ("CC-BY-NC-4.0", LicenceOrigin.OWN, False)


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("All rights reserved by Somebody.\n", "LicenseRef-unidentified"),
        (TEXTS["Apache-2.0"] + "\nCommons Clause: you may not sell it. " * 40, "Apache-2.0 with changes"),
    ],
)
def test_the_text_binds_and_not_the_tag(text: str, id: str, tmp_path: Path, audit: Audit) -> None:
    licence = component(audit(hub_model(tmp_path / "m", LICENSE=text)), "parameters_final").licence
    assert (licence.id, licence.open) == (id, False)


DENIES = """---
license: apache-2.0
---
# Nothing

There is no paper and no technical report. The dataset is not released and the results are not published.
The training code and the evaluation code will not be shared. Inference scripts are
unavailable. We never published intermediate checkpoints, nor the test sets. The weights are withheld. \
Data cards do not exist.
The preprocessing code is proprietary, and sample outputs are not provided.
Der Trainingsdatensatz (training data) wird nicht veröffentlicht.
"""


def test_a_card_that_denies_everything_yields_no_component(tmp_path: Path, audit: Audit) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "README.md").write_text(DENIES)
    (folder / "generate_thumbnail.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
    found = audit(folder).openness
    supports = {row.id: row.support for row in found.components}
    assert supports.pop("model_card") is Support.CLAIMED  # there is one, and it is too short to count
    assert set(supports.values()) == {Support.DENIED, Support.ABSENT}
    assert sum(support is Support.DENIED for support in supports.values()) >= 11
    assert not any(row.included for row in found.by_evidence.classes)
    denied = found.component("datasets").evidence[0]
    assert (denied.artifact, denied.line) == ("README.md", 6) and "not released" in denied.seen


def test_a_sentence_over_two_lines_is_one(tmp_path: Path, audit: Audit) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "README.md").write_text("# M\n\nThe training code is\nnot available at https://example.org.\n")
    row = audit(folder).openness.component("training_code")
    assert (row.support, row.evidence[0].line) == (Support.DENIED, 3)


def test_a_long_card_says_what_it_lacks(tmp_path: Path, audit: Audit) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    text = "It writes short answers in plain words. " * 40
    (folder / "README.md").write_text(f"# M\n\n## Intended use\n\n{text}\n\n## History\n\n{text}\n")
    row = audit(folder).openness.component("model_card")
    assert row.support is Support.CLAIMED
    assert row.because.endswith("words, under 1 of the 6 headings that a card needs, 3 at least")


def test_an_openwashed_release_is_told_apart(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(openwashed(tmp_path / "m"))
    supports = {row.id: row.support for row in dossier.openness.components}
    assert [supports[id] for id in ("training_code", "evaluation_code", "technical_report")] == [Support.CLAIMED] * 3
    assert component(dossier, "training_code").evidence[0].seen == "https://example.org/code"
    assert dossier.openness.by_evidence.level is None
    (said,) = messages(dossier, "openness.overstated", Kind.REVIEW)
    assert said.startswith("the card calls it open source, and the licence of its weights is llama3")


def test_claims_that_would_make_a_better_class_are_for_review(tmp_path: Path, audit: Audit) -> None:
    folder = release(tmp_path / "m", without=("train.py",))
    (folder / "README.md").write_text(
        (folder / "README.md").read_text() + "\nThe training code is at https://example.org/code.\n"
    )
    dossier = audit(folder)
    (said,) = messages(dossier, "openness.overstated", Kind.REVIEW)
    assert said == "Class I - Open Science by claim, Class III - Open Model by evidence: training code is only claimed"


def test_a_card_that_was_cut_off_overstates_nothing_that_is_known(tmp_path: Path, audit: Audit) -> None:
    folder = release(tmp_path / "m")
    (folder / "README.md").write_text("x " * (3 << 20), "utf-8")
    (found,) = of(audit(folder), "openness.overstated")
    assert found.kind is Kind.OPEN
    assert found.message.startswith("what README.md says of openness is not known, because it could not be read to its")


def test_an_adapter_is_not_final_parameters(tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(
        tmp_path / "m",
        model__safetensors=None,
        adapter_config__json='{"peft_type": "LORA", "base_model_name_or_path": "org/base"}',
    )
    (folder / "adapter_model.safetensors").write_bytes(safetensors({"a.lora_A.weight": ("F32", (2, 4))}))
    assert component(audit(folder), "parameters_final").support is Support.ABSENT


def test_a_pointer_to_weights_is_not_weights(tmp_path: Path, audit: Audit) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 538090408\n"
    row = component(audit(hub_model(tmp_path / "m", model__safetensors=pointer)), "parameters_final")
    assert (row.support, row.because) == (Support.CLAIMED, "a pointer to a file that is not here")


def test_shards_that_are_not_all_here_are_not_final_parameters(tmp_path: Path, audit: Audit) -> None:
    index = {"metadata": {}, "weight_map": {"a": "model.safetensors", "b": "model-00002-of-00002.safetensors"}}
    folder = hub_model(tmp_path / "m", model__safetensors__index__json=json.dumps(index))
    row = component(audit(folder), "parameters_final")
    assert (row.support, row.because) == (Support.CLAIMED, "1 of the files that the index names are not here")
    assert row.evidence[0].seen == "model-00002-of-00002.safetensors is not here, or was not read"


LINES = "".join(f'{{"text": "line {number}"}}\n' for number in range(200))


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("train.jsonl", "datasets"),
        ("data/train-00000-of-00001.jsonl", "datasets"),
        ("train/part.csv", "datasets"),
        ("test.jsonl", "evaluation_data"),
        ("eval/arc.csv", "evaluation_data"),
        ("validation_set.tsv", "evaluation_data"),
    ],
)
def test_data_files_are_data(name: str, id: str, tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m", **{name: LINES})
    assert component(audit(folder), id).support is Support.VERIFIED


@pytest.mark.parametrize(
    "name",
    [
        "trainer_state.jsonl",
        "training_args.json",
        "train_loss.csv",
        "train/metrics.csv",
        "test_results.csv",
        "eval_scores.tsv",
        "train.py.csv.bak",
        "contrast.csv",
        "latest.csv",
    ],
)
def test_what_a_run_leaves_behind_is_no_data(name: str, tmp_path: Path, audit: Audit) -> None:
    dossier = audit(hub_model(tmp_path / "m", **{name: LINES}))
    assert Support.VERIFIED not in {component(dossier, id).support for id in ("datasets", "evaluation_data")}


def test_a_file_that_is_not_what_its_name_says_is_no_data(tmp_path: Path, audit: Audit) -> None:
    dossier = audit(
        hub_model(tmp_path / "m", **{"train.parquet": bytes(range(256)) * 20, "test.parquet": b"PAR1" + bytes(4000)})
    )
    assert component(dossier, "datasets").support is not Support.VERIFIED
    assert component(dossier, "evaluation_data").support is Support.VERIFIED


def test_two_checkpoints_with_the_same_weights_are_one(tmp_path: Path, audit: Audit) -> None:
    folder = release(tmp_path / "m")
    (folder / "checkpoint-200/model.safetensors").write_bytes(
        (folder / "checkpoint-100/model.safetensors").read_bytes()
    )
    assert component(audit(folder), "parameters_intermediate").support is Support.ABSENT


def assertion(folder: Path, text: str) -> Path:
    (folder / "assay.yaml").write_text(text)
    return folder


def test_an_assertion_counts_with_file_name_and_date(tmp_path: Path, audit: Audit) -> None:
    folder = release(tmp_path / "m", without=("train.py",))
    (folder / "train.sh").write_text("#!/bin/sh\nexec trainer\n")
    text = (
        "components:\n  training_code:\n    path: train.sh\n    licence: MIT\n    by: Jane Doe\n    date: 2026-11-01\n"
    )
    row = component(audit(assertion(folder, text)), "training_code")
    assert (row.support, row.by, row.licence.id, row.because) == (
        Support.ASSERTED,
        "Jane Doe",
        "MIT",
        "asserted on 2026-11-01",
    )
    assert [place.artifact for place in row.evidence] == ["train.sh", "assay.yaml"] and row.evidence[1].line == 2


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        (
            "url: https://example.org, by: A, date: 2026-11-01",
            "asserted, but it names no file of the model, and a link is a claim",
        ),
        ("path: nowhere.py, by: A, date: 2026-11-01", "asserted, but there is no file nowhere.py"),
        ("path: LICENSE, date: 2026-11-01", "asserted, but nobody stands behind it (by)"),
        ("path: LICENSE, by: A", "asserted, but it has no date"),
    ],
)
def test_an_assertion_without_them_is_a_claim(fields: str, lacking: str, tmp_path: Path, audit: Audit) -> None:
    row = component(
        audit(assertion(hub_model(tmp_path / "m"), f"components:\n  training_code: {{{fields}}}\n")), "training_code"
    )
    assert (row.support, row.because) == (Support.CLAIMED, lacking)


def test_a_publisher_may_deny(tmp_path: Path, audit: Audit) -> None:
    row = component(
        audit(assertion(hub_model(tmp_path / "m"), "components:\n  training_code: {present: false}\n")), "training_code"
    )
    assert (row.support, row.because) == (Support.DENIED, "the publisher says that it is not there")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("components: {training_cod: {}}", "no component 'training_cod'; did you mean 'training_code'?"),
        ("components: {training_code: {pathh: x}}", "no key of training_code 'pathh'; did you mean 'path'?"),
        ("components: {training_code: {date: soon}}", "the date of training_code is no date"),
        ("components: 3", "`components` is not a mapping"),
        ("a: [", "is not YAML that assay reads"),
        ("[1, 2]", "is not a mapping"),
    ],
)
def test_a_file_of_assertions_that_is_none_is_named(text: str, said: str, tmp_path: Path, audit: Audit) -> None:
    dossier = audit(assertion(hub_model(tmp_path / "m"), text))
    (obstacle,) = dossier.obstacles
    assert obstacle.artifact == "assay.yaml" and said in obstacle.reason


@pytest.mark.parametrize("name", ["spdx.txt", "train.txt"])
def test_a_name_alone_shows_no_program(name: str, tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m")
    (folder / name).write_text(TRAIN)
    assert component(audit(folder), "training_code").support is Support.ABSENT


def test_results_in_a_report_count_as_results(tmp_path: Path, audit: Audit) -> None:
    folder = hub_model(tmp_path / "m", README__md="# A model\n\nIt answers questions.\n")
    assert component(audit(folder), "evaluation_results").support is Support.ABSENT
    (folder / "technical_report.md").write_text(REPORT)
    row = component(audit(folder), "evaluation_results")
    assert (row.support, row.evidence[0].artifact, row.evidence[0].line) == (Support.VERIFIED, "technical_report.md", 5)


def test_the_rules_know_every_component() -> None:
    from assay.measures.openness._evidence import _SHOWN

    assert set(_SHOWN) == {kind.id for kind in COMPONENTS} and set(DOMAINS.values()) == set(TEXTS)


@pytest.mark.parametrize(
    ("name", "text", "component"),
    [
        (
            "measure.py",
            "from assay.uncertainty import calibration\n\ncalibration.asked(None, None)\n",
            "evaluation_code",
        ),
        ("measure.py", "import assay.probes.memorisation\n", "evaluation_code"),
        ("measure.py", "from assay import __version__\n", ""),
        (
            "words.py",
            "from tokenizers import Tokenizer\n\nTokenizer(None).train_from_iterator([], None)\n",
            "data_preprocessing_code",
        ),
    ],
)
def test_what_a_program_is_for_is_told_by_what_it_calls(
    name: str, text: str, component: str, tmp_path: Path, audit: Audit
) -> None:
    found = audit(hub_model(tmp_path / "m", **{name: text})).openness.components
    there = {
        row.id
        for row in found
        if row.support is Support.VERIFIED and any(place.artifact == name for place in row.evidence)
    }
    assert there == ({component} if component else set())
