"""Records that people hand to one another, changed by the thousand: each is read, or refused in a sentence.

    python -m benchmarks.fuzz_records --inputs 100000 --jobs 2

Dossiers, bundles, attestations, logs, proofs, checkpoints, policies, baselines and trust files of a small model,
changed part by part (a value by an odd one of its type or another, a part left out or doubled) and byte by byte; what
was signed is signed again, so that what is behind the signature is reached. What is read goes where the command line
would take it: dossiers into every report, form and comparison. What ends in anything but an AssayError is
written to a file, one for each place in the code. Printed for each kind: inputs, how many were read, the slowest in CPU
seconds.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import multiprocessing
import random
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from assay.cli._streams import encoded
from assay.errors import AssayError
from benchmarks.fuzz import mutated

SLOW = 20.0  # CPU seconds for one small record: a hang by any name
_TEXTS = (
    *("", " ", "x", "../x", "a/b", "\ud800", "\u202ex", "\x1b[31mx", "\0", "<script>", "]]>", "`|`", "{{ x }}", "\n"),
    *("0" * 64, "f" * 16, "nan", "1e999", "2026-02-30", "9999-12-31", "hf://a/b", "sha256", "a > b", "%s", "x" * 5000),
)
_NUMBERS = (0, 1, -1, 2**31, 2**63, 2**64, 10**30, 10**308, 10**320)
_FLOATS = (0.0, -0.0, -1.5, 5e-324, 1e308, float("nan"), float("inf"))
_OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], {"": {}}, 7, "x", 1.5)
_TOML = (
    *(b"[]", b"{}", b"1", b"-1", b"1.5", b"nan", b"inf", b"true", b'""', b'"x"', b"[1]", b'["*"]', b'["nothing.*"]'),
    *(b"2027-02-30", b"10000-01-01", b"2027-01-01T00:00:00Z", b"12:00:00", b"9" * 5000, b"[" * 5000, b"{a=" * 3000),
    *(b'"\\uD800"', b'"\\u0000"', b'"""\n"""', b"'\xff'", b'"../x"', b'"x" "y"', b"{a = 1, a = 2}"),
)
_WEIGHTS = {"dossier": 6, "bundle": 2, "attestation": 2}


_ROOT = b'[[root]]\nfile = "root.pem"\nsubjects = ["CN=a"]\n'
Row = tuple[int, int, float]  # inputs, how many were read, the slowest in CPU seconds


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of record: how a sound one is changed, and what reads it."""

    change: Callable[[random.Random], bytes]
    read: Callable[[bytes], object]


def altered(value: Any, dice: random.Random) -> Any:
    """A JSON value with a few parts changed."""
    for _ in range(dice.choice((1, 1, 1, 2, 4))):
        value = _part(value, dice)
    return value


def _part(value: Any, dice: random.Random, depth: int = 0) -> Any:
    if isinstance(value, dict | list) and value and dice.random() < 0.93 - 0.02 * depth:
        copy = value.copy()
        place = dice.choice(list(copy) if isinstance(copy, dict) else range(len(copy)))
        copy[place] = _part(copy[place], dice, depth + 1)
        return copy
    if isinstance(value, list) and value and dice.random() < 0.7:
        match dice.randrange(4):
            case 0:
                return [*value, dice.choice(value)]
            case 1:
                return value[::-1]
            case 2:
                return value[: dice.randrange(len(value))]
            case _:
                return value * 50 if len(value) < 50 else value[:1]
    if isinstance(value, dict) and value and dice.random() < 0.7:
        gone = dice.choice(list(value))
        return {key: row for key, row in value.items() if key != gone} | ({"more": 1} if dice.random() < 0.2 else {})
    if dice.random() < 0.1:
        return dice.choice(_OTHERS)
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, str):
        return dice.choice((*_TEXTS, value[::-1], value + "x", value.upper()))
    if isinstance(value, int):
        return dice.choice((*_NUMBERS, value + 1, -value))
    return dice.choice((*_FLOATS, *_NUMBERS)) if isinstance(value, float) else dice.choice(_OTHERS)


