"""What the prose of a model card asks of users beyond the licence that it names: no commercial use, research only, and
thresholds of users or revenue.

A heuristic over sentences, mostly English, with the usual words of eleven other languages for "non-commercial". A
sentence that speaks of the data and not of the model asks nothing of the model's users.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from assay.facts.licence import Clause, Restriction
from assay.lazy import regex

MOST, MOST_SENTENCE, EXCERPT = 50, 2000, 240  # terms of a card; characters
_USE = r"(?:use|usage|uses|purposes?|applications?|exploitation|deployments?|products?|settings?|services?|gain)"
_NOT = r"(?:not|no|never|cannot|n['’]t|without)"
_NON_COMMERCIAL = regex(
    rf"\bnon[- ]?commercial(?:ly)?(?: (?:research|academic|educational|personal))* (?:{_USE}|only|licen[cs]\w+)\b"
    r"|\b(?:limited|restricted|only|solely|strictly|exclusively|intended|remains?)\b.{0,60}\bnon[- ]?commercial"
    r"|\bnon[- ]?commercial(?:ly)?\b.{0,30}\bonly\b"
    rf"|\bcommercial {_USE}\b.{{0,40}}?\b(?:{_NOT} (?:\w+ )?(?:permitted|allowed|supported|licen[cs]ed|granted|intended"
    r"|possible|authori[sz]ed)|prohibited|forbidden|disallowed|excluded"
    r"|requires? (?:\w+ ){0,4}(?:licen[cs]e|permission|agreement|consent|approval))\b"
    rf"|\b{_NOT}\s+(?:\w+\s+){{0,8}}?(?:commercially|(?:in|for|any|as|to)\s+(?:\w+\s+){{0,3}}?commercial(?: {_USE})?"
    rf"|commercial {_USE})\b"
    # the same in German, French, Spanish, Portuguese, Italian, Russian, Turkish, Vietnamese, Arabic
    r"|nicht[- ]?kommerziell|non[- ]commercial(?:e|es|i|aux)\b|usage commercial (?:est )?interdit"
    r"|(?:\buso|fines|usos|fins)\s+(?:\w+\s+)?n(?:o|ão)[- ]comercia(?:l|les|is)\b|некоммерч|ticari olmayan"
    r"|phi thương mại|غير (?:ال)?تجاري"
    # Chinese, Japanese, Korean
    r"|非商[业業用]|不得.{0,8}商[业業]|禁止.{0,6}商[业業用]|商用(?:利用)?(?:は)?(?:禁止|不可)"
    r"|商業利用(?:は)?(?:禁止|不可)"
    r"|비상업|상업적.{0,12}(?:금지|불가|없)",
    re.IGNORECASE,
)
_STUDIES = ("research", "academic", "educational", "scientific", "evaluation", "personal")
_STUDY = rf"(?:{'|'.join(_STUDIES)})"
_RESEARCH = regex(
    rf"\b{_STUDY}(?:(?:,? (?:and|or)|,|/)? ?{_STUDY})*(?:[- ](?:use|usage|purposes?))?[- ]only\b"
    rf"|\bonly (?:be )?(?:(?:intended|used|permitted|allowed|meant|released|available|licen[cs]ed) )?"
    rf"(?:to be used )?for (?:\w+ ){{0,2}}?{_STUDY}\b"
    rf"|\b(?:solely|exclusively|strictly|(?:limited|restricted) to)\b.{{0,30}}\b{_STUDY}(?:\W+\w+){{0,3}}? {_USE}\b"
    r"|(?:仅|僅|只)(?:供|限|用于|能用于|可用于).{0,12}(?:研究|学术|學術)|研究(?:目的|用途)(?:に限|のみ)",
    re.IGNORECASE,
)
_USERS = regex(
    r"\b(?:monthly active users|annual (?:revenue|turnover)|yearly revenue)\b.{0,120}\b(?:licen[cs]e|permission|request"
    r"|contact|not|must)\b"
    r"|\b(?:licen[cs]e|permission|request|contact|not|must)\b.{0,160}\b(?:monthly active users|annual (?:revenue"
    r"|turnover)|yearly revenue)\b",
    re.IGNORECASE,
)
# words with which such a sentence allows, or speaks of something else
_ALLOWS = regex(
    r"\bcommercial(?:ly)?,? (?:and|or|and/or|as well as)(?: for)? non[- ]?commercial"
    r"|\bnon[- ]?commercial(?:ly)?,? (?:and|or|and/or|as well as)(?: for)? commercial"
    r"|\b(?:including|even|also|free for|permits?|allows?) (?:for )?commercial"
    rf"|\b{_NOT}\s+(?:\w+\s+){{0,3}}(?:restrict|limit|prohibit|forbid|exclude)\w*"
    r"|\b(?:previous|earlier|older|unlike|formerly|no longer|instead of)\b",
    re.IGNORECASE,
)
_DATA = regex(r"\b(?:data ?sets?|data|corp(?:us|ora)|sources?|benchmarks?|images|texts)\b", re.IGNORECASE)
_MODEL = regex(
    r"\b(?:models?|weights|checkpoints?|adapters?|you|users?|usage|(?:use|using) (?:of )?(?:it|this)|modelo|modell\w*"
    r"|modèle|modello)\b|модел|模型|モデル|모델",
    re.IGNORECASE,
)
# kind, pattern, words of which one is in each sentence in ASCII that it fits: it takes milliseconds to be compiled
_RULES = (
    (Restriction.NON_COMMERCIAL, _NON_COMMERCIAL, ("commercial", "comercia", "kommerziell", "ticari olmayan")),
    (Restriction.RESEARCH, _RESEARCH, _STUDIES),
    (Restriction.USERS, _USERS, ("monthly active users", "annual revenue", "annual turnover", "yearly revenue")),
)


def asked(sentences: Iterable[tuple[int, str]]) -> Iterator[Clause]:
    """What each sentence, given with its line, asks of whoever uses the model; at most `MOST` of them."""
    found = 0
    for line, sentence in sentences:
        plain = _MARKUP.sub("", sentence[:MOST_SENTENCE])
        if (match := _asks(plain)) is None or _ALLOWS.search(plain) or _of_data(plain):
            continue
        kind, at = match
        start = max(0, min(at - EXCERPT // 4, len(plain) - EXCERPT))
        yield Clause(kind, line, line, plain[start : start + EXCERPT])
        found += 1
        if found >= MOST:
            return


def _asks(plain: str) -> tuple[Restriction, int] | None:
    """What a sentence asks by its words, and where they begin."""
    lower = plain.lower() if plain.isascii() else None
    for kind, says, words in _RULES:
        if (lower is None or any(word in lower for word in words)) and (match := says.search(plain)):
            return kind, match.start()
    return None


def _of_data(plain: str) -> bool:
    """Whether a sentence speaks of data and not of the model."""
    return _DATA.search(plain) is not None and _MODEL.search(plain) is None


def beyond(terms: Iterable[Clause], ids: Iterable[str]) -> tuple[Clause, ...]:
    """Those of a card's terms that no licence among `ids` asks for anyway."""
    from assay.licence.term import restrictions  # whose tables readers of cards have no need of

    held = {code for id in ids for code in restrictions(id)}
    if Restriction.NON_COMMERCIAL in held:
        held.add(Restriction.RESEARCH)
    return tuple(row for row in terms if row.kind not in held)


_MARKUP = regex(r"[*_`]+")
