"""Chat templates by their Jinja syntax tree. Nothing is rendered here: a template is data to be read.

The dialect is the one that transformers renders (utils/chat_template_utils.py): trim_blocks, lstrip_blocks,
loop controls and the `generation` tag.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

from assay.errors import LimitExceeded
from assay.facts.text import ChatTemplate, Construct, Mark
from assay.formats._few import few
from assay.lazy import regex

if TYPE_CHECKING:
    from jinja2 import Environment, nodes

MAX_SOURCE = 1_000_000
MAX_TOKENS = 50_000  # of Jinja, some 20 us of parsing each; the most nodes of 260 published templates are 1,396
MAX_MARKS = 200  # of each construct
COSTLY = 100_000  # rounds of a loop or repetitions of a text that no conversation needs
# callables that the dialect defines; anything else that is called must be defined in the template itself
KNOWN_CALLS = frozenset(
    {
        "raise_exception",
        "strftime_now",
        "namespace",
        "range",
        "dict",
        "loop",
        "super",
        "caller",
        "tojson",
        "cycler",
        "joiner",
    }
)
# names whose objects carry the interpreter's internals, and that no chat template needs
GADGETS = frozenset({"self", "lipsum"})
_DUNDER = regex(r"(?:^|\.)__\w+__(?:\.|$)")  # whole names only: '<__media__>' is a marker of some formats
INVISIBLE = regex(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)


def template(artifact: str, pointer: str, name: str, source: str) -> ChatTemplate:
    """The template with its noteworthy constructs, in line order.

    Raises LimitExceeded: it has more characters or tokens than assay reads.
    """
    if len(source) > MAX_SOURCE:
        raise LimitExceeded(
            "chat template longer than assay reads",
            expected=f"at most {MAX_SOURCE:,} characters",
            got=f"{len(source):,}",
        )
    marks = sorted({*_invisible(source), *_marks(source)}, key=lambda mark: (mark.line, mark.construct, mark.seen))
    return ChatTemplate(
        artifact, pointer, name[:200], source, tuple(few(marks, lambda mark: mark.construct, MAX_MARKS))
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, nodes
    from jinja2.ext import Extension

    class Generation(Extension):
        """`{% generation %}...{% endgeneration %}`: marks the assistant's part for training masks."""

        tags = {"generation"}  # noqa: RUF012 - as jinja2 declares it

        def parse(self, parser: Any) -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    class Counted(Extension):
        """Ends the parsing of what has more tokens than any template needs."""

        def filter_stream(self, stream: Any) -> Iterator[Any]:
            for count, token in enumerate(stream):
                if count == MAX_TOKENS:
                    raise LimitExceeded(
                        "chat template of more parts than assay reads",
                        expected=f"at most {MAX_TOKENS:,} tokens of Jinja",
                        got="more",
                    )
                yield token

    extensions: list[str | type[Extension]] = ["jinja2.ext.loopcontrols", Generation, Counted]
    # it parses and never renders
    return Environment(trim_blocks=True, lstrip_blocks=True, extensions=extensions)  # noqa: S701


def _invisible(source: str) -> Iterator[Mark]:
    for number, line in enumerate(source.split("\n"), 1):
        found = sorted({f"U+{ord(match[0]):04X}" for match in INVISIBLE.finditer(line)})
        if found:
            yield Mark(Construct.INVISIBLE, number, " ".join(found[:12]))


def _marks(source: str) -> Iterator[Mark]:
    from jinja2 import TemplateSyntaxError

    try:
        tree = _environment().parse(source)
        yield from _walk(tree)
    except TemplateSyntaxError as broken:
        yield Mark(Construct.SYNTAX, broken.lineno, (broken.message or "syntax error")[:200])
    except (RecursionError, MemoryError):
        yield Mark(Construct.SYNTAX, 1, "nested deeper than assay follows")
    except (ValueError, OverflowError) as broken:  # a number literal that Python does not convert
        yield Mark(Construct.SYNTAX, 1, str(broken)[:200])


def _walk(tree: nodes.Template) -> Iterator[Mark]:
    from jinja2 import nodes

    local = {node.name for node in tree.find_all(nodes.Name) if node.ctx in ("store", "param")}
    local |= {macro.name for macro in tree.find_all(nodes.Macro)}
    stack: list[nodes.Node] = [tree]
    while stack:
        node = stack.pop()
        stack.extend(node.iter_child_nodes())
        for construct, seen in _constructs(node, local):
            yield Mark(construct, node.lineno, seen[:200])


def _constructs(node: nodes.Node, local: set[str]) -> Iterator[tuple[Construct, str]]:
    from jinja2 import nodes

    match node:
        case nodes.Getattr(attr=attr) if attr.startswith("_"):
            yield Construct.PRIVATE, f".{attr}"
        case nodes.Const(value=str(value)) if _DUNDER.search(value) and not value.isspace():
            yield Construct.PRIVATE, repr(value[:80])
        case nodes.Filter(name="attr"):
            yield Construct.PRIVATE, "|attr(...)"
        case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
            yield Construct.INCLUDE, type(node).__name__.lower()
        case nodes.Name(name=name, ctx="load") if name in GADGETS and name not in local:
            yield Construct.UNKNOWN_NAME, name
        case nodes.Call(node=nodes.Name(name="strftime_now")):
            yield Construct.CLOCK, "strftime_now(...)"
        case nodes.Call(node=nodes.Name(name="range"), args=args) if any(_large(arg) for arg in args):
            yield Construct.COSTLY_LOOP, "range over a very large number"
        case nodes.Call(node=nodes.Name(name=name)) if name not in KNOWN_CALLS | GADGETS and name not in local:
            yield Construct.UNKNOWN_NAME, f"{name}(...)"
        case nodes.Mul(left=left, right=right) if _large(left) or _large(right):
            yield Construct.COSTLY_LOOP, "repetition by a very large number"
        case nodes.Pow():
            yield Construct.COSTLY_LOOP, "power of numbers"
        case nodes.If(test=test) | nodes.CondExpr(test=test):
            for text in _gates(test):
                yield Construct.CONTENT_GATE, text


def _large(node: nodes.Node) -> bool:
    from jinja2 import nodes

    return any(
        isinstance(c.value, int) and abs(c.value) > COSTLY
        for c in (node, *node.find_all(nodes.Const))
        if isinstance(c, nodes.Const)
    )


def _gates(test: nodes.Node) -> Iterator[str]:
    """Literal texts that a condition looks for in what somebody said."""
    from jinja2 import nodes

    compares = [test] if isinstance(test, nodes.Compare) else []
    for compare in (*compares, *test.find_all(nodes.Compare)):
        sides = (compare.expr, *(operand.expr for operand in compare.ops))
        if any(operand.op in ("in", "notin") for operand in compare.ops) and any(_is_content(side) for side in sides):
            yield from (
                repr(side.value[:80]) for side in sides if isinstance(side, nodes.Const) and isinstance(side.value, str)
            )


def _is_content(node: nodes.Node) -> bool:
    from jinja2 import nodes

    whole = (node, *node.find_all((nodes.Getattr, nodes.Getitem, nodes.Name)))
    for part in whole:
        match part:
            case (
                nodes.Getattr(attr="content")
                | nodes.Getitem(arg=nodes.Const(value="content"))
                | nodes.Name(name="content")
            ):
                return True
    return False
