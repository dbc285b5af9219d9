"""Licence texts: which licence, and every word that is not its own."""

from __future__ import annotations

import html
import importlib.metadata
import re
from itertools import cycle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.text import DifferenceKind, LicenceText
from assay.formats import recognised
from assay.licence.index import KNOWN, RUN, Known, hashes, packed, unpacked
from assay.licence.name import same
from assay.licence.term import is_open
from assay.licence.words import words
from tests.conftest import read

COMMON = Path("/usr/share/common-licenses")
OWN = (Path(__file__).resolve().parents[2] / "LICENSE").read_text("utf-8")


def licence(text: str) -> LicenceText:
    found = read("LICENSE", text.encode("utf-8", "surrogatepass")).facts[0]
    assert isinstance(found, LicenceText)
    return found


def installed(package: str) -> str:
    """The licence file that an installed package carries."""
    files = importlib.metadata.files(package) or []
    path = next(path for path in files if re.search(r"licen[cs]e", path.name, re.IGNORECASE))
    return Path(str(path.locate())).read_text("utf-8")


MIT = installed("rich")


@pytest.mark.skipif(not COMMON.is_dir(), reason="no /usr/share/common-licenses on this system")
@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Apache-2.0", "Apache-2.0"),
        ("BSD", "BSD-3-Clause"),
        ("GPL-1", "GPL-1.0-only"),
        ("GPL-2", "GPL-2.0-only"),
        ("GPL-3", "GPL-3.0-only"),
        ("LGPL-2", "LGPL-2.0-only"),
        ("LGPL-2.1", "LGPL-2.1-only"),
        ("LGPL-3", "LGPL-3.0-only"),
        ("MPL-2.0", "MPL-2.0"),
        ("CC0-1.0", "CC0-1.0"),
        ("GFDL-1.2", "GFDL-1.2-only"),  # of a page that the publisher has moved
        ("GFDL-1.3", "GFDL-1.3-only"),
        ("Artistic", "Artistic-1.0-Perl"),
    ],
)
def test_licences_as_debian_ships_them_are_identified_and_unaltered(name: str, id: str) -> None:
    found = licence((COMMON / name).read_text("utf-8", "replace"))
    assert (found.identified, found.complete, found.differences) == ((id,), True, ())


@pytest.mark.skipif(not COMMON.is_dir(), reason="no /usr/share/common-licenses on this system")
@pytest.mark.parametrize(("name", "word"), [("MPL-1.1", "mpl")])
def test_one_word_that_differs_is_shown(name: str, word: str) -> None:
    put_in = [
        gap
        for gap in licence((COMMON / name).read_text("utf-8", "replace")).differences
        if gap.kind is DifferenceKind.INSERTED
    ]
    assert [gap.text for gap in put_in] == [word]


@pytest.mark.parametrize(
    ("package", "id"),
    [
        ("rich", "MIT"),
        ("click", "BSD-3-Clause"),
        ("jinja2", "BSD-3-Clause"),
        ("pyyaml", "MIT"),
        ("ruff", "MIT"),
        ("hypothesis", "MPL-2.0"),
        ("huggingface_hub", "Apache-2.0"),
        ("filelock", "MIT"),
    ],
)
def test_licences_of_installed_packages(package: str, id: str) -> None:
    assert licence(installed(package)).identified == (id,)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: (
            "> **" + "**\n> ".join(" ".join(text.split()[at : at + 7]) for at in range(0, len(text.split()), 7))
        ),
        lambda text: text.upper(),
        lambda text: text.replace("\n", "\r\n"),
        lambda text: "\n".join(f" * {line}" for line in text.splitlines()),
        lambda text: f"<html><body><p>{html.escape(text)}</p></body></html>",
        lambda text: f"Copyright (c) 2019-2026 Jane Doe <jane@example.org> and others. All rights reserved.\n{text}",
        lambda text: f"# A tool\n\nIt reads files.\n\n## Licence\n\n{text}",
    ],
    ids=["re-wrapped", "capitals", "CRLF", "comment", "HTML", "names", "README"],
)
@pytest.mark.parametrize(("text", "id"), [(OWN, "Apache-2.0"), (MIT, "MIT")], ids=["Apache-2.0", "MIT"])
def test_what_copies_differ_in_changes_nothing(change: object, text: str, id: str) -> None:
    assert callable(change)
    found = licence(change(text))
    assert (found.identified, found.complete) == ((id,), True), found.differences


