"""Render a chat template under a budget of work, not of time, so that the same template always ends the same way.

Jinja's immutable sandbox, with every loop, call, filter, test and operator paid for before it works, by the extent of
what it works on (work.py). It runs where readers run, in the isolated worker; the worker's own limits stand behind it.
The dialect is that of transformers (utils/chat_template_utils.py).
"""

from __future__ import annotations

import html  # noqa: F401 - markupsafe imports it when first called
import json
import textwrap  # noqa: F401 - jinja2 imports it when first called
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import jinja2
from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.ext import Extension
from jinja2.filters import make_attrgetter
from jinja2.runtime import Macro
from jinja2.sandbox import ImmutableSandboxedEnvironment

from assay.formats.template.work import (
    MAX_DEPTH,
    MAX_NODES,
    MAX_OPERAND,
    MAX_OUTPUT,
    MAX_STEPS,
    STATEMENTS,
    Exhausted,
    Work,
    counted,
    narrow,
    times,
)

_CODECS = {"utf-8", "utf8", "UTF-8", "ascii", "latin-1"}  # some others take the square of a text's length
# filters and tests that look at no part of what they are given
_SHALLOW = {
    *("count", "d", "default", "first", "last", "length"),
    *("boolean", "callable", "defined", "false", "float", "integer", "iterable", "mapping", "none", "number"),
    *("sequence", "true", "undefined"),
}
# filters that go through all entries at once: those that come one by one are collected first, to be seen
_AT_ONCE = {
    *("batch", "dictsort", "groupby", "join", "list", "max", "min", "reverse", "slice", "sort", "sum", "unique"),
}
_SHALLOW_TESTS = _SHALLOW | {"string"}


class Refused(Exception):
    """The template itself refused the conversation, or could not be rendered on it; the text says why."""


class _Counting(ImmutableSandboxedEnvironment):
    """The sandbox, with calls and operators counted and bounded."""

    intercepted_binops = frozenset({"*", "**", "+", "-", "%", "/", "//"})
    work: Work

    def call(self, context: Any, obj: Any, *args: Any, **kwargs: Any) -> Any:
        method = getattr(obj, "__wrapped__", obj)  # the sandbox wraps some
        owner = getattr(method, "__self__", None)
        self.work.step()
        if not isinstance(obj, Macro):
            self.work.product(owner if isinstance(owner, str | bytes | list | tuple) else None, _given(args, kwargs))
        name = getattr(method, "__name__", "")
        if name in ("format", "format_map"):
            narrow(owner)
        if name in ("encode", "decode") and not _CODECS.issuperset(map(str, (*args[:1], *kwargs.values()))):
            raise Refused(f"it asks to {name} text in another way than UTF-8")
        self.work.depth += 1
        if self.work.depth > MAX_DEPTH:  # counted, because where Python itself stops depends on who called us
            raise Exhausted(f"its macros call each other more than {MAX_DEPTH} deep")
        try:
            return self.work.made(super().call(context, obj, *args, **kwargs))
        finally:
            self.work.depth -= 1

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        self.work.step()
        counted(left, right)
        if operator in ("*", "**"):
            sizes = [
                abs(part) if isinstance(part, int) else len(part) if hasattr(part, "__len__") else 1
                for part in (left, right)
            ]
            if operator == "**" or sizes[0] * sizes[1] > MAX_OUTPUT:
                raise Exhausted(f"it multiplies out to {operator} of {sizes[0]:,} and {sizes[1]:,}")
        if operator == "%" and isinstance(left, str | bytes):
            narrow(left)
            self.work.product(left, (right,))
        return self.work.made(super().call_binop(context, operator, left, right))


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
    return (*args, *kwargs.values())


def _joined(work: Work, parts: list[Any]) -> str:
    """What `~` gives, bounded."""
    work.whole(parts)
    texts = [str(part) for part in parts]
    if sum(map(len, texts)) > MAX_OUTPUT:
        raise Exhausted("it builds a text of more than two million characters")
    return "".join(texts)


