"""Zip archives, whatever they are called: each member is read as what it is."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect, Contents
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

# records of torch.export's archive that hold neither code nor pickles (torch/export/pt2_archive/constants.py)
_EXPORTED = regex(
    r"/(?:byteorder|archive_format|archive_version|\.data/serialization_id"
    r"|data/(?:weights/weight|constants/tensor)_\d+)\Z"
)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what is wrong with the archive, then what bears on loading in each member."""
    from assay.formats.container.zip import STORED, archive
    from assay.formats.container.zip_members import flaws, member_facts

    index = archive(window)
    yield from flaws(artifact, index)
    yield Contents(artifact, FORMAT.id, len(index.members))
    exported = any(member.name.endswith("/archive_format") for member in index.members)
    for member in index.members:
        if not (exported and _EXPORTED.search(member.name) and (member.size <= 64 or member.method == STORED)):
            yield from member_facts(artifact, window, member)


FORMAT = Format(
    "zip",
    "zip archive",
    read,
    names=("*.zip", "*.npz", "*.pt2", "*.mar", "*.nemo", "*.whl", "*.jar"),
    magic=((0, b"PK\x03\x04"), (0, b"PK\x05\x06")),
    needs=("assay.formats.container.every",),
    examines=(Aspect.LAYOUT, Aspect.UNPACKING),
    gaps=(),
)
