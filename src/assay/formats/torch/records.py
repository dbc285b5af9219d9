"""Records of a PyTorch archive that hold storages (torch/serialization.py, torch/csrc/jit/serialization).

Each is named by a number, which a pickle of the archive gives as a persistent id. Writers leave none that no pickle
gives, and none longer than its storage: such bytes are loaded by nothing and may be anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from assay.facts.artifact import Obstacle, Trouble
from assay.facts.structure import Flaw, FlawKind
from assay.formats.container.zip import Member
from assay.formats.container.zip_members import member_facts
from assay.formats.pickle.follow import Followed
from assay.formats.torch.state import is_known, storages, width
from assay.formats.window import Window

SHOWN = 3  # records that a sentence names
# the pickles whose numbers are records of one folder; those of others may lie in any
_FOLDERS = {"data.pkl": "data/", "constants.pkl": "constants/", "traced_inputs.pkl": "traced_inputs/"}


def is_storage(name: str) -> bool:
    """Whether a record, called `name` below the archive's folder, is called as a storage is."""
    return name.startswith((*_FOLDERS.values(), ".data/")) and name.rpartition("/")[2].isdigit()


def unnamed(records: Mapping[str, Member], followed: Mapping[str, Followed | None]) -> tuple[Member, ...]:
    """The storages that no pickle names; none where a pickle could not be followed, for that may name them.

    Args:
        records: the members of the archive by their names below its folder.
        followed: what following each pickle gave, by its name; None where it could not be read.
    """
    given: dict[str, set[str]] = {}
    for name, found in followed.items():
        if found is None or found.program.unfollowed:
            return ()
        numbers = given.setdefault(_FOLDERS.get(name, ""), set())
        for pid in found.persistent:
            numbers.update(
                str(part) for part in (pid if isinstance(pid, tuple) else (pid,)) if isinstance(part, str | int)
            )
    anywhere = given.get("", set())
    return tuple(
        member
        for name, member in records.items()
        if is_storage(name)
        and name.rpartition("/")[2] not in anywhere
        and name.rpartition("/")[2] not in given.get(f"{name.rpartition('/')[0]}/", ())
    )


def unnamed_facts(artifact: str, window: Window, members: tuple[Member, ...]) -> Iterator[object]:
    """A flaw that counts them, and what each is: its pickle is followed and its code named as that of any member."""
    if not members:
        return
    names = ", ".join(repr(member.name[:80]) for member in members[:SHOWN])
    more = f" and {len(members) - SHOWN:,} more" if len(members) > SHOWN else ""
    size = sum(member.size for member in members)
    count = f"{len(members):,} records" if len(members) > 1 else "a record"
    said = f"{count} that no tensor refers to, {size:,} bytes: {names}{more}"
    yield Flaw(artifact, FlawKind.HIDDEN, said, members[0].start, members[0].name[:300])
    for member in members:
        for fact in member_facts(artifact, window, member):
            # bytes of no format are told by the flaw: what nothing loads need not be understood
            if not (isinstance(fact, Obstacle) and fact.trouble is Trouble.UNREAD):
                yield fact


def overhang(artifact: str, folder: str, followed: Followed, records: Mapping[str, Member]) -> Iterator[object]:
    """Storages that claim more or less than their record holds.

    Beyond the end of one that claims more PyTorch before 2.10 read (CVE-2026-24747); behind the end of one that claims
    less are bytes that nothing reads.
    """
    most: dict[str, tuple[int, int]] = {}  # a record may be named twice, by the type and by the bytes
    for key, kind, elements in dict.fromkeys(storages(followed.persistent)):
        record = records.get(f"{folder}{key}")
        size = elements * width(kind)
        if record is None:
            continue
        if elements < 0 or size > record.size:
            said = f"storage {key[:80]!r} claims {elements:,} values ({size:,} bytes)"
            yield Obstacle(artifact, Trouble.MALFORMED, f"{said}, its record holds {record.size:,} bytes", record.start)
        most[key] = max(most.get(key, (0, 0)), (size if is_known(kind) else record.size, record.size))
    for key, (size, held) in most.items():
        if size < held:
            record = records[f"{folder}{key}"]
            said = f"{held - size:,} bytes follow the {size:,} of the storage in {record.name[:80]!r}"
            yield Flaw(artifact, FlawKind.HIDDEN, said, record.start + size, record.name[:300])
