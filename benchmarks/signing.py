"""Sign and verify 1 GiB, beside hashing it and beside the reference tool.

    python -m benchmarks.signing [--peer PYTHON]

PYTHON is the interpreter of an environment with model-signing 1.1.1 and pyOpenSSL. CPU seconds with children, best of
five interleaved rounds. With the peer, each verifies what the other signed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

SIZE = 1 << 30
ROUNDS = 5
HASH = (
    "import hashlib, sys\nwith open(sys.argv[1], 'rb', buffering=0) as f: "
    "print(hashlib.file_digest(f, 'sha256').hexdigest())"
)


def cpu(command: list[str]) -> float:
    """CPU seconds of one command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    ran = subprocess.run(command, env=environment, capture_output=True, text=True)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)}: {ran.stdout}{ran.stderr}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(after[:2]) - sum(before[:2])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peer")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "model").mkdir()
        with (at / "model/model.safetensors").open("wb") as out:
            for _ in range(SIZE >> 20):
                out.write(os.urandom(1 << 20))
        key = ec.generate_private_key(ec.SECP256R1())
        (at / "k.pem").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        (at / "k.pub").write_bytes(
            key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        )
        model, own, other = str(at / "model"), str(at / "own.sig"), str(at / "other.sig")
        assay = [sys.executable, "-m", "assay"]
        commands = {
            "SHA-256 of the bytes": [sys.executable, "-c", HASH, f"{model}/model.safetensors"],
            "assay sign": [*assay, "sign", model, "--key", str(at / "k.pem"), "-o", own],
            "assay verify": [*assay, "verify", model, "--key", str(at / "k.pub"), "--signature", own],
        }
        if given.peer:
            tool = [given.peer, "-m", "model_signing"]
            commands["model-signing sign"] = [
                *tool,
                "sign",
                "key",
                model,
                "--signature",
                other,
                "--private_key",
                str(at / "k.pem"),
            ]
            commands["model-signing verify, of assay's"] = [
                *tool,
                "verify",
                "key",
                model,
                "--signature",
                own,
                "--public_key",
                str(at / "k.pub"),
            ]
            commands["assay verify, of model-signing's"] = [
                *assay,
                "verify",
                model,
                "--key",
                str(at / "k.pub"),
                "--signature",
                other,
            ]
        best = dict.fromkeys(commands, 1000000000.0)
        for _ in range(ROUNDS):
            for name, command in commands.items():
                best[name] = min(best[name], cpu(command))
        base = best["SHA-256 of the bytes"]
        for name, seconds in best.items():
            print(f"{name:34} {seconds:6.3f} CPU s  {seconds / base:5.2f}x", flush=True)


if __name__ == "__main__":
    main()
