"""Licence files of every kind and place: what is read, what is said to be unread, and whose licence it is."""

from __future__ import annotations

import base64
import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.facts.openness import LicenceOrigin
from assay.formats.container.file_licence import MOST, MOST_SAID, file_licences
from assay.formats.window import Window
from assay.render.answer import licence
from tests.builders.hub import hub_model
from tests.builders.inputs import pdf
from tests.conftest import messages, of

APACHE = (Path(__file__).resolve().parents[3] / "LICENSE").read_text("utf-8")
PAGES = tuple("\n".join(APACHE.split("\n")[at : at + 50]) for at in range(0, APACHE.count("\n"), 50))
CARD = "---\nlanguage: en\n---\n# A model\n"


def audited(folder: Path, card: str = CARD, /, **files: str | bytes) -> Dossier:
    return assay.audit(hub_model(folder / "m", README__md=card, **{"LICENSE": None, **files}))


@pytest.mark.parametrize(
    "name", ["LICENSE.pdf", "LICENSE", "MODEL_LICENSE", "Terms-of-Use.pdf", "LICENSES/Apache-2.0.pdf"]
)
def test_a_licence_as_pdf_is_read_as_its_text_is(tmp_path: Path, name: str) -> None:
    pytest.importorskip("pypdf")
    dossier = audited(tmp_path, **{name: pdf(*PAGES)})
    assert messages(dossier, "licence.altered") == [f"{name} is Apache-2.0, word for word"]
    assert messages(dossier, "licence.restricted") == ["Apache-2.0 is listed as open"]
    assert licence(dossier) == "Licence Apache-2.0, by its text"


