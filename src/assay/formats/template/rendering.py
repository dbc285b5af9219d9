"""Render a chat template under a budget of work, not of time, so that the same template always ends the same way.

Jinja's immutable sandbox, with every loop, call and operator counted and every text bounded. It runs where readers run,
in the isolated worker; the worker's own limits stand behind it. The dialect is that of transformers
(utils/chat_template_utils.py).
"""

from __future__ import annotations

import html  # noqa: F401 - markupsafe imports it when first called
import json
import re
import textwrap  # noqa: F401 - jinja2 imports it when first called
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension
from jinja2.sandbox import ImmutableSandboxedEnvironment

MAX_STEPS = 200_000  # of one rendering; a conversation of 100 turns takes a few thousand
MAX_ALL = 1_000_000  # of all renderings of one template; the most of 260 published ones was 21,117
STATEMENTS = 100  # nodes of a loop's body that one step may run: what stands in a loop costs as often as it turns
MAX_DEPTH = 60  # of macros that call each other
MAX_OUTPUT = 2_000_000
MAX_OPERAND = 100_000  # length of a text or size of a number that an operator may work on


_WIDE = re.compile(r"%[^%a-zA-Z]*(?:\d{5,}|\*)|\{[^{}]*:[^{}]*(?:\d{5,}|\{)")


class Exhausted(Exception):
    """The template asked for more work than a prompt needs."""


class Refused(Exception):
    """The template itself refused the conversation, or could not be rendered on it; the text says why."""


class Work:
    """What one rendering has spent, and those of the same template before it."""

    def __init__(self, before: int = 0) -> None:
        self.steps = self.written = self.depth = 0
        self.before = before

    def wrote(self, value: Any) -> Any:
        """Count what an expression writes, also inside blocks whose text is kept and written again."""
        self.written += len(value) if isinstance(value, str) else 8
        if self.written > 10 * MAX_OUTPUT:
            raise Exhausted("it writes more than twenty million characters")
        return value

    def step(self, count: int = 1) -> None:
        """Spend steps; Exhausted beyond the budget."""
        self.steps += count
        if self.steps > MAX_STEPS:
            raise Exhausted(f"it loops or calls more than {MAX_STEPS:,} times for a short conversation")
        if self.before + self.steps > MAX_ALL:
            raise Exhausted(f"it loops or calls more than {MAX_ALL:,} times over some short conversations")


class _Counting(ImmutableSandboxedEnvironment):
    """The sandbox, with calls and operators counted and bounded."""

    intercepted_binops = frozenset({"*", "**", "+", "%", "//"})
    work = Work()

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        self.work.step()
        _bounded(*args, *kwargs.values())
        _product(getattr(obj, "__self__", None), args)
        if getattr(obj, "__name__", "") in ("format", "format_map"):
            _narrow(getattr(getattr(obj, "__wrapped__", obj), "__self__", None))  # the sandbox wraps the method
        self.work.depth += 1
        if self.work.depth > MAX_DEPTH:  # counted, because where Python itself stops depends on who called us
            raise Exhausted(f"its macros call each other more than {MAX_DEPTH} deep")
        try:
            return super().call(context, obj, *args, **kwargs)
        finally:
            self.work.depth -= 1

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.work.step()
        if operator in ("*", "**"):
            sizes = [
                abs(part) if isinstance(part, int) else len(part) if hasattr(part, "__len__") else 1
                for part in (left, right)
            ]
            if operator == "**" or sizes[0] * sizes[1] > MAX_OUTPUT:
                raise Exhausted(f"it multiplies out to {operator} of {sizes[0]:,} and {sizes[1]:,}")
        if operator == "%":
            _narrow(left)
        found = super().call_binop(context, operator, left, right)
        if isinstance(found, str) and len(found) > MAX_OUTPUT:
            raise Exhausted("it builds a text of more than two million characters")
        return found


def _narrow(value: Any) -> None:
    """Stop a format whose width a few digits make as long as they like."""
    if isinstance(value, str) and _WIDE.search(value):
        raise Exhausted("it formats text to a width of more than four digits")


def _product(value: Any, args: tuple[Any, ...]) -> None:
    """Stop what works on two long texts at once, as replacing or joining does."""
    longest = max((len(argument) for argument in args if isinstance(argument, str)), default=0)
    if isinstance(value, str | list | tuple) and len(value) * longest > 10 * MAX_OUTPUT:
        raise Exhausted(f"it works on {len(value):,} parts with a text of {longest:,} characters")


def _joined(parts: list[Any]) -> str:
    """What `~` gives, bounded."""
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) > MAX_OUTPUT:
        raise Exhausted("it builds a text of more than two million characters")
    return "".join(texts)


