"""Names of languages as cards write them, and their ISO 639 codes."""

from __future__ import annotations

import re

from assay.lazy import regex

# in English, then as their own speakers call them where that differs
_NAMES = """
afrikaans af|albanian sq|amharic am|arabic ar|armenian hy|azerbaijani az|basque eu|bengali bn|bosnian bs|bulgarian bg
burmese my|catalan ca|chinese zh|croatian hr|czech cs|danish da|dutch nl|english en|estonian et|filipino fil|finnish fi
french fr|galician gl|georgian ka|german de|greek el|gujarati gu|hausa ha|hebrew he|hindi hi|hungarian hu|icelandic is
igbo ig|indonesian id|irish ga|italian it|japanese ja|kannada kn|kazakh kk|khmer km|korean ko|lao lo|latin la|latvian lv
lithuanian lt|luxembourgish lb|macedonian mk|malay ms|malayalam ml|maltese mt|mandarin zh|marathi mr|mongolian mn
nepali ne|norwegian no|persian fa|farsi fa|polish pl|portuguese pt|punjabi pa|romanian ro|russian ru|serbian sr
sinhala si|slovak sk|slovenian sl|somali so|spanish es|swahili sw|swedish sv|tagalog tl|tamil ta|telugu te|thai th
tibetan bo|turkish tr|ukrainian uk|urdu ur|uzbek uz|vietnamese vi|welsh cy|yoruba yo|zulu zu
deutsch de|englisch en|anglais en|inglés en|inglês en|inglese en|français fr|español es|castellano es|português pt
italiano it|русский ru|中文 zh|英文 en|英语 en|日本語 ja|英語 en|한국어 ko|영어 en|العربية ar|tiếng việt vi|türkçe tr
"""
_CODES = {
    name: code
    for entry in _NAMES.replace("\n", "|").split("|")
    if entry.strip()
    for name, _, code in [entry.strip().rpartition(" ")]
}
_CODE = regex(r"[a-z]{2,3}(?:[-_][A-Za-z]{2,4})?\Z")
_BETWEEN = regex(r"\s*(?:,|;|/|、|，|&|\band\b|\bund\b|\bet\b|\by\b|\be\b|和|및)\s*")


def language_code(name: str) -> str:
    """The code of a language by its name, or the code itself; empty for what is neither."""
    plain = name.strip().strip(".*_`").lower()
    if plain in _CODES:
        return _CODES[plain]
    return plain if _CODE.match(plain) and plain[:2] in _KNOWN else ""


_KNOWN = frozenset(code[:2] for code in _CODES.values())


def languages_in(text: str) -> tuple[str, ...]:
    """The codes of the languages that a list such as "English, French and Wolof" names; what is no name is left out."""
    plain = re.sub(r"\([^()]*\)", "", text)
    return tuple(dict.fromkeys(filter(None, map(language_code, _BETWEEN.split(plain)))))


_LIST = r"[A-Z]\w+(?:(?:,|,? and)\s+[A-Z]\w+){0,20}"
_SPOKEN = regex(
    r"\b(?:works?|working|usable|available|trained|tested)\s+(?:only\s+)?(?:in|on|with|for)\s+"
    rf"(?P<list>{_LIST})(?:\s+only|\s+texts?|[.,]|\Z)|\bsupports?\s+(?P<more>{_LIST})"
    rf"|\bbilingual\s+\(?(?P<two>[A-Z]\w+(?:\s*(?:-|–|/|and|&)\s*)[A-Z]\w+)"
    r"|\b(?:[Ss]upports?|[Aa]vailable in|[Ll]anguages?)\b[^.:]{0,40}\blanguages?\b(?: supported)?(?: are)?\s*[:(]\s*"
    r"(?P<of>[^.]{3,400})"
    r"|\b(?:pour l['’e]\s?|para (?:el|o) |per l['’]?\s?|für (?:das |die )?)(?P<own>\w+)"
    r"|\b(?P<pair>[A-Z]\w+(?:\s*(?:-|–|/|and|&)\s*)[A-Z]\w+)\s+bilingual\b"
)
_DASH = regex(r"\s*[-–]\s*")
# two languages in one word
_JOINED = (
    (regex(r"中英(?:文|双语|雙語|双|雙|两|兩)|英中双语"), ("zh", "en")),
    (regex(r"日英(?:バイリンガル|二言語|両言語|対応)"), ("ja", "en")),
)


def spoken(text: str) -> tuple[str, ...]:
    """The codes of the languages that a sentence says a model is for."""
    for match in _SPOKEN.finditer(text):
        if found := languages_in(_DASH.sub(", ", next(part for part in match.groups() if part))):
            return found
    return next((codes for pattern, codes in _JOINED if pattern.search(text)), ())