def test_heads_feet_and_numbers_of_pages_are_no_change(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    pages = [f"Acme Weights\n{text}\nPage {number} of {len(PAGES)}" for number, text in enumerate(PAGES, 1)]
    dossier = audited(tmp_path, **{"LICENSE.pdf": pdf(*pages)})
    assert messages(dossier, "licence.altered") == ["LICENSE.pdf is Apache-2.0, word for word"]


def test_a_clause_in_a_pdf_is_a_change(tmp_path: Path) -> None:
    pytest.importorskip("pypdf")
    pages = [*PAGES[:2], f"You may not use the Work commercially.\n{PAGES[2]}", *PAGES[3:]]
    dossier = audited(tmp_path, **{"LICENSE.pdf": pdf(*pages)})
    (said,) = messages(dossier, "licence.restricted")
    assert said.startswith("LICENSE.pdf is Apache-2.0 with changes; what was put in seems to say: no commercial use")


FORBIDS = "You may not use it commercially.\n"
BODY = APACHE.split("\n")


@pytest.mark.parametrize(
    "text",
    [
        f"{APACHE}\nYou must read this.\n\nIt is a model.\n\n{FORBIDS}",
        f"{APACHE}\nYou must read this.\nIt is a model, and a good one.\n{FORBIDS}",
        "\n".join(row + f" zebra{at} eats" * (20 < at < 180 and bool(row)) for at, row in enumerate(BODY)) + FORBIDS,
    ],
    ids=["another paragraph", "another line", "many changes before it"],
)
def test_a_clause_is_read_wherever_it_stands_in_what_was_added(tmp_path: Path, text: str) -> None:
    (said,) = messages(audited(tmp_path, **{"LICENSE": text}), "licence.restricted")
    assert "what was put in seems to say: " in said and "no commercial use" in said


@pytest.mark.parametrize(
    "clause",
    [
        "Die Nutzung zu kommerziellen Zwecken ist nicht gestattet.",
        "L'utilisation commerciale du modèle est interdite.",
        "禁止将本模型用于商业用途。",
        "商用利用は禁止します。",
    ],
)
def test_what_stands_beside_a_licence_in_another_language_does_not_pass(tmp_path: Path, clause: str) -> None:
    dossier = audited(tmp_path, **{"LICENSE": f"{APACHE}\n{clause}\n"})
    (said,) = messages(dossier, "licence.restricted", Kind.REVIEW)
    assert said == "LICENSE is Apache-2.0 with changes; a person has to read them"
    assert messages(dossier, "licence.altered", Kind.PASS) == []


@pytest.mark.parametrize("name", ["Universität Zürich, Institut für Informatik", "Müller & Söhne", "清华大学"])
def test_a_name_beside_a_licence_is_no_change(tmp_path: Path, name: str) -> None:
    dossier = audited(tmp_path, **{"LICENSE": f"Copyright 2026 {name}\n\n{APACHE}"})
    assert messages(dossier, "licence.altered") == ["LICENSE is Apache-2.0, word for word"]


@pytest.mark.parametrize(
    ("name", "raw", "why"),
    [
        ("LICENSE.docx", b"PK\x03\x04" + bytes(40), "assay reads no text from a .docx file"),
        ("LICENSE.rtf", b"{\\rtf1\\ansi MIT License}", "assay reads no text from a .rtf file"),
        ("MODEL_LICENSE.odt", b"PK\x03\x04" + bytes(40), "assay reads no text from a .odt file"),
        ("LICENSE.png", b"\x89PNG\r\n\x1a\n", "assay reads no text from a .png file"),
        ("LICENSE.pdf", b"%PDF-1.7\n1 0 obj", "not a PDF that can be read"),
        ("LICENSE.pdf", pdf(" "), "a PDF without text"),
        ("LICENSE.pdf", pdf("", more=b"/XObject<</I 1 0 R>>"), "page 1 of 2 of a PDF holds no text"),
    ],
    ids=["docx", "rtf", "odt", "png", "damaged", "blank", "scan"],
)
@pytest.mark.parametrize("tag", ["", "license: mit\n"])
def test_a_licence_file_that_cannot_be_read_is_a_decision(
    tmp_path: Path, name: str, raw: bytes, why: str, tag: str
) -> None:
    pytest.importorskip("pypdf")
    dossier = audited(tmp_path, CARD.replace("language", f"{tag}language"), **{name: raw})
    for check in ("licence.missing", "licence.altered", "licence.restricted"):
        said = of(dossier, check, Kind.OPEN)[0].message
        assert said.startswith(f"{name} is there and could not be read: {why}")
        assert not of(dossier, check, Kind.NOT_APPLICABLE) and "no licence is stated" not in said
    assert name in licence(dossier)


def test_without_the_library_it_says_which_extra_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("assay.formats.encoding.pdf._PYPDF", None)
    folder = hub_model(tmp_path / "m", README__md=CARD, **{"LICENSE": None, "LICENSE.pdf": pdf(*PAGES)})
    dossier = assay.audit(folder, isolation=False)
    (found,) = of(dossier, "licence.missing", Kind.OPEN)
    assert (
        "could not be read: it is a PDF, and reading it needs an extra: pip install 'openassay[pdf]'" in found.message
    )
    assert of(dossier, "artifact.stopped", Kind.OPEN)


@pytest.mark.parametrize("name", ["license_plate.png", "license-plate-data.zip", "licences.png"])
def test_what_only_begins_like_a_licence_is_none(tmp_path: Path, name: str) -> None:
    assert messages(audited(tmp_path, **{name: b"\x89PNG\r\n\x1a\n"}), "licence.missing") == [
        "no licence is stated, in no card, metadata or file"
    ]


def test_a_licence_in_a_folder_is_of_what_lies_there(tmp_path: Path) -> None:
    header = "# SPDX-License-Identifier: MIT\nimport json\n"
    dossier = audited(tmp_path, **{"third_party/x/LICENSE": APACHE, "src/LICENSE": APACHE, "a.py": header})
    assert messages(dossier, "licence.missing") == [
        "no licence is stated, in no card, metadata or file",
        "of parts, and not of the model: src/LICENSE (Apache-2.0), third_party/x/LICENSE (Apache-2.0), a.py (MIT)",
    ]
    assert messages(dossier, "licence.restricted") == ["no licence is stated"]
    assert licence(dossier) == "No licence is stated"
    assert dossier.openness.component("parameters_final").licence.origin is LicenceOrigin.NONE


def test_the_licence_of_the_weights_is_theirs_whatever_its_name_begins_with(tmp_path: Path) -> None:
    files = {"LICENSE": APACHE, "MODEL_LICENSE": "Acme Terms\n\nYou may not use the weights commercially.\n"}
    found = audited(tmp_path, **files).openness.component("parameters_final").licence
    assert (found.origin, found.open) == (LicenceOrigin.DOMAIN, False)


HEADER = "SPDX-License-Identifier: GPL-3.0-or-later"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("run.sh", f"#!/bin/sh\n# {HEADER}\ntrue\n", "GPL-3.0-or-later"),
        ("run.yaml", f"# {HEADER}\na: 1\n", "GPL-3.0-or-later"),
        ("run.toml", f"# {HEADER}\na = 1\n", "GPL-3.0-or-later"),
        ("run.cu", f"/* {HEADER} */\nint x;\n", "GPL-3.0-or-later"),
        ("run.js", f"// {HEADER}\nvar x;\n", "GPL-3.0-or-later"),
        ("notes.md", f"<!--\n{HEADER}\n-->\n# Notes\n", "GPL-3.0-or-later"),
        ("config.json.license", f"SPDX-FileCopyrightText: 2026 X\n{HEADER}\n", "GPL-3.0-or-later"),
        ("package.json", '{"name": "x",\n "license": "ISC"}\n', "ISC"),
        (
            "pyproject.toml",
            '[tool.x]\nlicense = "MIT"\n[project]\nname = "x"\nlicense = "BSD-3-Clause"\n',
            "BSD-3-Clause",
        ),
        ("pyproject.toml", '[project]\nlicense = {text = "ISC"}\n', "ISC"),
        ("CITATION.cff", "cff-version: 1.2.0\nlicense: CC-BY-4.0\n", "CC-BY-4.0"),
        ("REUSE.toml", '[[annotations]]\npath = ["docs/*"]\nSPDX-License-Identifier = "CC0-1.0"\n', "CC0-1.0"),
    ],
)
def test_what_files_say_of_their_own_licence_is_said_of_them(tmp_path: Path, name: str, text: str, said: str) -> None:
    found = messages(audited(tmp_path, **{name: text}), "licence.missing")
    assert found[1:] == [f"of parts, and not of the model: {name} ({said})"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REUSE.toml", '[[annotations]]\npath = "**"\nSPDX-License-Identifier = "CC-BY-NC-4.0"\n'),
        (
            "REUSE.toml",
            '[[annotations]]\npath = [\n  "x",\n  "*.safetensors",\n]\nSPDX-License-Identifier = "CC-BY-NC-4.0"\n',
        ),
        (
            "REUSE.toml",
            '[[annotations]]\npath = "docs/*"\nSPDX-License-Identifier = "MIT"\n' * 300
            + '[[annotations]]\npath = "**"\nSPDX-License-Identifier = "CC-BY-NC-4.0"\n',
        ),
        ("REUSE.toml", 'version = 1\nannotations = [{path = "**", SPDX-License-Identifier = "CC-BY-NC-4.0"}]\n'),
        ("REUSE.toml", '[[annotations]]\nSPDX-License-Identifier = [\n  "CC-BY-NC-4.0",\n]\npath = "*.gguf"\n'),
        ("REUSE.toml", '[[annotations]]\n"SPDX-License-Identifier" = """CC-BY-NC-4.0"""\npath = ["x", "**"]\n'),
        (".reuse/dep5", "Format: x\n\nFiles: *\nCopyright: X\nLicense: CC-BY-NC-4.0\n"),
        (".reuse/dep5", "Format: x\n\nFiles:\n docs/*\n *\nCopyright: X\nLicense: CC-BY-NC-4.0\n"),
        ("model.safetensors.license", "SPDX-License-Identifier: CC-BY-NC-4.0\n"),
    ],
)
def test_what_reuse_says_of_all_files_or_of_weights_is_said_of_the_model(tmp_path: Path, name: str, text: str) -> None:
    dossier = audited(tmp_path, **{name: text})
    assert messages(dossier, "licence.missing")[:1] == [
        "licence 'CC-BY-NC-4.0' is claimed, its text is not among the files"
    ]
    assert messages(dossier, "licence.restricted") == ["CC-BY-NC-4.0: no commercial use, or research only"]