@pytest.mark.parametrize(
    ("said", "id"),
    [
        ("MIT OR Apache-2.0", "MIT OR Apache-2.0"),
        ("MIT AND CC-BY-NC-4.0", "MIT AND CC-BY-NC-4.0"),
        ("(MIT and CC-BY-NC-4.0)", "MIT AND CC-BY-NC-4.0"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
    ],
)
def test_an_expression_is_declared_whole(said: str, id: str) -> None:
    assert licence(f"SPDX-License-Identifier: {said}\n").by_title == (id,)


@pytest.mark.parametrize("said", ["MIT WITH LicenseRef-Acme", "MIT AND Acme-1.0"])
def test_an_expression_of_which_a_part_is_unknown_declares_nothing(said: str) -> None:
    assert licence(f"SPDX-License-Identifier: {said}\n").identified == ()


def test_a_text_that_is_long_is_no_mere_declaration() -> None:
    hidden = "\n" * 5000 + "Only friends of ours are let in.\n"
    assert licence(f"SPDX-License-Identifier: MIT\n{hidden}").identified == ()


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace('"', "&quot;").replace("'", "&#39;"),
        lambda text: text.replace("reproduction,", "repro-\nduction,").replace("conversions", "conver-\n   sions"),
        lambda text: text.replace(
            "http://www.apache.org/licenses/LICENSE-2.0",
            "[www.apache.org](http://www.apache.org/licenses/LICENSE-2.0)",
        ).replace("http://www.apache.org/licenses/\n", "<http://www.apache.org/licenses/>\n"),
        lambda text: re.sub(r"^   (\d)\. ", r"### Section \1. ", text, flags=re.MULTILINE),
        lambda text: text.replace("\n\n", "<br/>\n\n<p align='center'></p>\n"),
    ],
    ids=["entities", "hyphenated", "links", "section numbers", "tags"],
)
def test_mark_up_and_numbers_change_nothing(change: object) -> None:
    assert callable(change) and change(OWN) != OWN
    found = licence(change(OWN))
    assert (found.identified, found.complete) == (("Apache-2.0",), True), found.differences


def test_the_notice_by_which_a_file_is_put_under_a_licence_is_known() -> None:
    notice = OWN[OWN.rindex("Licensed under the Apache License") :]
    found = licence(f"Copyright 2026 Somebody\n\n{notice}")
    assert (found.identified, found.complete) == (("Apache-2.0",), True)


def test_what_follows_a_very_long_text_is_not_lost() -> None:
    found = licence(f"{MIT}\n" + "some words of no meaning " * 9000 + "\nYou may not use it commercially.\n")
    assert found.identified == ("MIT",) and not found.complete
    assert [gap.kind for gap in found.differences] == [DifferenceKind.BESIDE]


def test_what_follows_far_behind_in_one_line_is_not_lost() -> None:
    found = licence(f"{' '.join(MIT.split())}{' ' * 20_000}You may not use it commercially.")
    assert found.identified == ("MIT",) and not found.complete
    assert [gap.text for gap in found.differences] == ["you may not use it commercially"]


@pytest.mark.skipif(not COMMON.is_dir(), reason="no /usr/share/common-licenses on this system")
@pytest.mark.parametrize("path", ["evil.example/licenses/", "www.gnu.org/noncommercial/"])
def test_an_address_of_somebody_else_is_a_difference(path: str) -> None:
    text = (COMMON / "GFDL-1.3").read_text("utf-8")
    assert not licence(text.replace("www.gnu.org/licenses/", path)).complete


def test_a_part_of_a_licence_behind_it_does_not_hide_it() -> None:
    part = "\n".join(OWN.split("\n")[60:160])
    found = licence(f"{OWN}\n\nAnother Licence\n\n{part}")
    assert found.identified == ("Apache-2.0",) and not found.complete


