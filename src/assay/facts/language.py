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
