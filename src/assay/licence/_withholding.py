"""Which restrictions a sentence states, by what it does with the words of each (`_said`, `_things`)."""

from __future__ import annotations

from collections.abc import Callable

from assay.facts.licence import Restriction
from assay.lazy import regex
from assay.licence import _things as t
from assay.licence import _vocabulary as v
from assay.licence._said import NEAR, Said


def _non_commercial(row: Said) -> bool:
    row = row.without(t.BOTH)
    if "patent" in row.text:
        row = row.without(_SALE)
    if any(t.NON_COMMERCIAL.search(part.text) for part in row.parts) or t.GRATIS.search(row.text):
        return True
    if row.withholds(t.COMMERCE) or any(part.bars(t.COMPANY) for part in row.parts):
        return True
    return (
        row.asks
        and not _SUPPORT.search(row.text)
        and any(t.COMMERCE.search(part.text) or t.COMPANY.search(part.text) for part in row.parts)
    )


_SUPPORT = v.words("commercial_support commercially_supported support_is_available")
_SALE = v.words("sell sale sold selling for_sale")  # as patents speak of it


def _research(row: Said) -> bool:
    row = row.without(t.NO_RESEARCH)
    if row.withholds(t.PRODUCTION) or row.withholds(_DEPLOYED):
        return True
    for part in row.parts:
        if part.leaves(t.RESEARCH) and not t.DESCRIPTIVE.search(part.text):
            return True
        granted = t.GRANTED.search(part.text)
        if granted and not part.forbids and t.RESEARCH.search(part.text, granted.start(), granted.end() + 60):
            return True
    return bool(_DELETE_AFTER.search(row.text))


_DEPLOYED = regex(r"\bdeploy\w*(?= (?:commercially|publicly|in production)\b|(?: it)?(?: is\b| are\b|\W*\Z))")
_DELETE_AFTER = regex(r"\bevaluat\w+\b.{0,60}\b(?:days|months)\b.{0,40}\b(?:delete|cease|stop|destroy)\b")


def _users(row: Said) -> bool:
    for count in t.QUANTITY.finditer(row.text):
        near = row.text[max(0, count.start() - 160) : count.end() + 100]
        if t.COUNTED.search(near) and t.COMPARES.search(near) and t.CONDITION.search(row.text):
            return not t.DESCRIPTIVE.search(row.text) and not _FOR_ALL.search(row.text)
    return False


_FOR_ALL = v.words("same_terms everybody_else any_size whatever_its_size all_sizes irrespective_of regardless_of")


def _hosting(row: Said) -> bool:
    return row.withholds(t.SERVICE) or (row.asks and any(t.SERVICE.search(part.text) for part in row.parts))


def _field(row: Said) -> bool:
    return row.without(t.NO_FIELD).withholds(t.FIELD)


def _territory(row: Said) -> bool:
    if t.NO_PLACE.search(row.text):
        return False
    return (
        row.withholds(t.PLACES, listed=False)
        or row.leaves(t.PLACES)
        or any(part.bars(t.PLACES) for part in row.parts)
        or bool(_NOT_LEAVE.search(row.text))
    )


_NOT_LEAVE = regex(r"\b(?:territory means|borders of)\b")


def _outputs(row: Said) -> bool:
    if row.withholds(t.DISTILL) or (row.asks and any(t.DISTILL.search(part.text) for part in row.parts)):
        return True
    for part in row.parts:
        trains, output = t.TRAINS.search(part.text), t.OUTPUT.search(part.text)
        other, model = t.OTHER_MODEL.search(part.text), t.MODELS.search(part.text)
        if trains and model and (output or other) and (part.withholds(t.TRAINS) or part.withholds(t.OUTPUT)):
            return True
        if trains and output and (part.leaves(t.TRAINS) or part.withholds(t.OUTPUT)):
            return True
    return False


def _naming(row: Said) -> bool:
    if _WISHED.search(row.text):
        return False
    for part in row.without(t.COPYRIGHT).parts:
        if not (v.OBLIGES.search(part.text) or v.IMPERATIVE.search(part.text)) or part.withholds(t.SHOWS):
            continue
        for shows in t.SHOWS.finditer(part.text):
            near = part.text[max(0, shows.start() - NEAR) : shows.end() + NEAR]
            if t.SHOWN.search(part.text, shows.end(), shows.end() + NEAR):
                return True
            if t.PUBLIC.search(near) and any(match[0] != shows[0] for match in t.NAMES.finditer(near)):
                return True
            if t.NAMES.fullmatch(shows[0]) and t.PUBLIC.search(near):
                return True
    return False


_WISHED = v.words("appreciated happy grateful not_required encourage* welcome_to kindly_ask")


def _remote(row: Said) -> bool:
    for part in row.without(t.COPYRIGHT).parts:
        remotely, own = t.REMOTELY.search(part.text), v.LICENSOR.search(part.text)
        if remotely and (own or t.MAY.search(part.text)):
            return True
        if own and t.MAY.search(part.text) and t.RESTRICT.search(part.text) and t.AT_HAND.search(part.text):
            return not part.forbids
        if t.UPDATES.search(part.text) and _MUST_CHANGE.search(part.text) and t.VERSION.search(part.text):
            return True
    return False


_CHANGE = (
    r"(?:automatic|use|using|run|running|update|upgrade|upgrading|updating|switch|move|migrate|install|apply|replace"
    r"|delete\w*|destroy\w*|stop|cease|adopt|change to)"
)
_MUST_CHANGE = regex(
    rf"\b(?:must|shall|ha(?:s|ve) to|needs? to|undertakes? to|agrees? to|agree to receive|obliged to|required to"
    rf"|require you to|efforts to|efforts)\b.{{0,40}}\b{_CHANGE}\b"
    rf"|\b{_CHANGE}\b.{{0,40}}\b(?:mandatory|required|compulsory|obligatory)\b"
)


