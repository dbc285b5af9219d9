"""Does it know in the languages that its card claims what it knows in English?"""

from __future__ import annotations

import re

from assay.errors import UsageError
from assay.facts.behaviour import Instance, Probed
from assay.probes import estimate
from assay.probes.behaviour import Cost, Material, Need, Probe

TOKENS, SHOWN = 14, 6
_UNSPACED = "\u3040"  # from here on, hiragana first, stand scripts without blanks between words
# code -> (names under which a card claims it, the question, country and capital as that language writes them)
FACTS: dict[str, tuple[tuple[str, ...], str, tuple[tuple[str, str], ...]]] = {
    "en": (("english",), "What is the capital of {}?", (
        ("France", "Paris"), ("Italy", "Rome"), ("Spain", "Madrid"), ("Japan", "Tokyo"), ("Egypt", "Cairo"),
        ("Greece", "Athens"), ("Austria", "Vienna"), ("Portugal", "Lisbon"),
        ("Norway", "Oslo"), ("Poland", "Warsaw"), ("Hungary", "Budapest"), ("Peru", "Lima"))),
    "de": (("german", "deutsch"), "Was ist die Hauptstadt von {}?", (
        ("Frankreich", "Paris"), ("Italien", "Rom"), ("Spanien", "Madrid"), ("Japan", "Tokio"), ("Ägypten", "Kairo"),
        ("Griechenland", "Athen"), ("Österreich", "Wien"), ("Portugal", "Lissabon"),
        ("Norwegen", "Oslo"), ("Polen", "Warschau"), ("Ungarn", "Budapest"), ("Peru", "Lima"))),
    "fr": (("french", "français"), "Quelle est la capitale de ce pays : {} ?", (
        ("la France", "Paris"), ("l'Italie", "Rome"), ("l'Espagne", "Madrid"), ("le Japon", "Tokyo"),
        ("l'Égypte", "Le Caire"), ("la Grèce", "Athènes"), ("l'Autriche", "Vienne"), ("le Portugal", "Lisbonne"),
        ("la Norvège", "Oslo"), ("la Pologne", "Varsovie"), ("la Hongrie", "Budapest"), ("le Pérou", "Lima"))),
    "es": (("spanish", "español"), "¿Cuál es la capital de {}?", (
        ("Francia", "París"), ("Italia", "Roma"), ("España", "Madrid"), ("Japón", "Tokio"), ("Egipto", "El Cairo"),
        ("Grecia", "Atenas"), ("Austria", "Viena"), ("Portugal", "Lisboa"),
        ("Noruega", "Oslo"), ("Polonia", "Varsovia"), ("Hungría", "Budapest"), ("Perú", "Lima"))),
    "it": (("italian", "italiano"), "Qual è la capitale di questo paese: {}?", (
        ("Francia", "Parigi"), ("Italia", "Roma"), ("Spagna", "Madrid"), ("Giappone", "Tokyo"),
        ("Egitto", "Il Cairo"), ("Grecia", "Atene"), ("Austria", "Vienna"), ("Portogallo", "Lisbona"),
        ("Norvegia", "Oslo"), ("Polonia", "Varsavia"), ("Ungheria", "Budapest"), ("Perù", "Lima"))),
    "pt": (("portuguese", "português"), "Qual é a capital deste país: {}?", (
        ("França", "Paris"), ("Itália", "Roma"), ("Espanha", "Madri"), ("Japão", "Tóquio"), ("Egito", "Cairo"),
        ("Grécia", "Atenas"), ("Áustria", "Viena"), ("Portugal", "Lisboa"),
        ("Noruega", "Oslo"), ("Polônia", "Varsóvia"), ("Hungria", "Budapeste"), ("Peru", "Lima"))),
    "nl": (("dutch", "nederlands"), "Wat is de hoofdstad van {}?", (
        ("Frankrijk", "Parijs"), ("Italië", "Rome"), ("Spanje", "Madrid"), ("Japan", "Tokio"), ("Egypte", "Caïro"),
        ("Griekenland", "Athene"), ("Oostenrijk", "Wenen"), ("Portugal", "Lissabon"),
        ("Noorwegen", "Oslo"), ("Polen", "Warschau"), ("Hongarije", "Boedapest"), ("Peru", "Lima"))),
    "ru": (("russian",), "Назови столицу этой страны: {}.", (
        ("Франция", "Париж"), ("Италия", "Рим"), ("Испания", "Мадрид"), ("Япония", "Токио"), ("Египет", "Каир"),
        ("Греция", "Афины"), ("Австрия", "Вена"), ("Португалия", "Лиссабон"),
        ("Норвегия", "Осло"), ("Польша", "Варшава"), ("Венгрия", "Будапешт"), ("Перу", "Лима"))),
    "zh": (("chinese",), "{}的首都是哪里？", (
        ("法国", "巴黎"), ("意大利", "罗马"), ("西班牙", "马德里"), ("日本", "东京"), ("埃及", "开罗"),
        ("希腊", "雅典"), ("奥地利", "维也纳"), ("葡萄牙", "里斯本"),
        ("挪威", "奥斯陆"), ("波兰", "华沙"), ("匈牙利", "布达佩斯"), ("秘鲁", "利马"))),
    "ja": (("japanese",), "{}の首都はどこですか。", (
        ("フランス", "パリ"), ("イタリア", "ローマ"), ("スペイン", "マドリード"), ("日本", "東京"),
        ("エジプト", "カイロ"), ("ギリシャ", "アテネ"), ("オーストリア", "ウィーン"), ("ポルトガル", "リスボン"),
        ("ノルウェー", "オスロ"), ("ポーランド", "ワルシャワ"), ("ハンガリー", "ブダペスト"), ("ペルー", "リマ"))),
}  # fmt: skip
LIMITS = (
    "Twelve capitals in each language, named as that language names them; a right answer is one that holds the name. It"
    " shows facts, not how well the model writes; languages that assay has no questions in are not asked."
)


