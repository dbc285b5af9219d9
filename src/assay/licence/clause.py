"""What passages of a legal text withhold or ask for, by how they read: a heuristic, for texts of no known licence.

Each sentence, or item of a list, is held against patterns of words for each restriction; a sentence that only limits
liability restricts nobody. How often it is right is measured by `python -m benchmarks.clauses`. English only.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from assay.facts.licence import Clause, Restriction
from assay.lazy import dataclass, regex
from assay.licence.words import plain

MOST_TEXT, MOST_CLAUSES = 200_000, 200  # characters, clauses
# characters of a sentence that are held against the patterns, and how many of those the next time again
AT_ONCE, AGAIN = 1000, 500
EXCERPT = 200
_ENDS = regex(r"(?<=[a-z0-9)\]\"”’][.;:])\s+(?=[\"“(\[]?[A-Za-z0-9(\-•*])|(?<=[;:])\s*$", re.IGNORECASE)
_BULLET = regex(r"\s*(?:[-*•·]|\(?[a-z0-9ivx]{1,4}[.)])\s", re.IGNORECASE)
_FORBIDS = regex(
    r"\b(?:not|no|never|nor|cannot|prohibit\w*|forbid\w*|forbidden|disallow\w*|banned|refrain\w*|neither|"
    r"unauthori[sz]ed)\b|\brestrict(?:s|ed|ions?)?\b"
)
_LIABILITY = regex(
    r"\b(?:liab\w+|warrant\w+|merchantab\w+|as is|damages?|fitness for|loss of (?:use|profits|data)|disclaim\w*)\b"
)
_PLACES = (
    r"(?:european union|\beu\b|european economic area|united kingdom|\buk\b|south korea|republic of korea|north korea"
    r"|china|hong kong|russia\w*|iran|cuba|syria|crimea|belarus|japan|india|united states|\busa?\b|the territory"
    r"|territories|certain countries|embargoed|sanctioned)"
)
_NOT = r"(?:not|no|never|nor|cannot|prohibit\w*|forbid\w*|forbidden|banned|refrain\w*|may only|disallow\w*)\b"


def _any(*patterns: str) -> re.Pattern[str]:
    return regex("|".join(f"(?:{pattern})" for pattern in patterns))


@dataclass(frozen=True, slots=True)
class _Rule:
    """Words that speak of a restriction, and words with which they do not."""

    kind: Restriction
    says: re.Pattern[str]
    unless: re.Pattern[str] | None = None
    forbidding: re.Pattern[str] | None = None  # what an item of a list says of things that the list forbids


_RULES = (
    _Rule(
        Restriction.NON_COMMERCIAL,
        _any(
            r"\bnon ?commercial(?:ly)?\b",
            rf"\b{_NOT}.{{0,260}}\bcommerciali?[sz]?\w*",
            rf"\b{_NOT}.{{0,60}}\b(?:sell|sold|resell|monetiz\w+|monetis\w+|for profit|for a fee|business purposes?)\b",
            r"\bcommercial\w*\b.{0,260}\b(?:prohibited|forbidden|excluded|(?:not|only) (?:be )?"
            r"(?:permitted|allowed|granted|authori[sz]ed|licen[cs]ed|included|possible)|requires?|require|must"
            r"|shall|needs?"
            r"|separate (?:commercial )?licen[cs]e|contact)\b",
            r"\b(?:revenue|profit) generating\b.{0,60}\b(?:not|no|prohibited|forbidden)\b",
        ),
        _any(
            r"\bcommercial (?:or|and|and/or) (?:for )?non ?commercial|\bnon ?commercial,? (?:or|and|and/or"
            r"|as well as) (?:for )?commercial",
            r"\bincluding (?:for )?commercial\b",
            r"\bcommercial (?:item|computer|software documentation|product)s?\b.{0,40}\b(?:f\.?a\.?r|12\.212"
            r"|government)\b",
            r"\bby itself\b",
            r"\bcommercial(?:ly)? reasonable\b",
        ),
        _any(r"\b(?:commercial\w*|for profit|monetiz\w+|monetis\w+)\b"),
    ),
    _Rule(
        Restriction.RESEARCH,
        _any(
            r"\b(?:only|solely|exclusively|limited|restricted|strictly|sole purpose)\b.{0,100}"
            r"\b(?:research|academic|educational|evaluation|evaluating|scientific|non ?production|personal use"
            r"|personal purposes?|testing)\b",
            r"\b(?:research|academic|educational|evaluation|scientific|non ?production|personal|testing)"
            r"(?:,? (?:and|or|use|purposes?|educational|academic|research|study))* only\b",
            rf"\b{_NOT}.{{0,80}}\bproduction (?:use|purposes?|environments?)\b",
            rf"\b{_NOT}.{{0,40}}\bother than\b.{{0,60}}\b(?:research|academic|educational|evaluation)\b",
        ),
    ),
    _Rule(
        Restriction.USERS,
        _any(
            r"\b(?:monthly|daily|annual|active|unique|registered)(?: \w+)? (?:users?|visitors|customers)\b.{0,200}\d",
            r"(?:\b\d{3,}|\d[\d,.]* ?(?:million|billion|thousand|[mk])\b).{0,60}\b(?:users?|visitors|mau)\b",
            r"\b(?:revenues?|turnover|funding|income|sales)\b.{0,160}(?:[$€£]|\busd|\beur|\brmb|\bmillion"
            r"|\bbillion|\d,\d{3})",
            r"(?:[$€£]|\busd|\beur|\brmb).{0,80}\b(?:revenues?|turnover|funding|annual income)\b",
            r"\b(?:more|fewer|less) than \d[\d,]* (?:employees|users|people)\b",
            r"\b(?:more than|exceed\w*|over|greater than|at least)\b.{0,60}\b(?:million|billion"
            r"|thousand)\b.{0,60}\b(?:users?|customers|revenues?)\b",
        ),
    ),
    _Rule(
        Restriction.HOSTING,
        _any(
            rf"\b{_NOT}.{{0,200}}\b(?:hosted|hosting|managed service|as a service|service bureau|cloud service|saas"
            r"|application programming interface|(?:through|via|over) an? api|third part(?:y|ies) as a (?:service"
            r"|hosted))\b",
            r"\b(?:hosting|hosted (?:service|use)|shared (?:instance|service)|managed service|as a service)\b.{0,160}"
            r"\b(?:prohibited|forbidden|(?:not|only) (?:be )?(?:permitted|allowed|granted)|requires?|separate"
            r"|must|contact)\b",
        ),
        _LIABILITY,
        _any(r"\b(?:hosted or managed|hosting|managed service|as a service|service bureau|saas)\b"),
    ),
    _Rule(
        Restriction.FIELD,
        _any(
            rf"\b{_NOT}.{{0,300}}\b(?:military|weapons?|warfare|nuclear|surveillance|espionage|medical (?:advice"
            rf"|diagnos\w+|device)"
            r"|law enforcement|biometric|critical infrastructure|gambling|autonomous (?:driving|vehicles?)|missile"
            r"|predictive policing|high risk|itar|facial recognition|administration of justice|asylum)\b",
        ),
        None,
        _any(
            r"\b(?:military|weapons?|warfare|nuclear|surveillance|espionage|medical advice|law enforcement|biometric"
            r"|critical infrastructure|gambling|predictive policing|administration of justice|asylum|itar)\b"
        ),
    ),
    _Rule(
        Restriction.TERRITORY,
        _any(
            rf"\b(?:does not apply|not (?:available|granted|licen[cs]ed|permitted|be used|use\w*|intended"
            rf"|conferred)|exclud\w+"
            rf"|except|outside(?: of)?|prohibited|expressly limited to|only (?:in|within))\b.{{0,120}}{_PLACES}",
            rf"\b(?:domiciled|located|established|resident|residing|incorporated|based"
            rf"|principal place of business)\b.{{0,80}}{_PLACES}"
            rf".{{0,160}}\b(?:not|no|prohibited|excluded)\b",
            rf"\b(?:not|no|prohibited)\b.{{0,120}}\b(?:domiciled|located|established|resident|residing"
            rf"|incorporated|based|citizens?)\b.{{0,80}}{_PLACES}",
        ),
        _any(r"\b(?:conflicts? of laws?|governed by|courts?|trademark|sale of goods)\b"),
    ),
    _Rule(
        Restriction.OUTPUTS,
        _any(
            rf"\b{_NOT}.{{0,200}}\b(?:outputs?|results?|materials?|generations?|generated (?:data|content|text)"
            rf"|completions|responses"
            r"|synthetic data|model|weights)\b.{0,140}\b(?:train\w*|improv\w+|fine ?tun\w+|distil\w*|develop\w*"
            r"|creat\w+|build)\b"
            r".{0,80}\b(?:models?|llms?|ai systems?|artificial intelligence)\b",
            rf"\b{_NOT}.{{0,60}}\b(?:train\w*|improv\w+|distil\w*)\b.{{0,60}}\b(?:other|another|any|competing"
            rf"|different)\b.{{0,40}}\bmodels?\b",
        ),
        _any(r"\bmerely|deemed (?:a )?derivatives?\b|\bno warranty\b"),
    ),
    _Rule(
        Restriction.NAMING,
        _any(
            r"\b(?:display|include|indicate|state|show|bear|contain|carry|feature)\w*\b.{0,120}"
            r"\b(?:built with|built on|powered by|created (?:with|by|using)|improved using|made with|based on"
            r"|licen[cs]ed by)\b",
            r"\bprominently (?:display|state|show|indicate|credit)\w*\b",
            r"\binclude\b.{0,60}\bat the beginning of\b.{0,80}\bnames?\b",
            r"\bnames?\b.{0,80}\b(?:must|shall|has to)\b.{0,40}\b(?:include|begin|start|contain)\b",
            r"\b(?:display|show|credit)\w*\b.{0,80}\b(?:user interface|website|about page|blog ?post"
            r"|product documentation|logo|trademark)\b",
            r"\b(?:must|shall)\b.{0,40}\b(?:logo|badge)\b",
        ),
        _any(rf"\b{_NOT}.{{0,30}}\b(?:display|use|include)"),
    ),
    _Rule(
        Restriction.REMOTE,
        _any(
            r"\b(?:restrict|disable|suspend|limit|revoke|block|deactivate|terminate)\w*\b.{0,60}\bremotely\b",
            r"\bremotely\b.{0,60}\b(?:restrict|disable|suspend|limit|revoke|block|deactivate)\w*\b",
            r"\breserves? the right to\b.{0,40}\b(?:restrict|suspend|disable|limit|block)\b.{0,80}\b(?:use|usage"
            r"|access)\b",
            r"\b(?:efforts|required|must|shall|obliged)\b.{0,60}\b(?:use|update to|upgrade to"
            r"|switch to) the latest version\b",
            r"\bupdate the model\b.{0,40}\belectronic means\b",
        ),
        _any(r"\bremotely through a computer network\b"),
    ),
    _Rule(
        Restriction.TERMINATION,
        _any(
            r"\b(?:terminat\w+|revok\w+|revocable|cancel(?:led|ed|s)?|rescind\w*)\b.{0,160}"
            r"\b(?:licen[cs]es?|agreement|rights?|permissions?|breach|comply|fail\w*|any time|discretion|notice)\b",
            r"\b(?:licen[cs]es?|agreement|rights?|permissions?)\b.{0,160}\b(?:terminat\w+|revok\w+|revocable"
            r"|cancel(?:led|ed)?|rescind\w*|cease|expire)\b",
        ),
        _any(r"\b(?:surviv\w+|reinstat\w+|until terminated|terms? and termination|irrevocable)\b(?!.*\bif you\b)"),
    ),
    _Rule(
        Restriction.USE_POLICY,
        _any(
            r"\bacceptable use polic(?:y|ies)\b",
            r"\b(?:prohibited|restricted) uses?(?: policy)?\b",
            r"\buse based restrictions?\b",
            r"\b(?:use|usage|content|safety) (?:polic(?:y|ies)|guidelines|restrictions?)\b",
            r"\battachment a\b|\baup\b",
            r"\bterms of (?:use|service)\b.{0,80}\b(?:comply|adhere|subject|incorporated|abide)",
            r"\b(?:comply|adhere|subject|abide)\w*\b.{0,80}\bterms of (?:use|service)\b",
        ),
        _any(r"\bprivacy\b"),
    ),
    _Rule(
        Restriction.INDEMNITY,
        _any(r"\bindemnif\w+\b", r"\bindemnity\b", r"\bhold\b.{0,60}\bharmless\b"),
    ),
)
_NUMBER = regex(
    r"(?:(?:us ?)?[$€£]|\b(?:usd|eur|rmb)) ?\d[\d,.]*(?: ?(?:million|billion|thousand|m|k|bn))?\b"
    r"|\b\d[\d,.]*(?: ?(?:million|billion|thousand|m|k|bn)\b)(?: (?:us )?dollars)?|\b\d{1,3}(?:,\d{3})+\b|\b\d{3,}\b"
    r"|\b(?:one|two|five|ten|fifty|(?:one |two |five |seven )?hundred) (?:million|billion|thousand)\b"
)


def clauses(text: str) -> tuple[Clause, ...]:
    """What the sentences of a text withhold or ask for, in their order."""
    found: list[Clause] = []
    for first, last, sentence, forbidden in _sentences(text[:MOST_TEXT]):
        lower = " ".join(_JOINED.sub(" ", sentence.lower().replace("non-", "non ")).split())
        shown = " ".join(sentence.split())[:EXCERPT]
        for kind in _kinds(lower, forbidden=forbidden):
            number = _NUMBER.search(lower) if kind is Restriction.USERS else None
            found.append(Clause(kind, first, last, shown, number[0].strip(" .,") if number else ""))
        if len(found) >= MOST_CLAUSES:
            break
    return tuple(found[:MOST_CLAUSES])


_JOINED = regex(r"[-\u2010-\u2015*_#>|\"“”]+")


def _kinds(lower: str, *, forbidden: bool) -> list[Restriction]:
    """What a sentence withholds. One that sets a threshold of commercial users forbids no commercial use."""
    starts = range(0, max(1, len(lower) - AGAIN), AT_ONCE - AGAIN)
    pieces = [lower[at : at + AT_ONCE] for at in starts]
    kinds = [rule.kind for rule in _RULES if any(_says(rule, piece, forbidden=forbidden) for piece in pieces)]
    if Restriction.USERS in kinds and Restriction.NON_COMMERCIAL in kinds and lower.startswith("if "):
        kinds.remove(Restriction.NON_COMMERCIAL)
    return kinds


def _says(rule: _Rule, lower: str, *, forbidden: bool) -> bool:
    says = rule.says.search(lower) or (forbidden and rule.forbidding is not None and rule.forbidding.search(lower))
    if not says or (rule.unless is not None and rule.unless.search(lower)):
        return False
    return rule.kind in _OF_LIABILITY or not _LIABILITY.search(lower) or bool(_STRONG.search(lower))


# these are found in sentences on liability too; others only where the sentence also says what one may do
_OF_LIABILITY = frozenset({Restriction.INDEMNITY, Restriction.TERMINATION, Restriction.USE_POLICY})
_STRONG = regex(
    r"\b(?:you|licensees?|users?|recipients?|anyone|nobody)\b.{0,60}\b(?:may|shall|must|can|will|agree"
    r"|are) ?(?:not|only|no|never)\b"
    r"|\b(?:purposes? only|only for|solely for|may not use|not be used)\b"
)


def _sentences(text: str) -> Iterator[tuple[int, int, str, bool]]:
    """(first line, last line, sentence, whether a list to which it belongs forbids what its items say)."""
    forbidden = False
    for first, lines in _blocks(text):
        joined, starts, at = "", [], 0
        for line in lines:
            starts.append(at)
            joined += line + "\n"
            at = len(joined)
        begin = 0
        for end in [*(match.end() for match in _ENDS.finditer(joined)), len(joined)]:
            piece = joined[begin:end]
            if piece.strip():
                head = bisect_right(starts, begin + len(piece) - len(piece.lstrip())) - 1
                tail = bisect_left(starts, begin + len(piece.rstrip())) - 1
                yield first + head, first + max(head, tail), piece, forbidden
                forbidden = _goes_on(piece.strip(), forbidden)
            begin = end


def _goes_on(piece: str, forbidden: bool) -> bool:
    """Whether what follows is an item of a list that forbids its items."""
    if piece.endswith(":"):
        return bool(_FORBIDS.search(piece.lower())) or (forbidden and bool(_BULLET.match(piece)))
    return forbidden and (piece.endswith((";", ",", "; or", "; and")) or bool(_BULLET.match(piece)))


def _blocks(text: str) -> Iterator[tuple[int, list[str]]]:
    """Paragraphs and items: (number of the first line, lines)."""
    held: list[str] = []
    first = 1
    for number, line in enumerate([*text.replace("\r\n", "\n").split("\n"), ""], 1):
        said = plain(line[:20_000])
        if held and (not said.strip() or _BULLET.match(said)):
            yield first, held
            held = []
        if said.strip():
            if not held:
                first = number
            held.append(said)