def kinds(folder: Path) -> dict[str, Kind]:
    """Every kind of record, made of a small model in `folder`."""
    from tests.builders import hub_model
    from tests.builders.keys import certificate, private

    import assay
    from assay import policy
    from assay.attest import bundle, model, statements, trust
    from assay.attest import log as tree
    from assay.attest.signer import signer
    from assay.cli.attest import bill
    from assay.cli.log import COMMAND as checking
    from assay.facts.codec import canonical
    from assay.facts.log import Checkpoint, Entry
    from assay.policy import baseline

    made, key = hub_model(folder / "m"), folder / "k.pem"
    own = private(key)
    who = signer(key)
    certificate(folder / "root.pem", "root", own, "root", own, ca=True)
    (folder / "trust.toml").write_text(
        '[[key]]\nname = "a"\nfile = "k.pub"\n[[identity]]\nname = "a@b.example"\nissuer = "https://b.example"\n'
    )
    expected = trust.expected(folder / "trust.toml")
    whole = assay.audit(made, trust=folder / "trust.toml")
    dossier = json.loads(canonical(whole))
    (folder / "d.json").write_bytes(canonical(whole))
    signature = model.sign(made, who, folder / "m.sig")
    payload = json.loads(bundle.parsed(signature).payload)
    attestation = statements.attested(whole, bill(whole), who)
    entry = Entry(0, "", "m", "a" * 64, "b" * 64, "PASSED", "c" * 64, "1", "", "d" * 64)
    grown = tree.read(b"")
    for _ in range(5):
        grown = tree.read(tree.appended(grown, entry))
    kept = Checkpoint(tree.ORIGIN, 3, tree.root(grown.lines[:3]).hex())
    proof = json.loads(canonical(tree.proof(grown, 2, kept)))
    rules = (Path(policy.__file__).with_name("builtin") / "default.toml").read_bytes().replace(
        b'"default"', b'"ours"', 1
    ) + (
        b'\n[[waiver]]\ncheck = "weights.hole"\nartifact = "x"\nsubject = "%s"\nreason = "r"\nowner = "o"\n'
        b"expires = 2027-01-01\n" % (b"a" * 64)
    )

    known = {"schema": baseline.SCHEMA, "model": "m", "known": {"0" * 16: "weights.hole", "1" * 16: ""}}

    def json_of(value: Any) -> Callable[[random.Random], bytes]:
        def change(dice: random.Random) -> bytes:
            raw = json.dumps(altered(value, dice)).encode()
            return mutated(raw, b"", dice) if dice.random() < 0.1 else raw

        return change

    def toml_of(raw: bytes) -> Callable[[random.Random], bytes]:
        def change(dice: random.Random) -> bytes:
            rows = raw.split(b"\n")
            place = dice.randrange(len(rows))
            if b"=" in rows[place] and dice.random() < 0.7:
                rows[place] = rows[place].partition(b"=")[0] + b"= " + dice.choice(_TOML)
            else:
                rows[place] = dice.choice(
                    (b"", rows[place] * 2, dice.choice(rows), b"[x]", b"[[waiver]]", b"[block.x]")
                )
            changed = b"\n".join(rows)
            return mutated(changed, changed, dice) if dice.random() < 0.3 else changed

        return change

    def bytes_of(raw: bytes) -> Callable[[random.Random], bytes]:
        return lambda dice: mutated(raw, raw, dice)

    def signed_again(dice: random.Random) -> bytes:
        if dice.random() < 0.3:
            return json_of(json.loads(signature))(dice)
        inner = json.dumps(altered(payload, dice)).encode()
        return bundle.written(inner, who.sign(bundle.authenticated(inner)), who.hint, ())

    def attested_again(dice: random.Random) -> bytes:
        rows = attestation.splitlines()
        place = dice.randrange(len(rows))
        inner = json.loads(base64.b64decode(json.loads(rows[place])["dsseEnvelope"]["payload"]))
        changed = json.dumps(altered(inner, dice)).encode()
        rows[place] = bundle.written(changed, who.sign(bundle.authenticated(changed)), who.hint, ()).strip()
        return b"\n".join(rows)

    def linked_again(dice: random.Random) -> bytes:
        rows, before = [], tree.START
        for number in range(4):
            row = json.loads(tree.written(Entry(number, before, "m", "a", "b", "PASSED", "c", "1", "")))
            row = altered(row, dice) if number == 2 else row
            rows.append(json.dumps(row, sort_keys=True, separators=(",", ":")).encode())
            before = hashlib.sha256(rows[-1]).hexdigest()
        return b"\n".join([*rows, b""])

    def read_bundle(raw: bytes) -> None:
        (folder / "x.sig").write_bytes(raw)
        found = model.verify(made, folder / "x.sig", expected)
        from assay.render.record.signature import lines

        canonical(found)
        encoded(lines(found))

    ours = statements.statements(whole, bill(whole))

    def read_attestation(raw: bytes) -> None:
        for found, statement in statements.read(raw):
            model.judged(found, expected, datetime.now(UTC))
            statements.contradictions(statement, whole, ours)

    def file_of(read: Callable[[Path], object]) -> Callable[[bytes], object]:
        def taken(raw: bytes) -> object:
            (folder / "x").write_bytes(raw)
            return read(folder / "x")

        return taken

    def read_proof(path: Path) -> None:
        words = ["check", str(path), "--dossier", str(folder / "d.json")]
        if broken := CliRunner().invoke(checking, words, standalone_mode=False).exception:
            raise broken

    return {
        "dossier": Kind(json_of(dossier), _Dossier(folder, whole)),
        "bundle": Kind(signed_again, read_bundle),
        "attestation": Kind(attested_again, read_attestation),
        "log": Kind(linked_again, lambda raw: tree.proof(tree.read(raw), 0)),
        "log by bytes": Kind(bytes_of(b"".join(row + b"\n" for row in grown.lines)), tree.read),
        "proof": Kind(json_of(proof), file_of(read_proof)),
        "checkpoint": Kind(bytes_of(tree.note(grown.checkpoint)), tree.checkpoint),
        "policy": Kind(toml_of(rules), file_of(lambda path: policy.load(str(path)))),
        "baseline": Kind(
            json_of(known),
            file_of(baseline.read),
        ),
        "trust file": Kind(toml_of((folder / "trust.toml").read_bytes() + _ROOT), file_of(trust.expected)),
    }


