"""Which files of a `.git` folder Git keeps for itself: objects, references, logs, the content that LFS fetched.

They may be many gigabytes, change with each `git fetch`, and no loader opens them by a name of its own. Names and
beginnings: gitrepository-layout(5), gitformat-pack(5), gitformat-index(5), git-lfs docs/spec.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from assay.errors import Changed, Unreachable
from assay.facts.artifact import Obstacle
from assay.formats.container.inert import is_text
from assay.lazy import regex

if TYPE_CHECKING:
    from assay.subject.walk import Entry

FOLDER = ".git/"
_WITHIN = regex(r"(?:(?:modules|worktrees)/[^/]+/)*")  # submodules and worktrees have such a folder of their own
_HEAD = regex(rb"ref: refs/|[0-9a-f]{40}")
_HEX = r"[0-9a-f]{38,64}"
_TEXT = regex(
    r"[A-Z]+(?:_[A-Z]+)*|config(?:\.worktree)?|description|packed-refs|shallow|commondir|gitdir|locked|gc\.(?:log|pid)"
    r"|(?:refs|logs|info|branches|lfs/cache)/.+"
    rf"|objects/info/(?:packs|alternates)|objects/pack/pack-{_HEX}\.(?:keep|promisor)"
)
_BINARY = (
    (regex(rf"index|sharedindex\.{_HEX}"), b"DIRC"),
    (regex(rf"objects/pack/pack-{_HEX}\.pack"), b"PACK"),
    (regex(rf"objects/pack/pack-{_HEX}\.idx"), b"\xfftOc"),
    (regex(rf"objects/pack/pack-{_HEX}\.rev"), b"RIDX"),
    (regex(rf"objects/pack/(?:pack|multi-pack-index)-{_HEX}\.bitmap"), b"BITM"),
    (regex(rf"objects/pack/pack-{_HEX}\.mtimes"), b"MTME"),
    (regex(r"objects/pack/multi-pack-index"), b"MIDX"),
    (regex(rf"objects/info/commit-graph|objects/info/commit-graphs/graph-{_HEX}\.graph"), b"CGPH"),
)
_LOOSE = regex(rf"objects/[0-9a-f]{{2}}/{_HEX}")
_FETCHED = regex(r"lfs/objects/([0-9a-f]{2})/([0-9a-f]{2})/\1\2[0-9a-f]{60}|lfs/(?:tmp|incomplete)/[0-9a-f]{64}.*")
_SAMPLE = regex(r"hooks/[a-z-]+\.sample")
_HOOK = regex(r"hooks/(?:post-checkout|post-commit|post-merge|pre-push)")
# what `git lfs install` writes (git-lfs lfs/hook.go)
_LFS = regex(rb"#!/bin/sh\n(?:command -v git-lfs [^\n]*\n)git lfs [a-z-]+ \"\$@\"\n")
_BEGINNING = 1024


def owned(entries: Iterable[Entry], obstacles: Iterable[Obstacle]) -> dict[str, Entry | Obstacle]:
    """What is Git's own in the folder `.git` at the top, by path: each file by its name and its first bytes.

    What cannot be opened there, such as a socket, is Git's own too. Nothing is, where there is no Git repository.
    """
    within = {entry.path: entry for entry in entries if entry.path.startswith(FOLDER)}
    head = within.get(f"{FOLDER}HEAD")
    if head is None or not _HEAD.match(_beginning(head)):
        return {}
    found: dict[str, Entry | Obstacle] = {path: entry for path, entry in within.items() if _own(entry)}
    return found | {row.artifact: row for row in obstacles if row.artifact.startswith(FOLDER)}


def _own(entry: Entry) -> bool:
    path = entry.path.removeprefix(FOLDER)
    path = path[_WITHIN.match(path).end() :]  # type: ignore[union-attr]
    if _SAMPLE.fullmatch(path) or _FETCHED.fullmatch(path):
        return True
    mark = next((mark for name, mark in _BINARY if name.fullmatch(path)), None)
    loose = mark is None and _LOOSE.fullmatch(path) is not None
    hook = _HOOK.fullmatch(path) is not None
    if mark is None and not loose and not hook and not _TEXT.fullmatch(path):
        return False
    head = _beginning(entry)
    if mark is not None:
        return head.startswith(mark)
    if loose:  # zlib (RFC 1950, section 2.2)
        return len(head) > 1 and head[0] & 15 == 8 and int.from_bytes(head[:2], "big") % 31 == 0
    return _LFS.fullmatch(head) is not None if hook else is_text(head)


def _beginning(entry: Entry) -> bytes:
    try:
        with entry.place.source() as source:
            source.seek(0)
            return source.read(_BEGINNING)
    except (Changed, Unreachable):  # no file of Git's: its reader says why
        return b""
