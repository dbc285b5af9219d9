"""Nothing from outside leaves assay raw: every command, option and kind of file, with hostile names and values."""

from __future__ import annotations

import ast
import io
import json
import re
import subprocess
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

import assay
from assay.cli._group import cli
from assay.errors import AssayError
from assay.facts.codec import canonical
from assay.facts.dossier import Dossier
from assay.pipeline.dossier import dossier as read
from assay.render import names, renderer
from tests.builders import hub_model, safetensors
from tests.builders.command import run
from tests.builders.corpus import opened
from tests.builders.keys import private
from tests.builders.openai_server import serving
from tests.builders.pickles import calls
from tests.builders.runtimes import Speaker
from tests.builders.walker import Ran, leaves, ran

# drives a terminal, reorders, hides, is half a character, begins a line of its own
SAID = "x\x1b]0;owned\x07\x1b[2J\u202eevil\u2066\u200b\U000e0041\u3164\ufe0f\u0085\u2028\x9b31m\rPASSED"
NAME = f"{SAID}\nINJECTED"
ANY = f"{NAME}\0\ud800"  # what JSON can hold, and names cannot
_BLANK = "\u034f\u115f\u1160\u3164\uffa0\ufe0f\ufe0e\u2800"
_PRINTS = ("print", "click.echo", "click.secho", "click.confirm", "click.prompt", "traceback.print_exc")
_GO_ON = ("demo", "doctor")  # whatever they are given
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def raw(text: str) -> list[str]:
    """The characters of an output that are not simply drawn."""
    hidden = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    return [hex(ord(c)) for c in text if c != "\n" and (unicodedata.category(c) in hidden or c in _BLANK)]


def told(done: Ran, colour: bool = False) -> str:
    """What it printed, after seeing that none of it is raw and that no value began a line."""
    text = (done.stdout + done.stderr).decode("utf-8")
    plain = _COLOUR.sub("", text) if colour else text
    assert not raw(plain), (done.arguments, raw(plain), text)
    if "html" not in done.arguments:  # a page takes a new line for a space
        assert not re.search(r"^INJECTED", plain, re.MULTILINE), (done.arguments, text)
    assert done.status in (0, 1, 2, 3), (done.arguments, text)
    return text


def every() -> Iterator[tuple[str, ...]]:
    """Each command with a hostile value for each argument, and for each option in turn."""
    for words, command in leaves(cli):
        own = [p for p in command.params if isinstance(p, click.Argument)]
        options = [p for p in command.params if isinstance(p, click.Option) and not p.is_flag]
        needed = [part for p in options if p.required for part in (p.opts[0], NAME)]
        yield (*words, *needed, *(NAME for _ in own))
        yield (*words, f"--{NAME}", *(NAME for _ in own))
        for option in options:
            rest = [part for p in options if p.required and p is not option for part in (p.opts[0], NAME)]
            yield (*words, option.opts[0], NAME, *rest, *(NAME for _ in own))


def test_every_command_makes_its_arguments_visible(tmp_path: Path) -> None:
    commands = [row if row[0] != "serve" else (*row, "--host", NAME) for row in every() if row[0] not in _GO_ON]
    assert len(commands) > 150
    for done in ran([(NAME,), *commands], tmp_path):
        told(done)


def test_nothing_is_printed_but_where_it_is_made_visible() -> None:
    """A message that is printed in another way would be the first to be raw again."""
    root, found = Path(assay.__file__).parent, []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text()
        for node in ast.walk(ast.parse(text)) if re.search(r"print|echo|std(out|err)|prompt|confirm", text) else ():
            called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if called in _PRINTS or re.search(r"std(out|err)\b.*\.write$", called):
                found.append(f"{path.relative_to(root).as_posix()} {called}")
    assert found == [
        "cli/__init__.py traceback.print_exc",  # to the guarded stream
        "cli/__init__.py print",  # the help or the version, before anything is imported
        "cli/_streams.py sys.stdout.buffer.write",
    ]


