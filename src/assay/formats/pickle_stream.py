"""Pickles as such, by their content under any name; `*.pkl` and the like by name as well."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.pickle.opening import opens
from assay.formats.window import Window

MAX_STACKED = 64


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield one program for each pickle that stands in the file, one after another, and where its arrays lie."""
    from assay.formats._pickled_arrays import indexes
    from assay.formats.pickle.follow import follow
    from assay.formats.torch.archive import nested

    at = 0
    for number in range(MAX_STACKED):
        member = "" if number == 0 else f"pickle {number + 1}"
        try:
            followed = follow(window, artifact, member, at, window.size)
        except InputError:
            if number == 0:
                raise
            break
        program, at = followed.program, followed.stop
        if at < window.size and not _another(window, at):
            rest = f"{window.size - at:,} bytes follow the pickle, from byte {at:,}, that are no pickle"
            program = replace(program, unfollowed=(*program.unfollowed, rest))
        yield program
        yield from nested(artifact, window, followed)
        yield from indexes(artifact, followed.value, window.size)
        if at >= window.size or not _another(window, at):
            return


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
