"""Which licence a name means: every spelling of one licence is that licence, and of no other."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from license_expression import Licensing

from assay.facts.corpus import LicenceClass
from assay.facts.licence import Restriction
from assay.licence import spelling, unlisted
from assay.licence.index import KNOWN
from assay.licence.name import named, same
from assay.licence.spdx import current, exceptions, listed
from assay.licence.spelling import key, spelt, texts
from assay.licence.tag import TAGS, short, tag
from assay.licence.term import asks, family, fits, is_known, is_open, restrictions
from assay.listing import written
from tests.licence.spellings import SPELLINGS, UNKNOWN

ROWS = [(text, id) for id, spellings in SPELLINGS.items() for text in spellings]
MODELS = unlisted.UNLISTED
PIECES = ("MIT", "Apache-2.0", "GPL-2.0+", "LicenseRef-x", "AND", "OR", "WITH", "(", ")", "LLVM-exception")
LONG = " AND ".join(["LicenseRef-scancode-llama-3.1-license-2024"] * 16)  # as many as a text is searched for


@pytest.mark.parametrize(("text", "id"), ROWS)
def test_a_spelling_means_its_licence(text: str, id: str) -> None:
    assert named(text) == id


@pytest.mark.parametrize("text", UNKNOWN)
def test_what_names_no_licence_stays_unknown(text: str) -> None:
    assert named(text) == ""


def test_every_id_and_title_of_the_spdx_list_means_that_licence() -> None:
    for id, row in listed().items():
        assert spelt(id) == spelt(id.lower()) == spelt(id.upper()) == current(id), id
        assert spelt(f"https://spdx.org/licenses/{id}.html") == current(id), id
        if current(id) == id:
            assert spelt(row.title) == id, id


def test_the_list_of_names_says_what_the_tables_say() -> None:
    text = (Path(spelling.__file__).parent / spelling.NAMES).read_text("utf-8")
    assert text == written(spelling.keyed()), "python docs/generate.py writes it"


def test_no_name_of_one_licence_is_a_name_of_another() -> None:
    meant: dict[str, set[str]] = {}
    for id, row in listed().items():
        for name in (id, row.title):
            meant.setdefault(key(name), set()).add(current(id) if current(id) in listed() else id)
    for model in MODELS:
        for name in model.names:
            meant.setdefault(key(name), set()).add(model.id)
    for id, names in unlisted.OTHER_NAMES.items():
        for name in names:
            meant.setdefault(key(name), set()).add(id)
    meant.pop("", None)  # titles with signs that no other name has, read as they are written
    assert {words: ids for words, ids in meant.items() if len(ids) > 1} == {}


def test_each_text_of_the_index_has_a_name_without_the_library() -> None:
    for row in KNOWN:
        assert named(row.id) in (row.id, "OpenMDW-1.0")
    models = {row.id for row in MODELS}
    assert {text for row in MODELS for text in row.texts} <= models
    assert set(unlisted.OTHER_NAMES) <= set(listed())


def test_every_tag_of_the_hub_is_known_but_those_that_name_no_licence() -> None:
    assert len(TAGS) == 83
    assert [text for text in TAGS if not named(text)] == ["openrail", "bsd", "cc", "unknown", "other"]
    for text in TAGS:
        if named(text):
            assert tag(named(text)) == text and named(short(named(text))) == named(text)
    assert short("GPL-3.0-only") == "GPL-3.0-only" and short("LicenseRef-scancode-llama-3.1-license-2024") == "llama3.1"
    assert short("MIT AND LicenseRef-llama3") == "MIT AND LicenseRef-llama3"


@given(st.sampled_from(sorted(SPELLINGS)), st.sampled_from(("not", "like", "modified", "custom", "except", "no", "x")))
def test_a_word_more_is_another_name(id: str, word: str) -> None:
    for text in SPELLINGS[id]:
        if not text.startswith(("http", "[")):
            assert named(f"{word} {text}") == named(f"{word}-{text}") == ""
            assert named(f"{text} {word}") == named(f"{text}-{word}") == ""


@given(st.text(max_size=60))
def test_any_text_is_a_known_id_or_nothing(text: str) -> None:
    found = named(text)
    assert found == "" or named(found) == found


@given(st.lists(st.sampled_from([text for text, _ in ROWS if " " not in text]), min_size=2, max_size=4))
def test_an_expression_is_made_of_its_parts(parts: list[str]) -> None:
    meant = [named(part) for part in parts]
    for joint in ("AND", "OR"):
        assert named(f" {joint} ".join(parts)) == f" {joint} ".join(dict.fromkeys(meant)) or len(set(meant)) < len(
            meant
        )


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("(MIT OR Apache-2.0) AND CC-BY-4.0", "(MIT OR Apache-2.0) AND CC-BY-4.0"),
        ("GPL-2.0 with classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("MIT OR LicenseRef-own", "MIT OR LicenseRef-own"),
        ("GPL-2.0 with MIT", ""),
        ("MIT and what else there is", ""),
        ("(" * 500 + "MIT OR MIT-0" + ")" * 500, ""),
        (LONG, LONG),
    ],
)
def test_expressions(text: str, meant: str) -> None:
    assert named(text) == meant


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_expressions_are_read_as_the_library_of_the_standard_reads_them(pieces: list[str]) -> None:
    found = named(" ".join(pieces))
    if " " in found:
        assert str(Licensing().parse(found)) == found == named(found)
        assert asks(found) in LicenceClass and fits(found, "code") in (True, False)


def test_exceptions_are_no_licences() -> None:
    assert len(exceptions()) == 86
    assert [id for id in exceptions().values() if spelt(id)] == []


def test_what_an_expression_allows() -> None:
    assert is_open("MIT OR CC-BY-NC-4.0") and not is_open("MIT AND CC-BY-NC-4.0")
    assert is_open("Apache License 2.0") and is_open("gpl") and not is_open("llama3.1") and not is_open("")
    assert fits("apache-2.0 or cc-by-4.0", "data") and not fits("MIT", "data") and fits("gpl", "code")
    assert restrictions("MIT OR CC-BY-NC-4.0") == ()
    assert restrictions("MIT AND CC-BY-NC-4.0") == (Restriction.NON_COMMERCIAL,)
    assert asks("MIT AND GPLv3") is LicenceClass.SHARE_ALIKE and asks("MIT OR GPLv3") is LicenceClass.PERMISSIVE
    assert asks("LicenseRef-scancode-amazon-sl") is LicenceClass.RESTRICTED


def test_terms_are_known_of_names_that_leave_the_version_open() -> None:
    for text in ("cc-by-nc", "CC BY-NC", "cc-by-nc-2.5-xx"):
        assert restrictions(text) == (Restriction.NON_COMMERCIAL,)
    assert restrictions("openrail") == (Restriction.USE_POLICY,) and not is_open("openrail")
    assert family("llama3.9") is None and not is_known("gemma-like") and not is_known("apple-attribution")


def test_a_name_without_a_version_agrees_with_each_of_its_texts() -> None:
    assert same("gemma", "LicenseRef-scancode-gemma-tou-2025-03-24") and same("gfdl", "GFDL-1.3-only")
    assert same("gpl", "GPL-2.0-only") and not same("gpl-3.0", "GPL-2.0-only")
    assert same("MIT OR Apache-2.0", "Apache-2.0") and not same("mit", "MIT-0")
    assert texts("MIT") == ()


def test_the_library_for_expressions_is_not_loaded_for_a_name() -> None:
    asked = "from assay.licence.term import is_open; import sys; print(is_open('Apache 2'), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    answer, *modules = done.stdout.split()
    assert answer == "True" and "license_expression" not in modules


def test_ids_can_stand_in_an_spdx_document() -> None:
    assert [row.id for row in MODELS if not re.fullmatch(r"LicenseRef-[A-Za-z0-9.-]+", row.id)] == []


@pytest.mark.parametrize("tag", sorted(set(TAGS) - {"unknown", "other"}))
def test_each_tag_of_the_hub_means_a_text_or_a_title(tag: str) -> None:
    by_text = {row.id for row in KNOWN if same(tag, row.id)}
    by_title = [row for row in unlisted.UNLISTED if row.id == named(tag) and (row.names or row.marks)]
    assert by_text or by_title
    for other in set(TAGS) - {tag, "unknown", "other"}:
        shared = by_text & {id for id in by_text if same(other, id)}
        assert not shared or _kin(tag, other), (other, shared)


def _kin(tag: str, other: str) -> bool:
    """Whether two tags are a family and one of its licences."""
    families = {"openrail", "bsd", "cc", "gpl", "lgpl", "gfdl"}
    return tag in families or other in families


@pytest.mark.parametrize(
    ("address", "tag"),
    [
        ("https://huggingface.co/meta-llama/Llama-3.1-8B-Instruct/blob/main/LICENSE", "llama3.1"),
        ("https://huggingface.co/meta-llama/Llama-3.2-1B/raw/main/LICENSE.txt", "llama3.2"),
        ("https://github.com/deepseek-ai/DeepSeek-V3/blob/main/LICENSE-MODEL", "deepseek"),
        ("https://huggingface.co/Qwen/Qwen2.5-3B-Instruct/blob/main/LICENSE", "qwen-research"),
    ],
)
def test_the_licence_file_of_a_publisher_is_its_licence(address: str, tag: str) -> None:
    assert named(address) == named(tag) != ""