def hostile_model(folder: Path) -> Path:
    """A model whose names and values are all hostile: files, tensors, config, template, card, tokens."""
    template = "{% for m in messages %}" + NAME + "{{ m['content'] }}{% endfor %}{{ ''.__class__ }}"
    return hub_model(
        folder / NAME.replace("/", "-"),
        **{
            f"{NAME}.pkl".replace("/", "-"): calls("os", "system", f"echo {NAME}"),
            f"{NAME}.7z".replace("/", "-"): b"7z\xbc\xaf'\x1c",
            "extra.safetensors": safetensors({f"{ANY}.weight".encode("utf-8", "replace").decode(): ("F32", (2, 2))}),
            "config.json": json.dumps({"model_type": ANY, "architectures": [ANY], "auto_map": {ANY: f"{ANY}.X"}}),
            "tokenizer_config.json": json.dumps({"chat_template": template, "eos_token": ANY}),
            "README.md": f"---\nlicense: {json.dumps(SAID)}\nbase_model: {json.dumps(SAID)}\n---\n# {NAME}\n",
            "LICENSE": NAME,
            f"{NAME}.py".replace("/", "-"): f"import os\nos.system({NAME!r})\n",
        },
    )


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_model(tmp_path_factory.mktemp("hostile"))


@pytest.fixture(scope="module")
def edited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dossier in which every text that may be any text is hostile."""
    folder = tmp_path_factory.mktemp("edited")
    own = hub_model(folder / "model", **{"a.pkl": calls("os", "system", "id"), "notes.7z": b"7z\xbc\xaf'\x1c"})
    value: Any = json.loads(canonical(assay.audit(own)))
    free = [key for key in sorted(_keys(value)) if _reads(_with(value, {key}))]
    assert {"name", "message", "seen", "artifact", "reason"} <= set(free)
    (folder / "dossier.json").write_text(json.dumps(_with(value, set(free))))
    (folder / "true.json").write_bytes(canonical(assay.audit(own)))
    return folder


def _keys(value: Any) -> set[str]:
    if isinstance(value, list):
        return {key for row in value for key in _keys(row)}
    if not isinstance(value, dict):
        return set()
    own = {key for key, row in value.items() if _said(row)}
    return own | {key for row in value.values() for key in _keys(row)}


def _said(row: Any) -> bool:
    return isinstance(row, str) or (isinstance(row, list) and bool(row) and all(isinstance(one, str) for one in row))


def _with(value: Any, keys: set[str]) -> Any:
    if isinstance(value, list):
        return [_with(row, keys) for row in value]
    if not isinstance(value, dict):
        return value
    return {
        key: (ANY if isinstance(row, str) else [ANY]) if key in keys and _said(row) else _with(row, keys)
        for key, row in value.items()
    }


def _reads(value: Any) -> bool:
    """Whether assay takes it for a dossier."""
    try:
        read(value)
    except (AssayError, ValueError):
        return False
    return True


def _rendered(dossier: Dossier, format: str) -> bytes:
    stream, found = io.BytesIO(), renderer(format)
    assert found is not None
    found.write(dossier, stream)
    return stream.getvalue()


def assert_visible(reports: dict[str, bytes]) -> None:
    """Nothing in any format is raw, and what a viewer shows of SARIF and JUnit is not when it is decoded either."""
    for format, made in reports.items():
        text = made.decode("utf-8")
        assert not raw(text), (format, raw(text))
        if format in ("text", "markdown"):
            assert not re.search(r"^INJECTED", text, re.MULTILINE), format
    for row in _strings(json.loads(reports["sarif"])):
        assert not raw(row), row
    for node in ElementTree.fromstring(reports["junit"]).iter():
        assert not raw(" ".join([node.text or "", *node.attrib.values()]))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for row in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
        yield from _strings(row)


def test_every_format_of_a_hostile_model_is_visible(model: Path) -> None:
    dossier = assay.audit(model)
    assert SAID[:2] in dossier.subject.name
    assert_visible({format: _rendered(dossier, format) for format in names()})


def test_every_format_of_an_edited_dossier_is_visible(edited: Path) -> None:
    dossier = read(json.loads((edited / "dossier.json").read_text()))
    assert_visible({format: _rendered(dossier, format) for format in names()})


@pytest.mark.parametrize("colour", [False, True])
def test_commands_on_a_hostile_model_print_nothing_raw(model: Path, tmp_path: Path, colour: bool) -> None:
    private(tmp_path / "key.pem")
    folder, key, sig = str(model), str(tmp_path / "key.pem"), str(tmp_path / "x.sig")
    commands = [
        ("audit", folder),
        ("audit", folder, "-v"),
        ("audit", folder, "-q", "-o", f"json={tmp_path / 'd.json'}"),
        ("audit", folder, "-o", f"html={tmp_path / NAME}.html"),
        ("diff", folder, folder),
        ("fingerprint", folder, "-o", str(tmp_path / "f")),
        ("lineage", folder, "--library", str(tmp_path)),
        ("openness", folder, "--fix"),
        ("openness", folder, "-v"),
        ("card", folder),
        ("sign", folder, "--key", key, "-o", sig),
        ("verify", folder, "--signature", sig, "--key", str(tmp_path / "key.pub")),
        ("verify", str(tmp_path / "d.json"), folder),
        ("log", "append", str(tmp_path / "log"), str(tmp_path / "d.json")),
        ("log", "show", str(tmp_path / "log")),
        ("attest", str(tmp_path / "d.json"), "--key", key, "-o", str(tmp_path / "a")),
        ("baseline", "write", str(tmp_path / "d.json"), str(tmp_path / "b.json")),
        ("baseline", "show", str(tmp_path / "b.json")),
        ("audit", folder, "--baseline", str(tmp_path / "b.json")),
    ]
    found = ran(commands, tmp_path, **({"FORCE_COLOR": "1"} if colour else {}))
    for done in found:
        told(done, colour)
    assert (tmp_path / "log").exists() and (tmp_path / "b.json").exists()


def test_commands_on_an_edited_dossier_print_nothing_raw(edited: Path, tmp_path: Path) -> None:
    private(tmp_path / "key.pem")
    hostile, true, log = str(edited / "dossier.json"), str(edited / "true.json"), str(tmp_path / "log")
    commands = [
        *(("report", hostile, "-o", format) for format in names()),
        ("compare", true, hostile, "-v"),
        ("compare", hostile, true, "-v"),
        ("verify", hostile, str(edited / "model")),
        ("attest", hostile, "--key", str(tmp_path / "key.pem"), "-o", str(tmp_path / "a")),
        ("log", "append", log, true),
        ("log", "append", log, hostile),
        ("log", "show", log),
        ("log", "check", log, "--dossier", hostile),
        ("log", "prove", log, "0", "-o", f"json={tmp_path / 'p'}"),
        ("log", "check", str(tmp_path / "p"), "--dossier", hostile),
        ("baseline", "write", hostile, str(tmp_path / "b")),
        ("baseline", "show", str(tmp_path / "b")),
    ]
    for done in ran(commands, tmp_path):
        told(done)


@pytest.mark.parametrize(
    ("part", "value"), [("components/0/id", "model_architecturex"), ("by_evidence/classes/1/level", 10**30)]
)
def test_a_dossier_whose_parts_do_not_fit_together_is_a_sentence(edited: Path, part: str, value: object) -> None:
    """A template that asks for what is not there, found by fuzzing: it is no LookupError of Python's."""
    dossier = json.loads((edited / "true.json").read_text())
    (node,) = (row["value"] for row in dossier["sections"] if "by_evidence" in row["value"])
    *way, last = part.split("/")
    for step in way:
        node = node[int(step)] if step.isdigit() else node[step]
    node[last] = value
    (edited / "unfit.json").write_text(json.dumps(dossier))
    for words in (("report", "-o", "html"), ("report", "-o", "text"), ("report", "-o", "markdown")):
        done = run(words[0], str(edited / "unfit.json"), *words[1:])
        assert done.returncode in (0, 2) and "Traceback" not in done.stderr, done
    page = run("report", str(edited / "unfit.json"), "-o", "html")
    assert page.returncode == 2 and "its parts do not fit together" in page.stderr, page


