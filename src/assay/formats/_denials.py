"""Whether a sentence denies a thing that it names: "no paper", "the data is not released", "we do not share the code".

What is denied must be the thing itself: "no wrapper is required for the weights" denies no weights, and neither offers
them. A heuristic over English, with the usual words of nine other languages for what is not published.
"""

from __future__ import annotations

import re
from enum import Enum

from assay.lazy import regex

MOST = 2000  # characters of a sentence


class Stance(Enum):
    """What a sentence does with a thing that it names."""

    DENIES = "denies"
    NEITHER = "neither"  # something is denied in the same clause, and not this
    SPEAKS = "speaks"


# words by which something is said to be held back, whatever the sentence is about
WITHHELD = (
    r"un(?:available|released|disclosed|published)|withheld|proprietary|confidential"
    r"|to be (?:released|announced|added)|more information needed"
)
_NEGATIVE = regex(
    rf"\b(?:no|not|never|without|none|neither|nor|nothing|cannot|{WITHHELD}|closed|private|restricted"
    r"|coming soon|soon|will be|planned|upon request|on request|lacks?|missing|omit\w*|exclud\w*|refus\w*|declin\w*"
    r"|nicht|kein\w*|ohne|pas|aucune?|sans|sin|ning[uú]n\w*|nunca|não|nem|nessun\w*|niet|geen)\b"
    r"|n['’]t\b|不|未|没有|無|ない|없",
    re.IGNORECASE,
)
_MARKUP = regex(r"[*_`~]+|<[^<>]{1,200}>")
# where a clause ends; at "and" and commas only where a new subject with its own verb follows
_VERB = r"(?:is|are|was|were|has|have|had|will|can|does?|did|remains?|comes?)"
_CLAUSES = regex(
    r"[;()\[\]—–]|\s-\s|,?\s+\b(?:but|while|whereas|although|though|however|because|since|which|who|when|if|so that)\b"
    rf"|(?:,|,?\s+and|,?\s+or)\s+(?=(?:(?:the|our|all|its|these|this|we|you|it|they)\s+)?(?:[\w'’/-]+\s+){{0,3}}?"
    rf"{_VERB}\b)",
    re.IGNORECASE,
)
_FINITE = regex(
    rf"\b(?:{_VERB}|n['’]t|releas\w+|provid\w+|publish\w+|shar\w+|omit\w*|exclud\w*|withh\w+)\b", re.IGNORECASE
)
_OUT = (
    r"(?:released?|publish(?:ed)?|shared?|available|provided?|disclosed?|public(?:ly)?|open(?:[- ]?sourced?)?|included?"
    r"|distributed?|uploaded|exist(?:s|ing)?|accessible|documented|hosted|supplied|reported|described|specified|stated"
    r"|named|known|part of)"
)
_GIVE = (
    r"(?:releas\w+|publish\w*|shar(?:e|es|ed|ing)|provid\w+|disclos\w+|open[- ]?sourc\w+|includ\w+|distribut\w+"
    r"|upload\w*|contain\w*|document\w*|report\w*|specif\w+|state[sd]?|describ\w+|reveal\w*|suppl(?:y|ies|ied)|make"
    r"|come with|host)"
)
_TO_BE = r"(?:is|are|was|were|be|been|being|has|have|had|will|can|could|may|shall|do|does|did|remains?|stays?|kept)"
# words inside a noun phrase: between "no" and the thing
_WITHIN = (
    r"(?:(?!(?:for|of|to|in|on|with|by|from|at|as|required|needed|necessary|longer|is|are|was|were|be|has|have|that"
    r"|than|need)\b)[\w'’/.+-]+,?\s+){0,6}?"
)
_AHEAD = (
    # "there is no paper", "it comes without training data", "nor the test sets"
    rf"(?P<no>\b(?:no|without(?: any)?|neither|nor|none of|lacks?|lacking|missing)\s+{_WITHIN})\Z",
    # "we never published", "cannot share", "we will release", "declined to disclose"
    r"\b(?:do(?:es)? not|did not|do(?:es)?n['’]t|didn['’]t|(?:has|have|had)(?: not|n['’]t)"
    r"|never|cannot|can['’]t|could not|won['’]t|will not|may not"
    r"|unable to|not (?:able|going|allowed|planning) to|refus\w+ to|declin\w+ to|not to|plans? to|planned to|will"
    r"|intends? to|hope to)"
    rf"\s+(?:\w+\s+){{0,2}}?{_GIVE}\s+(?:[\w'’/.+-]+,?\s+){{0,8}}?\Z",
    rf"\b(?:omit\w*|withh[eo]ld\w*|exclud\w+)\s+{_WITHIN}\Z",
    # "a proprietary dataset"
    r"\b(?:private|proprietary|closed|confidential|undisclosed|unreleased|unpublished|unavailable|not public"
    r"|non-public)"
    rf"\s+{_WITHIN}\Z",
)
_BEHIND = (
    # "is not released", "have never been published", "will not be shared", "do not exist"
    rf"(?:,\s)?(?:[\w'’/.+-]+,?\s+){{0,10}}?(?:{_TO_BE}\s+)?(?:not|never|no longer|cannot)\s+"
    rf"(?:[\w-]+\s+){{0,3}}?{_OUT}\b",
    rf"(?:[\w'’/.+-]+,?\s+){{0,8}}?(?:is|are|was|were|have|has|can|will|do|does|wo|ca|did)n?['’]?n?['’]t\s+"
    rf"(?:[\w-]+\s+){{0,3}}?{_OUT}\b",
    rf"(?:[\w'’/.+-]+\s+){{0,3}}?{_TO_BE}(?:\s+not|n['’]t)\s*[.!]?\s*\Z",
    # "is proprietary", "are withheld", "remains private", "will be released", "coming soon", "on request"
    rf"(?:[\w'’/.+-]+,?\s+){{0,5}}?{_TO_BE}\s+(?:[\w-]+\s+){{0,2}}?(?:{WITHHELD}|private|closed|secret|internal only"
    r"|restricted)\b",
    rf"(?:[\w'’/.+-]+,?\s+){{0,5}}?(?:will be|to be|(?:is|are) planned to be)\s+(?:[\w-]+\s+){{0,2}}?{_OUT}\b",
    r"(?:[\w'’/.+-]+,?\s+){0,6}?(?:coming soon|available soon|soon|(?:up)?on request)\b",
    # as an entry: "Training data: not disclosed"
    rf"\s*[:|=]\s*(?:not (?:\w+ )?{_OUT}|none|n/a|unknown|no|tba|tbd|{WITHHELD}|private|coming soon)\b",
    r"(?:\S+\s+){0,6}?(?:nicht|non|pas|no|não|niet)\s+(?:\S+\s+){0,2}?(?:veröffentlicht|verfügbar|publi\w+|disponib\w+"
    r"|dispon[ií]ve\w*|pubblic\w+|beschikbaar|openbaar)",
)
# after "no" the thing itself is what is missing: the clause begins so, or says of somebody what there is
_THERE = regex(
    r"\b(?:there (?:is|are|was|were|will be)|(?:we|it|they|i|card|repository|repo|release|folder|publisher|authors?"
    r"|model)\s+(?:\w+\s+)?(?:has|have|had|provides?|released?|releases|publish\w*|contains?|includes?|offers?|gives?"
    r"|shares?|comes?|came|report\w*)|released|published|comes?|shipped|distributed|provided|available)\W*\Z|\A\W*\Z",
    re.IGNORECASE,
)
# and nothing else is said of it than that
_SO = regex(
    rf"[\W]*\Z|[.,!]|(?:\S+\s+){{0,8}}?{_TO_BE}\s+(?:\w+\s+){{0,2}}?{_OUT}\b|{_OUT}\b|(?:yet|at this"
    r"|at present|for this|for it|and|or|nor)\b",
    re.IGNORECASE,
)


