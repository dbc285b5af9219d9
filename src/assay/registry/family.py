"""The family tree of a registry: by the bases that models state or were compared with, and by their fingerprints."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from sqlalchemy import Connection, func, select

from assay.facts.kin import Descent, Families, Member
from assay.registry.asking import audits
from assay.registry.descent import descents
from assay.registry.kin import coded
from assay.registry.tables import MODEL
from assay.weights.codes import Codes, alike, shelf

Place = int | str  # of a model in the tree: the id of its audit, or what a base is called of which none is kept


def families(connection: Connection, *, most: int) -> Families:
    """Every kept model, or the `most` that were kept last, in the tree of its family."""
    models = int(connection.execute(select(func.count(MODEL.c.name))).scalar_one())
    found = descents(connection, audits(connection, (), every=False, most=most))
    tree = _Tree(found, dict(zip(*coded(connection), strict=True)))
    rows = tuple(tree.rows())
    grown = sum(bool(tree.children[root]) for root in tree.roots())
    alone = len(tree.roots()) - grown
    return Families(rows, grown, alone, sum(row.audit.id not in tree.codes for row in found), models - len(found))


class _Tree:
    """Who stands below whom; a model has one place, however many bases it has."""

    def __init__(self, found: list[Descent], codes: dict[int, Codes]) -> None:
        self.found = {row.audit.id: row for row in reversed(found)}  # the oldest first
        self.codes = {id: code for id, code in codes.items() if id in self.found}
        self.parent: dict[Place, Place] = {}
        self.how: dict[Place, str] = {}
        self.names: dict[Place, str] = {row.audit.id: row.audit.name for row in found}
        for row in self.found.values():
            self._by_statement(row)
        self._by_fingerprint()
        self.children: dict[Place, list[Place]] = defaultdict(list)
        for child, parent in self.parent.items():
            self.children[parent].append(child)

    def roots(self) -> list[Place]:
        """Those that stand below nobody: the largest families first, then those alone."""
        found = [place for place in self.names if place not in self.parent]
        return sorted(found, key=lambda place: (-len(self.children[place]), self._name(place)))

    def rows(self) -> Iterator[Member]:
        """Every member, each above those below it."""
        left = [(root, 0) for root in reversed(self.roots())]
        while left:
            place, depth = left.pop()
            descent = self.found.get(place) if isinstance(place, int) else None
            yield Member(self.names[place], depth, self.how.get(place, ""), descent)
            left += [(child, depth + 1) for child in sorted(self.children[place], key=self._name, reverse=True)]

    def _name(self, place: Place) -> str:
        return self.names[place].casefold()

    def _by_statement(self, row: Descent) -> None:
        """Put a model below the first of its bases that is not below it; the others are told."""
        id = row.audit.id
        bases = [origin for origin in row.origins if origin.steps == 1]
        for origin in bases:
            base: Place = origin.audit.id if origin.audit else origin.base.casefold()
            if self._root(base) == id:
                continue  # each says that the other is its base
            others = [other.audit.name if other.audit else other.base for other in bases if other is not origin]
            said = [origin.basis, *(["by the last part of the name"] if origin.guessed else [])]
            said += [self._borne(id, base), *([f"also of {', '.join(others)}"] if others else [])]
            self.names.setdefault(base, origin.base)
            self.parent[id], self.how[id] = base, ", ".join(filter(None, said))
            return

    def _root(self, place: Place) -> Place:
        while place in self.parent:
            place = self.parent[place]
        return place

    def _borne(self, id: int, base: Place) -> str:
        """What the fingerprints say to a base that is stated."""
        if not (isinstance(base, int) and id in self.codes and base in self.codes):
            return "fingerprints not compared"
        near = alike(self.codes[id], shelf([self.codes[base]]))
        return "alike by fingerprint" if near else "not alike by fingerprint"

    def _by_fingerprint(self) -> None:
        """Put each root that has relatives by its code alone below the first root among them.

        First come those that others name as their base, then the oldest.
        """
        named = set(self.parent.values())
        ids = sorted(self.codes, key=lambda id: id not in named)
        first: dict[Place, int] = {id: at for at, id in enumerate(ids)}
        others = shelf([self.codes[id] for id in ids]) if ids else None
        for at, id in enumerate(ids):
            if others and id not in self.parent:
                for near, *_ in alike(self.codes[id], others):
                    root = self._root(ids[near])
                    if first.get(root, -1) < at:
                        said = f"alike by fingerprint: {self.names[ids[near]]}; who came first is not known"
                        self.parent[id], self.how[id] = root, said
                        break