def _guarded(environment: _Counting, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter or test that is paid for; it asks for the context, so that Jinja runs none while it compiles."""
    wants = getattr(getattr(function, "jinja_pass_arg", None), "name", "")

    @jinja2.pass_context
    def guarded(context: Any, value: Any, *args: Any, **kwargs: Any) -> Any:
        work, given = environment.work, _given(args, kwargs)
        work.step()
        if name in _AT_ONCE and isinstance(value, Iterator):
            value = list(islice(value, MAX_STEPS))
        work.product(value, given, times(name, value))
        first = {"context": (context,), "eval_context": (context.eval_ctx,), "environment": (environment,)}
        return work.made(function(*first.get(wants, ()), value, *args, **kwargs), 1 + work.whole(*given))

    return guarded


def _own(environment: _Counting, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of assay's, which is given the work of the rendering."""

    @jinja2.pass_context
    def called(context: Any, value: Any, *args: Any) -> Any:
        return function(environment.work, value, *args)

    return called


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
    environment = _environment()
    template, size = _compiled(environment, source)
    environment.work = Work()

    def render(variables: dict[str, Any], moment: datetime) -> tuple[str, tuple[str, ...]]:
        dates: list[str] = []

        def strftime_now(pattern: str) -> str:
            if len(pattern) > 200:
                raise Exhausted("it formats a date with a long pattern")
            dates.append(moment.strftime(pattern))
            return dates[-1]

        environment.work = Work(environment.work.before + environment.work.steps)
        environment.work.step(size // STATEMENTS)
        return _rendered(template, {**variables, "strftime_now": strftime_now}), tuple(dates)

    return render


def _environment() -> _Counting:
    """The dialect, with all of it paid for."""
    environment = _Counting(
        trim_blocks=True, lstrip_blocks=True, extensions=[_Generation, "jinja2.ext.loopcontrols"], cache_size=0
    )
    environment.work = Work()
    filters: dict[str, Any] = {
        **environment.filters,
        "sum": _sum,
        "tojson": _json,
        "format": _formatted,
        "round": _round,
    }
    filters |= dict.fromkeys(("random", "urlize", "pprint"), _left_out)  # of no use in a prompt
    environment.filters = {
        name: found if name in _SHALLOW else _guarded(environment, name, found) for name, found in filters.items()
    }
    tests: dict[str, Any] = dict(environment.tests)
    environment.tests = {
        name: found if name in _SHALLOW_TESTS else _guarded(environment, name, found) for name, found in tests.items()
    }
    for name, own in _OWN.items():
        environment.filters[name] = _own(environment, own)
    environment.finalize = lambda value: environment.work.wrote(value)
    environment.globals = {
        "namespace": jinja2.utils.Namespace,
        "raise_exception": _raise,
        "dict": dict,
        "cycler": jinja2.utils.Cycler,
        "joiner": jinja2.utils.Joiner,
        "range": _range,
    }
    return environment


def _compiled(environment: _Counting, source: str) -> tuple[jinja2.Template, int]:
    """The template, with what costs more than it shows paid for, and the number of its nodes."""
    try:
        tree = environment.parse(source)
        size = sum(1 for _ in tree.find_all(nodes.Node))
        if size > MAX_NODES:
            raise Exhausted(f"it has {size:,} parts, and no prompt needs more than {MAX_NODES:,}")
        for loop in list(tree.find_all(nodes.For)):
            loop.iter = _asked(loop.iter, "assay_counted", nodes.Const(_cost(loop)))
        bodies: list[Any] = list(tree.find_all((nodes.Macro, nodes.CallBlock)))
        for body in bodies:
            spent = _asked(nodes.Const(None, lineno=body.lineno), "assay_spent", nodes.Const(_cost(body)))
            body.body.insert(0, nodes.ExprStmt(spent, lineno=body.lineno))
        _pay(tree)
        tree.set_environment(environment)
        code = environment.compile(tree)
        return jinja2.Template.from_code(environment, code, environment.make_globals(None)), size
    except (TemplateError, RecursionError, MemoryError, ValueError, OverflowError, SyntaxError) as broken:
        raise Refused(f"it cannot be compiled ({type(broken).__name__})") from broken


def _cost(body: nodes.Node) -> int:
    """Steps that running a body once costs."""
    return 1 + sum(1 for _ in body.find_all(nodes.Node)) // STATEMENTS


def _asked(node: Any, name: str, *args: nodes.Expr) -> nodes.Filter:
    """The node, through one of assay's filters."""
    return nodes.Filter(node, name, list(args), [], None, None, lineno=node.lineno)


def _pay(tree: nodes.Node) -> None:
    """Put assay's filters where Jinja writes an operator of Python: `a ~ b`, comparisons, slices, keys."""
    stack = [tree]
    while stack:
        current = stack.pop()
        for name, value in list(current.iter_fields()):
            entries = value if isinstance(value, list) else [value]
            for index, entry in enumerate(entries):
                if not isinstance(entry, nodes.Node):
                    continue
                stack.append(entry)  # what a filter is put around is gone through as it was
                paid = _paid(current, name, entry)
                if paid is entry:
                    continue
                if isinstance(value, list):
                    value[index] = paid
                else:
                    setattr(current, name, paid)


# where Python goes through all of a value: to compare it, or to hash it as a key
_WHOLE = ((nodes.Compare, "expr"), (nodes.Operand, "expr"), (nodes.Pair, "key"), (nodes.Getitem, "arg"))


def _paid(parent: nodes.Node, field: str, node: nodes.Node) -> nodes.Node:
    if isinstance(node, nodes.Concat):
        return _asked(nodes.List(node.nodes, lineno=node.lineno), "assay_joined")
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
        return _asked(node, "assay_made")
    whole = any(isinstance(parent, kind) and field == name for kind, name in _WHOLE)
    if whole and isinstance(node, nodes.Expr) and not isinstance(node, nodes.Const | nodes.Slice):
        return _asked(node, "assay_whole")
    return node


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
        LookupError,
        AttributeError,
        ArithmeticError,
        MemoryError,
        AssertionError,
        RuntimeError,
        NameError,
        ImportError,
        OSError,
    ) as broken:
        raise Refused(str(broken).splitlines()[0][:160] if str(broken) else type(broken).__name__) from broken
    return "".join(parts)


def _counted(work: Work, value: Any, each: int) -> Iterable[Any]:
    """The same entries, each one counted as `each` steps; what has a length keeps it."""
    work.step()  # a loop over nothing costs too
    if isinstance(value, jinja2.Undefined):
        return iter(())
    entries: Iterable[Any] = value
    if isinstance(entries, list | tuple | str | dict | range):
        work.step(each * len(entries))
        return entries  # with its length, as loop.last and the like need it
    return work.each(entries, each)


def _spent(work: Work, value: None, each: int) -> None:
    work.step(each)


def _whole(work: Work, value: Any) -> Any:
    work.whole(value)
    return value


def _made(work: Work, value: Any) -> Any:
    return work.made(value)


_OWN: dict[str, Callable[..., Any]] = {
    "assay_counted": _counted,
    "assay_joined": _joined,
    "assay_made": _made,
    "assay_spent": _spent,
    "assay_whole": _whole,
}


@jinja2.pass_environment
def _sum(environment: _Counting, value: Iterable[Any], attribute: str | int | None = None, start: Any = 0) -> Any:
    """jinja's sum, each addition paid for: adding lists up takes the square of their number."""
    if attribute is not None:
        value = map(make_attrgetter(environment, attribute), value)
    for entry in value:
        start = environment.call_binop(None, "+", start, entry)
    return start


def _range(*args: int) -> range:
    found = range(*args)
    if len(found) > MAX_OPERAND:
        raise Exhausted(f"it counts to {len(found):,}")
    return found


def _left_out(value: Any, *args: Any, **kwargs: Any) -> str:
    return str(value)


def _formatted(value: Any, *args: Any, **kwargs: Any) -> Any:
    narrow(value)
    return jinja2.filters.do_format(value, *args, **kwargs)


def _round(value: Any, precision: int = 0, method: Any = "common") -> Any:
    if abs(precision) > 300:  # the digits of a float
        raise Exhausted(f"it rounds to {precision:,} digits")
    return jinja2.filters.do_round(value, precision, method)


def _json(value: Any, indent: int | None = None, **rest: Any) -> str:
    """transformers' tojson: no HTML escapes."""
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
