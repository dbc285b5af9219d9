"""What a corpus is built from: files and folders, here or behind a URL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from assay.corpus import _extra
from assay.errors import UsageError
from assay.lazy import dataclass
from assay.secret import concealed, without_user

# endings of files that are one document each, by kind
_WHOLE = {
    "text": "txt text md markdown mdx rst adoc asciidoc org log",
    "code": "py pyi pyx rs c h cc cpp cxx hh hpp hxx cu cuh java kt kts scala go js mjs cjs ts jsx tsx vue svelte rb "
    "php pl pm lua r jl m mm swift dart hs lhs ml mli fs fsx clj cljs ex exs erl hrl elm nim zig v sv vhd vhdl asm s f "
    "f90 f95 for cob pas pp d cs vb sql sh bash zsh fish ps1 bat cmd tcl lisp cl el scm rkt groovy gradle cmake mk "
    "makefile dockerfile proto thrift graphql tf sol coq lean agda idr css scss less yaml yml toml ini cfg",
    "html": "html htm xhtml",
    "latex": "tex latex ltx",
    "notebook": "ipynb",
    "subtitle": "srt vtt",
    "epub": "epub",
    "docx": "docx docm",
    "pdf": "pdf",
}
# endings of files of many documents, by kind
_MANY = {
    "jsonl": "jsonl ndjson",
    "json": "json",
    "csv": "csv",
    "tsv": "tsv",
    "parquet": "parquet",
    "arrow": "arrow feather",
    "warc": "warc wet wat",
    "wiki": "xml",
    "tar": "tar",
    "zip": "zip",
}
ARCHIVES = frozenset({"tar", "zip"})  # kinds whose files are read each by its own kind
_KINDS = {
    f".{ending}": kind for kinds in (_WHOLE, _MANY) for kind, endings in kinds.items() for ending in endings.split()
}
_PACKED = {".gz": "gzip", ".zst": "zstd", ".bz2": "bz2", ".xz": "xz"}
_SHORT = {".tgz": ".tar.gz", ".tbz2": ".tar.bz2", ".txz": ".tar.xz", ".tzst": ".tar.zst"}
# files that describe a dataset rather than belong to it
ABOUT = frozenset({"dataset_info.json", "state.json", "dataset_infos.json", "dataset_dict.json", "croissant.json"})


@dataclass(frozen=True, slots=True)
class Input:
    """One file to read: its path or URL, size, kind, how it is packed, its name, and what the card beside it licenses.

    With `main_text` a page of HTML is read without navigation, menus and the like.
    """

    uri: str
    size: int
    kind: str
    packing: str
    name: str
    card: str = ""
    main_text: bool = False


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
    """The endings of the files that can be read, but for those of code."""
    kinds = {**_WHOLE, **_MANY}
    endings = sorted(ending for kind in kinds if kind != "code" for ending in kinds[kind].split())
    return f"{', '.join(endings)}, code, plain or with {', '.join(_PACKED)}"


def every_kind() -> frozenset[str]:
    """The kinds of files that can be read."""
    return frozenset({*_WHOLE, *_MANY}) - {"code"}  # which is text


def without_reader(name: str) -> str:
    """Why a file of this name is not read."""
    return f"no reader for {os.path.splitext(name)[1] or 'files without an ending'}"


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
            if name in ABOUT or name.startswith(".") or (card and whole == path / "README.md"):
                continue
            kind = kind_of(name)
            if whole.is_symlink() or not whole.is_file():
                note("not a regular file", shown)
            elif kind is None:
                note(without_reader(name), shown)
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
            note(without_reader(name), shown)
        elif Path(name).name not in ABOUT:
            yield Input(system.unstrip_protocol(name), sizes[name], *kind, shown)


def kind_of(name: str) -> tuple[str, str] | None:
    """(kind, packing) of a file by its name, or None."""
    stem, ending = os.path.splitext(name.casefold())
    stem, ending = os.path.splitext(stem + _SHORT.get(ending, ending))
    packing = _PACKED.get(ending, "")
    if packing:
        ending = os.path.splitext(stem)[1]
    kind = _KINDS.get(ending)
    kind = "text" if kind == "code" else kind
    return (kind, packing) if kind and not (packing and kind in ("parquet", "arrow")) else None


def _card(folder: Path) -> str:
    """The licence that a dataset card in `folder` names in its front matter, or empty."""
    path = folder / "README.md"
    if not path.is_file() or path.stat().st_size > 1 << 20:
        return ""
    from assay.corpus._card import card
    from assay.licence.statement import declared

    with open(path, "rb") as stream:
        if stream.read(3) != b"---":
            return ""
    found, _ = card(path, "model_card")
    told = declared(lambda key: tuple((found.artifact, claim) for claim in found.stated(key)) if found else ())
    return next((claim.text for _, claim in told), "")
