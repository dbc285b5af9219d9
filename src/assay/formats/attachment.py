"""What is attached to a file of another format: the members of a zip archive at its end, or what follows an image.

No name or magic leads here; a file is read so once more where something attached was found.
"""

from __future__ import annotations

from collections.abc import Iterator

from assay.formats import Format
from assay.formats.window import Window


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what bears on loading in what is attached."""
    from assay.formats.container.ending import attached
    from assay.formats.container.nest import contained, part
    from assay.formats.container.second import directory
    from assay.formats.container.zip import archive
    from assay.formats.container.zip_members import member_facts

    if directory(window) is not None:
        for member in archive(window).members:
            yield from member_facts(artifact, window, member)
    elif (found := attached(window)) is not None:
        yield from contained(artifact, f"byte {found.at}", part(window, found.at, window.size))


FORMAT = Format(
    "attachment",
    "what is attached to a file",
    read,
    needs=("assay.formats.container.every",),
    examines=(),
    gaps=(),
)
