"""What rendering a template may cost: steps, counted before the work is done, so that no time is part of an answer.

A value that holds another twice is as large as if it held a copy: `[x, x]` sixty times over is a line of a template,
and more text than there are atoms. So what goes through a whole value (writing, comparing, hashing, sorting) is paid
for by the parts that it would meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from jinja2.utils import Namespace

from assay.lazy import regex

MAX_STEPS = 200_000  # of one rendering; a conversation of 100 turns takes a few thousand
MAX_ALL = 1_000_000  # of all renderings of one template; the most of 260 published ones was 21,117
STATEMENTS = 100  # nodes of a body that one step may run: what stands in a loop or macro costs as often as it runs
CHARACTERS = 100  # of a text that one step may go through or make
ENTRIES = 10  # of a list that one step may make
MAX_NODES = 20_000  # of a template; the most of 260 published ones was 1,396
MAX_DEPTH = 60  # of macros that call each other
MAX_OUTPUT = 2_000_000
MAX_PRODUCT = 10 * MAX_OUTPUT  # what one call may work on: the extent of the value times that of the arguments
MAX_OPERAND = 100_000  # size of a number that a call may be given
MAX_BITS = 256  # of a number that is counted with
# filters that compare or go over what they are given many times, and how many
_TIMES = {"sort": 20, "min": 2, "max": 2, "unique": 4, "groupby": 40, "dictsort": 20, "wordwrap": 200, "title": 10}
_WIDE = regex(r"%[^%a-zA-Z]*(?:\d{5,}|\*)|\{[^{}]*:[^{}]*(?:\d{5,}|\{)")
_MANY: tuple[type, ...] = (list, tuple, set, frozenset, type({}.keys()), type({}.values()), type({}.items()))


class Exhausted(Exception):
    """The template asked for more work than a prompt needs."""


class Work:
    """What one rendering has spent, and those of the same template before it."""

    def __init__(self, before: int = 0) -> None:
        self.steps = self.written = self.depth = 0
        self.before = before

    def step(self, count: int = 1) -> None:
        """Spend steps; Exhausted beyond the budget."""
        self.steps += count
        if self.steps > MAX_STEPS:
            raise Exhausted(f"it loops or calls more than {MAX_STEPS:,} times for a short conversation")
        if self.before + self.steps > MAX_ALL:
            raise Exhausted(f"it loops or calls more than {MAX_ALL:,} times over some short conversations")

    def wrote(self, value: Any) -> Any:
        """Count what an expression writes, also inside blocks whose text is kept and written again."""
        self.written += len(value) if isinstance(value, str) else 8 + self.whole(value)
        if self.written > MAX_PRODUCT:
            raise Exhausted("it writes more than twenty million characters")
        return value

    def whole(self, *values: Any, times: int = 1) -> int:
        """Pay for going through all of the values; how many characters and parts they have, however often reached."""
        parts, characters = extent(values, MAX_STEPS)
        if parts or characters > CHARACTERS:
            self.step((parts + characters // CHARACTERS) * times)
        return parts + characters

    def product(self, value: Any, args: Iterable[Any], times: int = 1) -> None:
        """Pay for a call that may go through its arguments for each part of the value, as replacing or joining does."""
        numbers = [abs(argument) for argument in args if isinstance(argument, int)]
        if any(number > MAX_OPERAND for number in numbers):
            number = max(numbers)
            said = f"the number {number:,}" if number < 10**30 else "a very large number"
            raise Exhausted(f"it calls something with {said}")
        left, right = self.whole(value, times=times), self.whole(*args) + sum(numbers)
        if left * right > MAX_PRODUCT:
            raise Exhausted(f"it works on {left:,} parts with arguments of {right:,}")

    def made(self, found: Any, each: int = 1) -> Any:
        """Pay for what a call or an operator made; where that comes one by one, as it comes."""
        if isinstance(found, str | bytes):
            if len(found) > MAX_OUTPUT:
                raise Exhausted("it builds a text of more than two million characters")
            self.step(len(found) // CHARACTERS)
        elif isinstance(found, list | tuple | dict):
            self.step(len(found) // ENTRIES)
        elif isinstance(found, int):
            counted(found)
        elif isinstance(found, Iterator):
            return self.each(found, each)
        return found

    def each(self, entries: Iterable[Any], cost: int) -> Iterator[Any]:
        """The same entries, each one paid for when it is taken."""
        for entry in entries:
            self.step(cost)
            yield entry


def extent(values: Iterable[Any], most: int) -> tuple[int, int]:
    """Parts and characters of values, each counted as often as it is reached; Exhausted if they are more than `most`.

    Entries that only come one by one are left where they are.
    """
    parts = characters = 0
    stack = list(values)
    while stack:
        value = stack.pop()
        entries: Any = ()
        if isinstance(value, str | bytes):
            characters += len(value)
        elif isinstance(value, int):
            characters += value.bit_length() // 4
        elif isinstance(value, range):
            characters += len(value)
        elif isinstance(value, dict):
            entries = (*value.keys(), *value.values()) if len(value) <= most else range(most + 1)
        elif isinstance(value, _MANY):
            entries = value
        elif isinstance(value, Namespace):
            entries = (object.__getattribute__(value, "_Namespace__attrs"),)
        if entries:
            parts += len(entries)
            if parts > most:
                raise Exhausted(f"it works on nested values of more than {most:,} parts")
            stack.extend(entries)
    return parts, characters


def times(name: str, value: Any) -> int:
    """How often a filter goes over what it is given."""
    if name == "striptags" and isinstance(value, str):
        return 10 * (1 + value.count("<"))  # markupsafe cuts comments out one by one
    return _TIMES.get(name, 1)


def counted(*values: Any) -> None:
    """Stop what counts with numbers that no prompt has: dividing takes the square of their length."""
    if any(isinstance(value, int) and value.bit_length() > MAX_BITS for value in values):
        raise Exhausted(f"it counts with a number of more than {MAX_BITS} bits")


def narrow(value: Any) -> None:
    """Stop a format whose width a few digits make as long as they like."""
    if isinstance(value, str) and _WIDE.search(value):
        raise Exhausted("it formats text to a width of more than four digits")
