"""Words with which legal texts forbid, grant to those who ask, and oblige; lower case, of English."""

from __future__ import annotations

import re

from assay.facts.licence import Restriction
from assay.lazy import dataclass, regex

LIABILITY = regex(
    r"\b(?:liab\w+|warrant\w+|merchantab\w+|as is|damages?|fitness for|loss of (?:use|profits|data)|disclaim\w*)\b"
)
PLACES = (
    r"(?:european union|\beu\b|european economic area|united kingdom|\buk\b|south korea|republic of korea|north korea"
    r"|china|hong kong|russia\w*|iran|cuba|syria|crimea|belarus|japan|india|united states|\busa?\b|the territory"
    r"|norway|italy|spain|poland|netherlands|sweden|mexico|israel|turkey|vietnam|indonesia|africa|europe\b"
    r"|germany|france|canada|australia|brazil|switzerland|taiwan|singapore|\bkorea\b|\beea\b"
    r"|territories|certain countries|embargoed|sanctioned)"
)
NOT = (
    r"(?:not|no|never|nor|neither|nobody|nothing|cannot|can['’]t|prohibit\w*|forbid\w*|forbidden|banned|barred"
    r"|refrain\w*|may only|disallow\w*|excludes?)\b"
)
# what stands behind a thing that is forbidden, or given only to those who ask
REFUSED = (
    r"\b(?:prohibited|forbidden|excluded|disallowed|barred|banned|off limits|ruled out|void|reserved (?:to|for)"
    r"|(?:not|never|cannot) (?:be |been |to be |an? )?(?:\w+ly )?(?:permitted|allowed|granted|authori[sz]ed|licen[cs]ed"
    r"|covered|included|available|used|possible|extend\w*))\b"
)
ASKS = (
    r"\b(?:(?:requires?|needs?|has to|have to|must|shall|is necessary|are necessary)\b.{0,60}\b(?:licen[cs]es?"
    r"|permission|consent|approval|agreement|authori[sz]ation)|separate (?:licen[cs]e|agreement|terms)"
    r"|additional terms)\b"
)
YOU = r"\b(?:you|users?|licensees?|recipients?|customers?|the user|who uses)\b"
MUST = r"\b(?:must|shall|has to|have to|needs? to|is to|are to|undertakes? to|agrees? to|is mandatory|required to)\b"
OUR = r"\b(?:we|us|our|licensor|provider|owner|publisher|author|acme|company)\b"


def refused(topic: str, before: int = 200, after: int = 120) -> str:
    """Patterns for a thing before or after the words that forbid it, within so many characters."""
    return rf"\b{NOT}.{{0,{before}}}{topic}|{topic}.{{0,{after}}}{REFUSED}"


def any_of(*patterns: str) -> re.Pattern[str]:
    """A pattern for any of these."""
    return regex("|".join(f"(?:{pattern})" for pattern in patterns))


@dataclass(frozen=True, slots=True)
class Rule:
    """Words that speak of a restriction, and words with which they do not."""

    kind: Restriction
    says: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    forbidding: re.Pattern[str] | None = None  # what an item of a list says of things that the list forbids
