"""Pickles as such, by their content under any name; `*.pkl` and the like by name as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.pickle.opening import opens
from assay.formats.window import Window

MAX_STACKED = 4096


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield one program for each pickle that stands in the file, one after another, and where its arrays lie.

    What cannot be followed behind a pickle, or comes after MAX_STACKED of them, is said with the last that could.
    """
    from assay.formats._pickled_arrays import indexes
    from assay.formats.pickle.follow import follow
    from assay.formats.torch.archive import nested

    followed = follow(window, artifact, "", 0, window.size)
    for number in range(2, MAX_STACKED + 2):
        at, later = followed.stop, None
        rest = f"{window.size - at:,} bytes follow the pickle, from byte {at:,}, that"
        if not _another(window, at):
            rest = f"{rest} are no pickle" if at < window.size else ""
        elif number > MAX_STACKED:
            rest = f"{rest} were not followed: assay follows {MAX_STACKED:,} pickles in a file, and this has more"
        else:
            try:
                later, rest = follow(window, artifact, f"pickle {number}", at, window.size), ""
            except InputError as cause:
                rest = f"{rest} begin like a pickle and cannot be followed: {cause}"
        program = followed.program
        yield replace(program, unfollowed=(*program.unfollowed, rest)) if rest else program
        yield from nested(artifact, window, followed)
        yield from indexes(artifact, followed.value, window.size)
        if later is None:
            return
        followed = later


def _another(window: Window, at: int) -> bool:
    head = window.rest(at, 2)
    return len(head) == 2 and head[0] == 0x80 and head[1] <= 5


FORMAT = Format(
    "pickle",
    "pickle",
    read,
    names=("*.pkl", "*.pickle", "*.p", "*.joblib", "*.dill"),
    needs=("assay.formats.pickle.follow", "assay.formats.container.every"),
    magic=tuple((0, bytes((0x80, protocol))) for protocol in range(2, 6)),
    sniff=opens,
    examines=(Aspect.PICKLES,),
    gaps=(),
)