def test_a_licence_under_another_name_is_not_that_licence() -> None:
    body = OWN[OWN.index("TERMS AND CONDITIONS") :].replace("royalty-free", "revocable")
    found = licence(f"Acme Weights License\n\n{body}")
    assert (found.identified, found.complete, found.nearest) == ((), False, "Apache-2.0")
    assert found.apart >= 2 and found.opening.startswith("Acme Weights License TERMS")


def test_another_name_over_two_lines_is_another_name() -> None:
    body = OWN[OWN.index("TERMS AND CONDITIONS") :].replace("royalty-free", "revocable")
    found = licence(f"Acme Model\nWeights Licence\n\n{body}")
    assert (found.identified, found.nearest) == ((), "Apache-2.0")


@pytest.mark.parametrize(
    "text",
    [
        "Ce code est sous licence Apache 2.0 (http://www.apache.org/licenses/LICENSE-2.0). Les poids du modèle ne "
        "peuvent pas être utilisés à des fins commerciales.",
        "Der Code steht unter der Apache-Lizenz (http://www.apache.org/licenses/LICENSE-2.0). Die Gewichte dürfen "
        "nicht kommerziell genutzt werden.",
        "代码依照 http://www.apache.org/licenses/LICENSE-2.0 开源。模型权重不得商用。",
        "The code is licensed under the MIT License. Weights are under a research licence; see the website.",
    ],
    ids=["French", "German", "Chinese", "weights"],
)
def test_a_short_text_that_may_say_more_declares_nothing(text: str) -> None:
    assert licence(text).identified == ()


@pytest.mark.parametrize(
    "text",
    [
        "Apache 许可证\n2.0 版\n\n使用、复制和分发条款\n\n" + "任何人不得将其用于非法目的。" * 40,
        "Apache License 2.0 中文版\n\n" + "任何人不得将其用于非法目的。" * 40,
        "通义千问 LICENSE AGREEMENT\n\n" + "任何人不得将其用于非法目的。" * 40,
        "CONTRAT DE LICENCE DE LOGICIEL LIBRE CeCILL\n\n"
        + "Le présent contrat est une licence de logiciel libre. " * 40,
        "GNU General Public License\n\nDeutsche Übersetzung der Version 3\n\n" + "Dies ist eine freie Lizenz. " * 40,
        "MIT 라이선스\n\n" + "이 소프트웨어의 복제본과 관련된 문서화 파일을 획득하는 사람은 누구라도. " * 20,
    ],
)
def test_a_translation_is_no_other_licence_and_speaks_for_itself(text: str) -> None:
    found = licence(text)
    assert found.identified == () and found.opening.startswith(text.split("\n")[0])


@pytest.mark.parametrize(
    ("title", "id"),
    [
        ("META LLAMA 3 COMMUNITY LICENSE AGREEMENT", "LicenseRef-llama3"),
        ("**Llama 3.2** **Acceptable Use Policy**", "LicenseRef-llama-3.2-use-policy"),
        ("Tongyi Qianwen RESEARCH LICENSE AGREEMENT", "LicenseRef-tongyi-qianwen-research"),
        ("<h2>DEEPFLOYD IF LICENSE AGREEMENT</h2>", "LicenseRef-deepfloyd-if-license"),
        ("# The ChatGLM2-6B License", "LicenseRef-chatglm2-6b"),
        ("TENCENT HUNYUAN WORLD 1.0 COMMUNITY LICENSE AGREEMENT", "LicenseRef-tencent-hunyuan"),
        ("NVIDIA Source Code License for Something", "LicenseRef-nvidia-source-code"),
        ("Meta Llama (R) 3 Community License Agreement (TM)", "LicenseRef-llama3"),
        ("META LLAMA 3\n   COMMUNITY\n LICENSE AGREEMENT", "LicenseRef-llama3"),
        ("======== META LLAMA 3 COMMUNITY LICENSE AGREEMENT ========", "LicenseRef-llama3"),
        ("```\nTongyi Qianwen\nRESEARCH LICENSE AGREEMENT", "LicenseRef-tongyi-qianwen-research"),
        ("Attribution-NonCommercial-NoDerivatives 2.5 Generic", "CC-BY-NC-ND-2.5"),
        ("OpenMDW License Agreement, version 1.1 (OpenMDW-1.1)", "LicenseRef-OpenMDW-1.1"),
    ],
)
def test_a_text_is_known_by_its_title(title: str, id: str) -> None:
    found = licence(f"{title}\n\nRelease date: some day\n\n" + "These are the words of the agreement. " * 40)
    assert (found.identified, found.by_title, found.complete) == ((id,), (id,), False)