class _Dossier:
    """Takes a dossier where the command line would: into every report and form, a comparison, an attestation."""

    def __init__(self, folder: Path, sound: Any) -> None:
        self._file, self._sound, self._dice = folder / "x.json", sound, random.Random(0)

    def __call__(self, raw: bytes) -> None:
        from assay.cli._load import consistent, saved
        from assay.facts.codec import canonical
        from assay.pipeline.again import Given, again

        self._file.write_bytes(raw)
        found = saved(self._file)
        canonical(found)
        again(found, str(self._file.parent / "m"), Given())
        with consistent(self._file):
            self._used(found)

    def _used(self, found: Any) -> None:
        from assay.attest.statements import statements
        from assay.cli.attest import bill
        from assay.facts.codec import canonical
        from assay.pipeline.change import change
        from assay.render import names, renderer
        from assay.render.record.change import lines

        way = self._dice.choice([*names(), "compare", "attest"])
        if way == "compare":
            for old, new in ((found, self._sound), (self._sound, found)):
                canonical(changed := change(old, new))
                encoded(lines(changed, verbose=True))
        elif way == "attest":
            statements(found, bill(found))
        elif chosen := renderer(way):
            chosen.write(found, io.BytesIO())


def run(seed: int, inputs: int, only: str) -> tuple[dict[str, Row], dict[str, str]]:
    """One worker's share: the row of each kind, and the file of what broke it, by where in the code it did."""
    dice = random.Random(seed)
    told: dict[str, Row] = {}
    broke: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        every = kinds(Path(folder))
        names = [only] if only else [name for name in every for _ in range(_WEIGHTS.get(name, 1))]
        for number in range(inputs):
            name = dice.choice(names)
            raw, start, read = every[name].change(dice), time.process_time(), True
            try:
                every[name].read(raw)
            except AssayError as refused:
                read = False
                assert str(refused)
            except Exception as broken:  # noqa: BLE001 - what is looked for is any
                last = traceback.extract_tb(broken.__traceback__)[-1]
                where = f"{name}: {type(broken).__name__} at {Path(last.filename).name}:{last.lineno}"
                if where not in broke:
                    broke[where] = f"fuzz-{name.replace(' ', '-')}-{seed}-{number}"
                    Path(broke[where]).write_bytes(raw)
            spent = time.process_time() - start
            assert spent < SLOW, f"{name}: {spent:.1f} CPU seconds"
            told[name] = _sum(told.get(name), (1, int(read), spent))
    return told, broke


def _sum(one: Row | None, other: Row) -> Row:
    return (one[0] + other[0], one[1] + other[1], max(one[2], other[2])) if one else other


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="one kind, by its name")
    options = parser.parse_args()
    shares = [(options.seed * 1000 + job, options.inputs // options.jobs, options.only) for job in range(options.jobs)]
    whole: dict[str, Row] = {}
    broken: dict[str, str] = {}
    with multiprocessing.get_context("spawn").Pool(options.jobs) as pool:
        for share, broke in pool.starmap(run, shares):
            broken |= broke
            for name, row in share.items():
                whole[name] = _sum(whole.get(name), row)
    for name, (count, read, slowest) in sorted(whole.items()):
        print(f"{name:13} {count:>9,} inputs, {read:>9,} read, slowest {slowest:.2f} s")
    for where, path in sorted(broken.items()):
        print(f"neither read nor refused: {where}, as {path}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
