"""The licence checks: what a user is told about tags, terms and texts."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.finding import Kind
from assay.facts.licence import Restriction
from assay.licence.clause import clauses
from assay.licence.name import same
from assay.licence.spdx import listed
from assay.licence.spelling import key
from assay.licence.term import FAMILIES, is_open
from tests.conftest import messages


def tagged(folder: Path, tag: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "README.md").write_text(f"---\nlicense: {tag}\n---\n# A model\n")
    return folder


@pytest.mark.parametrize(
    "tag",
    [
        "apache-2.0",
        "mit",
        "epl-2.0",
        "zlib",
        "wtfpl",
        "cc-by-4.0",
        "odbl",
        "openmdw-1.1",
        "gpl-3.0",
        "Apache License 2.0",
    ],
)
def test_a_licence_on_a_list_is_open(tmp_path: Path, tag: str) -> None:
    (said,) = messages(assay.audit(tagged(tmp_path, tag)), "licence.restricted", Kind.PASS)
    assert said.startswith(f"{tag} is listed as open")


def test_a_tag_says_what_it_was_read_as(tmp_path: Path) -> None:
    (said,) = messages(assay.audit(tagged(tmp_path, '"Apache License, Version 2.0"')), "licence.restricted", Kind.PASS)
    assert said == "Apache License, Version 2.0 is listed as open, as Apache-2.0"


def test_an_open_licence_says_what_it_asks_for(tmp_path: Path) -> None:
    dossier = assay.audit(tagged(tmp_path, "gpl-3.0"))
    assert messages(dossier, "licence.restricted") == [
        "gpl-3.0 is listed as open, as GPL-3.0-only (derivatives under the same terms)"
    ]


@pytest.mark.parametrize(
    ("tag", "restriction"),
    [
        ("cc-by-nc-4.0", "no commercial use, or research only"),
        ("cc-by-nc-nd-4.0", "no derivatives, or no redistribution"),
        ("cc-by-nc-sa-4.0", "derivatives under the same terms"),
        ("llama3", "outputs may not train other models"),
        ("llama4", "some territories are left out"),
        ("gemma", "the licensor may restrict use later"),
        ("bigcode-openrail-m", "a list of uses that are not allowed"),
        ("apple-amlr", "no commercial use, or research only"),
        ("grok2-community", "outputs may not train other models"),
    ],
)
def test_a_family_is_told_with_what_it_restricts(tmp_path: Path, tag: str, restriction: str) -> None:
    (said,) = messages(assay.audit(tagged(tmp_path, tag)), "licence.restricted", Kind.REVIEW)
    assert restriction in said


def test_llama_3_1_lets_its_outputs_train_other_models(tmp_path: Path) -> None:
    (said,) = messages(assay.audit(tagged(tmp_path, "llama3.1")), "licence.restricted", Kind.REVIEW)
    assert "outputs" not in said


def test_terms_that_are_not_known_are_open(tmp_path: Path) -> None:
    dossier = assay.audit(tagged(tmp_path, "acme-licence"))
    assert messages(dossier, "licence.restricted", Kind.OPEN) == ["the terms of 'acme-licence' are not known to assay"]


APACHE = (Path(__file__).resolve().parents[3] / "LICENSE").read_text("utf-8")


def with_text(folder: Path, tag: str, text: str, name: str = "LICENSE") -> Path:
    tagged(folder, tag)
    (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize("before", ["word " * 5000, "word " * 500 + ", ", "One is enough. " * 2000])
def test_what_a_card_asks_far_into_a_paragraph_is_read(before: str, tmp_path: Path) -> None:
    tagged(tmp_path, "apache-2.0")
    with (tmp_path / "README.md").open("a") as card:
        card.write(f"\n{before}this model is for non-commercial use only.\n")
    dossier = assay.audit(tmp_path)
    (said,) = messages(dossier, "licence.restricted")
    assert said.startswith("apache-2.0 is stated, and README.md seems to ask for more: no commercial use")


def test_a_clause_in_an_open_licence_does_not_pass(tmp_path: Path) -> None:
    changed = APACHE.replace(
        "2. Grant of Copyright", "You may not use the Work commercially.\n\n   2. Grant of Copyright"
    )
    dossier = assay.audit(with_text(tmp_path, "apache-2.0", changed))
    assert messages(dossier, "licence.restricted", Kind.PASS) == []
    (said,) = messages(dossier, "licence.restricted", Kind.REVIEW)
    assert said == (
        "LICENSE is Apache-2.0 with changes; what was put in seems to say: no commercial use, or research only "
        f"(line {1 + changed[: changed.index('You may not use')].count(chr(10))}); a person has to read them"
    )


@pytest.mark.parametrize(
    ("clause", "said"),
    [
        ("Use of the weights is limited to academic research.", "for research, evaluation or the like only"),
        (
            "If your product has more than 20 million monthly active users, ask us.",
            "revenue (20 million, line 3)",
        ),
        (
            "A company whose annual revenue exceeds USD 5,000,000 needs a licence.",
            "revenue (usd 5,000,000, line",
        ),
        ("You may not offer the weights as a hosted service.", "offering it as a service is restricted"),
        ("The weights must not be used for military purposes.", "some fields of use are left out"),
        ("This licence does not apply in the European Union.", "some territories are left out"),
        ("You must not use outputs of the weights to train other models.", "outputs may not train other models"),
        ("You must prominently display \u201cBuilt with Acme\u201d on your website.", "a naming or branding duty"),
        ("Acme may restrict the use of the weights remotely.", "the licensor may restrict use later"),
        ("Acme may terminate this agreement at any time.", "the rights can end"),
        ("Your use must follow our Acceptable Use Policy.", "a list of uses that are not allowed"),
        ("You shall indemnify Acme against any claim.", "the user answers for claims against the licensor"),
        (
            "You agree not to use the weights:\n- for surveillance;\n- for gambling.",
            "are left out (line 4)",
        ),
    ],
)
def test_clauses_of_an_unknown_text_are_read(tmp_path: Path, clause: str, said: str) -> None:
    dossier = assay.audit(with_text(tmp_path, "other", f"Acme Weights Terms\n\n{clause}\n"))
    (message,) = messages(dossier, "licence.restricted", Kind.REVIEW)
    assert said in message


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Selling access to the weights is forbidden.", Restriction.NON_COMMERCIAL),
        ("Any use other than research is prohibited.", Restriction.RESEARCH),
        ("Organisations with over 250 employees must ask for a separate licence.", Restriction.USERS),
        ("Resale of inference is prohibited.", Restriction.HOSTING),
        ("Use in weapons systems is prohibited.", Restriction.FIELD),
        ("Users in the United Kingdom are not licensed.", Restriction.TERRITORY),
        ("Training other networks on its predictions is not permitted.", Restriction.OUTPUTS),
        ("Products must be marked with Powered by Acme AI.", Restriction.NAMING),
        ("Your copy may be deactivated over the network.", Restriction.REMOTE),
        ("You lose all rights under this licence when you violate it.", Restriction.TERMINATION),
        ("The uses listed in Annex B are prohibited.", Restriction.USE_POLICY),
        ("The user bears all costs of claims raised against the licensor.", Restriction.INDEMNITY),
    ],
)
def test_what_is_forbidden_may_stand_before_the_word_that_forbids_it(sentence: str, kind: Restriction) -> None:
    assert [row.kind for row in clauses(sentence)] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "There is no restriction on the number of users of your service.",
        "You may offer the model as a hosted service.",
        "Outputs may be used to train other models.",
        "The rights granted cannot be revoked.",
        "No patent license is granted to make, use, sell, offer for sale or import embodiments of other claims.",
        "Creative Commons is not a law firm and does not provide legal advice.",
    ],
)
def test_what_is_allowed_in_those_words_withholds_nothing(sentence: str) -> None:
    assert clauses(sentence) == ()


@pytest.mark.parametrize(
    ("sentence", "kind"),
    [
        ("Private persons may play with the model; firms may not.", Restriction.NON_COMMERCIAL),
        ("No one but researchers may obtain the weights.", Restriction.RESEARCH),
        ("A royalty is due on revenue above EUR 1,000,000.", Restriction.USERS),
        ("You may not let third parties query the model remotely.", Restriction.HOSTING),
        ("You may use the model for any purpose other than military ones.", Restriction.FIELD),
        ("Residents of Japan may not accept these terms.", Restriction.TERRITORY),
        ("Do not use this model to create training data for other models.", Restriction.OUTPUTS),
        ("Add the line Powered by Acme to your website.", Restriction.NAMING),
        ("You must replace old weights when new ones are out.", Restriction.REMOTE),
        ("Your licence is over as soon as you break it.", Restriction.TERMINATION),
        ("Uses must follow the responsible use guide.", Restriction.USE_POLICY),
        ("The user reimburses the publisher for any fines.", Restriction.INDEMNITY),
    ],
)
def test_what_a_sentence_withholds_is_read_whatever_its_construction(sentence: str, kind: Restriction) -> None:
    assert [row.kind for row in clauses(sentence)] == [kind]


@pytest.mark.parametrize(
    "sentence",
    [
        "You may not use the model for any purpose other than selling it.",
        "You need not update, and nothing in this licence limits your revenue.",
        "If any provision is held to be void or unenforceable, the other provisions of this licence remain in force.",
        "The model has not been tested for medical use.",
        "We will not use your outputs to train other models.",
    ],
)
def test_a_negation_that_takes_nothing_away_withholds_nothing(sentence: str) -> None:
    assert [row.kind for row in clauses(sentence) if row.kind is not Restriction.OTHER] == []


def test_a_condition_of_a_kind_without_a_name_is_pointed_at(tmp_path: Path) -> None:
    text = "Acme terms\n\nYou may use the model.\n\nYou must feed the office cat of Acme twice a day.\n"
    dossier = assay.audit(with_text(tmp_path, "other", text))
    (found,) = [row for row in dossier.findings if row.check == "licence.restricted" and "LICENSE" in row.message]
    assert found.kind is Kind.REVIEW and "1 other condition (line 5)" in found.message
    assert [place.line for place in found.evidence if place.name == "another condition"] == [5]


def test_the_usual_sentences_of_open_licences_are_no_conditions_of_an_unknown_text() -> None:
    added = "You must feed the office cat of Acme twice a day."
    assert clauses(APACHE) == tuple(row for row in clauses(APACHE) if row.kind is not Restriction.OTHER)
    assert [row.text for row in clauses(f"{APACHE}\n\n{added}\n") if row.kind is Restriction.OTHER] == [added]


@pytest.mark.parametrize("words", ["not the outputs of the model ", "must not be used in the territory of ", "users, "])
def test_sentences_without_an_end_are_read_in_bounded_time(words: str) -> None:
    start = time.process_time()
    clauses(words * 10_000)
    assert time.process_time() - start < 10


def test_what_allows_and_what_disclaims_withholds_nothing() -> None:
    assert clauses("You may use it for any purpose, including commercial purposes.") == ()
    assert clauses("The authors are not liable for commercial damages or losses.") == ()
    assert clauses("You may use it for research or commercial use.") == ()


def test_the_end_of_a_long_sentence_is_read() -> None:
    (found,) = clauses(f"{'the weights and all that belongs to them ' * 60}may not be used commercially.")
    assert found.kind is Restriction.NON_COMMERCIAL


@pytest.mark.parametrize("before", ["and so on, " * 3000, " " * 30_000, "You may not sell it.\n\n" * 300])
def test_a_clause_is_read_whatever_stands_before_it(before: str) -> None:
    found = clauses(f"{before}you may not use it in the United Kingdom.")
    assert Restriction.TERRITORY in [row.kind for row in found]


def test_it_is_said_where_the_reading_of_clauses_ended(tmp_path: Path) -> None:
    text = "Acme terms\n\n" + "It is a model of the sea.\n" * 8000 + "You may not use it commercially.\n"
    dossier = assay.audit(with_text(tmp_path, "mit", text))
    (said,) = messages(dossier, "artifact.stopped", Kind.OPEN)
    assert said.startswith("LICENSE: its clauses were read up to line 7,694: ")
    whole = assay.audit(with_text(tmp_path, "mit", text.replace("It is a model of the sea.\n", "", 1000)))
    assert messages(whole, "artifact.stopped", Kind.OPEN) == []
    assert any("no commercial use" in row for row in messages(whole, "licence.restricted", Kind.REVIEW))


def test_many_short_sentences_are_read_in_proportion() -> None:
    """When every sentence looked through all the lines of its block, so many took minutes."""
    start = time.process_time()
    assert clauses("aa.\nbb.\n" * 12_000) == ()
    assert time.process_time() - start < 10


@given(st.text(alphabet="not comercialusd.;:-\n(1)", max_size=3000))
def test_any_text_is_read_for_clauses(text: str) -> None:
    last = text.count("\n") + 1
    assert all(1 <= row.line <= row.last_line <= last for row in clauses(text))


def test_a_text_that_nobody_knows_is_for_a_person(tmp_path: Path) -> None:
    dossier = assay.audit(with_text(tmp_path, "mit", "Acme terms\n\nLook, but do not touch.\n"))
    (found,) = [row for row in dossier.findings if row.check == "licence.restricted"]
    assert (found.kind, found.evidence[0].seen) == (Kind.REVIEW, "Acme terms Look, but do not touch.")
    assert found.message == "LICENSE is unlike any known licence; a person has to read it"


def test_a_list_of_licences_in_one_card_is_no_conflict(tmp_path: Path) -> None:
    dossier = assay.audit(with_text(tmp_path, "[mit, apache-2.0]", APACHE))
    assert messages(dossier, "licence.conflict") == ["tag and text agree on mit, apache-2.0"]


def test_a_licence_that_cannot_be_read_is_there(tmp_path: Path) -> None:
    tagged(tmp_path, "other")
    (tmp_path / "LICENSE").write_bytes(b"Terms\0of use")
    (said,) = messages(assay.audit(tmp_path), "licence.missing", Kind.OPEN)
    assert said.startswith("LICENSE is there and could not be read: ")


def test_a_tag_does_not_pass_for_a_text_that_cannot_be_read(tmp_path: Path) -> None:
    tagged(tmp_path, "apache-2.0")
    (tmp_path / "LICENSE").write_bytes(b"Terms\0of use")
    dossier = assay.audit(tmp_path)
    for check in ("licence.altered", "licence.conflict", "licence.missing", "licence.restricted"):
        (said,) = messages(dossier, check, Kind.OPEN)
        assert said.startswith("LICENSE is there and could not be read: ")
    assert messages(dossier, "licence.altered", Kind.PASS) == []
    assert not dossier.openness.component("parameters_final").licence.open


def test_a_licence_that_cannot_be_read_is_said_beside_one_that_can(tmp_path: Path) -> None:
    with_text(tmp_path, "apache-2.0", APACHE)
    (tmp_path / "MODEL_LICENSE").write_bytes(b"Terms\0of use")
    (said,) = messages(assay.audit(tmp_path), "licence.missing", Kind.OPEN)
    assert said.startswith("MODEL_LICENSE is there and could not be read: ")


def test_a_text_that_is_like_no_licence_was_not_compared(tmp_path: Path) -> None:
    dossier = assay.audit(with_text(tmp_path, "mit", "Acme terms\n\nLook, but do not touch.\n"))
    assert messages(dossier, "licence.altered") == ["LICENSE is unlike any known licence"]


@pytest.mark.parametrize(
    ("tag", "id"), [("openrail", "LicenseRef-scancode-bigscience-open-rail-m2"), ("cc", "CC-BY-4.0")]
)
def test_the_tag_of_a_family_means_its_licences(tag: str, id: str) -> None:
    assert same(tag, id) and not same(tag, "MIT")


def test_two_spellings_of_one_licence_are_no_conflict(tmp_path: Path) -> None:
    folder = tagged(tmp_path, "[apache-2.0, Apache License 2.0]")
    assert messages(assay.audit(folder), "licence.conflict", Kind.FAIL) == []


def test_a_restricted_family_is_on_no_list_of_open_licences() -> None:
    closed = tuple(f"{start} " for row in FAMILIES if row.id not in ("copyleft", "sa") for start in row.starts)
    assert [id for id in listed() if is_open(id) and f"{key(id)} ".startswith(closed)] == []


def test_the_lists_are_whole() -> None:
    osi = {row.id for row in listed().values() if row.osi}
    fsf = {row.id for row in listed().values() if row.fsf} - osi
    # as the SPDX licence list 3.29.0 flags them, and AGPL-1.0-only, of which the flag was left at the retired id
    assert (len(osi), len(fsf)) == (154, 55 + 1)


@pytest.mark.parametrize(
    ("base", "tag", "kind", "said"),
    [
        (
            "meta-llama/Llama-3.1-8B",
            "apache-2.0",
            Kind.REVIEW,
            "Llama-3.1-8B is given under llama3.1 (a threshold of users or revenue",
        ),
        ("google/gemma-2-9b", "mit", Kind.REVIEW, "google/gemma-2-9b is given under gemma"),
        (
            "CohereForAI/c4ai-command-r-v01",
            "apache-2.0",
            Kind.REVIEW,
            "is given under cc-by-nc-4.0 (no commercial use, or research only)",
        ),
        ("meta-llama/Llama-3.1-8B", "llama3.1", Kind.PASS, "meta-llama/Llama-3.1-8B is given under llama3.1"),
        ("Qwen/Qwen2.5-7B", "cc-by-nc-4.0", Kind.PASS, "Qwen/Qwen2.5-7B is given under apache-2.0"),
        ("org/own-7b", "apache-2.0", Kind.INFORMATIONAL, "under which terms org/own-7b is given is not known"),
        ("Qwen/Qwen2.5-72B", "apache-2.0", Kind.REVIEW, "Qwen/Qwen2.5-72B is given under qwen"),
    ],
)
def test_terms_of_the_base_that_are_dropped(tmp_path: Path, base: str, tag: str, kind: Kind, said: str) -> None:
    folder = tagged(tmp_path, f"{tag}\nbase_model: {base}")
    (found,) = messages(assay.audit(folder), "licence.base-dropped", kind)
    assert said in found


@pytest.mark.parametrize("tags", ["\ntags:\n- base_model:adapter:meta-llama/Llama-3.1-8B\n- lora", ""])
def test_what_is_made_from_a_base_has_its_terms_if_it_states_none(tmp_path: Path, tags: str) -> None:
    (tmp_path / "README.md").write_text(f"---\nlibrary_name: peft{tags}\n---\n# M\n")
    if not tags:
        config = '{"peft_type": "LORA", "base_model_name_or_path": "meta-llama/Llama-3.1-8B"}'
        (tmp_path / "adapter_config.json").write_text(config)
    (said,) = messages(assay.audit(tmp_path), "licence.base-dropped", Kind.REVIEW)
    assert said.startswith("meta-llama/Llama-3.1-8B is given under llama3.1 (a threshold of users or revenue")
    assert said.endswith("which holds for what is made from it; no licence is stated for this model")


GATE = """---
license: other
extra_gated_prompt: |
{text}
extra_gated_fields:
  Name: text
