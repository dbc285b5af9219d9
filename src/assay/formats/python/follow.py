"""Follow a Python file without running it: what its names may stand for, what it calls, and what runs at import.

An abstract interpretation over the syntax tree. Both branches of every condition are taken, every assignment to a name
counts wherever it is read, and functions that importing calls are entered, with what they are given. Closed by default:
a call at import whose target is neither known to be inert nor found is reported as not followed.
"""

from __future__ import annotations

import ast
from collections import Counter

from assay.facts.program import Capability, Shape
from assay.formats.python import call as calls
from assay.formats.python import expression
from assay.formats.python.following import ARGUMENT, CALLEE, USE, written
from assay.formats.python.names import callable_name
from assay.formats.python.scope import Scope
from assay.formats.python.suspicion import Given
from assay.formats.python.value import (
    INERT,
    UNKNOWN,
    Constant,
    Function,
    Held,
    Local,
    Made,
    Name,
    Thing,
    Value,
    Values,
    added,
    elements,
    held,
    joined,
)

MOST_ROUNDS = 8
MOST_TOLD = 2_000  # uses of one capability
# run when a class is made, or named in another's head, without anybody calling them
_HOOKS = frozenset({"__init_subclass__", "__set_name__", "__class_getitem__", "__mro_entries__", "__prepare__"})