def claimed(languages: tuple[str, ...]) -> tuple[str, ...]:
    """The codes of the languages that a card claims and there are questions in."""
    said = {name.strip().casefold() for name in languages}
    return tuple(
        code for code, (names, _, _) in FACTS.items() if code in said or said & set(names) or _variant(code, said)
    )


def _variant(code: str, said: set[str]) -> bool:
    return any(name.startswith(f"{code}-") or name.startswith(f"{code}_") for name in said)


def names(text: str, capital: str) -> bool:
    """Whether a text has the name, which may go on in an ending, at the beginning of a word where words are marked."""
    begins = "" if capital >= _UNSPACED else r"(?<!\w)"
    return bool(re.search(begins + re.escape(capital.casefold()), text.casefold()))


def run(probe: Probe, material: Material) -> Probed:
    """The share of right answers by language, English beside those that are claimed."""
    asked = claimed(material.known.languages)
    if not set(asked) - {"en"}:
        raise UsageError(
            "the card claims no language other than English that assay has questions in"
            if material.known.languages
            else "no card says which languages the model is for"
        )
    codes = tuple(dict.fromkeys(("en", *asked)))
    cases = [(code, FACTS[code][1].format(country), capital) for code in codes for country, capital in FACTS[code][2]]
    answers = material.ask.replies([question for _, question, _ in cases], TOKENS)
    hits = [names(text, capital) for (_, _, capital), text in zip(cases, answers, strict=True)]
    found = []
    for code in codes:
        mine = [hit for (own, _, _), hit in zip(cases, hits, strict=True) if own == code]
        found.append(
            estimate.share(f"right.{code}", f"right answers in {FACTS[code][0][0].title()}", sum(mine), len(mine))
        )
    worst = min(found[1:], key=lambda row: row.value)
    instances = tuple(
        Instance(question, text, f"expected {capital}")
        for (code, question, capital), text, hit in zip(cases, answers, hits, strict=True)
        if not hit and code != "en"
    )
    said = f"{worst.words}; in English {100 * found[0].value:.0f} %"
    return Probed(probe.id, probe.question, said, tuple(found), None, instances[:SHOWN], LIMITS, "")


PROBE = Probe(
    "languages",
    "Does it know in the languages that its card claims what it knows in English?",
    (Need.WRITES,),
    Cost.QUICK,
    run,
    facts=True,
)
