"""What `assay corpus verify` and `remove` tell."""

from __future__ import annotations

from collections.abc import Iterator

from assay.lazy import dataclass

MOST_REMOVED = 100  # documents that are listed


@dataclass(frozen=True, slots=True)
class Verified:
    """What is wrong with the files of a corpus: a sentence for each that is damaged or absent."""

    name: str
    damaged: tuple[str, ...]


def verified(found: Verified, colour: bool, width: int) -> Iterator[str]:
    """The same for a terminal."""
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter

    if found.damaged:
        files = f"{len(found.damaged):,} file{' is' if len(found.damaged) == 1 else 's are'}"
        said = Headline("DAMAGED", f"{files} not what the manifest says: build the corpus again.", Tone.STOP)
    else:
        said = Headline("INTACT", "Every file is what the manifest says.", Tone.GO)
    yield from said.lines(painter(colour), width)
    yield from (f"damaged  {sentence}" for sentence in found.damaged)


@dataclass(frozen=True, slots=True)
class Removed:
    """Documents that were taken out of a corpus, or would be, each as (id, dataset)."""

    done: bool
    documents: tuple[tuple[str, str], ...]


def removed(found: Removed, colour: bool, width: int) -> Iterator[str]:
    """The same for a terminal, the first of them listed."""
    from assay.render.headline import Headline, Tone
    from assay.render.terminal import painter

    count = f"{len(found.documents):,} document{'s' if len(found.documents) != 1 else ''}"
    if found.done:
        gone = f"{count} {'is' if len(found.documents) == 1 else 'are'} gone from every answer."
        said = Headline("REMOVED", gone, Tone.TELL)
    else:
        said = Headline("WOULD REMOVE", f"{count}; nothing was changed.", Tone.TELL)
    yield from said.lines(painter(colour), width)
    yield from (f"{id}  ({dataset})" for id, dataset in found.documents[:MOST_REMOVED])
    if len(found.documents) > MOST_REMOVED:
        yield f"and {len(found.documents) - MOST_REMOVED:,} more"
