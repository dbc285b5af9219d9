"""Tell in which language a text is, as far as its letters and commonest words show, English above all.

What cannot be told is not said to be foreign: a name alone has no language.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from assay.lazy import regex

FOREIGN = 0.3  # share of letters of another script from which a text is not read by rules for the Latin one
LEAST_UNKNOWN = 10  # words in lower case, in no list, of which not one is a common English word
LEAST_ALONE = 4  # words of a text in which one word of a language decides
UNNAMED = "another language"
LEAST_ENGLISH = 2  # common words that no other language has, from which a text is English
MOST = 20_000  # characters that are looked at
_WORD = regex(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SCRIPTS = {
    "CJK": "Chinese characters",
    "HIRAGANA": "Japanese",
    "KATAKANA": "Japanese",
    "HANGUL": "Korean",
    "CYRILLIC": "Cyrillic letters",
    "ARABIC": "Arabic letters",
    "HEBREW": "Hebrew letters",
    "DEVANAGARI": "Devanagari",
    "GREEK": "Greek letters",
    "THAI": "Thai",
}
# the commonest words, none of which says what a text is about
_COMMONEST = (
    "the of and to in is was were are be been being an that it he she they we you i his her their its our my your "
    "for on with as at by from or but not this these those which who whom whose what when where why how there has "
    "have had do does did will would can could may might shall should must than then so if into over after before "
    "during between about because while also only one two three all some any no more most other such each many "
    "called known born died made said a"
)
ENGLISH = frozenset(_COMMONEST.split())
# of each language words that are frequent in it and no English words
_COMMON = {
    "German": "der das und ist nicht ein eine einen einem einer von mit für auf im dem den des sich wurde sind "
    "auch als nach bei aus wird wie oder aber zum zur hat die kein keine keinen werden wurden haben",
    "French": "la de le les des du est et une dans pour qui que sur avec par il elle ne pas au aux sont été ce cette "
    "son sa ses ont était où",
    "Spanish": "la de el los las del que es en y un una por con para su al se lo como fue son está más "
    "pero sus desde entre",
    "Italian": "la di il lo gli della del che è di un una per con non sono alla dei delle nel nella si "
    "stato anche fu dal",
    "Portuguese": "de o os as do da dos das em um uma que é não com para por foi ao na no nos nas se mais "
    "como são pela",
    "Dutch": "de het een van en is niet zijn op te dat voor werd die aan door ook naar bij uit wordt deze heeft",
    "Polish": "w i na z jest się nie do to że przez od po oraz był była został jako dla ma jego",
    "Swedish": "och att det som är en av för på med till den har inte om ett var från vid ska",
    "Danish or Norwegian": "og at det er en af til på med for den som har ikke ble blev var fra ved et",
    "Finnish": "ja on ei se että oli joka mutta myös ovat kun sen hän kanssa jossa",
    "Turkish": "ve bir bu için ile olarak da de çok en daha olan gibi sonra kadar",
    "Czech": "je se na že byl byla v z do pro jako za od podle jeho které který",
    "Romanian": "și este în de la cu care din pe un o nu se sunt fost prin",
    "Hungarian": "a az és hogy nem egy is volt van meg ez amely vagy után által",
    "Indonesian": "yang dan di dengan untuk dari ini itu adalah pada dalam tidak oleh sebagai",
    "Vietnamese": "của và là có được trong cho một với các không này người những",
}
_PARTICLES = "de la le les du des van von der den da do dos das di del della el los e y i und et en são"
_IN_NAMES = frozenset(_PARTICLES.split())
_ALSO_FOREIGN = "in is was on an at a i for or by no all so"  # English words that others have, too
_SHARED = frozenset(_ALSO_FOREIGN.split())
_LISTS = {name: frozenset(words.split()) - ENGLISH for name, words in _COMMON.items()}


def foreign(text: str) -> str:
    """In what a text is written that is not English, or nothing: `German`, `Chinese characters`, `another language`."""
    text = text[:MOST]
    letters = [char for char in text if char.isalpha()]
    scripts = Counter(_SCRIPTS.get(_script(char), "another script") for char in letters if not _latin(char))
    if letters and sum(scripts.values()) >= FOREIGN * len(letters):
        return "Japanese" if scripts["Japanese"] else scripts.most_common(1)[0][0]
    words = [match[0] for match in _WORD.finditer(text)]
    plain = [word.lower() for at, word in enumerate(words) if not at or word == word.lower()]
    english = [bare for word in words if (bare := re.split("['’]", word.lower())[0]) in ENGLISH]
    own = sum(word not in _SHARED for word in english)
    found = {name: common.intersection(plain) for name, common in _LISTS.items()}
    best = max(found, key=lambda name: len(found[name]))
    telling = {word for word in found[best] if word not in _IN_NAMES and len(word) > 1}
    several = len(found[best]) >= 2 or (len(words) >= LEAST_ALONE and any(len(word) > 2 for word in telling))
    marked = any(not char.isascii() for char in letters)
    if telling and len(found[best]) > own and (several or (marked and not own)):
        return best
    listed = text.count(",") * 4 > len(words)
    return UNNAMED if not english and not listed and len(plain) >= LEAST_UNKNOWN else ""


def language(text: str) -> str:
    """The language of a text where it shows: `English`, or what `foreign` names; nothing where too few words tell."""
    other = foreign(text)
    if other:
        return "" if other == UNNAMED else other
    words = (match[0].lower() for match in _WORD.finditer(text[:MOST]))
    own = sum(word in ENGLISH and word not in _SHARED for word in words)
    return "English" if own >= LEAST_ENGLISH else ""


def latin(text: str) -> bool:
    """Whether most letters of a text are of the Latin script, as far as it is looked at."""
    letters = [char for char in text[:MOST] if char.isalpha()]
    return not letters or sum(not _latin(char) for char in letters) < FOREIGN * len(letters)


def _latin(char: str) -> bool:
    return char.isascii() or _script(char) in ("LATIN", "MODIFIER", "FULLWIDTH", "MASCULINE", "FEMININE")


def _script(char: str) -> str:
    return unicodedata.name(char, "").partition(" ")[0]
