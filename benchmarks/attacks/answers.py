"""Attacks that want a yes: a PASSED or a VERIFIED that is not deserved, or a file or key where it does not belong."""

from __future__ import annotations

import base64
import json
import os
import threading
from pathlib import Path

from tests.builders import calls
from tests.builders.command import run
from tests.builders.keys import private
from tests.builders.raw_server import answered, answering, header

from benchmarks.attacks.attack import CURL, ECHO, Answer, asked, attack, dossier, model, must, no, signed

RACES = 12  # audits of a file that changes under way
_KEY = "sk-sesame-0123456789"
_POLICY = 'schema = "assay-policy/1"\nname = "p"\n[block]\nfail = ["*"]\n'


@attack("a baseline of one command accepts another in the same file")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", ECHO))
    dossier(at, "d.json")
    must(at, "baseline", "write", "d.json", "b.json")
    model(at / "m", a__pkl=calls("os", "system", CURL))
    return no(at, "audit", "m", "-q", "--baseline", "b.json")


@attack("a baseline of one eval accepts any eval")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("builtins", "eval", "1+1"))
    dossier(at, "d.json")
    must(at, "baseline", "write", "d.json", "b.json")
    model(at / "m", a__pkl=calls("builtins", "eval", "__import__('os').system('id')"))
    return no(at, "audit", "m", "-q", "--baseline", "b.json")


@attack("a baseline of another model counts for this one")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", ECHO))
    dossier(at, "d.json")
    must(at, "baseline", "write", "d.json", "b.json")
    (at / "m").rename(at / "n")
    return no(at, "audit", "n", "-q", "--baseline", "b.json")


def renamed(at: Path, name: str) -> Answer:
    """A waiver for a file that is loaded by nobody, which is then called `name`."""
    model(at / "m", optional___args__pkl=calls("os", "system", CURL))
    subject = dossier(at, "d.json")["subject"]["sha256"]
    rows = f'check = "pickle.reaches-outside"\nartifact = "optional/args.pkl"\nsubject = "{subject}"\n'
    (at / "p.toml").write_text(f'{_POLICY}[[waiver]]\n{rows}reason = "not loaded"\nowner = "j"\nexpires = 2999-01-01\n')
    (at / "m/optional/args.pkl").rename(at / "m" / name)
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a waiver lives on after its file is renamed to what is loaded")
def _(at: Path) -> Answer:
    return renamed(at, "pytorch_model.bin")


@attack("a waiver lives on in a file whose name looks like a container")
def _(at: Path) -> Answer:
    return renamed(at, "optional/args.pkl > pytorch_model.bin")


@attack("a policy that accepts all calls itself default")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    (at / "p.toml").write_text('schema = "assay-policy/1"\nname = "default"\n[block]\nfail = []\n')
    return no(at, "audit", "m", "-q", "--policy", "p.toml")


@attack("a dossier whose verdict was edited verifies")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    found = dossier(at, "d.json")
    found["decision"].update(verdict="PASSED", decided_by=[])
    (at / "d.json").write_text(json.dumps(found))
    return no(at, "verify", "d.json", "m", "--policy", "default")


@attack("a dossier whose finding was taken out verifies")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    found = dossier(at, "d.json")
    found["findings"] = [row for row in found["findings"] if row["kind"] != "fail"]
    (at / "d.json").write_text(json.dumps(found))
    return no(at, "verify", "d.json", "m")


@attack("a dossier brings its own baseline and verifies")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    dossier(at, "d.json")
    must(at, "baseline", "write", "d.json", "b.json")
    dossier(at, "known.json", "--baseline", "b.json")
    return no(at, "verify", "known.json", "m")


@attack("a dossier with checks left out verifies as if they were asked")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    dossier(at, "d.json", "--skip", "pickle.reaches-outside,loading.runs-code")
    _, said = asked(at, "verify", "d.json", "m")  # what it says may hold, if that is said to be INCOMPLETE and why
    return Answer(said, "INCOMPLETE with 2 checks left out" not in said)


@attack("a dossier that the expected signer did not sign verifies")
def _(at: Path) -> Answer:
    model(at / "m")
    private(at / "k.pem")
    dossier(at, "d.json")
    return no(at, "verify", "d.json", "m", "--key", "k.pub")


@attack("an attestation by a stranger verifies")
def _(at: Path) -> Answer:
    signed(at)
    dossier(at, "d.json")
    must(at, "attest", "d.json", "--key", "other.pem")
    return no(at, "verify", "d.json", "m", "--key", "k.pub")


@attack("a signature by a stranger verifies")
def _(at: Path) -> Answer:
    signed(at)
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "other.pub")


