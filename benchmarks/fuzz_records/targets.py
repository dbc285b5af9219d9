"""What is read from others: the true records that inputs are changed from, and what reads them as a command does.

What is signed or linked is given here as what lies inside: it is signed, or linked, again before it is read, so that
what is behind a signature is reached.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from random import Random
from typing import Any

from click.testing import CliRunner
from tests.builders import hub_model
from tests.builders.keys import certificate, private

import assay
from assay import policy
from assay.attest import bundle, model, statements, trust
from assay.attest import log as tree
from assay.attest.signer import signer
from assay.cli._config import configured
from assay.cli._load import consistent, saved
from assay.cli._streams import encoded
from assay.cli.attest import bill
from assay.cli.log import COMMAND as logs
from assay.facts.artifact import manifest
from assay.facts.codec import canonical
from assay.facts.log import Checkpoint, Entry
from assay.pipeline.again import Given, again
from assay.pipeline.change import change
from assay.policy import baseline
from assay.render import names, renderer
from assay.render.record.change import lines as of_change
from assay.render.record.signature import lines as of_signature
from benchmarks.fuzz import mutated
from benchmarks.fuzz_records import answers
from benchmarks.fuzz_records.changes import in_frames, in_json, in_lines, in_toml

KEPT, LONGEST = 2, 80  # of the small dossier: entries of each list, characters of each text


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of record: sound ones, how they are changed (by another one and dice), and what reads an input."""

    seeds: tuple[bytes, ...]
    change: Callable[[bytes, bytes, Random], bytes]
    read: Callable[[bytes], object]


class Made:
    """A small model, what assay makes of it, and a file to put an input in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file, key = folder, folder / "x", folder / "k.pem"
        self.model = hub_model(folder / "m")
        self.key = private(key)
        self.signer = signer(key)
        certificate(folder / "root.pem", "root", self.key, "root", self.key, ca=True)
        certificate(folder / "leaf.pem", "leaf", self.key, "root", self.key)
        self.trust = folder / "trust.toml"
        self.trust.write_text(
            '[[key]]\nname = "a"\nfile = "k.pub"\n[[identity]]\nname = "a@b.example"\nissuer = "https://b.example"\n'
            '[[root]]\nfile = "root.pem"\nsubjects = ["CN=leaf"]\n'
        )
        self.expected = trust.expected(self.trust)

    @cached_property
    def signature(self) -> bytes:
        """The model's signature, with its key."""
        return model.sign(self.model, self.signer, self.folder / "m.sig")

    @cached_property
    def dossier(self) -> Any:
        """An audit of the model against a base and a trust file."""
        (self.folder / "m.sig").write_bytes(self.signature)
        return assay.audit(self.model, trust=self.trust, base=self.model)

    @cached_property
    def statements(self) -> dict[str, Any]:
        """What is attested of it."""
        return statements.statements(self.dossier, bill(self.dossier))

    @cached_property
    def log(self) -> tree.Log:
        """A log of five audits."""
        entry = Entry(0, "", "m", "a" * 64, "b" * 64, "PASSED", "c" * 64, "1", "", "d" * 64)
        grown = tree.read(b"")
        for _ in range(5):
            grown = tree.read(tree.appended(grown, entry))
        return grown

    def signed(self, payload: bytes) -> bytes:
        """A bundle of it."""
        return bundle.written(payload, self.signer.sign(bundle.authenticated(payload)), self.signer.hint, ())

    def put(self, raw: bytes) -> Path:
        """The input as a file."""
        self.file.write_bytes(raw)
        return self.file


def _dossier(made: Made) -> Target:
    """Into every report and form, and into comparisons with a sound one."""
    sound = made.dossier
    (made.folder / "d.json").write_bytes(canonical(sound))
    ways = (*names(), "compare", "attest")

    def read(raw: bytes) -> None:
        found = saved(made.put(raw))
        canonical(found)
        again(found, str(made.model), Given())
        way = ways[zlib.crc32(raw) % len(ways)]
        with consistent(made.file):
            if way == "compare":
                for old, new in ((found, sound), (sound, found)):
                    canonical(changed := change(old, new))
                    encoded(of_change(changed, verbose=True))
            elif way == "attest":
                statements.statements(found, bill(found))
            elif chosen := renderer(way):
                chosen.write(found, io.BytesIO())

    return Target((json.dumps(_small(json.loads(canonical(sound)))).encode(),), in_json, read)


def _small(whole: dict[str, Any]) -> dict[str, Any]:
    """A dossier with a few of its findings, one of each kind first, and of each list."""
    kinds = {row["kind"]: row for row in whole["findings"]}
    findings = list(kinds.values())
    checks = {row["check"] for row in findings}
    few = {key: _few(value) for key, value in whole.items()}
    return {**few, "findings": findings, "rules": [row for row in whole["rules"] if row["id"] in checks]}


def _few(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _few(row) for key, row in value.items()}
    if isinstance(value, str):
        return value[:LONGEST]
    return [_few(row) for row in value[:KEPT]] if isinstance(value, list) else value


def _verifies(made: Made) -> Callable[[bytes], None]:
    def read(raw: bytes) -> None:
        found = model.verify(made.model, made.put(raw), made.expected)
        canonical(found)
        encoded(of_signature(found))

    return read


