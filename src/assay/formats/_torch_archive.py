"""What a PyTorch checkpoint since 1.6 holds: programs of its pickles, and the index of its tensors."""

from __future__ import annotations

import io
from collections.abc import Iterator

from assay.errors import Malformed
from assay.facts.tensor import WeightIndex
from assay.formats._pickle_machine import Followed, follow
from assay.formats._torch_state import tensors
from assay.formats._zip import STORED, Archive, Member, archive, content
from assay.formats.window import Window

MOST = 64 * 1024 * 1024  # bytes of one pickle inside the archive
# records of the format that hold neither code nor weights (torch/csrc/jit/serialization, caffe2/serialize)
_RECORDS = ("version", "byteorder", ".format_version", ".storage_alignment", ".data/serialization_id")


def checkpoint_facts(artifact: str, window: Window) -> Iterator[object]:
    """Yield a program for every pickle in the archive, then the weight index of `data.pkl`."""
    index = archive(window)
    mains = [member for member in index.members if member.name.endswith("/data.pkl") or member.name == "data.pkl"]
    if len(mains) != 1:
        raise Malformed(
            "not a PyTorch checkpoint: the archive holds no single data.pkl", expected="one data.pkl", got=len(mains)
        )
    root = mains[0].name.removesuffix("data.pkl")
    followed = _followed(artifact, window, mains[0])
    yield followed.program
    records = {member.name.removeprefix(root): member for member in index.members if member.name.startswith(root)}
    for name, member in sorted(records.items()):
        if name != "data.pkl" and name.endswith(".pkl"):
            yield _followed(artifact, window, member).program
    yield _index(artifact, followed, records, index)
    _only_known(index, root)


def _followed(artifact: str, window: Window, member: Member) -> Followed:
    """Follow a pickle in place if it is stored, so that its offsets are those of the file; else a copy of it."""
    if member.method == STORED:
        content(window, member, MOST)  # size and checksum
        found = follow(window, artifact, member.name, member.start, member.stop)
        end = member.stop
    else:
        raw = content(window, member, MOST)
        found = follow(Window(io.BytesIO(raw)), artifact, member.name, 0, len(raw))
        end = len(raw)
    if found.stop != end and not found.program.unfollowed:
        raise Malformed(
            f"bytes follow the pickle in {member.name!r}", at=member.start, expected=f"{end:,}", got=f"{found.stop:,}"
        )
    return found


def _index(artifact: str, followed: Followed, records: dict[str, Member], index: Archive) -> WeightIndex:
    def locate(key: str) -> tuple[int, int] | None:
        member = records.get(f"data/{key}")
        return (member.start, member.stored) if member and member.method == STORED else None

    rows = tuple(tensors(followed.value, locate))
    stored = [member for name, member in records.items() if name.startswith("data/")]
    start = min((member.start for member in stored), default=index.directory)
    stop = max((member.stop for member in stored), default=index.directory)
    # between two records lie a local header and its padding, so the alignment is generous
    return WeightIndex(artifact, "torch-zip", rows, start, stop, alignment=4096, shares_storage=True)


def _only_known(index: Archive, root: str) -> None:
    for member in index.members:
        name = member.name.removeprefix(root)
        known = name in _RECORDS or name.endswith(".pkl") or (name.startswith("data/") and member.method == STORED)
        if not member.name.startswith(root) or not known:
            raise Malformed(
                f"archive member {member.name[:120]!r} is none that a checkpoint has, and assay has no reader for it",
                at=member.header,
            )
