"""What an expression of a Python file may stand for; what it calls on the way is reported."""

from __future__ import annotations

import ast
import builtins

from assay.facts.program import Capability
from assay.formats.python.call import call, entry
from assay.formats.python.following import CALLEE, USE, Follows, written
from assay.formats.python.names import INTROSPECTION, standard
from assay.formats.python.scope import Scope
from assay.formats.python.suspicion import secret
from assay.formats.python.value import (
    INERT,
    UNKNOWN,
    Bound,
    Constant,
    Local,
    Made,
    Name,
    Table,
    Value,
    Values,
    added,
    elements,
    followed,
    held,
    joined,
    sliced,
)

_BUILTINS = frozenset(dir(builtins))


def value_of(f: Follows, node: ast.expr, scope: Scope, now: bool, role: str = USE) -> Values:
    """What an expression may stand for; what it calls on the way is reported."""
    match node:
        case ast.Constant(value):
            return (Constant(value),) if isinstance(value, str | bytes | int | float | complex | None) else (INERT,)
        case ast.Name():
            return _name(f, node, scope, now, role)
        case ast.Attribute():
            return _attribute(f, node, scope, now, role)
        case ast.Call():
            return call(f, node, scope, now)
        case ast.List(parts) | ast.Tuple(parts) | ast.Set(parts):
            return (held(value for part in parts for value in value_of(f, part, scope, now, role)),)
        case ast.Dict(keys, parts):
            for key in keys:
                if key is not None:
                    value_of(f, key, scope, now, role)
            return (held(value for part in parts for value in value_of(f, part, scope, now, role)),)
        case ast.Starred(inner) | ast.Await(inner):
            return value_of(f, inner, scope, now, role)
        case ast.Subscript():
            return _subscript(f, node, scope, now)
        case ast.BinOp():
            return _binary(f, node, scope, now)
        case ast.JoinedStr(parts):
            return _format(f, parts, scope, now)
        case ast.FormattedValue(inner):
            return value_of(f, inner, scope, now)
        case ast.IfExp(test, left, right):
            value_of(f, test, scope, now)
            return joined(value_of(f, left, scope, now, role), value_of(f, right, scope, now, role))
        case ast.BoolOp(_, parts):
            return joined(*(value_of(f, part, scope, now, role) for part in parts))
        case ast.NamedExpr(target, inner):
            values = value_of(f, inner, scope, now, role)
            f.assign(target, values, scope, now)
            return values
        case ast.Lambda():
            f.define(node, scope, now)
            return (Local(node),)
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            return _comprehension(f, node, scope, now, role)
        case _:
            return _rest(f, node, scope, now)