def test_a_word_put_in_anywhere_is_a_difference() -> None:
    body = MIT[MIT.index("Permission is") :]
    words_ = cycle(("not", "never", "only for research", "You may not sell it.", "commercially"))
    for match, word in zip(re.finditer(r"\b\w{2,}", body), words_, strict=False):
        found = licence(f"{body[: match.start()]}{word} {body[match.start() :]}")
        assert not found.complete and found.differences, (match, word)


def test_a_word_taken_out_anywhere_is_a_difference() -> None:
    body = MIT[MIT.index("Permission is") : MIT.index("IN NO EVENT")]
    rest = MIT[MIT.index("IN NO EVENT") :]
    for match in re.finditer(r"\b\w+\b", body):
        assert not licence(body[: match.start()] + body[match.end() :] + rest).complete, match


@pytest.mark.parametrize(
    "holder",
    [
        "GRAYPE Systems Private Limited",
        "Arm Limited and affiliates",
        "Microsoft Research",
        "Educational Testing Service",
        "U.S. Government",
    ],
)
def test_a_holder_is_a_name_whatever_it_consists_of(holder: str) -> None:
    assert licence(MIT.replace("Will McGugan", holder)).complete
    assert licence(f"The MIT License\n\nCopyright (c) 2017-20  {holder}\n" + MIT[MIT.index("\nPermission") :]).complete


@pytest.mark.parametrize(
    "line",
    [
        "Copyright (c) 2026 Somebody. For Academic Research.",
        "Copyright (c) 2026 Somebody, Research License",
        "Copyright (c) 2026 Somebody. Limited to Internal Evaluation.",
        "Copyright (c) 2026 Somebody, research users",
        "Copyright (c) 2026 Somebody. Academic Research.",
        "Copyright (c) 2026 Somebody. You may not use it commercially.",
        "All rights reserved. Not for use by competitors.",
        "MIT License, research use only",
    ],
)
def test_a_clause_does_not_hide_in_a_line_of_names(line: str) -> None:
    found = licence(f"{line}\n{MIT}")
    assert (found.identified, found.complete) == (("MIT",), False)
    assert found.differences[0].kind is DifferenceKind.BESIDE and found.differences[0].line == 1


def test_a_difference_has_its_line_and_its_words() -> None:
    lines = OWN.splitlines()
    at = next(number for number, line in enumerate(lines, 1) if "You may reproduce and distribute" in line)
    added = "\n".join([*lines[: at - 1], "You must pay the Licensor one tenth of your revenue.", *lines[at - 1 :]])
    (gap,) = licence(added).differences
    assert (gap.kind, gap.line, gap.text) == (
        DifferenceKind.INSERTED,
        at,
        "you must pay the licensor one tenth of your revenue",
    )


def test_half_a_licence_is_not_whole() -> None:
    found = licence(OWN[: int(len(OWN) * 0.6)])
    assert found.identified == ("Apache-2.0",) and not found.complete
    assert DifferenceKind.MISSING in {gap.kind for gap in found.differences}


def test_two_licences_in_one_file_are_both_named() -> None:
    found = licence(f"{MIT}\n\n----\n\n{OWN}")
    assert set(found.identified) == {"MIT", "Apache-2.0"}


@pytest.mark.parametrize(
    ("text", "id"),
    [
        ("SPDX-License-Identifier: CC-BY-4.0\n", "CC-BY-4.0"),
        (
            "Meta Llama 3 Community License Agreement\n\nMeta Llama 3 Version Release Date: April 18, 2024\n",
            "LicenseRef-llama3",
        ),
    ],
)
def test_a_name_is_a_name_and_was_not_compared(text: str, id: str) -> None:
    found = licence(text)
    assert (found.identified, found.complete, found.by_title) == ((id,), False, (id,))


