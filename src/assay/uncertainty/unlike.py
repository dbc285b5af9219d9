"""Notice a question that is not like those that were calibrated, by its words.

Names and common words tell nothing of what is asked. How often this notices a topic that was left out, and how often a
question of a calibrated one by mistake, is measured on the calibrated questions themselves.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from assay.facts.calibration import Vocabulary
from assay.lazy import regex
from assay.text.language import ENGLISH

KNOWN = 0.5  # share of a question's words up to which it is unlike: a convention
MOST_WORDS = 50_000
_WORD = regex(r"[^\W\d_]{2,}")


def words(question: str) -> frozenset[str]:
    """The words that say what a question asks for: not names, figures or common words; the first one is in any case."""
    found = enumerate(match[0] for match in _WORD.finditer(question))
    return frozenset(
        word.lower() for at, word in found if (word == word.lower() or not at) and word.lower() not in ENGLISH
    )


def is_unlike(mine: frozenset[str], known: frozenset[str]) -> bool:
    """Whether at most half of a question's words are known."""
    return bool(mine) and len(mine & known) <= KNOWN * len(mine)


def vocabulary(rows: Sequence[tuple[str, str]]) -> Vocabulary:
    """The words of questions (topic, question), and what they notice."""
    asked = [(topic, words(question)) for topic, question in rows]
    counts = Counter(word for _, mine in asked for word in mine)
    own: dict[str, Counter[str]] = defaultdict(Counter)
    for topic, mine in asked:
        own[topic].update(mine)
    alone = sum(is_unlike(mine, frozenset(word for word in mine if counts[word] > 1)) for _, mine in asked)
    left_out = sum(
        is_unlike(mine, frozenset(word for word in mine if counts[word] > own[topic][word])) for topic, mine in asked
    )
    return Vocabulary(
        tuple(sorted(counts)[:MOST_WORDS]),
        left_out / len(asked) if len(own) > 1 else None,
        alone / len(asked) if asked else 0.0,
    )
