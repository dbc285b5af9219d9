"""Real text for the corpus benchmarks: Debian's documentation packages, pinned by version and digest, fetched with apt.

    python -m benchmarks._debian DIR      # DIR/documents.jsonl and samples of it; about 540 MB are downloaded

HTML becomes text by assay's own reader; manual pages lose their markup; equal documents are kept once. Nothing of it is
committed.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from assay.corpus.inputs import Input, kind_of
from assay.corpus.row import NotRead
from assay.corpus.rows import Reading

PINS = Path(__file__).with_name("debian-packages.txt")
HELD_OUT = 400
_MANUAL = re.compile(r"^['.].*$|\\f.|\\[&|^/,]|\\\((?:..)", re.MULTILINE)


def pins() -> list[tuple[str, str]]:
    """(package=version, sha256 of the package) of every package."""
    rows = (line.split() for line in PINS.read_text().splitlines() if line and not line.startswith("#"))
    return [(name, digest) for name, digest in rows]


def fetched(folder: Path) -> list[Path]:
    """The packages in `folder`, downloaded where they are absent, each with the pinned digest."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {digest: name for name, digest in pins()}
    found = {_digest(path): path for path in folder.glob("*.deb")}
    missing = [name for digest, name in wanted.items() if digest not in found]
    if missing:
        subprocess.run(["apt-get", "download", "-qq", *missing], cwd=folder, check=True)
        found = {_digest(path): path for path in folder.glob("*.deb")}
    absent = [name for digest, name in wanted.items() if digest not in found]
    if absent:
        raise SystemExit(f"these packages have another digest than the pinned one: {', '.join(absent)}")
    return [found[digest] for digest in wanted]


def _digest(path: Path) -> str:
    with open(path, "rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _documents(package: Path) -> list[dict[str, str]]:
    name = package.name.partition("_")[0]
    folder = package.with_suffix(".files")
    subprocess.run(["dpkg-deb", "-x", package, folder], check=True)
    try:
        return [
            row
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.is_symlink()
            for row in _document(path, folder, name)
        ]
    finally:
        shutil.rmtree(folder)


def _document(path: Path, folder: Path, package: str) -> Iterator[dict[str, str]]:
    shown = path.relative_to(folder).as_posix()
    kind = kind_of(path.name)
    if "/man/man" in shown or ("/man/" in shown and path.suffix == ".gz"):
        raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        text = _MANUAL.sub("", raw.decode("utf-8", "replace"))
    elif kind and kind[0] in ("text", "html"):
        source = Input(str(path), path.stat().st_size, *kind, shown)
        rows = [row for row in Reading(source, "utf-8", lambda _: None).rows() if not isinstance(row, NotRead)]
        text = str(rows[0].fields["text"]) if rows else ""
    elif shown.startswith("usr/share/dictd") and path.name.endswith(".dict.dz"):
        text = gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    else:
        return
    if len(text) >= 200:
        yield {"id": f"{package}/{shown}", "source": f"deb:{package}", "text": text}


def _portions(row: dict[str, str]) -> Iterator[dict[str, str]]:
    """Dictionaries and the like are one file of many MB: in portions of about 100 kB."""
    text = row["text"]
    for number, start in enumerate(range(0, len(text), 100_000)):
        yield (
            row
            if len(text) <= 100_000
            else row | {"id": f"{row['id']}#{number}", "text": text[start : start + 100_000]}
        )


def made(folder: Path) -> Path:
    """`documents.jsonl` with all in `folder`, `held-out.jsonl` (never indexed), and samples c20, c200, c900 (MB)."""
    target = folder / "documents.jsonl"
    if (folder / "c900.jsonl").exists():
        return target
    packages = fetched(folder / "packages")
    seen: set[bytes] = set()
    rows: list[dict[str, str]] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(_documents, packages):
            for row in (part for whole in found for part in _portions(whole)):
                digest = hashlib.blake2b(row["text"].encode(), digest_size=16).digest()
                if digest not in seen:
                    seen.add(digest)
                    rows.append(row)
    random.Random(20).shuffle(rows)
    _write(folder / "held-out.jsonl", rows[:HELD_OUT])
    rest = rows[HELD_OUT:]
    _write(target, rest)
    for size in (20, 200, 900):
        total, count = 0, 0
        while count < len(rest) and total < size * 1_000_000:
            total += len(rest[count]["text"].encode())
            count += 1
        print(f"c{size}: {count:,} documents, {total / 1e6:.1f} MB of text", flush=True)
        _write(folder / f"c{size}.jsonl", rest[:count])
    return target


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    temporary = path.with_suffix(".part")
    with open(temporary, "w") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
    temporary.rename(path)


if __name__ == "__main__":
    made(Path(sys.argv[1]))