@pytest.mark.parametrize(
    "text", ["", "All rights reserved.", "Creative Commons Attribution 4.0 International Public License\n", "a " * 5000]
)
def test_what_is_no_licence_is_not_guessed(text: str) -> None:
    found = licence(text)
    assert (found.identified, found.complete) == ((), False)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"%PDF-1.7\n", "not a PDF that can be read"),
        (b"MIT\0License", "a licence file that is no text"),
        (b"x" * (2 * 1024 * 1024 + 1), "text larger than assay reads"),
    ],
)
def test_a_licence_that_is_no_text_is_named(raw: bytes, said: str) -> None:
    obstacle = read("LICENSE", raw).obstacle
    assert obstacle is not None and said in obstacle.reason


@given(st.text(max_size=400))
def test_any_text_gives_a_fact(text: str) -> None:
    assert licence(text.replace("\0", "")).words >= 0


@given(st.text(max_size=300))
def test_words_and_lines_belong_together(text: str) -> None:
    lines = [word.line for word in words(text)]
    assert lines == sorted(lines) and all(1 <= line <= text.count("\n") + 1 for line in lines)


def test_the_index_is_what_it_says() -> None:
    assert len({row.id for row in KNOWN}) == 343
    assert unpacked(packed(list(KNOWN))) == KNOWN
    assert sum(is_open(row.id) for row in KNOWN) > 140
    with pytest.raises(ValueError, match="cut"):
        unpacked(packed([Known("x", hashes(["a"] * RUN), 0, 0)]) + b"1234")
    with pytest.raises(ValueError, match="not what this version reads"):
        unpacked(b"something")


@pytest.mark.parametrize(
    ("tag", "id", "agree"),
    [
        ("apache-2.0", "Apache-2.0", True),
        ("gpl-3.0-or-later", "GPL-3.0-only", True),
        ("llama3.1", "LicenseRef-scancode-llama-3.1-license-2024", True),
        ("llama3.1", "LicenseRef-scancode-llama-3.2-license-2024", False),
        ("llama3", "LicenseRef-scancode-llama-3.1-license-2024", False),
        ("gemma", "LicenseRef-scancode-gemma-tou-2024-04-01", True),
        ("bigscience-openrail-m", "LicenseRef-scancode-bigscience-open-rail-m", True),
        ("mit", "Apache-2.0", False),
        ("cc-by-4.0", "CC-BY-NC-4.0", False),
    ],
)
def test_tags_and_texts_that_mean_the_same(tag: str, id: str, agree: bool) -> None:
    assert same(tag, id) is agree


@pytest.mark.parametrize(
    "name",
    [
        *("LICENSE-CODE", "LICENSE_DATA", "LICENSE.docs", "licence_weights.txt", "MODEL_LICENSE", "LICENSE-MODEL"),
        *("LICENSES/Apache-2.0.txt", "EULA.txt", "TERMS.md", "WEIGHTS_TERMS_OF_USE.md", "DATA_LICENSE"),
        *("USE_POLICY.md", "LICENSE.OpenMDW-1.1"),
    ],
)
def test_where_licences_lie(name: str) -> None:
    found = recognised(name, b"MIT")
    assert found is not None and found.id == "licence"


@pytest.mark.parametrize("name", ["license.py", "license_check.py", "LICENSE.pkl", "terms.json"])
def test_code_and_data_called_licence_are_read_as_what_they_are(name: str) -> None:
    found = recognised(name, b"import os\n")
    assert found is not None and found.id != "licence"


@pytest.mark.parametrize("name", ["MIT License", "Acme License"])
def test_a_sentence_that_names_a_licence_is_no_title_of_the_text(name: str) -> None:
    terms = "These are the words of another agreement. " * 60
    found = licence(f"Acme Terms\n\nThis builds on Llama 3, which is licensed under the Llama 3 License.\n\n{terms}")
    assert found.identified == ()
    body = OWN[OWN.index("TERMS AND CONDITIONS") :].replace("royalty-free", "revocable")
    assert licence(f"The model is licensed under the {name}.\n\n{body}").identified == ()


def test_the_sentence_before_a_licence_is_no_other_name() -> None:
    found = licence(f"This work is licensed under the Apache License, Version 2.0.\nIt is copied below.\n\n{OWN}")
    assert found.identified == ("Apache-2.0",)
