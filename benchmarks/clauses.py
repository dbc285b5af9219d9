"""How often a clause is read rightly: `python -m benchmarks.clauses SCANCODE_WHEEL` (see benchmarks.licence_index).

Real sentences of licences of models, known by a few words and labelled by hand with what they withhold
(`clauses.tsv`), each varied: re-wrapped, in capitals, other words for the same, other numbers, in a list, and put into
Apache-2.0. A reading is right if it names a labelled restriction; the second table counts what is read into the
sentences of open licences. Then sentences in other wordings (`wordings.tsv`), of which the first three sets were in
sight when the grammar was made, and sentences drawn at random from other licences (`drawn.tsv`). What it read of sets
4 and 5 and of those drawn before it was corrected on them stands beside them in those lists. Intervals: Wilson, 95 %.
"""

from __future__ import annotations

import argparse
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from math import sqrt
from pathlib import Path

from assay.facts.licence import Restriction
from assay.licence.clause import clauses

LIST = Path(__file__).with_name("clauses.tsv")
WORDINGS = Path(__file__).with_name("wordings.tsv")
HELD_OUT = Path(__file__).with_name("held-out.tsv")
DRAWN = Path(__file__).with_name("drawn.tsv")
APACHE = (Path(__file__).resolve().parents[1] / "LICENSE").read_text("utf-8")
FOLDER = "licensedcode/data/licenses/"
OPEN = (
    *("mit", "bsd-new", "bsd-simplified", "apache-2.0", "isc", "zlib", "cc-by-4.0", "cc0-1.0", "boost-1.0"),
    *("unlicense", "upl-1.0", "ecl-2.0", "afl-3.0", "postgresql", "artistic-2.0", "mpl-2.0", "epl-2.0"),
    *("openmdw-1.0", "cdla-permissive-2.0", "odc-by-1.0", "pddl-1.0", "ms-pl", "wtfpl-2.0"),
)
# of these open licences have clauses too: patents, support, naming of the software
NOT_COUNTED = frozenset({Restriction.TERMINATION, Restriction.INDEMNITY})
WORDS = (
    (r"\bLicensee\b", "You"),
    (r"\b[Yy]ou may not\b", "The recipient shall not"),
    (r"\b[Yy]ou will not\b", "Users must not"),
    (r"\bmust not\b", "may not"),
    (r"\b(?:Model|Software Products|Materials)\b", "Works"),
    (r"\bgreater than\b", "more than"),
    (r"\b[Yy]ou shall\b", "you must"),
    (r"\bterminate\b", "end or terminate"),
    (r"\bprominently display\b", "visibly and prominently display"),
    (r"\bprohibited\b", "forbidden"),
)


def sentence(text: str, words: str) -> str:
    """The sentence that holds these words, whatever the line breaks."""
    joined = " ".join(text.split())
    at = joined.lower().find(" ".join(words.split()).lower())
    if at < 0:
        raise SystemExit(f"not in the text: {words}")
    begin = max((match.end() for match in re.finditer(r"[.;:]\s(?=[\"“(\[]?[A-Z(0-9])", joined[:at])), default=0)
    end = re.search(r"[.;](?=\s|\Z)", joined[at:])
    return joined[begin : at + end.end() if end else len(joined)]


def reworded(text: str) -> str:
    """Other words for the same."""
    for pattern, other in WORDS:
        text = re.sub(pattern, other, text)
    return text


VARIED: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "re-wrapped": lambda text: re.sub(r"((?:\S+\s+){6}\S+)\s+", r"\1\n", text),
    "capitals": str.upper,
    "other words": reworded,
    "other numbers": lambda text: re.sub(r"\b(\d+)(?= (?:million|total))", lambda match: str(int(match[1]) * 3), text),
    "in a list": lambda text: f"Terms:\n\n  (a) This applies to everyone.\n\n  (b) {text}\n\n  (c) This is the end.\n",
    "in Apache-2.0": lambda text: APACHE.replace("   3. Grant of Patent", f"   {text}\n\n   3. Grant of Patent"),
}


def wilson(right: int, count: int) -> str:
    """A share with its interval."""
    if not count:
        return "none"
    share, z = right / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * share:5.1f} % ({100 * (middle - half):.1f} to {100 * (middle + half):.1f}), {right} of {count}"


def read(archive: zipfile.ZipFile, key: str) -> str:
    """The text of one licence."""
    return archive.read(f"{FOLDER}{key}.LICENSE").decode().split("---\n", 2)[2]


def listed(path: Path) -> list[str]:
    """The lines of a list without its remarks."""
    return [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]


