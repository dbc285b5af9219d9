"""What is said first, on a page and in a terminal alike: one word, its tone, and the sentence that goes with it."""

from __future__ import annotations

from enum import StrEnum

from assay.lazy import dataclass
from assay.render.terminal import Paint, wrapped
from assay.render.visible import visible


class Tone(StrEnum):
    """What the answer looks like: red where the exit status is 1, and never green over an open decision."""

    STOP = "stop"
    CARE = "care"
    TELL = "tell"  # neither good nor bad: what was measured or found
    GO = "go"


_LOOKS = {Tone.STOP: "fail", Tone.CARE: "decide", Tone.TELL: "told", Tone.GO: "fine"}
_COLOURS = {Tone.STOP: "1;37;41", Tone.CARE: "1;30;43", Tone.TELL: "1;37;44", Tone.GO: "1;37;42"}


@dataclass(frozen=True, slots=True)
class Headline:
    """The answer of a command: `word` in capitals, and what it means in sentences."""

    word: str
    sentence: str
    tone: Tone

    @property
    def look(self) -> str:
        """The class that it looks by on a page."""
        return _LOOKS[self.tone]

    @property
    def line(self) -> str:
        """For a log: all of it in one line, without colour."""
        return f"{self.word}  {visible(self.sentence)}"

    def lines(self, paint: Paint, width: int) -> list[str]:
        """For a terminal: the word in its colour, then the sentence."""
        badge = f" {self.word} "
        first, *rest = wrapped(f"{badge} {visible(self.sentence)}", "", width, "   ")
        return [first.replace(badge, paint(badge, _COLOURS[self.tone]), 1), *rest]