def _termination(row: Said) -> bool:
    freed = v.FREE.sub(" ~ ", t.LASTING.sub(" ~ ", _OUTLASTS.sub(" ~ ", row.text)))
    return bool(_AT_THE_END.search(freed)) or any(
        t.GRANT.search(freed, max(0, match.start() - 160), match.end() + 160) is not None
        for match in t.ENDS.finditer(freed)
    )


# what outlasts an end, and lines that are no law
_OUTLASTS = regex(
    r"\bsurviv\w+ (?:\w+ ){0,3}?(?:terminat|expir)\w+"
    r"|\b(?:held|found|declared|deemed|becomes?|is) (?:to be |\w+ ){0,3}?void\b"
    r"(?=.{0,40}\b(?:unenforceable|invalid|illegal)\b)"
)
_AT_THE_END = regex(r"\b(?:on|upon|after) (?:expiry|expiration|termination)\b")


def _use_policy(row: Said) -> bool:
    if "privacy" in row.text or _NO_POLICY.search(row.text):
        return False
    if _TERMS.search(row.text) and v.OBLIGES.search(row.text):
        return True
    return bool(t.POLICY.search(row.text) or t.ANNEX.search(row.text))


_TERMS = v.words("terms_of_use terms_of_service service_terms")
_NO_POLICY = regex(
    r"\bthird parties do not apply\b|\btrade ?marks?\b"
    r"|\bno (?:\w+ ){0,3}?(?:polic(?:y|ies)|guidelines|list|restrictions?)\b|\bnot (?:bound|subject|form|act)\b"
)


def _indemnity(row: Said) -> bool:
    if t.INDEMNIFIES.search(row.text):
        return not _NEED_NOT.search(row.text)
    text = " ; ".join(part.text for part in row.parts)
    user, claims, owner = v.USER.search(text), t.CLAIMS.search(text), v.LICENSOR.search(text)
    if not (user and claims and owner) or "patent" in text or _SUES.search(text) or row.withholds(t.PAYS):
        return False
    return t.PAYS.search(text, user.end()) is not None or _BACK.search(text) is not None


_BACK = regex(r"\b(?:because of|caused by) you\b|\b(?:at your (?:own )?(?:expense|cost)|yours to bear|you pay)\b")
_NEED_NOT = regex(
    r"\b(?:need not|not have to|not need to|not required to|no (?:duty|obligation) to) (?:\w+ ){0,2}indemn"
)
_SUES = regex(r"\b(?:institutes?|commences?|initiates?|files?|participates?)\b")


def conditional(row: Said) -> bool:
    """Whether it forbids, limits or obliges at all, and is none of the usual conditions of open licenses: notices kept,
    no names used for promotion, no warranty, the law that applies.
    """
    if _USUAL.search(row.text) or v.LIABILITY.search(row.text) or t.DESCRIPTIVE.search(row.text):
        return False
    return any(_DEONTIC.search(part.text) for part in row.parts)


_DEONTIC = regex(
    r"\b(?:may|must|shall|can|should|are to|is to|will|agrees? to|please|users?|you)(?: \w+ly)? (?:not|never)\b"
    r"|(?:\A|, )(?:do not|never)\b|\b(?:nobody|no one|none) (?:\w+ ){0,4}?(?:may|shall|can)\b"
    r"|\b(?:prohibited|forbidden|disallowed|not (?:\w+ )?(?:permitted|allowed|licensed|granted|authorized|covered"
    r"|entitled))\b"
    r"|\b(?:you|users?|licensees?|recipients?|customers?|derivatives?|products?|anyone|whoever"
    r"|who)\b[^;]{0,80}\b(?:must"
    r"|shall|ha(?:s|ve) to|needs? to|are to|is to|agrees? to|undertakes? to|are required|is required|obliged)\b"
    r"|\b(?:licensed|granted|permitted|allowed|used?|available|covers?)\b[^;]{0,40}\b(?:only|solely|exclusively)\b"
    r"|\b(?:only|solely|exclusively)\b[^;]{0,40}\b(?:may|licensed|granted|permitted|allowed|used?)\b"
    r"|\b(?:compulsory|mandatory|on condition|on the condition|provided that|it is a term)\b"
)
_USUAL = regex(
    r"\bthere (?:is|are) no\b|\b(?:copyright|patents?|notices?|disclaimers?|trade ?marks?|service marks?|endorse\w*"
    r"|promot\w+|governed by"
    r"|jurisdiction|severab\w+|unenforceable|provisions?|source code|source form|object form|corresponding source"
    r"|except in compliance with|copy of (?:this|the) (?:license|agreement)|verbatim|compiled|third party rights?)\b"
)


STATED: dict[Restriction, Callable[[Said], bool]] = {
    Restriction.NON_COMMERCIAL: _non_commercial,
    Restriction.RESEARCH: _research,
    Restriction.USERS: _users,
    Restriction.HOSTING: _hosting,
    Restriction.FIELD: _field,
    Restriction.TERRITORY: _territory,
    Restriction.OUTPUTS: _outputs,
    Restriction.NAMING: _naming,
    Restriction.REMOTE: _remote,
    Restriction.TERMINATION: _termination,
    Restriction.USE_POLICY: _use_policy,
    Restriction.INDEMNITY: _indemnity,
}