def labelled(archive: zipfile.ZipFile) -> Iterator[tuple[str, str, str, set[Restriction]]]:
    """(name, variation, clause, what it withholds)."""
    for line in listed(LIST):
        key, words, kinds = line.split("\t")
        said = sentence(read(archive, key), words)
        held = set() if kinds == "-" else {Restriction[kind] for kind in kinds.split(",")}
        for variation, change in VARIED.items():
            yield f"{key}: {words}", variation, change(said), held


def scored(title: str, rows: list[tuple[str, str]]) -> None:
    """Print how often sentences are read rightly: (what it withholds, the sentence)."""
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()
    pointed = clean = harmless = 0
    said = right = 0
    for kinds, sentence_ in rows:
        read_as = {clause.kind.name for clause in clauses(sentence_)}
        held = set() if kinds == "-" else set(kinds.split(","))
        named = read_as - {Restriction.OTHER.name}
        said, right = said + len(named), right + len(named & held)
        harmless, clean = harmless + (not held), clean + (not held and not named)
        for kind in held:
            made[kind] += 1
            found[kind] += kind in read_as
            pointed += bool(read_as)
    print(f"\n{title}: recall {wilson(sum(found.values()), sum(made.values()))}")
    print(f"  pointed at, as of any kind: {wilson(pointed, sum(made.values()))}")
    print(f"  of the kinds read, right: {wilson(right, said)}")
    print(f"  no kind read into sentences that withhold none: {wilson(clean, harmless)}")
    print("  " + ", ".join(f"{kind} {found[kind]} of {made[kind]}" for kind in sorted(made)))


def worded(archive: zipfile.ZipFile) -> None:
    """Print how often a sentence is read rightly that is worded in another way, for each set, and those drawn."""
    sets: dict[str, list[tuple[str, str]]] = {}
    for line in listed(WORDINGS):
        number, kinds, said = line.split("\t")
        sets.setdefault(number, []).append((kinds, said))
    for number, rows in sorted(sets.items()):
        scored(f"set {number} of other wordings", rows)
    drawn = []
    for line in listed(DRAWN):
        key, words, length, kinds = line.split("\t")
        joined = " ".join(read(archive, key).split())
        at = joined.lower().index(words.lower())
        drawn.append((kinds, joined[at : at + int(length)]))
    scored(f"{len(drawn)} sentences drawn from other licences", drawn)


def held_out() -> None:
    """Print how often sentences are read rightly on which nothing was corrected."""
    rows = [(kinds, said) for kinds, said in (line.split("\t") for line in listed(HELD_OUT))]
    scored(f"{len(rows)} sentences made by varying real ones, on which nothing was corrected", rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scancode", type=Path)
    parser.add_argument("-v", action="store_true")
    given = parser.parse_args()
    own = Counter(clause.kind for clause in clauses(APACHE))
    made: Counter[str] = Counter()
    found: Counter[str] = Counter()
    by_kind: dict[Restriction, list[int]] = {}
    said = right = count = 0
    with zipfile.ZipFile(given.scancode) as archive:
        for name, variation, text, held in labelled(archive):
            kinds = Counter(clause.kind for clause in clauses(text))
            read_as = set(kinds - own if variation == "in Apache-2.0" else kinds) - {Restriction.OTHER}
            count += 1
            for kind in held:
                made[variation] += 1
                found[variation] += kind in read_as
                row = by_kind.setdefault(kind, [0, 0])
                row[0] += kind in read_as
                row[1] += 1
            said, right = said + len(read_as), right + len(read_as & held)
            if given.v and variation == "as it is" and read_as != held:
                print(f"{name}: read {sorted(read_as)}, labelled {sorted(held)}")
        print(f"{count} labelled clauses, made of {count // len(VARIED)} sentences\n")
        for variation, number in made.items():
            print(f"recall, {variation:<15} {wilson(found[variation], number)}")
        for kind, (hit, number) in sorted(by_kind.items()):
            print(f"recall, {kind:<58} {wilson(hit, number)}")
        print(f"recall, all {wilson(sum(found.values()), sum(made.values()))}")
        print(f"precision   {wilson(right, said)}\n")
        false = Counter(
            clause.kind for key in OPEN for clause in clauses(read(archive, key)) if clause.kind not in NOT_COUNTED
        )
        if given.v:
            for key in OPEN:
                for clause in clauses(read(archive, key)):
                    if clause.kind not in NOT_COUNTED:
                        print(key, clause.kind.name, clause.text[:150])
        print(f"read into {len(OPEN)} open licences: {sum(false.values())} {dict(false)}")
        worded(archive)
    held_out()


if __name__ == "__main__":
    main()
