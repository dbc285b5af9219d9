"""The tensors that a model of a known architecture consists of, by name and shape, worked out from its config.

The architectures are data: families.txt, whose head says how to read it.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from assay.facts.config import ConfigValues
from assay.lazy import dataclass, fits, regex

Shape = tuple[int | None, ...] | None
"""Extents, outermost first; None for an extent, or a shape, that the config does not determine."""
Value = Any
MAX_TENSORS = 400_000  # of one model; the largest mixtures of experts in use have 100,000
MAX_NUMBER = 1 << 40  # beyond any extent: what a config makes out of larger ones is of no use to anybody
_LOOP = regex(r"\{([^{}]+)\}")
_INSIDE = regex(r"<([^<>]+)>")
_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARED: dict[type, Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.In: lambda part, whole: part in (whole or ()),
    ast.NotIn: lambda part, whole: part not in (whole or ()),
}


class Undetermined(Exception):
    """The config does not say what a name or a shape depends on; the text names the first such key."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a family: a tensor, or one for each layer and expert. Texts are expressions over the config."""

    name: str
    shape: str
    condition: str
    bias: str | None
    optional: bool
    heads: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Family:
    """The tensors of an architecture before a config gives the numbers."""

    base: str
    defaults: Mapping[str, str]
    lets: Mapping[str, str]
    rows: Mapping[str, Row]
    ignored: tuple[tuple[str, str], ...]
    classes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What one config implies: tensors that must be there, and that may be; `base` is the prefix of the base model.

    `heads` names those outside the base model, `layers` the prefixes that a number follows; `ignored` are patterns of
    names that loaders of the family pass over; `formulas` says for each name what its extents are worked out from.
    """

    base: str
    must: Mapping[str, Shape]
    may: Mapping[str, Shape]
    heads: frozenset[str]
    layers: tuple[str, ...]
    ignored: tuple[str, ...]
    formulas: Mapping[str, str]

    def shape(self, name: str) -> Shape:
        """The shape that a tensor which must or may be there has; None where the config does not determine it."""
        return self.must[name] if name in self.must else self.may[name]

    def fits(self, name: str, shape: tuple[int, ...]) -> bool:
        """Whether a tensor that must or may be there has the shape that the config implies, as far as it does."""
        wanted = self.shape(name)
        return wanted is None or (
            len(wanted) == len(shape) and all(one in (None, other) for one, other in zip(wanted, shape, strict=True))
        )

    def renamed(self, rename: Callable[[str], str]) -> Expected:
        """The same tensors under other names."""
        return replace(
            self,
            must={rename(name): shape for name, shape in self.must.items()},
            may={rename(name): shape for name, shape in self.may.items()},
            heads=frozenset(map(rename, self.heads)),
            layers=tuple(map(rename, self.layers)),
            formulas={rename(name): text for name, text in self.formulas.items()},
        )


@cache
def families() -> frozenset[str]:
    """The values of `model_type` that families are known of."""
    return frozenset(_blocks()[0])


def expected(config: ConfigValues, family: str) -> Expected | None:
    """The tensors that this config implies; None for a family that is not known, or another class of a known one.

    Raises Undetermined if the config leaves out, or contradicts itself in, what a shape depends on.
    """
    numbers, _ = _blocks()
    if family not in numbers:
        return None
    found = _family(numbers[family])
    sizes = _Sizes(config, found)
    return sizes.tensors() if not found.classes or sizes.value("architecture") in ("", *found.classes) else None


@cache
def _blocks() -> tuple[Mapping[str, int], tuple[tuple[tuple[str, ...], int], ...]]:
    """(the block of each family by its names, (lines, block that it is like) of each); a later one may replace one."""
    numbers: dict[str, int] = {}
    blocks: list[tuple[tuple[str, ...], int]] = []
    _, *texts = Path(__file__).with_name("families.txt").read_text("utf-8").split("\nfamily ")
    for text in texts:
        names, *lines = text.splitlines()
        like = next((numbers[line.removeprefix("like ")] for line in lines if line.startswith("like ")), -1)
        numbers |= dict.fromkeys(names.split(), len(blocks))
        blocks.append((tuple(line for line in lines if line and not line.startswith("# ")), like))
    return numbers, tuple(blocks)


@cache
def _family(number: int) -> Family:
    """The family of a block, with the one that it is like."""
    lines, like = _blocks()[1][number]
    current = Family("", {}, {}, {}, ())
    within, heads = "", ()  # type: str, tuple[str, ...]
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "like":
            current, heads = _family(like), ()
        elif word == "base":
            current = replace(current, base=f"{rest}.")
        elif word in ("default", "let"):
            key, _, formula = rest.partition(" = ")
            if word == "default":
                current = replace(current, defaults={**current.defaults, key: formula})
            else:
                current = replace(current, lets={**current.lets, key: formula})
        elif word == "in":
            within, heads = rest, ()
        elif word == "head":
            heads, within = tuple(rest.split()), ""
        elif word == "without":
            kept = {name: row for name, row in current.rows.items() if name != rest and not name.endswith(f"}}{rest}")}
            current = replace(current, rows=kept)
        elif word == "rename":
            old, new = rest.split()
            renamed = {name.replace(old, new, 1): replace(row, name=row.name.replace(old, new, 1))
                       for name, row in current.rows.items()}  # fmt: skip
            current = replace(current, rows=renamed, base=current.base.replace(old, new))
        elif word == "only":
            current = replace(current, classes=tuple(rest.split()))
        elif word == "ignore":
            pattern, _, condition = rest.partition(" | ")
            current = replace(current, ignored=(*current.ignored, (pattern, condition or "True")))
        else:
            current = replace(current, rows={**current.rows, **_row(line, within, heads)})
    return current


def _row(line: str, within: str, heads: tuple[str, ...]) -> dict[str, Row]:
    name, shape, condition, bias = (part.strip() for part in (line + "|||").split("|")[:4])
    optional = name.startswith("~")
    name = name.removeprefix("~")
    whole = within + name if name.startswith(".") else name
    # a tensor that must be there under one condition and may be under the other has two rows
    key = f"~{whole}" if optional else whole
    return {
        key: Row(
            whole.removesuffix(".+") + (".weight" if whole.endswith(".+") else ""),
            shape,
            condition or "True",
            (bias or "True") if whole.endswith(".+") else None,
            optional,
            heads,
        )
    }


class _Sizes:
    """The numbers of one config, and what formulas over them come to."""

    def __init__(self, config: ConfigValues, family: Family) -> None:
        self._family = family
        self._values: dict[str, Value] = dict(config.entries)
        self._values["architecture"] = str((self._values.get("architectures") or ("",))[0])
        self._depth = 0

    def tensors(self) -> Expected:
        must: dict[str, Shape] = {}
        may: dict[str, Shape] = {}
        heads: set[str] = set()
        layers: dict[str, None] = {}
        formulas: dict[str, str] = {}
        architecture = self._values["architecture"]
        for row in self._family.rows.values():
            required = not row.optional and (not row.heads or any(fits(architecture, pattern) for pattern in row.heads))
            table, formula = must if required else may, self._formula(row.shape)
            for name, shape in self._named(row):
                if len(must) + len(may) > MAX_TENSORS:
                    raise Undetermined(f"more than {MAX_TENSORS:,} tensors")
                table[name], formulas[name] = shape, formula
                if row.heads:
                    heads.add(name)
            if "{" in row.name and not row.heads:
                layers[row.name.partition("{")[0]] = None
        ignored = tuple(
            _INSIDE.sub(lambda found: re.escape(str(self.value(found[1]))), pattern)
            for pattern, condition in self._family.ignored
            if self.value(condition)
        )
        return Expected(self._family.base, must, may, frozenset(heads), tuple(layers), ignored, formulas)

    def _formula(self, shape: str) -> str:
        """The extents with the short names of the family written out once."""
        if shape in ("...", "()"):
            return shape
        return ", ".join(self._family.lets.get(part, part) for part in _parts(shape))

    def _named(self, row: Row) -> Iterator[tuple[str, Shape]]:
        """(name, shape) of each tensor of a row; the second extent of a name has the conditions of the first."""
        parts = _LOOP.split(row.name)
        counts = [self._count(text) for text in parts[1::2]]
        for i in range(counts[0] if counts else 1):
            if not self.value(row.condition, i):
                continue
            shape, first = self._shape(row.shape, i), parts[0]
            biased = row.bias is not None and bool(self.value(row.bias, i))
            stems = [f"{first}{i}{parts[2]}"] if counts else [first]
            if len(counts) > 1:
                stems = [f"{stems[0]}{j}{parts[4]}" for j in range(counts[1])]
            for stem in stems:
                yield stem, shape
                if biased and shape is not None:
                    yield f"{stem.removesuffix('.weight')}.bias", shape[:1]

    def _count(self, text: str) -> int:
        count = self.value(text)
        if type(count) is not int or count < 0:
            raise Undetermined(text if count is None else f"{text} is {count!r}")
        if count > MAX_TENSORS:
            raise Undetermined(f"{text} is {count:,}")
        return count

    def _shape(self, text: str, i: int) -> Shape:
        if text == "...":
            return None
        if text == "()":
            return ()
        extents: list[int | None] = []
        for part in _parts(text):
            extent = None if part == "..." else self.value(part, i)
            if part != "..." and (type(extent) is not int or extent < 0):
                raise Undetermined(part if extent is None else f"{part} is {extent!r}")
            extents.append(extent)
        return tuple(extents)

    def value(self, text: str, i: int | None = None) -> Value:
        """What a formula comes to; None where the config states nothing."""
        try:
            found = self._at(_tree(text), i)
        except (TypeError, ValueError, ZeroDivisionError, OverflowError):
            raise Undetermined(f"{text} cannot be worked out") from None
        if isinstance(found, int) and abs(found) > MAX_NUMBER:
            raise Undetermined(f"{text} is {found:,}")
        return found

    def _at(self, node: ast.expr, i: int | None) -> Value:
        match node:
            case ast.Constant():
                return node.value
            case ast.Name() | ast.Attribute():
                return self._named_value(_dotted(node), i)
            case ast.BinOp():
                return _ARITHMETIC[type(node.op)](self._number(node.left, i), self._number(node.right, i))
            case ast.UnaryOp():
                inner = self._at(node.operand, i)
                return not inner if isinstance(node.op, ast.Not) else -inner
            case ast.BoolOp():
                wanted = isinstance(node.op, ast.Or)
                for part in node.values:
                    found = self._at(part, i)
                    if bool(found) is wanted:
                        break
                return found
            case ast.Compare():
                return _COMPARED[type(node.ops[0])](self._at(node.left, i), self._at(node.comparators[0], i))
            case ast.IfExp():
                return self._at(node.body if self._at(node.test, i) else node.orelse, i)
            case ast.Call():  # int(...), the only one there is
                return int(self._number(node.args[0], i))
        raise TypeError(ast.dump(node))

    def _number(self, node: ast.expr, i: int | None) -> Value:
        found = self._at(node, i)
        if found is None:
            raise Undetermined(ast.unparse(node))
        if not isinstance(found, int | float):
            raise Undetermined(f"{ast.unparse(node)} is {found!r}")
        return found

    def _named_value(self, name: str, i: int | None) -> Value:
        if name == "i":
            return i
        if name in self._family.lets:
            return self._nested(self._family.lets[name], i)
        stated = self._values.get(name)
        if stated is None and name in self._family.defaults:
            return self._nested(self._family.defaults[name], i)
        return stated

    def _nested(self, text: str, i: int | None) -> Value:
        if self._depth > 20:  # a family that defines itself by itself
            raise Undetermined(text)
        self._depth += 1
        try:
            return self.value(text, i)
        finally:
            self._depth -= 1


@cache
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


@cache
def _parts(text: str) -> tuple[str, ...]:
    tree = _tree(f"({text},)")
    assert isinstance(tree, ast.Tuple)
    return tuple(ast.unparse(part) for part in tree.elts)


def _dotted(node: ast.expr) -> str:
    return f"{_dotted(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else getattr(node, "id", "")