def _bundle(made: Made) -> Target:
    """The bundle around a signature: by a key, by a chain of certificates, by a certificate alone."""
    keyed = json.loads(made.signature)
    chain = [{"rawBytes": _der(made.folder / name)} for name in ("leaf.pem", "root.pem")]
    chained = {**keyed, "verificationMaterial": {"tlogEntries": [], "x509CertificateChain": {"certificates": chain}}}
    alone = {**keyed, "verificationMaterial": {"tlogEntries": [], "certificate": chain[0]}}
    seeds = tuple(json.dumps(row).encode() for row in (keyed, chained, alone))
    return Target(seeds, in_json, _verifies(made))


def _der(path: Path) -> str:
    return "".join(path.read_text().splitlines()[1:-1])


def _manifest(made: Made) -> Target:
    """The statement inside a signature of a model."""
    verifies = _verifies(made)
    return Target((bundle.parsed(made.signature).payload,), in_json, lambda raw: verifies(made.signed(raw)))


def _attestation(made: Made) -> Target:
    """The statements inside an attestation."""
    dossier, ours = made.dossier, made.statements
    rows = statements.attested(dossier, bill(dossier), made.signer).splitlines()
    seeds = tuple(base64.b64decode(json.loads(row)["dsseEnvelope"]["payload"]) for row in rows)

    def read(raw: bytes) -> None:
        for found, statement in statements.read(made.signed(raw)):
            model.judged(found, made.expected, datetime.now(UTC))
            statements.contradictions(statement, dossier, ours)

    return Target(tuple(map(_short, seeds)), in_json, read)


def _short(statement: bytes) -> bytes:
    return json.dumps(_few(json.loads(statement))).encode()


def _log(made: Made) -> Target:
    """A log as it is, and one in which each line is made to follow the line before it."""

    def read(raw: bytes) -> None:
        found = tree.read(raw if zlib.crc32(raw) % 4 == 0 else _linked(raw))
        for index in range(len(found.lines)):
            tree.flaws(tree.proof(found, index))

    return Target((b"".join(row + b"\n" for row in made.log.lines),), in_lines, read)


def _linked(raw: bytes) -> bytes:
    rows: list[bytes] = []
    before = tree.START
    for line in raw.split(b"\n"):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            line = json.dumps({**row, "before": before}, sort_keys=True, separators=(",", ":")).encode()
        rows.append(line)
        before = hashlib.sha256(line).hexdigest()
    return b"\n".join(rows)


def _proof(made: Made) -> Target:
    kept = Checkpoint(tree.ORIGIN, 3, tree.root(made.log.lines[:3]).hex())
    (made.folder / "d.json").write_bytes(canonical(made.dossier))

    def read(raw: bytes) -> None:
        words = ["check", str(made.put(raw)), "--dossier", str(made.folder / "d.json")]
        if broken := CliRunner().invoke(logs, words, standalone_mode=False).exception:
            raise broken

    return Target((canonical(tree.proof(made.log, 2, kept)),), in_json, read)


def _checkpoint(made: Made) -> Target:
    return Target((tree.note(made.log.checkpoint),), mutated, tree.checkpoint)


def _policy(made: Made) -> Target:
    """A policy, read and applied to an audit."""
    found = made.dossier
    files = manifest(found.artifacts, found.excluded)
    what = policy.Judged(files, found.nature.kind, frozenset(row.id for row in found.rules))
    waiver = (
        f'\n[[waiver]]\ncheck = "{found.findings[0].check}"\nartifact = "*"\nsubject = "{found.subject.files_sha256}"\n'
        'reason = "r"\nowner = "o"\nexpires = 2999-01-01\n'
    )
    text = (Path(policy.__file__).with_name("builtin") / "default.toml").read_text()
    rules = (text.replace('"default"', '"ours"', 1) + waiver).encode()

    def read(raw: bytes) -> None:
        rules = policy.load(str(made.put(raw)))
        policy.problems(rules, tuple(row.id for row in found.rules))
        canonical(policy.judged(found.findings, rules, what, frozenset(), date(2026, 1, 1))[1])

    return Target((rules,), in_toml, read)


def _baseline(made: Made) -> Target:
    """A list of known findings, read and applied to an audit of the same model."""
    found = made.dossier
    known = {row.fingerprint: row.check for row in found.findings[:KEPT]}
    seeds = [{"schema": "assay-baseline/1", "known": known}, {"schema": baseline.SCHEMA, "model": "m", "known": known}]

    def read(raw: bytes) -> None:
        baseline.digest(frozenset(baseline.read(made.put(raw)).known))

    return Target(tuple(json.dumps(row).encode() for row in seeds), in_json, read)


def _trust_file(made: Made) -> Target:
    return Target((made.trust.read_bytes(),), in_toml, lambda raw: trust.expected(made.put(raw)))


def _configuration(made: Made) -> Target:
    place = made.folder / "c"
    place.mkdir()

    def read(raw: bytes) -> None:
        (place / "assay.toml").write_bytes(raw)
        found = configured(None, place)
        assert found.said or not found.options

    return Target((b'policy = "strict"\nbaseline = "b.json"\noffline = true\njobs = 3\n',), in_toml, read)


TARGETS: dict[str, Callable[[Made], Target]] = {
    "worker answers": lambda _: Target(answers.seeds(), in_frames, answers.read),
    "worker answers, audited": lambda made: Target(answers.seeds(), in_frames, answers.Audited(made.folder / "a")),
    "dossier": _dossier,
    "bundle": _bundle,
    "manifest in a bundle": _manifest,
    "attestation": _attestation,
    "log": _log,
    "proof": _proof,
    "checkpoint": _checkpoint,
    "policy": _policy,
    "baseline": _baseline,
    "trust file": _trust_file,
    "configuration": _configuration,
}
