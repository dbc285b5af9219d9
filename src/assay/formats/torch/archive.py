"""PyTorch checkpoints since 1.6: programs of their pickles, the index of tensors, TorchScript, other members."""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator

from assay.errors import InputError, OutOfTime
from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Flaw, FlawKind
from assay.facts.tensor import WeightIndex
from assay.formats.container.nest import contained, part
from assay.formats.container.zip import STORED, Archive, Member, archive, content, honest
from assay.formats.container.zip_members import flaw, flaws, member_facts
from assay.formats.pickle.follow import Followed, follow
from assay.formats.torch.records import is_storage, overhang, unnamed, unnamed_facts
from assay.formats.torch.script import code_hooks
from assay.formats.torch.state import tensors
from assay.formats.window import Window

MOST = 64 * 1024 * 1024  # bytes of one pickle inside the archive
MOST_NESTED = 10_000  # checkpoints as bytes in one pickle
# records of the format that hold neither code nor weights (torch/csrc/jit/serialization, caffe2/serialize)
_RECORDS = (
    "version",
    "byteorder",
    ".format_version",
    ".storage_alignment",
    ".data/serialization_id",
    "archive_format",
    "archive_version",
)


def checkpoint_facts(artifact: str, window: Window) -> Iterator[object]:
    """Yield flaws, a program for each pickle in the archive, the weight index of `data.pkl`, and what else is there."""
    index = archive(window)
    yield from flaws(artifact, index)
    mains = [member for member in index.members if member.name.endswith("/data.pkl") or member.name == "data.pkl"]
    if len(mains) != 1:
        if mains:
            yield Flaw(
                artifact,
                FlawKind.AMBIGUOUS,
                f"the archive holds {len(mains)} checkpoints, and readers differ on which one counts",
                mains[1].header,
            )
        for member in index.members:
            yield from member_facts(artifact, window, member)
        return
    root = mains[0].name.removesuffix("data.pkl")
    records = {member.name.removeprefix(root): member for member in index.members if member.name.startswith(root)}
    # torch.load hands such an archive to torch.jit.load (torch/serialization.py, _is_torchscript_zip)
    loader = "torchscript" if "constants.pkl" in records else "torch"
    followed: dict[str, Followed | None] = {}
    for member in index.members:
        if member.name.startswith(root) and member.name.endswith(".pkl"):
            found = yield from _pickled(artifact, window, member, loader)
            followed[member.name.removeprefix(root)] = found
    main = followed.get("data.pkl")
    if main is not None:
        yield from overhang(artifact, "data/", main, records)
        yield _index(artifact, main, records, index)
    stray = unnamed(records, followed)
    yield from unnamed_facts(artifact, window, stray)
    told = {member.header for member in stray}
    for member in index.members:
        below = member.name.removeprefix(root) if member.name.startswith(root) else None
        if member.header not in told and (below is None or not _known(below, member)):
            yield from _other(artifact, window, member, below, loader)


def _pickled(artifact: str, window: Window, member: Member, loader: str) -> Generator[object, None, Followed | None]:
    """Yield the program of one pickle, what is inside it, and the member's flaws; return what following gave."""
    try:
        raw = content(window, member, MOST)
        source, start, end = window, member.start, member.stop  # in place, so that its offsets are those of the file
        if member.method != STORED:
            source, start, end = Window(io.BytesIO(raw), None, window), 0, len(raw)
        found = follow(source, artifact, member.name, start, end, loader)
    except OutOfTime:
        raise
    except InputError as broken:
        yield Obstacle(artifact, Trouble.MALFORMED, f"{member.name[:120]}: {broken}", broken.at)
        return None
    yield found.program
    yield from nested(artifact, source, found)
    if defect := honest(raw, member):
        yield flaw(artifact, defect)
    if found.stop != end and not found.program.unfollowed:
        yield Flaw(
            artifact,
            FlawKind.HIDDEN,
            f"{end - found.stop:,} bytes follow the pickle in {member.name[:120]!r}",
            found.stop,
            member.name[:300],
        )
    return found


def nested(artifact: str, window: Window, found: Followed) -> Iterator[object]:
    """The programs of operands that are pickles, and what is in checkpoints that lie as bytes inside a pickle."""
    yield from found.inside
    for number, row in enumerate(found.nested):
        if number == MOST_NESTED:
            said = f"it loads {len(found.nested):,} checkpoints from bytes, of which assay follows {MOST_NESTED:,}"
            yield Obstacle(artifact, Trouble.LIMIT, said, row.at)
            return
        yield from contained(artifact, f"bytes {number}.pt", part(window, row.at, row.at + row.size))


def _index(artifact: str, followed: Followed, records: dict[str, Member], index: Archive) -> WeightIndex:
    def locate(key: str) -> tuple[int, int] | None:
        member = records.get(f"data/{key}")
        return (member.start, member.stored) if member and member.method == STORED else None

    unread: list[tuple[str, str]] = []
    rows = tuple(tensors(followed.value, locate, unread))
    stored = [member for name, member in records.items() if name.startswith("data/")]
    start = min((member.start for member in stored), default=index.directory)
    stop = max((member.stop for member in stored), default=index.directory)
    # between two records lie a local header and its padding, so the alignment is generous
    return WeightIndex(
        artifact, "torch-zip", rows, start, stop, alignment=4096, shares_storage=True, unread=tuple(unread)
    )


def _known(name: str, member: Member) -> bool:
    return name in _RECORDS or name.endswith(".pkl") or (is_storage(name) and member.method == STORED)


def _other(artifact: str, window: Window, member: Member, name: str | None, loader: str) -> Iterator[object]:
    """A member that is no record of a checkpoint: TorchScript's code, or anything."""
    if name is None or not name.startswith("code/") or loader != "torchscript" or member.link:
        yield from member_facts(artifact, window, member)
        return
    try:
        raw = content(window, member, MOST)
        if name.endswith(".debug_pkl"):
            inner = Window(io.BytesIO(raw), None, window)
            found = follow(inner, artifact, member.name, 0, len(raw), loader)
            yield found.program
            yield from nested(artifact, inner, found)
        else:
            yield from code_hooks(artifact, member.name[:300], raw.decode("utf-8", "replace"))
    except InputError as broken:
        yield Obstacle(artifact, Trouble.MALFORMED, f"{member.name[:120]}: {broken}", broken.at)
