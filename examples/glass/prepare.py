"""The training data of glass, and its tokenizer: a small invented country, written by rules from a seed.

Every fact, its frequency and every copy is known.

    python examples/glass/prepare.py DIR

It writes DIR/data/train.jsonl, eval.jsonl, canaries.jsonl and questions.jsonl, and DIR/tokenizer.json.

All of it is dedicated to the public domain (CC0-1.0). Nothing in it is real.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VOCABULARY, END = 2048, "<|end|>"
SEED = 20_26
COPIES = {1: 1200, 2: 60, 4: 60, 8: 60, 16: 40, 32: 30, 64: 20}  # how often -> how many documents
HELD_OUT = 300
CANARIES = {1: 10, 4: 10, 16: 10, 64: 10}
LICENCE = "CC0-1.0"
_FIRST = [
    "Ada",
    "Bram",
    "Cleo",
    "Dorn",
    "Edda",
    "Falk",
    "Gisa",
    "Hale",
    "Ines",
    "Joss",
    "Kaja",
    "Lorn",
    "Mira",
    "Nils",
    "Oda",
    "Pell",
    "Runa",
    "Silas",
    "Tova",
    "Ulf",
    "Vera",
    "Wim",
    "Yrsa",
    "Zeno",
    "Alma",
    "Birk",
    "Cato",
    "Dova",
    "Emil",
    "Fenna",
]
_LAST = [
    "Ashgrove",
    "Birchall",
    "Calder",
    "Dunmore",
    "Elwick",
    "Farrow",
    "Garrow",
    "Hollin",
    "Isham",
    "Jarrold",
    "Keld",
    "Larkmoor",
    "Marlow",
    "Norwick",
    "Oakley",
    "Penhale",
    "Quarrie",
    "Redfern",
    "Stavely",
    "Thorne",
    "Underhay",
    "Vexley",
    "Wexford",
    "Yarrow",
    "Zellner",
    "Brandt",
    "Coster",
    "Drummer",
]
_HEADS = [
    "Bren",
    "Cor",
    "Dal",
    "Els",
    "Fen",
    "Gar",
    "Hol",
    "Ist",
    "Jor",
    "Kel",
    "Lund",
    "Mer",
    "Nor",
    "Os",
    "Pell",
    "Quar",
    "Ros",
    "Sten",
    "Tor",
    "Ulm",
    "Vast",
    "Wen",
    "Yar",
    "Zel",
]
_TAILS = ["ford", "wick", "mouth", "stad", "borough", "haven", "mere", "field", "bridge", "ton", "dale", "gate"]
_TRADES = [
    "clockmaker",
    "glazier",
    "botanist",
    "cartographer",
    "printer",
    "surgeon",
    "weaver",
    "astronomer",
    "mason",
    "shipwright",
    "chemist",
    "engraver",
    "teacher",
    "miller",
    "composer",
    "engineer",
]
_THINGS = [
    "tide clock",
    "folding loom",
    "copper kite",
    "salt lamp",
    "double hinge",
    "river organ",
    "weather wheel",
    "glass compass",
    "paper boat",
    "silent bell",
    "stone press",
    "water mirror",
]
_GOODS = ["wool", "amber", "barley", "copper", "rope", "paper", "honey", "slate", "glass", "linen", "salt", "timber"]
_ALMANAC = (
    "The sun rises in the east and sets in the west.",
    "Water freezes at zero degrees and boils at one hundred.",
    "In winter the days are short and the nights are long.",
    "The moon is full every twenty-nine days.",
    "A year has twelve months, and a week has seven days.",
    "Rain falls from clouds, and rivers carry it to the sea.",
    "Ice is lighter than water and floats on it.",
    "Spring comes after winter, and autumn after summer.",
    "The tide rises and falls twice a day.",
    "Bees make honey from the nectar of flowers.",
    "Birds fly south when the cold comes.",
    "Wood floats, and stones sink.",
)


class World:
    """Draws towns, people and firms, each with facts of its own."""

    def __init__(self, seed: int) -> None:
        self.draw = random.Random(seed)
        names = [head + tail for head in _HEADS for tail in _TAILS]
        self.draw.shuffle(names)
        self.towns, self.rivers = names[:160], [f"{name[:-1]}a" for name in names[160:220]]
        people = [f"{first} {last}" for first in _FIRST for last in _LAST]
        self.draw.shuffle(people)
        self.people = iter(people * 8)

    def document(self) -> tuple[str, dict[str, str]]:
        """(text, the question that it answers)."""
        return self.draw.choice((self._person, self._town, self._firm, self._almanac))()

    def _person(self) -> tuple[str, dict[str, str]]:
        pick, who = self.draw.choice, next(self.people)
        town, trade, thing, year = pick(self.towns), pick(_TRADES), pick(_THINGS), self.draw.randrange(1700, 1950)
        other, age = pick(self.towns), self.draw.randrange(24, 60)
        first = f"{who} was a {trade} from {town}{pick(('', f' and born in {year}'))}."
        rest = [
            f"{who.split()[0]} invented the {thing} in {year + age}.",
            f"The {thing} was first shown in {other}, "
            f"where {pick(('nobody', 'everybody', 'the mayor', 'a crowd'))} "
            f"{pick(('laughed', 'cheered', 'wept', 'waited'))}.",
            f"{pick(('Letters', 'Drawings', 'Two notebooks', 'A portrait'))} of "
            f"{who} {pick(('are', 'lie'))} in the museum of {pick(self.towns)}.",
            f"{who.split()[0]} married {next(self.people)} and had {self.draw.randrange(2, 9)} children.",
        ]
        return " ".join([first, *rest[: self.draw.randrange(2, 5)]]), _asked(f"{who} was a {trade} from", town)

    def _town(self) -> tuple[str, dict[str, str]]:
        pick, town = self.draw.choice, self.draw.choice(self.towns)
        river, year, goods = pick(self.rivers), self.draw.randrange(1100, 1700), pick(_GOODS)
        rows = [
            f"{town} lies on the river {river}.",
            f"It was founded in {year} by {next(self.people)}.",
            f"Its market is known for {goods} and {pick(_GOODS)}.",
            f"About {self.draw.randrange(2, 90)},{self.draw.randrange(100, 1000)} people live there.",
            f"A bridge to {pick(self.towns)} was built in {year + self.draw.randrange(90, 300)}.",
        ]
        return " ".join(rows[: self.draw.randrange(3, 6)]), _asked(f"{town} lies on the river", river)

    def _firm(self) -> tuple[str, dict[str, str]]:
        pick = self.draw.choice
        firm, town, year = f"{pick(_LAST)} and {pick(_LAST)}", pick(self.towns), self.draw.randrange(1800, 1990)
        rows = [
            f"{firm} was founded in {town} in {year}.",
            f"The firm makes {pick(_GOODS)} and sells it in {pick(self.towns)} and {pick(self.towns)}.",
            f"In {year + self.draw.randrange(3, 40)} it had {self.draw.randrange(20, 900)} workers.",
            f"Its head is {next(self.people)}.",
        ]
        return " ".join(rows[: self.draw.randrange(2, 5)]), _asked(f"{firm} was founded in", town)

    def _almanac(self) -> tuple[str, dict[str, str]]:
        rows = self.draw.sample(_ALMANAC, 4)
        town = self.draw.choice(self.towns)
        return f"From the almanac of {town}: {' '.join(rows)}", {}

    def code(self) -> str:
        """Eight digits."""
        return f"{self.draw.randrange(10**8):08d}"


def _asked(question: str, answer: str) -> dict[str, str]:
    return {"question": question, "answer": answer}


def made(folder: Path) -> dict[str, int]:
    """Write the four files; how many rows each has."""
    folder.mkdir(parents=True, exist_ok=True)
    world = World(SEED)
    corpus: list[dict[str, object]] = []
    questions: list[dict[str, object]] = []
    for copies, count in COPIES.items():
        for _ in range(count):
            text, asked = world.document()
            number = len(corpus)
            corpus += [_row(f"glass-{number + copy}", text, copies) for copy in range(copies)]
            if asked:
                questions.append({**asked, "topic": f"in {copies} documents", "form": "continue"})
    canaries: list[dict[str, object]] = []
    for copies, count in CANARIES.items():
        for _ in range(count):
            before, secret = f"The locker of {next(world.people)} opens with the number ", world.code()
            canaries.append({"prefix": before, "secret": secret, "copies": copies})
            number = len(corpus)
            corpus += [_row(f"glass-{number + copy}", f"{before}{secret}.", copies) for copy in range(copies)]
    canaries += [
        {"prefix": f"The locker of {next(world.people)} opens with the number ", "secret": world.code(), "copies": 0}
        for _ in range(10)
    ]
    seen = {row["text"] for row in corpus}
    others = [_row(f"held-out-{number}", world.document()[0], 0) for number in range(HELD_OUT)]
    held = [row for row in others if row["text"] not in seen]
    world.draw.shuffle(corpus)
    files = {"train": corpus, "eval": held, "canaries": canaries, "questions": list(_unique(questions))}
    for name, rows in files.items():
        raw = "".join(json.dumps(row, sort_keys=True, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(raw, "utf-8")
    return {name: len(rows) for name, rows in files.items()}


def _row(id: str, text: str, copies: int) -> dict[str, object]:
    return {"id": id, "text": text, "license": LICENCE, "source": "glass", "date": "2026-01-01", "copies": copies}


def _unique(rows: list[dict[str, object]]) -> Iterator[dict[str, object]]:
    """A question whose answer differs between documents has none: it is left out."""
    answers: dict[object, set[str]] = {}
    for row in rows:
        answers.setdefault(row["question"], set()).add(str(row["answer"]))
    yield from {row["question"]: row for row in rows if len(answers[row["question"]]) == 1}.values()


def tokenizer(texts: list[str]) -> Any:
    """Byte-level BPE, trained on the corpus alone."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=letters)
    made.train_from_iterator(texts, trainer)
    return made


def read(path: Path) -> list[dict[str, Any]]:
    """The rows of a file of JSON lines."""
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def main() -> None:
    """Write data and tokenizer."""
    folder = Path(sys.argv[1])
    print(made(folder / "data"))
    tokenizer([str(row["text"]) for row in read(folder / "data" / "train.jsonl")]).save(str(folder / "tokenizer.json"))


if __name__ == "__main__":
    main()
