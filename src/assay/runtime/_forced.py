"""Score a given text on llama.cpp's server, which has no `echo`: its grammar leaves the text as the only way to write.

A grammar may name tokens by their number (`root ::= <[504]> <[3575]>`; llama.cpp, grammars/README.md, "Tokens"), and
the log-probabilities that come back are those before any sampler and grammar. A token that ends within a character is
never written back: it is looked up among those that the server lists beside another one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from assay.errors import UsageError
from assay.facts.uncertainty import TokenScore
from assay.lazy import dataclass
from assay.network.server import Refused
from assay.runtime import ALTERNATIVES, _answers

STEP = 128  # tokens of one request: each has to be written before the server is given up
MOST_TOKENS = 1 << 16
_BIAS = 1e4  # nats: beside it no two log-probabilities differ
_LISTED = (ALTERNATIVES, 1000, 1 << 20)  # tokens that are listed, until one is among them; the last is all of them
Post = Callable[[str, dict[str, Any]], Any]


@dataclass(frozen=True, slots=True)
class _Token:
    number: int
    raw: bytes

    @property
    def whole(self) -> bool:
        """Whether it ends no character of another token, and begins none."""
        try:
            self.raw.decode("utf-8")
        except UnicodeDecodeError:
            return False
        return True


class Forced:
    """The scores of given texts, by a server that has `/tokenize` and knows such grammars."""

    def __init__(self, name: str, complete: Post, outside: Post) -> None:
        """Nothing is asked yet.

        Args:
            name: of the model, for messages.
            complete: posts to a path of the API.
            outside: posts to a path of the server, outside the API.
        """
        self._name, self._complete, self._outside = name, complete, outside

    def rendered(self, messages: list[dict[str, str]]) -> str | None:
        """The prompt that the model's template makes of a conversation; None where the server does not say."""
        try:
            value = self._outside("/apply-template", {"messages": messages})
        except Refused as cause:
            if cause.busy:
                raise
            return None
        found = value.get("prompt") if isinstance(value, dict) else None
        return found if isinstance(found, str) else None

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """The server's own tokens of `text` after those of `prompt`.

        Raises UsageError where the server does not give the tokens back, or other numbers than those asked for.
        """
        if "\0" in text:
            raise UsageError(f"{self._name} scores no text that holds a character 0")
        before = [token.number for token in self._tokens(prompt, begins=True)]
        if not before:
            raise UsageError(f"{self._name} reads nothing before this text: give a prompt")
        tokens = self._tokens(text)
        marked = self._tokens(text, special=False) != tokens
        if b"".join(token.raw for token in tokens) != text.encode("utf-8", "surrogatepass"):
            # some tokenizers put a space before whatever they read: there the two are read as one
            whole = self._tokens(prompt + text, begins=True)
            if [token.number for token in whole[: len(before)]] != before:
                raise UsageError(f"{self._name} splits this text in other places than it ends: put a space before it")
            tokens = whole[len(before) :]
        rows: list[dict[str, Any]] = []
        for part in _parts(tokens, 1 if marked else STEP):
            rows += self._written(before, part) if part[0].whole else [self._listed(before, part[0])]
            before += [token.number for token in part]
        found = _answers.scored(text, _answers.joined(rows))
        if found is None:
            raise UsageError(f"{self._name} does not give this text back, so its numbers are not those of the text")
        return found

    def _tokens(self, text: str, *, begins: bool = False, special: bool = True) -> list[_Token]:
        value = self._outside(
            "/tokenize", {"content": text, "add_special": begins, "parse_special": special, "with_pieces": True}
        )
        rows = value.get("tokens") if isinstance(value, dict) else None
        if not isinstance(rows, list) or len(rows) > MOST_TOKENS:
            raise UsageError(f"{self._name} gives no tokens of this text, or more than {MOST_TOKENS:,}")
        return [self._token(row) for row in rows]

    def _token(self, row: Any) -> _Token:
        number, piece = (row.get("id"), row.get("piece")) if isinstance(row, dict) else (None, None)
        if isinstance(number, int) and number >= 0:
            if isinstance(piece, str):
                return _Token(number, piece.encode("utf-8", "surrogatepass"))
            if isinstance(piece, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in piece):
                return _Token(number, bytes(piece))
        raise UsageError(f"{self._name} gives tokens without a number or a text")

    def _written(self, before: list[int], part: list[_Token]) -> list[dict[str, Any]]:
        """What the server says of tokens that it is made to write, in the form of an answer's `logprobs.content`.

        A single one is forced by a bias: a grammar lets the mark that ends a text pass nowhere but at its own end, and
        a server that is left without any token to write may stop altogether.
        """
        numbers = [token.number for token in part]
        if len(numbers) == 1:
            forced: dict[str, Any] = {"logit_bias": [[numbers[0], _BIAS]]}
        else:
            forced = {"grammar": "root ::= " + " ".join(f"<[{number}]>" for number in numbers)}
        wanted = {"prompt": before, "max_tokens": len(numbers), "temperature": 0, "logprobs": ALTERNATIVES}
        rows = _content(self._complete("/completions", wanted | forced))
        if [row.get("id") for row in rows] != numbers:
            raise UsageError(f"{self._name} does not write the text that it is given, so it cannot score it")
        return [row | {"bytes": list(token.raw)} for row, token in zip(rows, part, strict=True)]

    def _listed(self, before: list[int], token: _Token) -> dict[str, Any]:
        """The same of a token that ends within a character, as it is listed where the server writes a full stop."""
        other = self._tokens(".")[-1].number
        for most in _LISTED:
            wanted = {"prompt": before, "max_tokens": 1, "temperature": 0, "logprobs": most}
            rows = _content(self._complete("/completions", wanted | {"logit_bias": [[other, _BIAS]]}))
            tops = rows[0].get("top_logprobs") if rows else None
            tops = [row for row in tops if isinstance(row, dict)] if isinstance(tops, list) else []
            found = next((row for row in tops if row.get("id") == token.number), None)
            if found is not None:
                return {**found, "bytes": list(token.raw), "top_logprobs": tops[:ALTERNATIVES]}
            if len(tops) < most:
                break
        raise UsageError(f"{self._name} does not say how likely each part of a character is")


def _parts(tokens: list[_Token], most: int) -> Iterator[list[_Token]]:
    """The tokens as they are read together: at most so many, and each alone that is no whole character."""
    part: list[_Token] = []
    for token in tokens:
        if part and (len(part) == most or not token.whole or not part[0].whole):
            yield part
            part = []
        part.append(token)
    if part:
        yield part


def _content(value: Any) -> list[dict[str, Any]]:
    choices = value.get("choices") if isinstance(value, dict) else None
    first = choices[0] if isinstance(choices, list) and choices else None
    logprobs = first.get("logprobs") if isinstance(first, dict) else None
    rows = logprobs.get("content") if isinstance(logprobs, dict) else None
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