_BEFORE = tuple(regex(row, re.IGNORECASE) for row in _AHEAD)
_AFTER = regex("|".join(f"(?:{row})" for row in _BEHIND), re.IGNORECASE)


def stance(sentence: str, subject: re.Pattern[str]) -> Stance:
    """What the sentence does with what `subject` names; one clause that denies it is a denial."""
    found = Stance.SPEAKS
    for clause in _split(_MARKUP.sub("", sentence[:MOST])):
        if not _NEGATIVE.search(clause):
            continue
        for match in subject.finditer(clause):
            if _denied(clause[: match.start()], clause[match.end() :]):
                return Stance.DENIES
            found = Stance.NEITHER
    return found


def _denied(before: str, after: str) -> bool:
    """Whether the words before a thing, or those after it, say that it is not there."""
    before = _ARTICLE.sub("", before)
    for pattern in _BEFORE:
        match = pattern.search(before)
        if match is None:
            continue
        word = match.groupdict().get("no")
        if word is None:
            return True
        if _SO.match(after.strip()) and (word.lower().startswith("n") or _THERE.search(before[: match.start()])):
            return True
    return _AFTER.match(after.strip()) is not None


_ARTICLE = regex(r"\b(?:the|our|its|any|a|an)\s*\Z", re.IGNORECASE)


def _split(sentence: str) -> list[str]:
    """The clauses; what is only a list of subjects stays with the verb behind it."""
    found, begin = [], 0
    for match in _CLAUSES.finditer(sentence):
        part = sentence[begin : match.start()]
        if match[0].strip(", ").lower() in ("", "and", "or") and not _FINITE.search(part):
            continue
        found.append(part)
        begin = match.end()
    return [*found, sentence[begin:]]
