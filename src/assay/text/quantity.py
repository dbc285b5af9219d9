"""Words of numbers, money, shares, dates and days: English and German, months and days also of French and Spanish."""

from __future__ import annotations

from fractions import Fraction


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _numbered(rows: str, first: int = 1) -> dict[str, int]:
    """Each word of the rows, parted by semicolons, with the number of its row."""
    return {word: number for number, row in enumerate(rows.split(";"), first) for word in row.split()}


MONTHS = _numbered(
    "january jan januar jänner janvier enero; february feb februar février fevrier febrero;"
    "march mar märz maerz mars marzo; april apr avril abril; may mai mayo; june jun juni juin junio;"
    "july jul juli juillet julio; august aug août aout agosto; september sept sep septembre septiembre;"
    "october oct oktober okt octobre octubre; november nov novembre noviembre;"
    "december dec dezember dez décembre decembre diciembre"
)
WEEKDAYS = _numbered(
    "monday montag lundi lunes; tuesday dienstag mardi martes; wednesday mittwoch mercredi miércoles;"
    "thursday donnerstag jeudi jueves; friday freitag vendredi viernes; saturday samstag sonnabend samedi sábado;"
    "sunday sonntag dimanche domingo"
)
CURRENCIES = {
    name: code
    for code, names in {
        "USD": "$ us$ usd dollar dollars",
        "EUR": "€ eur euro euros",
        "GBP": "£ gbp pound pounds sterling pfund",
        "JPY": "¥ jpy yen",
        "INR": "₹ inr rs rupee rupees rupien",
        "CHF": "chf franc francs franken",
        "CNY": "cny rmb yuan renminbi",
        "CAD": "c$ ca$ cad",
        "AUD": "a$ au$ aud",
        "KRW": "₩ krw",
        "krone": "kr nok sek dkk krone kroner kronor kronen",  # a krone without its country is any of them
        "PLN": "zł pln zloty złoty zlotys",
        "RUB": "₽ rub ruble rubles rouble roubles rubel",
        "ILS": "₪ ils shekel shekels",
        "BRL": "r$ brl",
        "HKD": "hk$ hkd",
        "SGD": "s$ sgd",
        "MXN": "mxn",
        "ZAR": "zar",
        "CZK": "czk",
    }.items()
    for name in names.split()
}
SCALES = {
    name: 10**power
    for power, names in {
        2: "hundred hundreds hundert",
        3: "thousand thousands tausend k",
        6: "million millions millionen mio mn m millones",
        9: "billion billions bn b milliarde milliarden mrd milliard milliards",
        12: "trillion trillions tn billionen",
    }.items()
    for name in names.split()
}
SHORT_SCALES = _set("k m b")  # with a currency only, and no space

_ENGLISH = (
    "zero;one;two;three;four;five;six;seven;eight;nine;ten;eleven;twelve;thirteen;fourteen;fifteen;sixteen;seventeen;"
    "eighteen;nineteen"
)
_ENGLISH_TENS = "twenty;thirty;forty;fifty;sixty;seventy;eighty;ninety"
_GERMAN = (
    "null;ein;zwei;drei;vier;fünf;sechs;sieben;acht;neun;zehn;elf;zwölf;dreizehn;vierzehn;fünfzehn;sechzehn;siebzehn;"
    "achtzehn;neunzehn"
)
_GERMAN_TENS = "zwanzig;dreißig;vierzig;fünfzig;sechzig;siebzig;achtzig;neunzig"
UNITS = _numbered(_ENGLISH, 0)
TENS = {name: 10 * number for name, number in _numbered(_ENGLISH_TENS, 2).items()}
_german, _german_tens = _numbered(_GERMAN, 0), _numbered(_GERMAN_TENS, 2)
SMALL = {
    **UNITS,
    **TENS,
    **{name: number for name, number in _german.items() if number > 1},
    **{name: 10 * number for name, number in _german_tens.items()},
    **{
        f"{one}und{ten}": 10 * tens + units
        for ten, tens in _german_tens.items()
        for one, units in _german.items()
        if 0 < units < 10
    },
    **{f"{one}hundert": 100 * number for one, number in _german.items() if number},
    **{f"{one}tausend": 1000 * number for one, number in _german.items() if number},
}
CENTURIES = {"sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20}  # with which a year begins
RANKS = {
    **_numbered(
        "first;second;third;fourth;fifth;sixth;seventh;eighth;ninth;tenth;eleventh;twelfth;thirteenth;fourteenth;"
        "fifteenth;sixteenth;seventeenth;eighteenth;nineteenth"
    ),
    **{
        name: 10 * number
        for name, number in _numbered(
            "twentieth;thirtieth;fortieth;fiftieth;sixtieth;seventieth;eightieth;ninetieth;hundredth", 2
        ).items()
    },
}
PARTS = {"half": Fraction(1, 2), "third": Fraction(1, 3), "quarter": Fraction(1, 4), "fifth": Fraction(1, 5)}
# as a share of something: die Hälfte, ein Drittel, drei Viertel
GERMAN_PARTS = {
    "hälfte": Fraction(1, 2),
    "drittel": Fraction(1, 3),
    "viertel": Fraction(1, 4),
    "fünftel": Fraction(1, 5),
}
SHARES = _set("% percent pc pct prozent percentage")

# what stands before a number
ABOUT = _set(
    "about around roughly approximately approx nearly almost some circa ca c ~ ≈ rund etwa ungefähr fast knapp environ "
    "estimated unos"
)
MORE = ("more than", "at least", "greater than", "upwards of", "over", "above", "mehr als", "über")
LESS = ("less than", "fewer than", "at most", "up to", "under", "below", "weniger als", "unter", "bis zu")
# what stands before a month that is also another word
BEFORE_MONTHS = _set(
    "in since until till by of from during before after early late mid last next this im seit bis en ce"
)
# what stands after a number and is nothing that it counts
NO_UNITS = _set(
    "of the a an and or in on at to for from by with as is are was were be has have had that which who it this these "
    "those more less other per times than but not von der die das und oder im am"
)
