"""The bills of materials of kept audits go to Dependency-Track as docs/registry.md says, and are valid there."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import assay
from assay import registry
from tests.builders import hub_model
from tests.builders.background import running
from tests.builders.pickles import calls
from tests.builders.raw_server import Raw

DOCUMENT = Path(__file__).parents[2] / "docs" / "registry.md"
ACCEPTED = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\nConnection: close\r\n\r\n{"token": "x"}'


def taken(_request: bytes) -> Iterable[bytes]:
    return [ACCEPTED]


@pytest.mark.skipif(not shutil.which("curl"), reason="the documented command needs curl")
def test_the_documented_command_uploads_a_valid_bill(tmp_path: Path) -> None:
    (block,) = [
        found for found in re.findall(r"```bash\n(.*?)```", DOCUMENT.read_text(), re.DOTALL) if "/api/v1/bom" in found
    ]
    model = hub_model(tmp_path / "acme-7b", **{"x.pkl": calls("os", "system", "id")})
    with registry.open(str(tmp_path / "kept"), new=True) as kept:
        kept.keep(assay.audit(model, isolation=False))
    (tmp_path / "assay").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m assay "$@"\n')
    (tmp_path / "assay").chmod(0o755)
    with running(Raw(taken)) as server:
        env = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ASSAY_REGISTRY": str(tmp_path / "kept"),
               "DTRACK": f"http://127.0.0.1:{server.port}", "DTRACK_KEY": "k", "no_proxy": "127.0.0.1"}  # fmt: skip
        done = subprocess.run(
            ["bash", "-ec", block], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done
        (request,) = server.requests
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.startswith(b"PUT /api/v1/bom HTTP/1.1\r\n") and b"X-Api-Key: k" in head
    sent = json.loads(body)
    assert (sent["projectName"], sent["autoCreate"]) == ("acme-7b", True) and sent["projectVersion"]
    bill = base64.b64decode(sent["bom"], validate=True).decode()
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(bill) is None
    assert json.loads(bill)["metadata"]["component"]["name"] == "acme-7b"