def test_files_that_a_user_is_handed_print_nothing_raw(tmp_path: Path) -> None:
    """Policies, configuration, baselines, logs, questions, corpora, records: each with hostile values."""
    own = hub_model(tmp_path / "model")
    toml = '"' + "".join(f"\\U{ord(letter):08x}" for letter in NAME) + '"'
    (tmp_path / "policy.toml").write_text(f"schema = 1\nname = {toml}\ndescription = {toml}\n{toml} = 1\n")
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "assay.toml").write_text(f"{toml} = {toml}\n")
    for name, value in {
        "baseline.json": {"schema": ANY, "known": {ANY: ANY}},
        "list.json": {"schema": "assay-baseline-2", "model": ANY, "known": {ANY: ANY}},
        "questions.jsonl": {"question": ANY, "answers": [ANY], "topic": ANY, "nonsense": ANY},
        "record.json": {"model": ANY, ANY: ANY},
        "log": {"name": ANY, "index": ANY},
    }.items():
        (tmp_path / name).write_text(json.dumps(value) + "\n")
    text = f"the quick brown fox jumps over the lazy dog {NAME}"
    opened(tmp_path / "corpus", [text], url=NAME, title=NAME, dataset=NAME)
    index, record = str(tmp_path / "corpus" / "index"), str(tmp_path / "record.json")
    commands = [
        ("policy", "check", "policy.toml"),
        ("policy", "show", "policy.toml"),
        ("audit", str(own), "--policy", "policy.toml"),
        ("baseline", "show", "baseline.json"),
        ("baseline", "show", "list.json"),
        ("audit", str(own), "--baseline", "list.json"),
        ("log", "show", "log"),
        ("log", "check", "log"),
        ("log", "check", "log", "--since", "log"),
        ("score", record, "--text", NAME),
        ("calibrate", record, "--questions", "questions.jsonl"),
        ("corpus", "info", index),
        ("corpus", "remove", index, "--id", "d0", "--dry-run"),
        ("trace", text, "--corpus", index, "-v"),
        ("trace", text, "--corpus", index, "-o", "html"),
        ("corpus", "contamination", "questions.jsonl", "--corpus", index),
        ("openness", str(own), "--mot", "policy.toml"),
        ("report", "baseline.json"),
        ("verify", "baseline.json", str(own)),
    ]
    for done in ran(commands, tmp_path):
        told(done)
    (done,) = ran([("audit", str(own))], tmp_path / "config")
    assert "unknown key" in told(done)


@pytest.mark.parametrize("fault", ["hostile names", "hostile error"])
def test_what_an_endpoint_says_is_visible(fault: str, tmp_path: Path) -> None:
    with serving(Speaker(), fault) as server:
        server.said = ANY
        commands = [
            ("score", server.reference, "--text", "x"),
            ("score", f"{server.reference}#{SAID.split(chr(13))[0]}", "--text", "x"),
            ("audit", server.reference, "--run"),
        ]
        for done in ran(commands, tmp_path):
            told(done)


def test_a_library_that_prints_is_guarded(tmp_path: Path) -> None:
    """Warnings and tracebacks go through the same streams."""
    script = f"""
import sys, warnings
from assay.cli._streams import guard
guard()
warnings.warn({SAID!r})
print({SAID!r})
raise ValueError({SAID!r})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, encoding="utf-8")
    assert done.stdout.startswith("x\\u001b]0;owned") and not raw(done.stdout) and not raw(done.stderr), done.stderr
    assert done.stderr.count("owned") >= 2
