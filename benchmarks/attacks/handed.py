"""Attacks by what is handed over beside a model: rules, dossiers, logs, settings, and where a command is run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.builders import calls
from tests.builders.command import run
from tests.builders.keys import private

from benchmarks.attacks.attack import CURL, ECHO, Answer, asked, attack, dossier, model, must, no, signed

_SCHEMA = 'schema = "assay-policy/1"\nname = "p"\n'
_RULES = f'{_SCHEMA}[block]\nfail = ["*"]\n'
_WAIVER = '[[waiver]]\nreason = "r"\nowner = "o"\n'


def hostile(at: Path) -> None:
    """A model `m` with a pickle that calls."""
    model(at / "m", a__pkl=calls("os", "system", CURL))


def waived(at: Path, *, check: str = "pickle.reaches-outside", artifact: str = "a.pkl", until: int = 2999) -> None:
    """A policy `p.toml` with a waiver for `m`, a hostile model, as it is now."""
    hostile(at)
    subject = dossier(at, "d.json")["subject"]["files_sha256"]
    rows = f'check = "{check}"\nartifact = "{artifact}"\nsubject = "{subject}"\nexpires = {until}-01-01\n'
    (at / "p.toml").write_text(f"{_RULES}{_WAIVER}{rows}")


@attack("a dossier that was made with checks off verifies without that policy")
def _(at: Path) -> Answer:
    hostile(at)
    (at / "p.toml").write_text(_RULES + '[off]\nchecks = ["pickle.*", "loading.*"]\n')
    dossier(at, "d.json", "--policy", "p.toml")
    return no(at, "verify", "d.json", "m")


@attack("a waiver for every check")
def _(at: Path) -> Answer:
    waived(at, check="*", artifact="*")
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a waiver for the subject as it was before another file changed")
def _(at: Path) -> Answer:
    waived(at)
    (at / "m/config.json").write_text('{"model_type": "gpt2"}')
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a waiver that has expired")
def _(at: Path) -> Answer:
    waived(at, until=2020)
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a waiver for a container that names what lies in it")
def _(at: Path) -> Answer:
    waived(at, artifact="a.zip")
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a baseline of any model that names a finding by its check alone")
def _(at: Path) -> Answer:
    hostile(at)
    known = {"schema": "assay-baseline/1", "known": {"0" * 16: "pickle.reaches-outside", "f" * 16: "*"}}
    (at / "b.json").write_text(json.dumps(known))
    return no(at, "audit", "m", "-q", "--baseline", "b.json")


@attack("a dossier of a harmless model that names another")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=b"\x80\x02N.")
    dossier(at, "d.json")
    hostile(at)
    return no(at, "verify", "d.json", "m")


@attack("a dossier whose message was edited verifies")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", ECHO))
    found = dossier(at, "d.json")
    (at / "d.json").write_text(json.dumps(found).replace(ECHO, "true      "))
    return no(at, "verify", "d.json", "m")


@attack("a dossier whose limits say that nothing was to be read")
def _(at: Path) -> Answer:
    hostile(at)
    found = dossier(at, "d.json", "--max-bytes", "1")
    status, said = asked(at, "verify", "d.json", "m")
    return Answer(said, status == 0 and found["decision"]["verdict"] == "PASSED")


@attack("a dossier that names a plugin, which is then loaded")
def _(at: Path) -> Answer:
    model(at / "m")
    found = dossier(at, "d.json")
    found["plugins"] = [{"name": "evil", "version": "1"}]
    (at / "d.json").write_text(json.dumps(found))
    (at / "evil.py").write_text(f"open({str(at / 'ran')!r}, 'w')")
    _, said = asked(at, "verify", "d.json", "m")
    return Answer(said, (at / "ran").exists() or "exit 0" in said)


@attack("the attestation of one dossier beside another")
def _(at: Path) -> Answer:
    model(at / "m")
    private(at / "k.pem")
    dossier(at, "d.json")
    must(at, "attest", "d.json", "--key", "k.pem")
    (beside,) = [path for path in at.iterdir() if path.name.startswith("d") and path.name != "d.json"]
    hostile(at)
    dossier(at, "e.json")
    beside.rename(at / beside.name.replace("d", "e", 1))
    return no(at, "verify", "e.json", "m", "--key", "k.pub")


@attack("a log that forked after a kept checkpoint")
def _(at: Path) -> Answer:
    model(at / "m")
    dossier(at, "d.json")
    must(at, "log", "append", "log", "d.json")
    before = (at / "log").read_bytes()
    must(at, "log", "append", "log", "d.json")
    must(at, "log", "show", "log", "-o", "checkpoint=kept")
    (at / "log").write_bytes(before)
    hostile(at)
    dossier(at, "e.json")
    must(at, "log", "append", "log", "e.json", "d.json")
    return no(at, "log", "check", "log", "--since", "kept")


@attack("a log that speaks of a dossier before it was edited")
def _(at: Path) -> Answer:
    hostile(at)
    found = dossier(at, "d.json")
    must(at, "log", "append", "log", "d.json")
    found["decision"].update(verdict="PASSED", decided_by=[])
    (at / "d.json").write_text(json.dumps(found))
    return no(at, "log", "check", "log", "--dossier", "d.json")


@attack("a proof for another entry of the log")
def _(at: Path) -> Answer:
    hostile(at)
    dossier(at, "d.json")
    model(at / "m", a__pkl=b"\x80\x02N.")
    dossier(at, "e.json")
    must(at, "log", "append", "log", "d.json", "e.json")
    must(at, "log", "prove", "log", "e.json", "-o", "json=proof")
    return no(at, "log", "check", "proof", "--dossier", "d.json")


@attack("a signature whose signer left out the weights verifies without a word")
def _(at: Path) -> Answer:
    signed(at)
    (at / "m/model.safetensors").rename(at / "kept")
    must(at, "sign", "m", "--key", "k.pem", "-o", "n.sig")
    (at / "kept").rename(at / "m/model.safetensors")
    return no(at, "verify", "m", "--signature", "n.sig", "--key", "k.pub")


@attack("a configuration in the model's folder turns checks off")
def _(at: Path) -> Answer:
    hostile(at)
    (at / "m/p.toml").write_text(f"{_SCHEMA}[block]\nfail = []\n")
    (at / "m/assay.toml").write_text('policy = "p.toml"\n')
    return no(at / "m", "audit", ".", "-q")


@attack("a configuration above the model decides without being named")
def _(at: Path) -> Answer:
    hostile(at)
    (at / "p.toml").write_text(f"{_SCHEMA}[block]\nfail = []\n")
    (at / "assay.toml").write_text('policy = "p.toml"\n')
    done = run("audit", "m", cwd=at)
    named = "assay.toml" in done.stdout + done.stderr
    return Answer(f"exit {done.returncode}: {'names' if named else 'does not name'} assay.toml", not named)


@attack("modules in the working directory are imported")
def _(at: Path) -> Answer:
    hostile(at)
    for name in ("yaml", "json", "click", "sitecustomize", "numpy", "jinja2", "assay"):
        (at / "m" / f"{name}.py").write_text(f"open({str(at / 'ran')!r}, 'w')")
    command = [
        str(Path(sys.executable).with_name("assay")),
        "audit",
        ".",
        "-q",
    ]  # `python -m` itself imports from there
    env = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    status = subprocess.run(command, cwd=at / "m", env=env, capture_output=True, check=False).returncode
    return Answer(f"exit {status}: {'one ran' if (at / 'ran').exists() else 'none ran'}", (at / "ran").exists())


@attack("a report is written through a link over the model's weights")
def _(at: Path) -> Answer:
    before = model(at / "m").joinpath("model.safetensors").read_bytes()
    (at / "r.json").symlink_to("m/model.safetensors")
    _, said = asked(at, "audit", "m", "-q", "-o", "json=r.json")
    return Answer(said, (at / "m/model.safetensors").read_bytes() != before)


@attack("a report is written through a link to a file of the user's")
def _(at: Path) -> Answer:
    model(at / "m")
    (at / "own").write_text("mine")
    (at / "r.json").symlink_to("own")
    _, said = asked(at, "audit", "m", "-q", "-o", "json=r.json")
    return Answer(said, (at / "own").read_text() != "mine")