class Follower:
    """One file, followed until nothing new is found.

    `seen` are (line, capability, as written) and whether importing runs it; `shapes` (line, kind, as written) of
    what has the shape of an attack; `borrowed` (line, path, name) of what importing calls in files beside this one.
    """

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        self.module = Scope()
        self.seen: dict[tuple[int, Capability, str], bool] = {}
        self._told: Counter[Capability] = Counter()
        self.within: dict[tuple[int, Capability, str], set[str]] = {}
        self.shapes: dict[tuple[int, Shape, str], None] = {}
        self.traits: dict[str, dict[str, ast.AST]] = {}
        self.borrowed: dict[tuple[int, str], None] = {}
        self.stars: list[str] = []
        self.methods: dict[str, list[Local]] = {}
        self.attributes: dict[str, list[Value]] = {}
        self._scopes: dict[ast.AST, Scope] = {}
        self._owners: dict[ast.AST, ast.ClassDef] = {}
        self._defined: dict[Function, None] = {}
        self._entered: dict[ast.AST, bool] = {}
        self._top = self._variable = ""
        self._tops: dict[ast.AST, str] = {}
        self.leads: dict[str, set[str]] = {}  # what is defined at the top -> from where it is entered

    def run(self) -> None:
        """Follow what importing runs until no name stands for more, then everything else."""
        for _ in range(MOST_ROUNDS):
            self.module.grown = False
            self._forget()
            self._body(self._tree.body, self.module, True)
            if not self.module.grown:
                break
        else:
            self.report(self._tree, Capability.UNFOLLOWED, True, "names that stand for ever more")
        for _ in range(2):
            self.module.grown = False
            at_import = {node for node, now in self._entered.items() if now}
            self._entered = dict.fromkeys(at_import, True)
            while fresh := [node for node in self._defined if node not in self._entered]:
                for node in fresh:
                    self._enter(node, False)
            if not self.module.grown:
                return

    def _forget(self) -> None:
        for found in (self.seen, self.within, self.shapes, self.traits, self.borrowed, self._entered, self._told):
            found.clear()

    def report(self, node: ast.AST, capability: Capability, now: bool, said: str = "") -> None:
        """Note a use of a capability."""
        place = (getattr(node, "lineno", 1), capability, said or written(node))
        self._told[capability] += place not in self.seen
        if place not in self.seen and self._told[capability] > MOST_TOLD:
            return
        self.seen[place] = self.seen.get(place, False) or now
        self.within.setdefault(place, set()).add(self._top or self._variable)

    def shape(self, node: ast.AST, kind: Shape) -> None:
        """Note what has the shape of an attack."""
        self.shapes[getattr(node, "lineno", 1), kind, written(node)] = None

    def trait(self, node: ast.AST, kind: str) -> None:
        """Note half of a shape: a socket that is opened, a shell that is started, in one function."""
        known = self.traits.setdefault(self._top, {})
        known.setdefault(kind, node)
        if "socket" in known and known.keys() & {"shell", "os.dup2"}:
            self.shape(known["socket"], Shape.REMOTE_SHELL)

    def borrow(self, node: ast.AST, qualified: str) -> None:
        """Note that importing calls something of a file beside this one."""
        self.borrowed[getattr(node, "lineno", 1), qualified] = None

    # functions and classes

    def scope_of(self, node: Function) -> Scope:
        """The scope of a function that was defined."""
        return self._scopes[node]

    def owner(self, node: ast.AST) -> ast.ClassDef | None:
        """The class that a function is a method of."""
        return self._owners.get(node)

    def scope_in(self, node: ast.ClassDef) -> Scope | None:
        """The scope of a class's body."""
        return self._scopes.get(node)

    def enter(self, node: Function, now: bool) -> Values:
        """What calling a function of the file gives; at import its body is followed as run."""
        self.leads.setdefault(self._tops.get(node, ""), set()).add(self._top or self._variable)
        if now or node in self._entered:
            self._enter(node, now)
        return joined(self._scopes[node].returned) or (INERT,)

    def _enter(self, node: Function, now: bool) -> None:
        if self._entered.get(node) in (True, now):
            return
        self._entered[node] = now
        scope, top, self._top = self._scopes[node], self._top, self._tops.get(node, "")
        if isinstance(node, ast.Lambda):
            scope.give(self.value(node.body, scope, now))
        else:
            self._body(node.body, scope, now)
        self._top = top

    def define(self, node: Function, scope: Scope, now: bool) -> None:
        """Make a function's scope, with its parameters; defaults and annotations run where it is defined."""
        if node not in self._scopes:
            self._scopes[node] = Scope(scope, node)
            self._defined[node] = None
            self._tops[node] = self._top
        inner, spec = self._scopes[node], node.args
        named = [*spec.posonlyargs, *spec.args]
        for argument in (*named, *spec.kwonlyargs, *filter(None, (spec.vararg, spec.kwarg))):
            inner.names.setdefault(argument.arg, [])
            if argument.annotation is not None:
                self.value(argument.annotation, scope, now)
        for argument, default in (
            *zip(named[len(named) - len(spec.defaults) :], spec.defaults, strict=True),
            *zip(spec.kwonlyargs, spec.kw_defaults, strict=True),
        ):
            if default is not None:
                inner.bind(argument.arg, self.value(default, scope, now))
        if isinstance(scope.owner, ast.ClassDef) and not isinstance(node, ast.Lambda):
            self._owners[node] = scope.owner
            if named and not any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in node.decorator_list):
                inner.bind(named[0].arg, (Made(scope.owner),))

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, now: bool) -> None:
        top, self._top = self._top, self._top or node.name
        self.define(node, scope, now)
        if node.returns is not None:
            self.value(node.returns, scope, now)
        made = self._decorated(node, scope, now)
        scope.bind(node.name, made)
        if isinstance(scope.owner, ast.ClassDef):
            known = self.methods.setdefault(node.name, [])
            if Local(node) not in known:
                known.append(Local(node))
                self.module.grown = True
            if now and node.name in _HOOKS:
                self.enter(node, True)
        elif scope is self.module and node.name in ("__getattr__", "__dir__") and now:
            self.enter(node, True)
        self._top = top

    def _class(self, node: ast.ClassDef, scope: Scope, now: bool) -> None:
        top, self._top = self._top, self._top or node.name
        if node not in self._scopes:
            self._scopes[node] = Scope(scope, node)
        inner, bases = self._scopes[node], [self.value(base, scope, now) for base in node.bases]
        inner.bind(" bases", [value for base in bases for value in base])
        metaclass = [self.value(entry.value, scope, now) for entry in node.keywords if entry.arg == "metaclass"]
        for keyword in node.keywords:
            if keyword.arg != "metaclass":
                self.value(keyword.value, scope, now, ARGUMENT)
        self._body(node.body, inner, now)
        for value in (value for group in metaclass for value in group):
            self._metaclass(value, node, now)
        for value in (value for base in bases for value in base):
            if now and isinstance(value, Thing) and not value.followed:
                self.report(node, Capability.UNFOLLOWED, True, f"class {node.name}, whose base is not known")
            if isinstance(value, Local):
                self._inherited(value, node, now)
        scope.bind(node.name, self._decorated(node, scope, now))
        self._top = top

    def _metaclass(self, value: Value, node: ast.ClassDef, now: bool) -> None:
        if isinstance(value, Local) and isinstance(value.node, ast.ClassDef):
            self.instantiate(value.node, now, hooks=True)
        elif isinstance(value, Name | Constant):
            if isinstance(value, Name):
                calls.named(self, value, node, Given([], {}), now)
        elif isinstance(value, Local):
            self.enter(value.node, now)  # type: ignore[arg-type]
        elif now and not (isinstance(value, Thing) and value.followed):
            self.report(node, Capability.UNFOLLOWED, True, f"metaclass of {node.name}")

    def _inherited(self, base: Local, node: ast.ClassDef, now: bool) -> None:
        """A base of the file: its metaclass's methods run for this class too, if it is one."""
        if isinstance(base.node, ast.ClassDef) and now and any(k.arg == "metaclass" for k in base.node.keywords):
            for keyword in base.node.keywords:
                if keyword.arg == "metaclass":
                    for value in self.value(keyword.value, self.module, False):
                        self._metaclass(value, node, now)

    def instantiate(self, node: ast.ClassDef, now: bool, hooks: bool = False) -> Values:
        """An instance of a class of the file: at import all its special methods count as run."""
        scope = self._scopes.get(node)
        if now and scope is not None and self._entered.get(node) is not True:
            self._entered[node] = True
            for name, values in tuple(scope.names.items()):
                special = name.startswith("__") and name.endswith("__") and name != "__call__"
                for value in tuple(values):
                    if not isinstance(value, Local) or isinstance(value.node, ast.ClassDef):
                        continue
                    if special or hooks or self.is_property(value.node):
                        self.enter(value.node, True)
            for base in scope.names.get(" bases", ()):
                if isinstance(base, Local) and isinstance(base.node, ast.ClassDef):
                    self.instantiate(base.node, now, hooks)
        return (Made(node),)

    def is_property(self, node: Function) -> bool:
        """Whether reading the attribute calls the function: a property, or a descriptor of the file."""
        for decorator in () if isinstance(node, ast.Lambda) else node.decorator_list:
            last = decorator.attr if isinstance(decorator, ast.Attribute) else getattr(decorator, "id", "")
            found = self.module.found(last) or ()
            if last.endswith("property") or any(isinstance(value, Local) for value in found):
                return True
        return False

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, scope: Scope, now: bool
    ) -> Values:
        made: Values = (Local(node),)
        for decorator in reversed(node.decorator_list):
            found = self.value(decorator, scope, now, CALLEE)
            given = calls.applied(self, found, decorator, Given([(Local(node),)], {}), now, decorates=True)
            made = joined(made, (value for value in given if not (isinstance(value, Thing) and value.followed)))
        return made

    # statements

    def _body(self, body: list[ast.stmt], scope: Scope, now: bool) -> None:
        for statement in body:
            self._statement(statement, scope, now)

    def _statement(self, node: ast.stmt, scope: Scope, now: bool) -> None:
        match node:
            case ast.Import() | ast.ImportFrom():
                self._import(node, scope)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._function(node, scope, now)
            case ast.ClassDef():
                self._class(node, scope, now)
            case ast.Assign(targets, value):
                if scope is self.module and isinstance(targets[0], ast.Name):
                    self._variable = targets[0].id
                values = self.value(value, scope, now)
                self._variable = ""
                for target in targets:
                    self.assign(target, values, scope, now)
            case ast.AnnAssign(target, annotation, value):
                self.value(annotation, scope, now)
                if value is not None:
                    self.assign(target, self.value(value, scope, now), scope, now)
            case ast.AugAssign(target, operator, value):
                before = self.value(target, scope, now)
                self.assign(target, added(before, operator, self.value(value, scope, now)), scope, now)
            case ast.Return(value) if value is not None:
                scope.give(self.value(value, scope, now))
            case ast.For(target, iterable, body, orelse) | ast.AsyncFor(target, iterable, body, orelse):
                self.assign(target, elements(self.value(iterable, scope, now)), scope, now)
                self._body([*body, *orelse], scope, now)
            case ast.With(items, body) | ast.AsyncWith(items, body):
                for item in items:
                    values = self.value(item.context_expr, scope, now)
                    if item.optional_vars is not None:
                        self.assign(item.optional_vars, values, scope, now)
                self._body(body, scope, now)
            case ast.If():
                self._branches(node, scope, now)
            case ast.Global(names) | ast.Nonlocal(names):
                scope.outer.update(names)
            case _:
                self._other(node, scope, now)

    def _branches(self, node: ast.If, scope: Scope, now: bool) -> None:
        while True:
            self.value(node.test, scope, now)
            self._body(node.body, scope, now and not _main(node.test))
            if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
                self._body(node.orelse, scope, now)
                return
            node = node.orelse[0]

    def _other(self, node: ast.AST, scope: Scope, now: bool) -> None:
        """Any other statement: its expressions, patterns and blocks."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.value(child, scope, now)
            elif isinstance(child, ast.stmt):
                self._statement(child, scope, now)
            elif isinstance(child, ast.pattern | ast.match_case | ast.excepthandler):
                for name in (getattr(child, "name", None), getattr(child, "rest", None)):
                    if name:
                        scope.bind(name, (INERT if isinstance(child, ast.excepthandler) else UNKNOWN,))
                self._other(child, scope, now)

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        for alias in node.names if isinstance(node, ast.Import) else ():
            root = alias.name.partition(".")[0]
            scope.bind(alias.asname or root, (Name(alias.name if alias.asname else root),))
        if isinstance(node, ast.Import):
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*":
                if module not in self.stars:
                    self.stars.append(module)
            else:
                dot = "" if module.endswith(".") else "."
                scope.bind(alias.asname or alias.name, (Name(f"{module}{dot}{alias.name}"),))

    def assign(self, target: ast.expr, values: Values, scope: Scope, now: bool) -> None:
        """Let a target stand for these."""
        match target:
            case ast.Name(id):
                scope.bind(id, values)
            case ast.Tuple(targets) | ast.List(targets):
                for entry in targets:
                    self.assign(entry, elements(values), scope, now)
            case ast.Starred(inner):
                self.assign(inner, values, scope, now)
            case ast.Attribute(holder, attribute):
                known = self.attributes.setdefault(attribute, [])
                for value in values:
                    if not isinstance(value, Constant) and value not in known and len(known) < 16:
                        known.append(value)
                        self.module.grown = True
                expression.replaced(self, target, self.value(holder, scope, now), values, now)
            case ast.Subscript(holder, key):
                self.value(key, scope, now)
                found = self.value(holder, scope, now)
                if isinstance(holder, ast.Name) and any(isinstance(value, Held) for value in found):
                    scope.bind(holder.id, (held(values),))
                expression.replaced(self, target, found, values, now)

    # expressions

    def value(self, node: ast.expr, scope: Scope, now: bool, role: str = USE) -> Values:
        """What an expression may stand for; what it calls on the way is reported."""
        return expression.value_of(self, node, scope, now, role)

    def attribute(self, holder: Value, name: str, node: ast.AST, now: bool) -> Values:
        """What an attribute of a value is."""
        return expression.attribute_of(self, holder, name, node, now)

    def block(self, node: ast.AST, scope: Scope) -> Scope:
        """The scope of a comprehension."""
        return self._scopes.setdefault(node, Scope(scope, None))

    def mention(self, node: ast.AST, qualified: str, now: bool, role: str) -> None:
        """Note that a function with a capability is named without being called here."""
        if role != CALLEE and (capability := callable_name(qualified)) is not None:
            self.report(node, capability, now and role == ARGUMENT)


def _main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(ast.Name("__name__"), [ast.Eq()], [ast.Constant("__main__")]):
            return True
        case _:
            return False
