"""Accuracy of relations: a confusion matrix over pairs whose truth is known. `python -m benchmarks.relations`.

It takes about ten minutes.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assay.facts.comparison import Comparison, Relation
from benchmarks import architectures, derived, trained
from benchmarks.derived import State

R = Relation


@dataclass(frozen=True, slots=True)
class Case:
    """A pair, how its model is stored, and what the relation truly is."""

    name: str
    base: State
    model: State
    truth: Relation
    store: str = "BF16"
    others: tuple[State, ...] = ()
    base_store: str = "BF16"
    quantise: derived.Quantise = derived.reference_quantiser


def from_the_real_model(gguf: Path) -> Iterator[Case]:
    """Derivatives of ten layers of SmolLM2, twice with different random numbers."""
    s = derived.smollm2(gguf)
    yield Case("the same file", s, s, R.IDENTICAL)
    yield Case("bf16 to f16", s, s, R.CAST, "F16")
    yield Case("bf16 to f32", s, s, R.CAST, "F32")
    for seed in (1, 2):
        yield from _derivatives(s, seed)


def _derivatives(s: State, seed: int) -> Iterator[Case]:
    def fresh(number: int) -> np.random.Generator:
        return np.random.default_rng([seed, number])

    for n, size in enumerate((0.002, 0.01, 0.05)):
        yield Case(f"noise of {size:.1%}", s, derived.noisy(s, size, fresh(n)), R.FINE_TUNE)
    yield Case("noise of 70 %", s, derived.noisy(s, 0.7, fresh(5)), R.CONTINUED)
    few, many = ("q_proj", "v_proj"), ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
    adapters = ((16, 0.02, few), (16, 0.005, few), (4, 0.01, few), (64, 0.02, many), (1, 0.01, few))
    for n, (rank, size, modules) in enumerate(adapters):
        yield Case(
            f"LoRA of rank {rank}, {size:.1%}, {len(modules)} modules",
            s,
            derived.lora(s, rank, size, modules, fresh(10 + n)),
            R.ADAPTER_MERGE,
        )
    yield Case("one direction ablated", s, derived.ablated(s, fresh(20)), R.ABLATION)
    yield Case(
        "one direction ablated in half the layers",
        s,
        derived.ablated(s, fresh(21), lambda layer: layer >= 5),
        R.ABLATION,
    )
    yield Case("neurons permuted", s, derived.permuted_neurons(s, fresh(22)), R.PERMUTED)
    signed = derived.rearranged(s, fresh(40))
    yield Case("neurons permuted, negated, scaled", s, signed, R.PERMUTED)
    yield Case("the same, and heads", s, derived.rearranged(s, fresh(41), heads=(9, 3)), R.PERMUTED)
    yield Case("neurons negated and scaled", s, derived.rearranged(s, fresh(42), permute=False), R.PERMUTED)
    yield Case("norms folded into matrices", s, derived.folded(s), R.PERMUTED)
    yield Case("half of the values pruned", s, derived.sparse(s, 0.5), R.PRUNED)
    yield Case("dense layers into four experts", s, derived.upcycled(s, 4, fresh(43)), R.LAYERS)
    yield Case("hidden dimension permuted", s, derived.turned(s, fresh(23), rotate=False), R.PERMUTED)
    yield Case("rotated, norms folded", s, derived.turned(s, fresh(24), rotate=True), R.PERMUTED)
    yield Case("random, same statistics", s, derived.same_statistics(s, fresh(25)), R.UNRELATED)
    yield Case("values shuffled", s, derived.shuffled(s, fresh(26)), R.UNRELATED)
    yield Case("three layers dropped", s, derived.layers_of(s, [0, 1, 2, 4, 5, 7, 9]), R.LAYERS)
    yield Case("layers stacked", s, derived.layers_of(s, [0, 1, 2, 3, 4, 5, 6, 3, 4, 5, 6, 7, 8, 9]), R.LAYERS)
    yield Case("vocabulary extended", s, derived.more_tokens(s, 64, fresh(27)), R.VOCABULARY)
    one, two = derived.noisy(s, 0.02, fresh(28)), derived.noisy(s, 0.03, fresh(29))
    yield Case("merge of two fine-tunes", s, derived.mixed([one, two], [0.6, 0.4]), R.MERGE, others=(one, two))
    yield Case(
        "a third fine-tune, two others given", s, derived.noisy(s, 0.02, fresh(34)), R.FINE_TUNE, others=(one, two)
    )
    tuned = derived.noisy(s, 0.01, fresh(30))
    for kind in ("Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"):
        yield Case(f"{kind} of the base", s, s, R.QUANTISED, kind)
        yield Case(f"{kind} of a 1 % fine-tune", s, tuned, R.QUANTISED_CHANGED, kind)
    yield Case(
        "Q4_1 of a LoRA", s, derived.lora(s, 16, 0.005, ("q_proj", "v_proj"), fresh(31)), R.QUANTISED_CHANGED, "Q4_1"
    )
    yield Case("Q8_0 of an ablation", s, derived.ablated(s, fresh(32)), R.QUANTISED_CHANGED, "Q8_0")
    yield Case("Q4_0 of random weights", s, derived.same_statistics(s, fresh(33)), R.UNRELATED, "Q4_0")


def dequantised_copies(gguf: Path) -> Iterator[Case]:
    """Copies of the real model that were quantised and stored as plain numbers again; and of fine-tunes of it."""
    s = derived.narrowed(derived.smollm2(gguf, 4, 4096), 512)
    tuned = derived.noisy(s, 0.05, np.random.default_rng(11))
    for kind in derived.DEQUANTISED:
        for store in ("BF16", "F32"):
            yield Case(f"{kind}, dequantised", s, derived.dequantised(s, kind), R.QUANTISED, store)
    one = derived.layers_of(s, [0])
    yield Case("GPTQ, dequantised", one, derived.dequantised(one, "GPTQ"), R.QUANTISED)
    for kind in ("Q8_0", "int8 by row", "FP8"):
        copy = derived.dequantised(tuned, kind)
        yield Case(f"{kind} of a 5 % fine-tune, dequantised", s, copy, R.QUANTISED_CHANGED)


def from_architectures() -> Iterator[Case]:
    """Independent starts of nine architectures, with and without parts in common; and descendants of each."""
    for name, rows in architectures.SHARED.items():
        for shared in rows:
            for seed in (1, 11):
                left, right = (architectures.build(name, np.random.default_rng(seed + n), shared) for n in range(2))
                yield Case(f"independent: {name}, same {' and '.join(shared) or 'tables'}", left, right, R.UNRELATED)
        base = architectures.build(name, np.random.default_rng(21))
        random = np.random.default_rng(22)
        yield Case(f"{name}: fine-tune", base, derived.noisy(base, 0.02, random), R.FINE_TUNE)
        yield Case(f"{name}: continued", base, derived.noisy(base, 0.9, random), R.CONTINUED)
        yield Case(f"{name}: cast", base, base, R.CAST, "BF16", base_store="F32")
        yield Case(f"{name}: the same", base, base, R.IDENTICAL)


def from_real_quantisers(gguf: Path, library: Path) -> Iterator[Case]:
    """Copies made by ggml itself, with and without an importance matrix, of the base and of fine-tunes."""
    s = derived.narrowed(derived.smollm2(gguf, 6, 4096), 512)
    random = np.random.default_rng(8)
    little, more = derived.noisy(s, 0.01, random), derived.noisy(s, 0.10, random)
    importance = (np.abs(random.standard_normal(1536)) + 0.1).astype(np.float32)
    plain, weighted = derived.ggml_quantiser(library), derived.ggml_quantiser(library, importance)
    for kind in (
        "Q8_0",
        "Q4_0",
        "Q4_1",
        "Q5_0",
        "Q5_1",
        "Q2_K",
        "Q3_K",
        "Q4_K",
        "Q5_K",
        "Q6_K",
        "IQ4_NL",
        "IQ4_XS",
        "MXFP4",
        "NVFP4",
    ):
        yield Case(f"ggml {kind} of the base", s, s, R.QUANTISED, kind, quantise=plain)
        yield Case(f"ggml {kind} of the base, importance matrix", s, s, R.QUANTISED, kind, quantise=weighted)
        yield Case(f"ggml {kind} of a 1 % fine-tune", s, little, R.QUANTISED_CHANGED, kind, quantise=plain)
        yield Case(f"ggml {kind} of a 10 % fine-tune", s, more, R.QUANTISED_CHANGED, kind, quantise=weighted)


def from_trained_models(folder: Path, steps: int) -> Iterator[Case]:
    """Models truly trained here: descendants, and independent runs on the same and on other data."""

    def run(name: str, **options: object) -> State:
        path = folder / f"{name}-{steps}.npz"
        if not path.exists():
            start = time.process_time()
            np.savez(path, **trained.train(**options))  # type: ignore[arg-type]
            print(f"  trained {name} in {time.process_time() - start:.0f} CPU s", flush=True)
        with np.load(path) as found:
            return {key: derived.bf16(found[key]) for key in found.files}  # as they would be published

    a = run("a", seed=1, part="first", steps=steps)
    b = run("b", seed=2, part="first", steps=steps)
    same_order = run("b-same-order", seed=3, part="first", steps=steps, order=1)
    other = run("other-data", seed=4, part="second", steps=steps)
    tuned = run("tuned", seed=5, part="second", steps=steps // 8, start=a, rate=1e-4)
    tuned2 = run("tuned-again", seed=6, part="second", steps=steps // 8, start=a, rate=1e-4)
    continued = run("continued", seed=7, part="second", steps=steps, start=a, rate=3e-3)
    first = dict(run("a-start", seed=1, part="first", steps=0).items())
    random = np.random.default_rng(9)
    table = {"model.embed_tokens.weight": a["model.embed_tokens.weight"]}
    onto = {
        f"a's embedding, seed {seed}": run(f"frozen-{seed}", seed=seed, part="first", steps=steps, frozen=table)
        for seed in (31, 32, 33)
    }
    yield Case("trained: fine-tune", a, tuned, R.FINE_TUNE)
    yield Case("trained: another fine-tune", a, tuned2, R.FINE_TUNE)
    yield Case("trained: continued as long as before", a, continued, R.CONTINUED)
    yield Case("trained: from its own start", first, a, R.CONTINUED, "F32", base_store="F32")
    for name, model in (("fine-tune", tuned), ("continued", continued)):
        yield Case(f"trained: {name}, neurons permuted", a, derived.permuted_neurons(model, random), R.PERMUTED)
        yield Case(f"trained: {name}, hidden permuted", a, derived.turned(model, random, rotate=False), R.PERMUTED)
        yield Case(f"trained: {name}, rotated", a, derived.turned(model, random, rotate=True), R.PERMUTED)
    everyone = {"a": a, "b": b, "b in a's order": same_order, "on other data": other, **onto}
    for left in everyone:
        for right in everyone:
            if left < right:
                yield Case(f"independent: {left}, {right}", everyone[left], everyone[right], R.UNRELATED)
    yield Case("independent: b against a's fine-tune", tuned, b, R.UNRELATED)
    yield Case("independent: b against a continued", continued, b, R.UNRELATED)
    yield Case("independent, rotated", a, derived.turned(b, random, rotate=True), R.UNRELATED)
    yield Case("independent, neurons permuted", a, derived.permuted_neurons(same_order, random), R.UNRELATED)
    yield Case(
        "trained: merge of two fine-tunes",
        a,
        derived.mixed([tuned, tuned2], [0.5, 0.5]),
        R.MERGE,
        others=(tuned, tuned2),
    )
    for name, model in (("fine-tune", tuned), ("continued", continued)):
        arranged = derived.rearranged(model, random, heads=(4, 4))
        yield Case(f"trained: {name}, permuted, negated, scaled", a, arranged, R.PERMUTED)
    yield Case("independent, permuted, negated, scaled", a, derived.rearranged(b, random, heads=(4, 4)), R.UNRELATED)
    yield Case("trained: same statistics", a, derived.same_statistics(a, random), R.UNRELATED)
    yield Case("trained: quantised", a, a, R.QUANTISED, "Q8_0")
    yield Case("trained: fine-tune, quantised", a, tuned, R.QUANTISED_CHANGED, "Q8_0")
    yield Case("trained: LoRA", a, derived.lora(a, 4, 0.01, ("q_proj", "v_proj"), random), R.ADAPTER_MERGE)
    yield Case("trained: ablation", a, derived.ablated(a, random), R.ABLATION)


def answered(case: Case, folder: Path) -> tuple[Comparison, str]:
    """What `assay diff` and `assay lineage` say about a case, from files."""
    import assay
    from assay.errors import UsageError
    from assay.weights.fingerprint import kinship

    base = derived.write_safetensors(folder / "base.safetensors", case.base, case.base_store)
    if case.store in ("BF16", "F16", "F32"):
        model = derived.write_safetensors(folder / "model.safetensors", case.model, case.store)
    else:
        model = derived.write_gguf(folder / "model.gguf", case.model, case.store, case.quantise)
    others = [derived.write_safetensors(folder / f"other{n}.safetensors", state) for n, state in enumerate(case.others)]
    found = assay.diff(base, model, others=tuple(map(str, others)), isolation=False)
    try:
        prints = [assay.fingerprint(path, isolation=False) for path in (model, base)]
    except UsageError:
        return found, "no fingerprint"
    return found, kinship(prints[0], prints[1]).verdict


def contradict(relation: Relation, verdict: str) -> bool:
    """Whether one calls the two related and the other does not."""
    related = relation not in (R.UNRELATED, R.UNKNOWN)
    return (related and verdict == "no common origin found") or (
        relation is R.UNRELATED and verdict.startswith("common origin")
    )


def main() -> None:
    """Print each case, then the matrix."""
    from assay.cli.demo import packaged_model

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=300, help="training steps of the small models")
    parser.add_argument("--keep", type=Path, help="folder for the trained models, to use them again")
    parser.add_argument("--ggml", type=Path, help="shared library that exports ggml_quantize_chunk, for K-quants")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    options = parser.parse_args()
    table: Counter[tuple[Relation, Relation]] = Counter()
    kinships: Counter[tuple[bool, str]] = Counter()
    accused = contradictions = 0
    with tempfile.TemporaryDirectory(prefix="assay-bench-") as scratch:
        keep = options.keep or Path(scratch)
        keep.mkdir(parents=True, exist_ok=True)
        sources = [from_architectures(), from_trained_models(keep, options.steps)]
        sources += [from_the_real_model(packaged_model()), dequantised_copies(packaged_model())]
        sources += [from_real_quantisers(packaged_model(), options.ggml)] if options.ggml else []
        for source in sources:
            for case in source:
                if options.only not in case.name:
                    continue
                start = time.process_time()
                found, verdict = answered(case, Path(scratch))
                contradictions += contradict(found.relation, verdict)
                kinships[case.truth is R.UNRELATED, verdict] += 1
                table[case.truth, found.relation] += 1
                accused += case.truth is R.UNRELATED and found.relation not in (R.UNRELATED, R.UNKNOWN)
                mark = " " if found.relation is case.truth else "?" if found.relation is R.UNKNOWN else "X"
                print(
                    f"{mark} {case.name:46} {found.relation:36} margin "
                    f"{found.margin:5.2f}  {time.process_time() - start:5.1f} CPU s  {verdict}",
                    flush=True,
                )
                if mark != " ":
                    print("".join(f"      {sentence}\n" for sentence in found.why), end="")
    report(table, accused)
    for unrelated, words in ((False, "relatives"), (True, "independent")):
        said = ", ".join(f"{n} {verdict}" for (which, verdict), n in sorted(kinships.items()) if which == unrelated)
        print(f"lineage of {words}: {said}")
    print(f"pairs of which diff and lineage say opposite things: {contradictions}")


def report(table: Counter[tuple[Relation, Relation]], accused: int) -> None:
    """The confusion matrix: a line for each truth."""
    print(f"\n{'truth':36} {'pairs':>5} {'right':>6} {'cannot tell':>12}  otherwise")
    for truth in Relation:
        row = {answer: count for (wanted, answer), count in table.items() if wanted is truth}
        if row:
            wrong = ", ".join(f"{count} {answer}" for answer, count in row.items() if answer not in (truth, R.UNKNOWN))
            print(f"{truth:36} {sum(row.values()):5} {row.get(truth, 0):6} {row.get(R.UNKNOWN, 0):12}  {wrong}")
    total, right = sum(table.values()), sum(count for (wanted, answer), count in table.items() if wanted is answer)
    print(
        f"{total} pairs, {right} right, {sum(c for (_, a), c in table.items() if a is R.UNKNOWN)} cannot tell; "
        f"independent models said to be related: {accused}"
    )


if __name__ == "__main__":
    main()
