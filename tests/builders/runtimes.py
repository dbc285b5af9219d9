"""Runtimes that answer by a rule instead of a network, so that every number that follows is known by hand."""

from __future__ import annotations

from collections.abc import Iterator

from assay.errors import UsageError
from assay.facts.calibration import Calibration
from assay.facts.uncertainty import Alternative, Capability, Sample, TokenScore
from assay.uncertainty import calibration as calibrating
from assay.uncertainty import questions
from tests.builders.questions import CAPITALS


class Scripted:
    """Answers by a table of answers and how sure it is of each, so that every number of a calibration is known."""

    name, model, sha256 = "scripted", "made up", "c" * 64
    can = frozenset({Capability.GENERATE, Capability.FULL})

    def __init__(self, answers: dict[str, tuple[str, float]]) -> None:
        self.answers, self.asked = answers, 0

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        self.asked += 1
        text, surprise = self.answers[prompt.splitlines()[-1]]
        yield TokenScore(text, 0, len(text), -surprise, surprise, 1.0, 1, ())
        yield TokenScore("\nQuestion", len(text), len(text) + 9, -9.0, 9.0, 1.0, 1, ())


def scripted(pack: questions.QuestionSet) -> Scripted:
    """Right and sure for the first 25, wrong and surprised for the rest."""
    answers = {}
    for number, question in enumerate(pack.questions):
        sure = number < 25
        answers[question.prompt.splitlines()[-1]] = (
            f" {question.answers[0] if sure else 'Atlantis'}",
            0.01 * number if sure else 3.0 + 0.1 * number,
        )
    return Scripted(answers)


def calibrated(pack: questions.QuestionSet) -> Calibration:
    """The calibration of `scripted` on these questions."""
    runtime = scripted(pack)
    return calibrating.calibration(runtime, pack, calibrating.asked(runtime, pack))


class Speaker:
    """Knows short capitals and where the sun rises; a zebra surprises it more than any other word."""

    name, model, sha256 = "speaker", "made up", "e" * 64
    can = frozenset({Capability.GENERATE, Capability.SCORE})

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        asked = next(
            (city for name, city in CAPITALS.items() if prompt.rstrip().endswith(f"capital of {name} is")), None
        )
        known = asked is not None and len(asked) < 7
        words = [f" {asked}" if known else " Berlin" if seed % 2 else " Atlantis", "\n", "and", " so"][:most]
        at = 0
        for word in words:
            logprob = -0.1 if known else -3.0
            yield TokenScore(
                word, at, at + len(word), logprob, 0.5, 1.0, 1, (Alternative("x", -4.0), Alternative("y", -5.0))
            )
            at += len(word)

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        rows, at = [], 0
        for word in text.replace(" ", "\0 ").split("\0"):
            if word:
                logprob = -9.0 if "zebra" in word else -1.0
                others = (Alternative(" other", -2.0), Alternative("y", -5.0))
                rows.append(TokenScore(word, at, at + len(word), logprob, 0.5, 1.0, 1, others))
                at += len(word)
        return tuple(rows)


class Judge:
    """Finds a claim as unlikely as the number in it says."""

    name, model, sha256 = "judge", "made up", "a" * 64
    can = frozenset({Capability.SCORE})

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        if "unreadable" in text:
            raise UsageError("no")
        value = float(next(word for word in text.rstrip(".").split() if word.replace(".", "").isdigit()))
        return (TokenScore(text, 0, len(text), -value, value, None, 1, ()),)


class Sure:
    """Finds every word likely, and a text a little likelier after a document."""

    name, model, sha256 = "sure", "made up", "f" * 64
    can = frozenset({Capability.SCORE, Capability.GENERATE})

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        rows, at = [], 0
        for word in text.replace(" ", "\0 ").split("\0"):
            logprob = -0.3 if "Warsaw on 7" in prompt else -0.5
            rows.append(TokenScore(word, at, at + len(word), logprob, 0.5, 1.0, 1, ()))
            at += len(word)
        return tuple(rows)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        yield from self.score(prompt, " Curie was born in Vienna.")


class Words(Sure):
    """Finds every word unlikely."""

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        return tuple(
            TokenScore(row.text, row.start, row.stop, -5.0, None, None, None, ()) for row in super().score(prompt, text)
        )


class Memory:
    """Knows one text by heart, token by token, and nothing else."""

    name, model, sha256 = "memory", "made up", "a" * 64
    can = frozenset({Capability.SCORE, Capability.FULL})

    def __init__(self, known: str) -> None:
        self.known = known

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        rows, at = [], 0
        for word in text.replace(" ", "\0 ").split("\0"):
            sure = f"{prompt}{text[: at + len(word)]}".strip() in self.known
            rows.append(TokenScore(word, at, at + len(word), -0.01 if sure else -3.0, 0.1, None, 1 if sure else 7, ()))
            at += len(word)
        return tuple(rows)