def _rest(f: Follows, node: ast.expr, scope: Scope, now: bool) -> Values:
    inner = [value_of(f, child, scope, now) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    if isinstance(node, ast.Yield | ast.YieldFrom):
        scope.give((held(value for values in inner for value in values),))
        return (UNKNOWN,)
    return (INERT,)


def _name(f: Follows, node: ast.Name, scope: Scope, now: bool, role: str) -> Values:
    values = scope.found(node.id)
    if values is None:
        for star in f.stars:
            f.mention(node, f"{star}.{node.id}", now, role)
        starred = tuple(Name(f"{star}.{node.id}") for star in f.stars)
        if node.id == "__builtins__":
            return (Table("builtins"),)
        if node.id in ("__file__", "__name__", "__doc__", "__path__", "__package__", "__qualname__", "__module__"):
            return (INERT,)
        if node.id in _BUILTINS:
            values = (Name(node.id),)
        else:
            return starred or (UNKNOWN,)
    for value in values:
        if isinstance(value, Name):
            f.mention(node, value.qualified, now, role)
    return values or (UNKNOWN,)  # a parameter that nobody fills


def _attribute(f: Follows, node: ast.Attribute, scope: Scope, now: bool, role: str) -> Values:
    holders = value_of(f, node.value, scope, now, CALLEE)
    if node.attr in INTROSPECTION:
        f.report(node, Capability.INDIRECT, now)
        return (UNKNOWN,)
    found = joined(*(attribute_of(f, holder, node.attr, node, now) for holder in holders))
    for value in found:
        if isinstance(value, Name):
            if value.qualified == "os.environ":
                f.report(node, Capability.ENVIRONMENT, now)
            f.mention(node, value.qualified, now, role)
    return found


def attribute_of(f: Follows, holder: Value, name: str, node: ast.AST, now: bool) -> Values:
    """What an attribute of a value is."""
    match holder:
        case Name(qualified="sys") if name == "modules":
            return (Table(""),)
        case Name(qualified) if name == "__dict__":
            return (Table(qualified),)
        case Name(qualified):
            return (Name(f"{qualified}.{name}"),)
        case Local(node=ast.ClassDef() as owner) | Made(node=owner):
            return _member(f, owner, name, holder, now) or (Bound((holder,), name),)
        case _:
            return (Bound((holder,), name),)


def _member(f: Follows, owner: ast.ClassDef, name: str, holder: Value, now: bool, depth: int = 0) -> Values:
    scope = f.scope_in(owner)
    if scope is None or depth > 20:
        return ()
    found = list(scope.names.get(name, ()))
    if isinstance(holder, Made):
        found += f.attributes.get(name, ())
        for value in found:
            if not now or not isinstance(value, Local) or isinstance(value.node, ast.ClassDef):
                continue
            if f.is_property(value.node):
                f.enter(value.node, True)
    for base in () if found else scope.names.get(" bases", ()):
        if isinstance(base, Local) and isinstance(base.node, ast.ClassDef):
            found += _member(f, base.node, name, holder, now, depth + 1)
        elif isinstance(base, Name) and isinstance(holder, Local):
            found.append(Name(f"{base.qualified}.{name}"))
    return joined(found)


def _subscript(f: Follows, node: ast.Subscript, scope: Scope, now: bool) -> Values:
    holders = value_of(f, node.value, scope, now, CALLEE)
    if isinstance(node.slice, ast.Slice):
        for bound in filter(None, (node.slice.lower, node.slice.upper, node.slice.step)):
            value_of(f, bound, scope, now)
        return sliced(holders, node.slice) or holders
    keys = value_of(f, node.slice, scope, now)
    found: list[Value] = []
    for holder in holders:
        match holder:
            case Table():
                found += entry(f, holder, keys, node, now)
            case Name("os.environ" | "os.environb" as name):
                found.append(secret(keys) if name else INERT)
            case Name() | Local():
                found.append(holder)  # a generic: List[int], Output[T]
            case _:
                found += elements((holder,))
    return joined(found)


def _binary(f: Follows, node: ast.BinOp, scope: Scope, now: bool) -> Values:
    chain: list[ast.BinOp] = []
    left: ast.expr = node
    while isinstance(left, ast.BinOp):  # a long sum is deep on its left
        chain.append(left)
        left = left.left
    values = value_of(f, left, scope, now)
    for link in reversed(chain):
        values = added(values, link.op, value_of(f, link.right, scope, now))
    return values


def _format(f: Follows, parts: list[ast.expr], scope: Scope, now: bool) -> Values:
    values: Values = (Constant(""),)
    for part in parts:
        if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
            value_of(f, part.format_spec, scope, now)
        inner = value_of(f, part, scope, now)
        values = added(values, ast.Add(), tuple(_text(value) for value in inner))
    return values


def _comprehension(
    f: Follows, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp, scope: Scope, now: bool, role: str
) -> Values:
    inner = f.block(node, scope)
    for generator in node.generators:
        f.assign(generator.target, elements(value_of(f, generator.iter, inner, now)), inner, now)
        for test in generator.ifs:
            value_of(f, test, inner, now)
    if isinstance(node, ast.DictComp):
        value_of(f, node.key, inner, now, role)
        return (held(value_of(f, node.value, inner, now, role)),)
    return (held(value_of(f, node.elt, inner, now, role)),)


def _text(value: Value) -> Value:
    return Constant(str(value.value)) if isinstance(value, Constant) and isinstance(value.value, int) else value


def replaced(f: Follows, node: ast.expr, holders: Values, values: Values, now: bool) -> None:
    """Something of Python's own library is replaced: whatever it is replaced by runs when that is used."""
    for holder in holders:
        own = isinstance(holder, Name) and standard(holder.qualified)
        if not now or not (own or isinstance(holder, Table)):
            continue
        if isinstance(holder, Table) and isinstance(node, ast.Subscript) and _says_own_name(node.slice):
            continue  # sys.modules[__name__] = ...
        for value in values:
            if isinstance(value, Local) and not isinstance(value.node, ast.ClassDef):
                f.enter(value.node, True)
            elif isinstance(value, Made):
                f.instantiate(value.node, True)
            elif holder != Name("os.environ") and (isinstance(value, Name) or not followed((value,))):
                f.report(node, Capability.UNFOLLOWED, True, f"{written(node)} = ...")


def _says_own_name(key: ast.expr) -> bool:
    return isinstance(key, ast.Name) and key.id == "__name__"