def test_a_licence_is_told_of_a_file_in_which_more_may_be_hidden_than_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assay.formats._base64.MAX_TRIES", 2)
    hidden = base64.b64encode(b"cos\nsystem\n(S'id'\ntR.").decode()
    folder = hub_model(tmp_path / "m", **{"run.sh": f"# {HEADER}\n" + f"{hidden}\n" * 3})
    dossier = assay.audit(folder, isolation=False)
    assert len(messages(dossier, "artifact.stopped", Kind.OPEN)) == 1
    assert "of parts, and not of the model: run.sh (GPL-3.0-or-later)" in messages(dossier, "licence.missing")


ALL_FILES = '[[annotations]]\npath = "**"\nSPDX-License-Identifier = "CC-BY-NC-4.0"\n'


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("REUSE.toml", f"#{'x' * MOST}\n{ALL_FILES}", "what it states of licences is longer than assay reads"),
        (
            "REUSE.toml",
            "".join(f'SPDX-License-Identifier = "LicenseRef-{number}"\n' for number in range(MOST_SAID)) + ALL_FILES,
            "more licences than assay reads",
        ),
        ("pyproject.toml", f"[project]\n#{'x' * MOST}\nlicense = 'MIT'\n", "what it states of licences is longer"),
    ],
)
def test_it_is_said_where_not_all_that_states_licences_was_read(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    (found,) = messages(audited(tmp_path, **{name: text}), "artifact.stopped", Kind.OPEN)
    assert found.startswith(f"{name}: {said}")


LINES = ("path = []", "path =", "path = [", '"**",', "]", "Files: ", "Files:", " *", "License: MIT", "License: ")
SAYS = ('SPDX-License-Identifier = "MIT"', "SPDX-License-Identifier = [", "[[annotations]]", "")


@given(st.lists(st.sampled_from((*LINES, *SAYS))), st.sampled_from(["REUSE.toml", ".reuse/dep5"]))
def test_any_lines_of_reuse_state_licences_or_none(lines: list[str], name: str) -> None:
    rows = list(file_licences(name, "text", Window(io.BytesIO("\n".join(lines).encode()))))
    assert len(rows) <= sum("License" in line for line in lines)


def test_many_lines_of_reuse_are_read_in_proportion() -> None:
    raw = b"Files:\n" + b" a\n" * 200_000 + b"License: MIT\n" * 30_000
    start = time.process_time()
    assert len(list(file_licences(".reuse/dep5", "text", Window(io.BytesIO(raw))))) == 1
    assert time.process_time() - start < 5


@given(st.text(), st.sampled_from(["REUSE.toml", ".reuse/dep5", "package.json", "pyproject.toml", "a.c", "a.license"]))
def test_any_text_states_licences_or_none(text: str, name: str) -> None:
    raw = text.encode("utf-8", "surrogatepass")
    rows = list(file_licences(name, "text", Window(io.BytesIO(raw))))
    assert len(rows) <= MOST_SAID


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ("The model is released under the CC-BY-NC-4.0 license.\n", "CC-BY-NC-4.0 (line 6)"),
        ("- **License:** CC-BY-NC-4.0\n", "CC-BY-NC-4.0 (line 6)"),
        ("| License | CC-BY-NC-4.0 |\n|---|---|\n", "CC-BY-NC-4.0 (line 6)"),
        ("## Lizenz\n\nDas Modell steht unter CC-BY-NC-4.0.\n", "CC-BY-NC-4.0 (line 8)"),
    ],
)
def test_another_licence_in_the_words_of_a_card_is_for_review_beside_its_tag(
    tmp_path: Path, card: str, said: str
) -> None:
    front = "---\nlicense: mit\n---\n# M\n\n"
    dossier = audited(tmp_path, **{"README.md": front + card})
    assert not messages(dossier, "licence.restricted", Kind.PASS)
    (found,) = messages(dossier, "licence.restricted", Kind.REVIEW)
    assert found == f"mit is stated, and README.md says {said}: no commercial use, or research only"


@pytest.mark.parametrize(
    "card",
    [
        "The model is released under the MIT license.\n",
        "- **License:** MIT\n",
        "The data set is released under CC-BY-NC-4.0.\n",
        "The base model is available under the Llama 2 license.\n",
        "The model is released under Apache 2.0.\n",  # another, that withholds nothing
    ],
)
def test_the_same_licence_or_that_of_something_else_is_none_beside_the_tag(tmp_path: Path, card: str) -> None:
    dossier = audited(tmp_path, **{"README.md": f"---\nlicense: mit\n---\n# M\n\n{card}"})
    assert messages(dossier, "licence.restricted", Kind.PASS) and not messages(
        dossier, "licence.restricted", Kind.REVIEW
    )
