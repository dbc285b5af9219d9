"""Ask the workbench whatever its own description allows, and much that it does not: does it answer as it says?

    python -m venv peer && peer/bin/pip install schemathesis==4.32.5
    python -m benchmarks.api --schemathesis peer/bin/schemathesis [--examples 50] [--seed 1]

schemathesis makes requests out of the OpenAPI description of a server that runs, and holds each answer against it:
status, type, shape, what is right refused, what is wrong taken, methods, and what follows from what by links. What is
looked at besides its shape may be refused with 400: a model, a waiver, a question, a text. Exit status 1 where it finds
something.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.builders import calls, hub_model

import assay
from assay import registry

TOKEN = "a token of the benchmark"
_JUDGED = ("POST /jobs", "POST /waivers", "POST /answers", "POST /traces")
_ALLOWED = '["2xx", "3xx", 400, 401, 403, 404, 409, 429, "5xx"]'


def main() -> int:
    """Print what schemathesis says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemathesis", required=True)
    parser.add_argument("--examples", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _filled(root)
        options = ["--token-file", "token", "--registry", "kept", "--corpus", "corpus", "--prefix", "/assay", "-q"]
        command = [sys.executable, "-m", "assay", "serve", "--offline", *options]
        with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            at = server.stdout.readline().partition("/?code=")[0]
            try:
                return subprocess.run(
                    [
                        *(arguments.schemathesis, "--config-file", "asked.toml", "run", f"{at}/api/v1/openapi.json"),
                        *("--header", f"Authorization: Bearer {TOKEN}", "--no-color", "--seed", str(arguments.seed)),
                        *("--max-examples", str(arguments.examples), "--generation-database", "none"),
                    ],
                    cwd=root,
                    check=False,
                ).returncode
            finally:
                server.terminate()


def _filled(root: Path) -> None:
    """A registry with two audits, a corpus, a token, and what schemathesis is told."""
    (root / "token").write_text(TOKEN)
    with registry.open(str(root / "kept"), new=True) as found:
        for name in ("tiny", "large"):
            model = hub_model(root / name, **{"training_args.bin": calls("posix", "system", "true")})
            found.keep(assay.audit(model, isolation=False))
    (root / "texts").mkdir()
    (root / "texts" / "one.txt").write_text(
        "It is a truth universally acknowledged, that a single man is in want. " * 20
    )
    build = [sys.executable, "-m", "assay", "corpus", "build", "texts", "-o", "corpus", "-q"]
    subprocess.run(build, cwd=root, check=True)
    rows = [
        f'[[operations]]\ninclude-name = "{name}"\nchecks.positive_data_acceptance.expected-statuses = {_ALLOWED}\n'
        for name in _JUDGED
    ]
    (root / "asked.toml").write_text("\n".join(rows))


if __name__ == "__main__":
    raise SystemExit(main())
