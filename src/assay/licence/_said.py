"""What a sentence of a legal text does with what it speaks of: forbids it, gives nothing else, asks for more, obliges.

A sentence is cut into clauses. A word that forbids ("must not", "nobody") governs what follows it in its clause; a word
behind the thing ("is prohibited", "falls outside") governs all of its clause; "other than" turns both round; negations
that take nothing away ("no restriction", "need not") are no words that forbid.
"""

from __future__ import annotations

import re

from assay.lazy import dataclass, regex
from assay.licence import _vocabulary as v

_CUTS = regex(
    r";|(?<!one )(?<!nobody )(?<!none )(?<!nothing )(?<!all )(?<!anything )\bbut\b(?! for\b)|\bhowever\b|\balthough\b"
    r"|\bwhereas\b|\bwhile\b"
    r"|,? (?:and|or)?,? ?\b(?:you|users|anyone|everyone|licensees?) (?:may|can|are free to"
    r"|are allowed to)\b(?! (?:not|only))"
)
_OWN = regex(
    r"\b(?:we|licensors?|authors?|providers?|publisher|owner|developers?|acme|contributors) (?:may|will|shall|must"
    r"|can|do"
    r"|does|would) (?:\w+ly )?not\b|\bthere (?:is|are|was|were) no\b(?! license| right| permission)"
    r"|\b(?:has|have|had|with|contains?) no\b(?! rights?\b| licen| permission)"
    r"|\b(?:was|were|has|have|had|did) not\b"
)
_FREED = " ~ "
NEAR = 60  # characters between words that belong together


@dataclass(frozen=True, slots=True)
class Part:
    """A clause: its words, where words end that forbid what follows, where words end that except what follows, and
    whether one forbids all of it or limits what is given to what it names.
    """

    text: str
    forbids: tuple[int, ...]
    excepts: tuple[int, ...]
    whole: bool
    limits: bool
    listed: bool  # an item of a list that forbids

    def withholds(self, thing: re.Pattern[str], *, listed: bool = True) -> bool:
        """Whether it forbids what the words for `thing` name."""
        return any(self._forbidden(match.start(), listed) for match in thing.finditer(self.text))

    def leaves(self, thing: re.Pattern[str]) -> bool:
        """Whether it gives nothing but what the words for `thing` name."""
        return any(self.limits or self._given_back(match.start()) for match in thing.finditer(self.text))

    def _forbidden(self, at: int, listed: bool) -> bool:
        if self._given_back(at):
            return False
        before = any(end <= at for end in self.forbids)
        taken = not self.forbids and not self.whole and any(self._follows(end, at) for end in self.excepts)
        return before or self.whole or taken or (listed and self.listed)

    def _follows(self, end: int, at: int) -> bool:
        """Whether nothing but a few words stands between, so that "except" may still speak of it."""
        return 0 <= at - end < NEAR and "," not in self.text[end:at]

    def bars(self, who: re.Pattern[str]) -> bool:
        """Whether it forbids what those named in its subject may do."""
        for match in who.finditer(self.text):
            if any(0 <= end - match.end() < NEAR for end in self.forbids) or (self.whole and match.start() < NEAR):
                return True
        return False

    def _given_back(self, at: int) -> bool:
        """Whether "other than" stands before it, in what is else forbidden."""
        behind = max((end for end in self.excepts if end <= at), default=-1)
        return behind >= 0 and (self.whole or any(end <= behind for end in self.forbids))


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence in the words of `_vocabulary`: its clauses, and whether it asks for more than the text gives."""

    text: str
    parts: tuple[Part, ...]
    asks: bool

    def withholds(self, thing: re.Pattern[str], *, listed: bool = True) -> bool:
        """Whether a clause forbids it."""
        return any(part.withholds(thing, listed=listed) for part in self.parts)

    def leaves(self, thing: re.Pattern[str]) -> bool:
        """Whether a clause gives nothing else."""
        return any(part.leaves(thing) for part in self.parts)

    def without(self, other: re.Pattern[str]) -> Said:
        """The same where these words speak of something else."""
        if not other.search(self.text):
            return self
        return Said(self.text, tuple(_blank(part, other) for part in self.parts), self.asks)


def _blank(part: Part, other: re.Pattern[str]) -> Part:
    text = other.sub(lambda match: "~" * len(match[0]), part.text)
    return Part(text, part.forbids, part.excepts, part.whole, part.limits, part.listed)


def said(sentence: str, *, listed: bool) -> Said:
    """Read a sentence, `listed` under words that forbid."""
    text = v.normal(sentence)
    freed = v.NOTHING_LIMITS.sub(_FREED, text)
    asks = bool(v.ASKS.search(freed))
    freed = _OWN.sub(_FREED, v.FREE.sub(_FREED, freed))
    parts, begin = [], 0
    for end in [*(match.start() for match in _CUTS.finditer(freed)), len(freed)]:
        if freed[begin:end].strip(" ;,."):
            parts.append(_part(freed[begin:end].strip(" ;,."), listed))
        begin = end
    return Said(text, tuple(parts), asks)


def _part(text: str, listed: bool) -> Part:
    whole = bool(v.FORBIDDEN.search(text))
    kept = v.NOT_LIMITING.sub(lambda match: "~" * len(match[0]), text)
    return Part(
        text,
        tuple(match.end() for match in v.FORBIDS.finditer(v.DESCRIBES.sub(lambda match: "~" * len(match[0]), text))),
        tuple(match.end() for match in v.EXCEPT.finditer(text)),
        whole,
        bool(v.LIMITS.search(kept)),
        listed,
    )