def _guarded(environment: _Counting, filter_: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(value: Any, *args: Any, **kwargs: Any) -> Any:
        environment.work.step()
        _bounded(*args, *kwargs.values())
        _product(value, args)
        return filter_(value, *args, **kwargs)

    return guarded


def _bounded(*values: Any) -> None:
    for value in values:
        if isinstance(value, int) and abs(value) > MAX_OPERAND:
            raise Exhausted(
                f"it calls something with the number {value:,}"
                if abs(value) < 10**30
                else "it calls something with a very large number"
            )


class _Generation(Extension):
    """`{% generation %}...{% endgeneration %}`, which marks the assistant's part and changes nothing."""

    tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

    def parse(self, parser: Any) -> nodes.Node:
        line = next(parser.stream).lineno
        return nodes.Scope(parser.parse_statements(("name:endgeneration",), drop_needle=True), lineno=line)


def prepared(source: str) -> Callable[[dict[str, Any], datetime], tuple[str, tuple[str, ...]]]:
    """A function that renders `source` on variables at a date, and gives the text and each date that was asked for.

    Raises Refused where the template refuses, Exhausted where it asks for too much.
    """
    environment = _Counting(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"], cache_size=0
    )
    plain = {name: found for name, found in environment.filters.items() if not hasattr(found, "jinja_pass_arg")}
    environment.filters.update({name: _guarded(environment, found) for name, found in plain.items()})
    environment.filters["tojson"] = _json
    environment.filters["assay_joined"] = _joined
    environment.finalize = lambda value: environment.work.wrote(value)
    for name in ("random", "urlize", "pprint"):  # of no use in a prompt: chance, links, Python's own notation
        environment.filters[name] = _left_out
    environment.filters["format"] = _formatted(environment.filters["format"])
    environment.filters["assay_counted"] = lambda value, each=1: _counted(environment, value, each)
    environment.globals = {
        "namespace": jinja2.utils.Namespace,
        "raise_exception": _raise,
        "dict": dict,
        "cycler": jinja2.utils.Cycler,
        "joiner": jinja2.utils.Joiner,
        "range": _range,
    }
    template = _compiled(environment, source)
    environment.work = Work()

    def render(variables: dict[str, Any], moment: datetime) -> tuple[str, tuple[str, ...]]:
        dates: list[str] = []

        def strftime_now(pattern: str) -> str:
            if len(pattern) > 200:
                raise Exhausted("it formats a date with a long pattern")
            dates.append(moment.strftime(pattern))
            return dates[-1]

        environment.work = Work(environment.work.before + environment.work.steps)
        return _rendered(template, {**variables, "strftime_now": strftime_now}), tuple(dates)

    return render


def _compiled(environment: _Counting, source: str) -> jinja2.Template:
    try:
        tree = environment.parse(source)
        for loop in list(tree.find_all(nodes.For)):
            each = 1 + sum(1 for _ in loop.find_all(nodes.Node)) // STATEMENTS
            loop.iter = nodes.Filter(
                loop.iter, "assay_counted", [nodes.Const(each)], [], None, None, lineno=loop.lineno
            )
        _bound_joins(tree)
        tree.set_environment(environment)
        code = environment.compile(tree)
        return jinja2.Template.from_code(environment, code, environment.make_globals(None))
    except (TemplateError, RecursionError, MemoryError, ValueError, OverflowError, SyntaxError) as broken:
        raise Refused(f"it cannot be compiled ({type(broken).__name__})") from broken


def _bound_joins(node: nodes.Node) -> None:
    """Replace every `a ~ b` by a filter that minds how long it becomes."""
    stack = [node]
    while stack:
        current = stack.pop()
        for name, value in list(current.iter_fields()):
            entries = value if isinstance(value, list) else [value]
            for index, entry in enumerate(entries):
                if isinstance(entry, nodes.Concat):
                    joined = nodes.Filter(
                        nodes.List(entry.nodes), "assay_joined", [], [], None, None, lineno=entry.lineno
                    )
                    if isinstance(value, list):
                        value[index] = joined
                    else:
                        setattr(current, name, joined)
                    entry = joined
                if isinstance(entry, nodes.Node):
                    stack.append(entry)


def _rendered(template: jinja2.Template, variables: dict[str, Any]) -> str:
    parts: list[str] = []
    size = 0
    try:
        for part in template.generate(**variables):
            size += len(part)
            if size > MAX_OUTPUT:
                raise Exhausted("it writes more than two million characters")
            parts.append(part)
    except RecursionError as broken:
        raise Exhausted("it nests deeper than a prompt needs") from broken
    except SecurityError as broken:
        raise Refused(f"the sandbox stopped it ({str(broken)[:160]})") from broken
    except (
        TemplateError,
        TypeError,
        ValueError,
        KeyError,
        IndexError,
        AttributeError,
        ArithmeticError,
        MemoryError,
    ) as broken:
        raise Refused(str(broken).splitlines()[0][:160] if str(broken) else type(broken).__name__) from broken
    return "".join(parts)


def _counted(environment: _Counting, value: Any, each: int) -> Iterable[Any]:
    """The same entries, each one counted as `each` steps; what has a length keeps it."""
    environment.work.step()  # a loop over nothing costs too
    if isinstance(value, jinja2.Undefined):
        return iter(())
    entries: Iterable[Any] = value
    if isinstance(entries, list | tuple | str | dict | range):
        environment.work.step(each * len(entries))
        return entries  # with its length, as loop.last and the like need it
    return _each(environment, entries, each)


def _each(environment: _Counting, entries: Iterable[Any], each: int) -> Iterator[Any]:
    for entry in entries:
        environment.work.step(each)
        yield entry


def _range(*args: int) -> range:
    found = range(*args)
    if len(found) > MAX_OPERAND:
        raise Exhausted(f"it counts to {len(found):,}")
    return found


def _left_out(value: Any, *args: Any, **kwargs: Any) -> str:
    return str(value)


def _formatted(filter_: Callable[..., Any]) -> Callable[..., Any]:
    def formatted(value: Any, *args: Any, **kwargs: Any) -> Any:
        _narrow(value)
        return filter_(value, *args, **kwargs)

    return formatted


def _json(value: Any, indent: int | None = None, **rest: Any) -> str:
    """transformers' tojson: no HTML escapes."""
    _bounded(indent or 0)
    return json.dumps(value, ensure_ascii=False, indent=indent, default=str)


def _raise(message: Any = "") -> None:
    raise TemplateError(str(message)[:160])


def _warm() -> None:
    """Render once, and fail once, so that whatever Jinja imports late is imported before a lock forbids it."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    prepared("{% for m in messages %}{{ m.content | trim }}{% endfor %}")({"messages": [{"content": "a"}]}, moment)
    with suppress(Refused):
        prepared("{{ raise_exception('x') }}")({}, moment)


_warm()
