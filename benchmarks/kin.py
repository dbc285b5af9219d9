"""Relatives among thousands of kept models: how long it takes to find them, how many are found, and who is not kin.

    python -m benchmarks.kin [--models 10000] [--families 50]

Small models are made (llama, 96 wide, three layers) from independent starts; of some a child of each kind is planted
among the others: fine-tuned, continued, merged, quantised and stored as plain numbers again, pruned, LoRA merged,
neurons permuted, rotated, layers dropped, vocabulary extended. A model that is cut into other shards or stored in
another format has the same fingerprint. Each is kept as an audit with its code; fingerprints in the store are those of
families. Then the base of each family asks for its relatives, and so do as many models that have none. Times are wall
time on SQLite: of the search by codes (rows read from the database, then compared), of comparing one fingerprint, and
of the whole family tree.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from sqlalchemy import Connection, insert, text, true

from assay import registry
from assay.registry import Registry, rows
from assay.registry.kin import alike
from assay.registry.tables import AUDIT, CODE
from assay.weights.codes import Codes, codes
from assay.weights.fingerprint import Fingerprint, fingerprint, kinship
from benchmarks import architectures, derived
from benchmarks.derived import Array, State
from benchmarks.registry import _audit, _dossier, _models

ALL = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
Child = Callable[[State, np.random.Generator], State]
CHILDREN: dict[str, Child] = {
    "fine-tuned, 2 %": lambda s, r: derived.noisy(s, 0.02, r),
    "fine-tuned, 20 %": lambda s, r: derived.noisy(s, 0.2, r),
    "continued, 70 %": lambda s, r: derived.noisy(s, 0.7, r),
    "merge of two fine-tunes": lambda s, r: derived.mixed(
        [derived.noisy(s, 0.02, r), derived.noisy(s, 0.03, r)], [0.6, 0.4]
    ),
    "quantised, 4 bits": lambda s, r: derived.dequantised(s, "Q4_0"),
    "half of the values pruned": lambda s, r: derived.sparse(s, 0.5),
    "LoRA of rank 16 merged": lambda s, r: derived.lora(s, 16, 0.02, ALL, r),
    "neurons permuted": lambda s, r: derived.permuted_neurons(s, r),
    "rotated": lambda s, r: derived.turned(s, r, rotate=True),
    "fine-tuned and rotated": lambda s, r: derived.noisy(derived.turned(s, r, rotate=True), 0.05, r),
    "first and last layer only": lambda s, r: derived.layers_of(s, [0, 2]),
    "vocabulary extended": lambda s, r: derived.more_tokens(s, 64, r),
}


class _Held:
    """A tensor in memory, read as those of files are."""

    def __init__(self, values: Array) -> None:
        self._values = values
        self.rows, self.columns = (len(values) if values.ndim > 1 else 1), values.shape[-1]

    def read(self) -> Array:
        """All of it, float32[rows, columns]."""
        return self._values.reshape(self.rows, self.columns)

    def chunks(self) -> Iterator[tuple[int, Array]]:
        """(first row, rows), in one piece."""
        yield 0, self.read()


def printed(name: str, state: State) -> Fingerprint:
    """The fingerprint of a model in memory."""
    found = fingerprint(name, name, {key: _Held(values) for key, values in state.items()}, None)
    assert found is not None
    return found


def main() -> None:
    """Make, keep, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=10_000)
    parser.add_argument("--families", type=int, default=50)
    arguments = parser.parse_args()
    whole = rows.audit(_dossier(), "")  # what is imported for it is imported now
    with tempfile.TemporaryDirectory() as folder, registry.open(str(Path(folder, "kept")), new=True) as kept:
        families, strangers = _made(kept, whole, arguments.models, arguments.families)
        _search(kept, families, strangers)
        start = time.perf_counter()
        found = kept.families(arguments.models)
        print(f"family tree: {time.perf_counter() - start:.1f} s, {found.families:,} families, {found.alone:,} alone")


Family = tuple[Fingerprint, dict[str, Fingerprint]]


def _made(kept: Registry, whole: rows.Row, models: int, families: int) -> tuple[list[Family], list[Fingerprint]]:
    """Families and strangers, all kept."""
    made: list[Family] = []
    strangers: list[Fingerprint] = []
    every: list[tuple[str, Codes]] = []
    for number in range(models - families * len(CHILDREN)):
        state = architectures.build("llama", np.random.default_rng([1, number]))
        found = printed(f"model-{number}", state)
        every.append((found.name, codes(found)))
        if number < families:
            random = np.random.default_rng([2, number])
            children = {kind: printed(f"{kind} of {number}", make(state, random)) for kind, make in CHILDREN.items()}
            every += [(child.name, codes(child)) for child in children.values()]
            made.append((found, children))
        elif len(strangers) < families:
            strangers.append(found)
    _keep(kept, whole, every)
    return made, strangers


def _keep(kept: Registry, whole: rows.Row, every: list[tuple[str, Codes]]) -> None:
    def filled(connection: Connection) -> None:
        for number, (name, code) in enumerate(every):
            row = {**_audit(whole, number, len(every), len(every)), "name": name, "key": name}
            id = connection.execute(insert(AUDIT).values(**row).returning(AUDIT.c.id)).scalar_one()
            values = {"audit_id": id, "layers": code.layers, "fixed": code.fixed, "free": code.free}
            connection.execute(insert(CODE).values(**values))
        _models(connection, true())
        connection.execute(text("ANALYZE"))

    kept.database.write(filled)


def _search(kept: Registry, families: list[Family], strangers: list[Fingerprint]) -> None:
    names = {row.id: row.name for row in kept.audits(most=10**6)}
    found, confirmed, false, times, compared = Counter[str](), Counter[str](), 0, [], []
    for base, children in [*families, *((row, {}) for row in strangers)]:
        start = time.perf_counter()
        _, rows = kept.database.read(lambda connection, base=base: alike(connection, codes(base)))  # type: ignore[misc]
        times.append(time.perf_counter() - start)
        like = {names[row.audit] for row in rows} - {base.name}
        false += len(like - {child.name for child in children.values()})
        for kind, child in children.items():
            found[kind] += child.name in like
            start = time.perf_counter()
            confirmed[kind] += child.name in like and kinship(base, child).verdict.startswith("common origin")
            compared.append(time.perf_counter() - start)
    asked = len(families) + len(strangers)
    print(f"search among {len(names):,}: median {statistics.median(times) * 1e3:.0f} ms, "
          f"least {min(times) * 1e3:.0f} ms, most {max(times) * 1e3:.0f} ms; comparing one fingerprint: "
          f"median {statistics.median(compared) * 1e3:.0f} ms")  # fmt: skip
    print(f"{'planted kin':<30}{'found':>12}{'and told':>12}")
    for kind in CHILDREN:
        print(f"{kind:<30}{found[kind]:>6} of {len(families)}{confirmed[kind]:>6} of {len(families)}")
    print(f"models that are no kin and were found by {asked:,} searches: {false:,} of {asked * len(names):,} pairs")


if __name__ == "__main__":
    main()