---
# M
"""


def test_the_terms_of_a_gate_are_a_licence(tmp_path: Path) -> None:
    text = "".join(f"  {line.strip()}\n" for line in APACHE.split("\n"))
    (tmp_path / "README.md").write_text(GATE.format(text=text))
    dossier = assay.audit(tmp_path)
    assert messages(dossier, "licence.missing", Kind.PASS) == ["licence text: Apache-2.0"]
    altered = text.replace("hereby grants to You", "hereby does not grant to You", 1)
    (tmp_path / "README.md").write_text(GATE.format(text=altered))
    row = next(row for row in assay.audit(tmp_path).findings if row.check == "licence.altered")
    line = next(n for n, read in enumerate(GATE.format(text=altered).split("\n"), 1) if "does not grant" in read)
    assert row.kind is Kind.REVIEW and line in [place.line for place in row.evidence if "not" in place.seen]


def test_a_gate_that_only_asks_for_a_name_is_no_licence(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(GATE.format(text="  Please tell us who you are.\n"))
    assert messages(assay.audit(tmp_path), "licence.missing", Kind.PASS) == []


def test_a_gate_that_forbids_is_terms_to_read(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(GATE.format(text="  You may not use the model for commercial purposes.\n"))
    (said,) = messages(assay.audit(tmp_path), "licence.restricted", Kind.REVIEW)
    assert "no commercial use" in said


def test_it_is_said_that_a_gate_was_not_read_to_its_end(tmp_path: Path) -> None:
    text = "  It is a model of the sea.\n" * 8000 + "  You may not use the model for commercial purposes.\n"
    (tmp_path / "README.md").write_text(GATE.format(text=text))
    (said,) = messages(assay.audit(tmp_path), "artifact.stopped", Kind.OPEN)
    assert said.startswith("README.md: its clauses were read up to line ")


def test_below_a_front_matter_that_cannot_be_read_the_card_is_read(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: [\n---\n# M\n\n- **License:** MIT\n")
    dossier = assay.audit(tmp_path)
    assert [row.artifact for row in dossier.obstacles] == ["README.md"]
    (said,) = messages(dossier, "licence.missing", Kind.REVIEW)
    assert said == "licence 'MIT' is claimed, its text is not among the files"


def test_without_a_base_nothing_can_be_dropped(tmp_path: Path) -> None:
    assert messages(assay.audit(tagged(tmp_path, "mit")), "licence.base-dropped", Kind.NOT_APPLICABLE)
