"""What a corpus is built from: files and folders, here or behind a URL."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assay.corpus import _extra
from assay.errors import UsageError
from assay.secret import concealed, without_user

_TEXT = {
    ".txt": "text",
    ".text": "text",
    ".md": "text",
    ".markdown": "text",
    ".rst": "text",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
_ROWS = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "tsv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
}
_PACKED = {".gz": "gzip", ".zst": "zstd"}
# files that describe a dataset rather than belong to it
_ABOUT = frozenset({"dataset_info.json", "state.json", "dataset_infos.json", "dataset_dict.json", "croissant.json"})


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read: its path or URL, size, kind, how it is packed, and the folder in which it was found."""

    uri: str
    size: int
    kind: str
    packing: str
    name: str
    card: str = ""


Note = Callable[[str, str], None]  # reason, place


def listed(references: tuple[str, ...], note: Note) -> tuple[Input, ...]:
    """Every file that the references lead to, in a fixed order; files of no known kind are told to `note`.

    Raises:
        UsageError: a reference leads nowhere, or to a file of no known kind.
    """
    found: list[Input] = []
    for reference in references:
        rows = list(_remote(reference, note) if "://" in reference else _local(Path(reference), note))
        if not rows:
            raise UsageError(
                f"{without_user(reference)}: nothing to read here; give folders or files of {known_kinds()}"
            )
        found += rows
    return tuple({source.uri: source for source in found}.values())  # what is named twice is read once


def known_kinds() -> str:
    """The endings of the files that can be read."""
    return ", ".join(sorted(ending[1:] for ending in {*_TEXT, *_ROWS})) + ", plain or with .gz or .zst"


def _local(path: Path, note: Note) -> Iterator[Input]:
    if path.is_file():
        kind = kind_of(path.name)
        if kind is None:
            raise UsageError(f"{path}: no reader for this kind of file; give {known_kinds()}")
        yield Input(str(path), path.stat().st_size, *kind, path.name)
        return
    if not path.is_dir():
        raise UsageError(f"{path}: no such file or folder")
    if (path / "manifest.json").is_file() and any(path.glob("shard-*.assay")):
        raise UsageError(f"{path} is a corpus already, not what one is built from; several can be asked at once")
    card = _card(path)
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            whole = Path(folder, name)
            shown = whole.relative_to(path).as_posix()
            if name in _ABOUT or name.startswith(".") or (card and whole == path / "README.md"):
                continue
            kind = kind_of(name)
            if whole.is_symlink() or not whole.is_file():
                note("not a regular file", shown)
            elif kind is None:
                note(f"no reader for {Path(name).suffix or 'files without an ending'}", shown)
            else:
                yield Input(str(whole), whole.stat().st_size, *kind, shown, card)


def _remote(reference: str, note: Note) -> Iterator[Input]:
    fsspec = _extra.fsspec()
    try:
        system, path = fsspec.core.url_to_fs(reference)
        names = sorted(system.find(path)) or [path]
        sizes = {name: int(system.size(name) or 0) for name in names}
    except (OSError, ValueError, ImportError) as cause:
        raise UsageError(f"{without_user(reference)}: cannot be listed ({concealed(str(cause))})") from None
    for name in names:
        kind = kind_of(name)
        shown = name[len(path) :].lstrip("/") or name.rpartition("/")[2]
        if kind is None:
            note(f"no reader for {Path(name).suffix or 'files without an ending'}", shown)
        elif Path(name).name not in _ABOUT:
            yield Input(system.unstrip_protocol(name), sizes[name], *kind, shown)


def kind_of(name: str) -> tuple[str, str] | None:
    """(kind, packing) of a file by its name, or None."""
    stem, ending = os.path.splitext(name.casefold())
    packing = _PACKED.get(ending, "")
    if packing:
        ending = os.path.splitext(stem)[1]
    kind = _TEXT.get(ending) or _ROWS.get(ending)
    return (kind, packing) if kind and not (packing and kind in ("parquet", "arrow")) else None


def _card(folder: Path) -> str:
    """The licence that a dataset card in `folder` names in its front matter, or empty."""
    path = folder / "README.md"
    if not path.is_file() or path.stat().st_size > 1 << 20:
        return ""
    from assay.errors import InputError
    from assay.facts.text import ModelCard
    from assay.formats import model_card
    from assay.formats.window import Window
    from assay.licence.statement import declared

    raw = path.read_bytes()
    if not raw.startswith(b"---"):
        return ""
    try:
        cards = [
            fact
            for fact in model_card.read("README.md", Window(io.BytesIO(raw), len(raw)))
            if isinstance(fact, ModelCard)
        ]
    except InputError:
        return ""
    told = declared(lambda key: tuple((card.artifact, claim) for card in cards for claim in card.stated(key)))
    return next((claim.text for _, claim in told), "")