@attack("a signature verifies after a byte of a file was changed")
def _(at: Path) -> Answer:
    signed(at)
    raw = bytearray((at / "m/model.safetensors").read_bytes())
    raw[-1] ^= 1
    (at / "m/model.safetensors").write_bytes(raw)
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub")


@attack("a signature verifies after two files changed names")
def _(at: Path) -> Answer:
    signed(at, a__json=b"{}", b__json=b"[]")
    (at / "m/a.json").rename(at / "m/c.json")
    (at / "m/b.json").rename(at / "m/a.json")
    (at / "m/c.json").rename(at / "m/b.json")
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub")


@attack("a signature verifies after a file was added")
def _(at: Path) -> Answer:
    signed(at)
    (at / "m/pytorch_model.bin").write_bytes(calls("os", "system", CURL))
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub")


@attack("a bundle whose signed statement was changed verifies")
def _(at: Path) -> Answer:
    signed(at)
    whole = json.loads((at / "m.sig").read_bytes())
    payload = base64.b64decode(whole["dsseEnvelope"]["payload"])
    accepted, tried = [], range(0, len(payload), max(1, len(payload) // 12))
    for place in tried:
        changed = bytearray(payload)
        changed[place] ^= 2
        whole["dsseEnvelope"]["payload"] = base64.b64encode(changed).decode()
        (at / "x.sig").write_text(json.dumps(whole))
        status, said = asked(at, "verify", "m", "--signature", "x.sig", "--key", "k.pub")
        accepted += [said] if status not in (1, 2) else []
    return Answer(f"{len(tried)} changes, {len(accepted)} accepted", bool(accepted))


@attack("a name that a certificate must have is dropped beside a trusted key")
def _(at: Path) -> Answer:
    signed(at)
    return no(at, "verify", "m", "--signature", "m.sig", "--key", "k.pub", "--subject", "CN=someone else")


def left_out(at: Path, folder: str) -> Answer:
    """A live pickle where signing does not look and sentence-transformers does."""
    modules = [{"idx": 0, "name": "0", "path": folder, "type": "sentence_transformers.models.Transformer"}]
    signed(at, modules__json=json.dumps(modules).encode())
    hidden = at / "m" / folder / "pytorch_model.bin"
    hidden.parent.mkdir()
    hidden.write_bytes(calls("os", "system", CURL))
    return no(at, "audit", "m", "-q")


@attack("a loader reaches a pickle in .github, which is not signed: PASSED")
def _(at: Path) -> Answer:
    return left_out(at, ".github")


@attack("a loader reaches a pickle in .git, which is not signed: PASSED")
def _(at: Path) -> Answer:
    return left_out(at, ".git")


@attack("a loader reaches a pickle in a folder .gitattributes: PASSED")
def _(at: Path) -> Answer:
    return left_out(at, ".gitattributes")


@attack("a loader reaches what is not signed: signed")
def _(at: Path) -> Answer:
    left_out(at, ".github")
    return no(at, "sign", "m", "--key", "k.pem", "-o", "n.sig")


@attack("a loader reaches what is not signed: VERIFIED without a word")
def _(at: Path) -> Answer:
    left_out(at, ".github")
    done = run("verify", "m", "--signature", "m.sig", "--key", "k.pub", cwd=at)
    named = ".github" in done.stdout + done.stderr
    return Answer(
        f"exit {done.returncode}: {'names' if named else 'does not name'} .github", not done.returncode and not named
    )


@attack("a log whose entry was changed holds against a kept checkpoint")
def _(at: Path) -> Answer:
    model(at / "m")
    dossier(at, "d.json")
    must(at, "log", "append", "log", "d.json", "d.json")
    must(at, "log", "show", "log", "-o", "checkpoint=kept")
    (at / "log").write_text(
        (at / "log").read_text().replace('"INCOMPLETE"', '"PASSED"').replace('"PASSED"', '"FAILED"', 1)
    )
    return no(at, "log", "check", "log", "--since", "kept")


@attack("a log that was cut short holds against a kept checkpoint")
def _(at: Path) -> Answer:
    model(at / "m")
    dossier(at, "d.json")
    must(at, "log", "append", "log", "d.json", "d.json")
    must(at, "log", "show", "log", "-o", "checkpoint=kept")
    (at / "log").write_text((at / "log").read_text().splitlines(keepends=True)[0])
    return no(at, "log", "check", "log", "--since", "kept")


@attack("a file that changes while it is read: PASSED with the digest of the other")
def _(at: Path) -> Answer:
    model(at / "m", a__pkl=calls("os", "system", CURL))
    bad = (at / "m/a.pkl").read_bytes()
    good = b"\x80\x02N." + b" " * (len(bad) - 4)
    stamp, over = os.stat(at / "m/a.pkl").st_mtime_ns, threading.Event()

    def flip() -> None:
        while not over.is_set():
            for raw in (good, bad):
                with open(at / "m/a.pkl", "r+b", buffering=0) as file:
                    file.write(raw)
                os.utime(at / "m/a.pkl", ns=(stamp, stamp))

    writer = threading.Thread(target=flip)
    writer.start()
    try:
        wrong = sum(_passed_as_bad(at, bad) for _ in range(RACES))
    finally:
        over.set()
        writer.join()
    return Answer(f"{RACES} audits, {wrong} PASSED with the digest of the pickle that calls", wrong > 0)


def _passed_as_bad(at: Path, bad: bytes) -> bool:
    import hashlib

    found = dossier(at, "d.json")
    digests = {row["path"]: row.get("sha256") for row in found["artifacts"]}
    says_bad = digests.get("a.pkl") == hashlib.sha256(bad).hexdigest()
    fails = any(row["kind"] in ("fail", "review", "open") and "pkl" in json.dumps(row) for row in found["findings"])
    return says_bad and not fails and found["decision"]["verdict"] == "PASSED"


@attack("a worker that was taken over speaks of another file, or of what was not asked")
def _(at: Path) -> Answer:
    def obstacle(artifact: str, reason: str = "") -> dict[str, object]:
        return {"artifact": artifact, "trouble": "malformed", "reason": reason}

    examined = {
        "artifact": "own.pkl",
        "format": "pickle_stream",
        "aspects": [],
        "gaps": [],
        "parts": 0,
        "stopped": False,
    }
    forged: list[object] = [
        {"end": obstacle("/etc/shadow")},
        {"end": obstacle("own.pkl", "x" * 1_000_000)},
        {"end": None, "fact": None},
        {"fact": ["Obstacle", obstacle("model.safetensors")]},
        {"fact": ["Examined", examined]},
        {"fact": ["Dossier", {}]},
        {"fact": ["os.system", "id"]},
        [],
        7,
    ]
    accepted = [row for row in forged if not _refused(row)]
    return Answer(f"{len(forged)} answers, {len(accepted)} taken", bool(accepted))


def _refused(message: object) -> bool:
    from assay.facts.codec import Mismatch
    from assay.isolation.wire import heard

    try:
        heard(message, "own.pkl")
    except Mismatch:
        return True
    return False


@attack("a report is written over the model's weights")
def _(at: Path) -> Answer:
    before = model(at / "m").joinpath("model.safetensors").read_bytes()
    _, said = asked(at, "audit", "m", "-o", "json=m/model.safetensors")
    return Answer(said, (at / "m/model.safetensors").read_bytes() != before)


@attack("a signature is written over the model's weights")
def _(at: Path) -> Answer:
    before = model(at / "m").joinpath("model.safetensors").read_bytes()
    private(at / "k.pem")
    _, said = asked(at, "sign", "m", "--key", "k.pem", "-o", "m/model.safetensors")
    return Answer(said, (at / "m/model.safetensors").read_bytes() != before)


@attack("a revision writes outside of the hub's cache")
def _(at: Path) -> Answer:
    status, said = asked(at, "audit", "hf://org/tiny@../../../../escaped", "-q", HF_HOME=str(at / "home"))
    return Answer(said, status == 0 or bool(list(at.rglob("*escaped*"))))


@attack("a key that an endpoint sends back stands in a dossier")
def _(at: Path) -> Answer:
    def echo(head: bytes) -> list[bytes]:
        sent = header(head, "Authorization")
        choice = {"index": 0, "text": sent, "message": {"role": "assistant", "content": sent}}
        return [answered(json.dumps({"choices": [choice], "error": sent}).encode(), f"200 {sent}")]

    with answering(echo) as server:
        reference = f"openai+http://127.0.0.1:{server.port}/v1#m"
        done = run("audit", reference, "--run", "-o", "json=d.json", "-o", "text", cwd=at, ASSAY_API_KEY=_KEY)
    everything = done.stdout + done.stderr + (at / "d.json").read_text()
    return Answer(f"exit {done.returncode}: the key stands in it {everything.count(_KEY)} times", _KEY in everything)


@attack("a name drives the terminal")
def _(at: Path) -> Answer:
    folder = model(at / "\x1b]0;owned\x07\u202em", a__pkl=calls("os", "system", "\x1b[2J" + CURL))
    said = run("audit", str(folder), "-v", cwd=at).stdout + run("audit", str(folder) + "x", cwd=at).stderr
    raw = sum(letter in "\x1b\x07\u202e" for letter in said)
    return Answer(f"{raw} raw characters", raw > 0)