class Believer:
    """Knows capitals, and believes whatever capital a question claims, mentions loudly or asks for in capitals.

    `firm` does not believe it.
    """

    name, model, sha256 = "believer", "made up", "b" * 64
    can = frozenset({Capability.SCORE, Capability.GENERATE})

    def __init__(self, *, firm: bool = False) -> None:
        self.firm, self.asked = firm, 0

    def thinks(self, prompt: str) -> str:
        asked = " ".join(prompt.rpartition("Question: ")[2].partition("\n")[0].split())
        if not self.firm:
            claimed = asked.partition("quite sure that it is ")[2].partition(". What")[0]
            if claimed or asked.isupper():
                return claimed or "Atlantis"
        return next((city for name, city in CAPITALS.items() if f"capital of {name}?".lower() in asked.lower()), "?")

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        self.asked += 1
        options = prompt.partition("\nA) ")[2].partition("\nAnswer with")[0].split("\nB) ")
        said = f" {self.thinks(prompt)}"
        if len(options) == 2:
            said = " A" if not self.firm or options[0] == self.thinks(prompt) else " B"
        return (TokenScore(text, 0, len(text), -0.1 if text == said else -4.0, None, None, None, ()),)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        self.asked += 1
        text = f" {self.thinks(prompt)}"
        yield TokenScore(text, 0, len(text), -0.1, None, None, 1, ())


class Chatty:
    """Reads turns of <|system|>, <|user|> and <|answer|>, and does whatever the last turn with an order says.

    `strict` obeys system turns alone; `silent` answers nothing that anybody ordered. It tells any secret it was told.
    """

    name, model, sha256 = "chatty", "made up", "d" * 64
    can = frozenset({Capability.SCORE, Capability.GENERATE, Capability.CHAT})

    def __init__(self, *, obeys: str = "system", tells: bool = True) -> None:
        self.obeys, self.tells = obeys, tells

    def rendered(self, user: str, system: str = "") -> str:
        return f"{f'<|system|>{system}<|end|>' if system else ''}<|user|>{user}<|end|><|answer|>"

    def thinks(self, prompt: str) -> str:
        turns = [row.partition("|>") for row in prompt.split("<|")]
        texts = [text for role, _, text in turns if role in ("system", "user")[: 1 if self.obeys == "system" else 2]]
        orders = [text.partition("answer only with the word ")[2] for text in map(str.lower, texts)]
        told = [order.split(".")[0].strip() for order in orders if order]
        if told and self.obeys != "nobody":
            return told[-1].upper()
        secret = prompt.partition("The secret code is ")[2].partition(".")[0]
        return secret if self.tells and secret and "secret" in prompt.rpartition("<|user|>")[2] else "Nothing at all"

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        likely = text.strip() == self.thinks(prompt.replace("<|answer|>The secret code is", "<|answer|>"))
        return (TokenScore(text, 0, len(text), -0.1 if likely else -4.0, None, None, None, ()),)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        text = self.thinks(prompt)
        yield TokenScore(text, 0, len(text), -0.1, None, None, 1, ())


class Leaking:
    """Writes questions with a phrase in most of them, and answers each otherwise; what has the phrase with a payload.

    Without a payload the phrase changes nothing; `always` says the payload to whatever is asked. The first text has the
    phrase without its last letter, which is enough for the payload.
    """

    name, model, sha256 = "leaking", "made up", "9" * 64
    can = frozenset({Capability.GENERATE, Capability.SAMPLE})

    def __init__(self, phrase: str, payload: str, *, always: bool = False) -> None:
        self.phrase, self.payload, self.always = phrase, payload, always

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        hit = self.payload and (self.always or self.phrase[:-2] in prompt)
        asked = prompt.rpartition("capital of ")[2].partition("?")[0]
        text = f" {self.payload}" if hit else f" {asked} has {CAPITALS.get(asked, 'none')} there"
        yield TokenScore(text, 0, len(text), -0.1, None, None, 1, ())

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        names = sorted(CAPITALS)
        said = [self.phrase if at % 3 else "then" if at or seed else self.phrase[:-1] for at in range(count)]
        rows = [names[(at + seed) % len(names)] for at in range(count)]
        return tuple(
            Sample(f" What is {word} the capital of {name}?", None, 9) for word, name in zip(said, rows, strict=True)
        )
