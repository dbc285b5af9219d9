"""How a chat template marks its turns, found by rendering two words that occur nowhere else."""

from __future__ import annotations

from itertools import takewhile

from assay.errors import UsageError
from assay.lazy import dataclass, regex
from assay.probes.ask import Ask

_SYSTEM, _USER = "Qsystemq", "Quserq"
_MARK = regex(r"([<\[{])(?=[^\s<\[{])")
TOKEN = regex(r"<[^<>\s]{1,40}>|\[/?[A-Z_]{2,20}\]")  # what looks like a control token


@dataclass(frozen=True, slots=True)
class Turns:
    """The marks of a template: what ends a user's turn, begins a system turn, and stands between that and a user's."""

    close: str
    before: str
    between: str

    def forged(self, asked: str, order: str) -> str:
        """A user text that ends its turn, writes a system turn with `order`, and asks again."""
        return f"{asked}{self.close}{self.before}{order}{self.between}{asked}"

    def plain(self, asked: str, order: str) -> str:
        """The same text with its marks broken by a blank, so that no control token is in it."""
        close, before, between = (broken(part) for part in (self.close, self.before, self.between))
        return f"{asked}{close}{before}{order}{between}{asked}"

    @property
    def tokens(self) -> tuple[str, ...]:
        """What looks like a control token in the marks."""
        return tuple(dict.fromkeys(TOKEN.findall(f"{self.close}{self.before}{self.between}")))


def broken(text: str) -> str:
    """A text in which every bracket is followed by a blank."""
    return _MARK.sub(r"\1 ", text)


def turns(ask: Ask) -> Turns:
    """The marks of the model's template.

    Raises UsageError: it shows no system message before the user's, or marks turns in plain text.
    """
    text = ask.prompt(_USER, _SYSTEM)
    system, user = text.find(_SYSTEM), text.find(_USER)
    if not 0 <= system < user:
        raise UsageError("the chat template does not show a system message before the user's")
    before, between = text[:system], text[system + len(_SYSTEM) : user]
    after = text[user + len(_USER) :]
    same = takewhile(lambda pair: pair[0] == pair[1], zip(between, after, strict=False))
    common = "".join(letter for letter, _ in same)
    begun = next((size for size in range(len(common), 0, -1) if before.startswith(common[-size:])), 0)
    found = Turns(common[: len(common) - begun] or after, before, between)
    if not found.tokens:
        raise UsageError("the chat template marks its turns in plain text, which any user can write")
    return found
