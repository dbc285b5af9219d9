"""The commands as a user runs them: what is printed, what is written, and the exit status."""

from __future__ import annotations

import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

import pytest

from tests.builders import calls, gguf_model, hub_model
from tests.builders.command import ASSAY, printed, run


def hostile(tmp_path: Path) -> Path:
    return hub_model(tmp_path / "hostile", **{"x.pkl": calls("os", "system", "id")})


def test_exit_statuses(tmp_path: Path) -> None:
    good = hub_model(tmp_path / "good")
    incomplete = hub_model(tmp_path / "incomplete", **{"x.7z": b"7z\xbc\xaf'\x1c"})
    assert run("audit", str(good)).returncode == 0
    assert run("audit", str(hostile(tmp_path))).returncode == 1
    assert run("audit", str(incomplete)).returncode == 3
    assert run("audit", str(tmp_path / "gone")).returncode == 2
    assert run("audit", str(hostile(tmp_path)), "--exit-zero").returncode == 0
    assert run("audit", str(incomplete), "--exit-zero").returncode == 3


def test_the_verdict_comes_first_and_errors_are_one_sentence(tmp_path: Path) -> None:
    done = run("audit", str(hostile(tmp_path)))
    rows = done.stdout.splitlines()
    assert rows[0] == "hostile" and rows[1].startswith("language model, llama, 19.9 K parameters, F32")
    assert rows[4].startswith(" FAILED  Do not load it: one thing is in the way. Then decide 3 things. ")
    gone = run("audit", str(tmp_path / "gone"))
    assert (
        gone.stderr == f"assay: no model at {tmp_path}/gone: give a folder, a weight file or hf://org/name\n"
        and gone.stdout == ""
    )


def test_several_reports_in_one_run_and_any_format_from_the_dossier(tmp_path: Path) -> None:
    model, out = hostile(tmp_path), tmp_path / "out"
    out.mkdir()
    done = run(
        "audit",
        str(model),
        "-o",
        "text",
        "-o",
        f"json={out}/d.json",
        "-o",
        f"html={out}/r.html",
        "-o",
        f"sarif={out}/r.sarif",
        "-o",
        f"junit={out}/r.xml",
    )
    assert done.returncode == 1 and " FAILED " in done.stdout
    assert sorted(p.name for p in out.iterdir()) == ["d.json", "r.html", "r.sarif", "r.xml"]
    for source in ("d.json", "r.html"):
        again = run("report", f"{out}/{source}", "-o", f"sarif={out}/again.sarif")
        assert again.returncode == 0
        assert (out / "again.sarif").read_bytes() == (out / "r.sarif").read_bytes()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}", "is not a dossier that this version reads: expected schema"),
        ("x", "it is not JSON"),
        ('{"schema": "assay-dossier/9"}', "it has schema 'assay-dossier/9'"),
        ("<!doctype html>", "without an embedded dossier"),
    ],
)
def test_a_file_that_is_no_dossier_is_one_sentence(tmp_path: Path, content: str, words: str) -> None:
    (tmp_path / "d.json").write_text(content)
    done = run("report", str(tmp_path / "d.json"))
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and words in done.stderr


def test_quiet_verbose_and_colour(tmp_path: Path) -> None:
    model = str(hub_model(tmp_path / "good"))
    quiet = run("audit", model, "-q")
    assert quiet.stdout == "PASSED  good  2 to decide, 3 not known, 47 pass\n" and quiet.stderr == ""
    assert "licence.conflict" in run("audit", model, "-v").stdout
    assert "\x1b[" not in run("audit", model).stdout
    amber = "\x1b[1;30;43m PASSED"  # never green over something to decide
    assert amber in run("audit", model, FORCE_COLOR="1").stdout
    assert "\x1b[" not in run("audit", model, FORCE_COLOR="1", NO_COLOR="1").stdout


def test_reports_in_files_do_not_take_the_place_of_the_answer(tmp_path: Path) -> None:
    model = str(hub_model(tmp_path / "good"))
    assert " PASSED " in run("audit", model, "-o", f"html={tmp_path}/r.html").stdout
    assert json.loads(run("audit", model, "-o", "json").stdout)["schema"] == "assay-dossier/4"
    quiet = run("audit", model, "-o", "json=-", "-q")
    assert json.loads(quiet.stdout)["subject"]["name"] == "good" and quiet.stderr.startswith("PASSED  good")


def test_a_baseline_written_from_a_dossier_lets_only_new_findings_block(tmp_path: Path) -> None:
    model = hostile(tmp_path)
    run("audit", str(model), "-o", f"json={tmp_path}/d.json")
    said = run("baseline", "write", f"{tmp_path}/d.json", f"{tmp_path}/b.json").stdout
    assert said.startswith(" KNOWN  4 known findings will no longer block hostile.\n") and said.endswith("b.json\n")
    assert "fail pickle.reaches-outside" in run("baseline", "show", f"{tmp_path}/b.json").stdout
    shown = json.loads(run("baseline", "show", f"{tmp_path}/b.json", "-o", "json").stdout)
    assert shown["model"] == "hostile" and len(shown["known"]) == 4
    assert run("audit", str(model), "--baseline", f"{tmp_path}/b.json").returncode == 0
    (model / "y.pkl").write_bytes(calls("os", "system", "id"))
    assert run("audit", str(model), "--baseline", f"{tmp_path}/b.json").returncode == 1


def test_checks_explain_policy_doctor_completion() -> None:
    listed = json.loads(run("checks", "-o", "json").stdout)
    assert len(listed) >= 15 and {row["question"] for row in listed} == {
        "vulnerabilities",
        "parameters",
        "hallucination",
        "provenance",
        "openness",
    }
    some = run("checks", "pickle.*", "weights.dead").stdout.splitlines()
    assert [line.split()[0] for line in some if "." in line.split(" ")[0]] == [
        *(row["id"] for row in listed if row["id"].startswith("pickle.")),
        "weights.dead",
    ]
    assert "no check 'weights.ded'; did you mean 'weights.dead'?" in run("checks", "weights.ded").stderr
    assert "What to do:" in run("explain", "token.forgeable").stdout
    assert run("explain", "Inert").stdout.startswith("inert: A file of a kind that nothing loads")
    assert max(map(len, run("explain", "token.forgeable", COLUMNS="50").stdout.splitlines())) <= 50
    assert (
        run("explain", "token.forgable").stderr
        == "assay: no check 'token.forgable'; did you mean 'token.forgeable'? (assay checks lists them)\n"
    )
    assert json.loads(run("explain", "token.forgeable", "-o", "json").stdout) in listed
    pickled = [row for row in listed if row["id"].startswith("pickle.")]
    assert len(pickled) > 3 and json.loads(run("explain", "pickle.*", "-o", "json").stdout) == pickled
    assert run("explain", "pickle.*").stdout.count("What to do:") == len(pickled)
    assert run("explain", "pickles.*").stderr == "assay: no check fits 'pickles.*' (assay checks lists them)\n"
    assert json.loads(run("explain", "Inert", "-o", "json").stdout)["word"] == "inert"
    assert run("policy", "check", "strict").returncode == 0
    assert "pickle.reaches-outside" in run("policy", "show").stdout
    policy = json.loads(run("policy", "show", "strict", "-o", "json").stdout)
    assert policy == json.loads(run("policy", "check", "strict", "-o", "json").stdout) and policy["name"] == "strict"
    assert [row["check"] for row in policy["checks"]] == [row["id"] for row in listed]
    assert "fail" in next(row["blocks"] for row in policy["checks"] if row["check"] == "pickle.reaches-outside")
    assert "isolation  process" in run("doctor").stdout
    here = json.loads(run("doctor", "-o", "json").stdout)
    assert here["isolation"][0] == "process" and here["python"] == platform.python_version()
    assert {row["name"]: row["version"] for row in here["base"]}["click"] == metadata.version("click")
    assert "_ASSAY_COMPLETE=bash_complete" in run("completion", "bash").stdout


def test_what_the_demo_says_to_run_runs(smollm2: Path, tmp_path: Path) -> None:
    done = run("demo", "--report", "r.html", cwd=tmp_path)
    assert done.returncode == 0 and (tmp_path / "r.html").is_file()
    first, explain, find_out, whole = done.stdout.splitlines()[0].removeprefix("$ "), *printed(done.stdout)
    assert first == f"assay audit {smollm2} -o text -o html=r.html"
    assert find_out == f"{first} --run" and whole == f"{first} -v"
    for command in (explain, whole):
        again = run(*shlex.split(command)[1:], cwd=tmp_path)
        assert again.returncode == 0 and again.stdout, again.stderr


def test_completion_completes_commands() -> None:
    done = run("", _ASSAY_COMPLETE="bash_complete", COMP_WORDS="assay a", COMP_CWORD="1")
    assert "plain,audit" in done.stdout


def test_help_without_click_is_the_same_as_with_it() -> None:
    assert run("--help").stdout == run("-h").stdout
    assert run("audit", "--help").stdout.startswith("Usage: assay audit [OPTIONS] MODEL")
    assert run("--version").stdout == "assay, version 0.1.0\n"
    code = (
        "import sys; sys.argv = ['assay', '--help']; from assay.cli import main; main();"
        " print(sorted(m for m in sys.modules if m in ('click', 'json', 're', 'rich')))"
    )
    assert subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(Path('src').resolve())!r}); {code}"],
        capture_output=True,
        text=True,
    ).stdout.endswith("[]\n")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["audit", "x", "--polcy", "y"], "No such option '--polcy'"),
        (["audit", "."], "no files in"),
        (["audit", "x", "-o", "pdf"], "unknown format 'pdf'"),
        (["audit", "x", "--skip", "token.forgable"], "did you mean 'token.forgeable'?"),
        (["audit", "x", "--policy", "defualt"], "no policy 'defualt'"),
        (["audit", "ftp://host/x"], "cannot open ftp://host/x"),
        (["xyzzy"], "no command 'xyzzy' (assay --help lists them)"),
        (["audti"], "no command 'audti'; did you mean 'audit'?"),
        (["audit", "x", "-o", "htlm"], "did you mean 'html'?"),
        (["audit", "x", "-o", "x.foo"], "no format goes with the name 'x.foo'"),
        (["compare", "a", "b", "-o", "x.sarif"], "'x.sarif' would be sarif, which is not written here"),
        (["audit", "org/name-1b"], "give a folder, a weight file or hf://org/name-1b"),
    ],
)
def test_wrong_usage_is_one_sentence_and_status_two(tmp_path: Path, arguments: list[str], words: str) -> None:
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and words in done.stderr and "Traceback" not in done.stderr


def test_configuration_is_found_upwards_and_never_inside_the_model(tmp_path: Path) -> None:
    model = hostile(tmp_path)
    (tmp_path / "off.toml").write_text('schema = "assay-policy/1"\nname = "lax"\n')
    (tmp_path / "assay.toml").write_text('policy = "off.toml"\n')
    (tmp_path / "work").mkdir()
    assert "policy lax" in run("audit", str(model), cwd=tmp_path / "work").stdout
    assert (
        "config     policy =" in (doctor := run("doctor", cwd=tmp_path / "work").stdout)
        and str(tmp_path / "assay.toml") in doctor
    )
    (tmp_path / "assay.toml").rename(model / "assay.toml")
    (model / "off.toml").write_text((tmp_path / "off.toml").read_text())
    inside = run("audit", ".", cwd=model)
    assert inside.returncode == 1 and "policy default" in inside.stdout
    assert "lies inside the audited model and was ignored" in inside.stderr


def test_a_configuration_in_force_is_named_and_in_the_command_that_does_it_again(tmp_path: Path) -> None:
    model = hostile(tmp_path)
    (tmp_path / "off.toml").write_text('schema = "assay-policy/1"\nname = "lax"\n')
    (tmp_path / "assay.toml").write_text('policy = "off.toml"\noffline = true\n')
    rows = run("audit", str(model), cwd=tmp_path).stdout.splitlines()
    assert f"configured by {tmp_path / 'assay.toml'}: offline, policy" in " ".join(rows)
    again = shlex.split(next(row for row in printed("\n".join(rows)) if row.endswith(" -v")))
    assert again[-4:] == ["--offline", "--policy", str(tmp_path / "off.toml"), "-v"]
    rows = run("audit", str(model), "--policy", "strict", "--offline", cwd=tmp_path).stdout.splitlines()
    assert not any(row.startswith("configured") for row in rows)


def test_each_digest_says_what_it_is_of(tmp_path: Path) -> None:
    from assay.policy import builtin

    model, saved = str(hostile(tmp_path)), tmp_path / "d.json"
    rows = run("audit", model, "-v", "-o", f"json={saved}", "-o", "text").stdout.splitlines()
    subject = json.loads(saved.read_text())["subject"]["sha256"]
    assert f"model, sha256 {subject}" in rows and f"policy    default, sha256 {builtin('default').sha256}" in rows


@pytest.mark.parametrize("how", ["itself", "new", "link", "hard link", "linked folder", "histograms", "sign"])
def test_no_output_touches_the_model(how: str, tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    weights, out = model / "model.safetensors", tmp_path / "out"
    before = {path: path.read_bytes() for path in model.iterdir()}
    if how == "link":
        out.symlink_to(weights)
    elif how == "hard link":
        os.link(weights, out)
    elif how == "linked folder":
        (tmp_path / "f").symlink_to(model)
        out = tmp_path / "f" / "model.safetensors"
    elif how in ("itself", "sign"):
        out = weights
    else:
        out = model / "new.json"
    key = tmp_path / "no-key.pem"
    command = {
        "histograms": ("audit", str(model), "--histograms", str(out)),
        "sign": ("sign", str(model), "--key", str(key), "-o", str(out)),
    }.get(how, ("audit", str(model), "-o", f"json={out}"))
    done = run(*command)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and "that was given; give another place" in done.stderr
    assert {path: path.read_bytes() for path in model.iterdir()} == before


def test_no_output_takes_the_place_of_what_the_configuration_names(tmp_path: Path) -> None:
    model = str(hub_model(tmp_path / "m"))
    run("audit", model, "-q", "-o", f"json={tmp_path}/d.json")
    run("baseline", "write", f"{tmp_path}/d.json", f"{tmp_path}/b.json")
    (tmp_path / "assay.toml").write_text('baseline = "b.json"\n')
    for name in ("b.json", "assay.toml"):
        before = (tmp_path / name).read_bytes()
        done = run("audit", model, "-o", f"json={name}", cwd=tmp_path)
        assert done.returncode == 2 and "that was given; give another place" in done.stderr, done
        assert (tmp_path / name).read_bytes() == before


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no /dev/full")
@pytest.mark.parametrize("arguments", [("audit", "{m}"), ("checks",), ("audit", "{m}", "-o", "json=/dev/full")])
def test_a_full_disk_is_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    named = [text.format(m=hub_model(tmp_path / "m")) for text in arguments]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*ASSAY, *named], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2 and "No space left on device" in done.stderr and "Traceback" not in done.stderr


def test_an_unknown_configuration_key_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "assay.toml").write_text("polcy = 'default'\n")
    done = run("audit", str(hub_model(tmp_path / "m")), cwd=tmp_path)
    assert done.returncode == 2 and "unknown key 'polcy'; did you mean 'policy'?" in done.stderr


def test_modules_of_the_audited_folder_are_never_imported(tmp_path: Path) -> None:
    model = hub_model(tmp_path / "m")
    for name in ("yaml", "jinja2", "json", "click", "struct"):
        (model / f"{name}.py").write_text("open('/tmp/assay-was-hijacked', 'w')\nraise SystemExit(99)\n")
    done = run("audit", ".", cwd=model, PYTHONPATH="")
    assert done.returncode == 0 and not Path("/tmp/assay-was-hijacked").exists(), done.stderr
    assert run("audit", ".", "--require-isolation", cwd=model).returncode == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_disk_is_one_sentence_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    model = str(hub_model(tmp_path / "m"))
    done = run("audit", model, "-o", "json=/dev/full", "-o", f"sarif={tmp_path}/ok.sarif")
    assert done.returncode == 2 and "cannot write /dev/full: No space left on device" in done.stderr
    assert json.loads((tmp_path / "ok.sarif").read_text())["version"] == "2.1.0"
    with open("/dev/full", "w") as full:
        assert subprocess.run([*ASSAY, "audit", model], stdout=full, stderr=subprocess.PIPE, text=True).returncode == 2


@pytest.mark.parametrize("path", ["missing/folder/r.html", "."])
def test_a_report_that_cannot_be_written_is_one_sentence(tmp_path: Path, path: str) -> None:
    done = run("audit", str(hub_model(tmp_path / "m")), "-o", f"html={path}", cwd=tmp_path)
    assert done.returncode == 2 and "cannot write" in done.stderr and "Traceback" not in done.stderr
    assert [p.name for p in tmp_path.iterdir()] == ["m"]


@pytest.mark.parametrize("command", ["card", "openness", "fingerprint"])
def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path, command: str) -> None:
    forms = {"card": "markdown=no/x", "openness": "json=no/x", "fingerprint": "no/x"}
    done = run(command, str(hub_model(tmp_path / "m")), "-o", forms[command], cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "assay: cannot write no/x: No such file or directory\n"


def test_an_existing_report_is_replaced_whole(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("x" * 1_000_000)
    run("audit", str(hub_model(tmp_path / "m")), "-o", f"json={tmp_path}/r.json")
    assert json.loads((tmp_path / "r.json").read_text())["schema"] == "assay-dossier/4"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["m", "r.json"]


def test_a_reader_that_goes_away_does_not_change_the_verdict(tmp_path: Path) -> None:
    done = subprocess.run(
        [
            "bash",
            "-c",
            f"{sys.executable} -m assay audit {hub_model(tmp_path / 'm')} -v | head -1; echo ${{PIPESTATUS[0]}}",
        ],
        capture_output=True,
        text=True,
    )
    assert done.stdout.endswith("\n0\n") and "Traceback" not in done.stderr


def test_interrupting_is_one_sentence_and_writes_nothing(tmp_path: Path) -> None:
    model = tmp_path / "big.gguf"
    model.write_bytes(gguf_model())
    os.truncate(model, 20 << 30)  # sparse: hashing it takes long enough to be interrupted
    process = subprocess.Popen(
        [*ASSAY, "audit", str(model), "--max-bytes", "1TB", "-o", f"html={tmp_path}/r.html"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # whoever runs the tests in the background of a script has them ignore interrupts, and their children with them
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (
        130,
        "",
        "assay: interrupted; reports that were not finished were not written\n",
    )
    assert [p.name for p in tmp_path.iterdir()] == ["big.gguf"]


_LOSES = {
    # import has callbacks of weak references: what a signal raises in one does not come out of it
    "callback": "lock = Lock(); self.kept = weakref.ref(lock, lambda _: os.kill(os.getpid(), NUMBER))",
    # the same, and the timer rings while Python says that it was lost
    "told": (
        "lock = Lock(); self.kept = weakref.ref(lock, lambda _: os.kill(os.getpid(), NUMBER));"
        " sys.settrace(lambda frame, *_: time.sleep(0.03) if frame.f_code.co_name == '_unraised' else None)"
    ),
    # CPython 3.11 makes another error of what is raised while a class names its attributes
    "wrapped": "type('Made', (), {'lock': Lock()})",
    # and an extension may clear whatever error there is
    "cleared": "with contextlib.suppress(BaseException): os.kill(os.getpid(), NUMBER)",
}


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("loses", _LOSES.values(), ids=_LOSES)
def test_a_signal_is_not_lost_where_what_it_raises_is(
    tmp_path: Path, loses: str, number: signal.Signals, status: int
) -> None:
    hub_model(tmp_path)
    code = (
        "import contextlib, os, signal, sys, time, weakref\n"
        f"signal.signal(signal.SIGINT, signal.default_int_handler); NUMBER = {int(number)}\n"
        "class Lock:\n    def __set_name__(self, *_): os.kill(os.getpid(), NUMBER)\n"
        "class Signal:\n    def find_spec(self, name, *rest):\n        if name == 'assay.cli.audit':\n"
        f"            {loses}\n"
        "sys.meta_path.insert(0, Signal())\n"
        f"sys.argv = ['assay', 'audit', {str(tmp_path)!r}]\n"
        "from assay.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    said = "assay: interrupted; reports that were not finished were not written\n"
    assert (done.returncode, done.stdout, done.stderr) == (status, "", said)


@pytest.mark.parametrize("module", ["click", "assay.cli._group", "assay.cli.audit"])
def test_interrupting_while_modules_are_loaded_is_the_same_sentence(tmp_path: Path, module: str) -> None:
    code = (
        "import os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "class Interrupt:\n    def find_spec(self, name, *rest):\n"
        f"        if name == {module!r}:\n            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        f"sys.argv = ['assay', 'audit', {str(tmp_path)!r}]\n"
        "from assay.cli import main\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "assay: interrupted; reports that were not finished were not written\n"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("step", ["os.getcwd", "gc.set_threshold", "os.environ.setdefault"])
def test_a_signal_before_anything_is_loaded_is_no_traceback(step: str, number: signal.Signals, status: int) -> None:
    code = (
        "import gc, os, signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"def interrupted(*arguments):\n    os.kill(os.getpid(), {int(number)})\n"
        f"from assay.cli import main\n{step} = interrupted\nsys.argv = ['assay', 'checks']\nmain()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode in (status, -number) and done.stdout == ""  # a shell says the one for the other
    assert done.stderr in ("", "assay: interrupted; reports that were not finished were not written\n")
    assert number != signal.SIGINT or done.returncode == status


def test_offline_opens_no_socket(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "def refuse(event, args):\n    if event.startswith('socket.'):\n        raise SystemExit(88)\n"
        "sys.addaudithook(refuse)\n"
        f"sys.argv = ['assay', 'audit', {str(hub_model(tmp_path / 'm'))!r}, '--offline']\n"
        "from assay.cli import main\nmain()\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True).returncode == 0


def test_a_request_to_end_ends_as_an_interruption_does(tmp_path: Path) -> None:
    """SIGTERM: one sentence, no report, nothing half written."""
    big = tmp_path / "m"
    big.mkdir()
    with open(big / "data.bin", "wb") as stream:
        stream.truncate(64 << 30)  # a hole: hashing it takes minutes, and no space
    command = [sys.executable, "-m", "assay", "audit", str(big), "--offline", "--max-bytes", "1TB", "-o"]
    command += [f"json={tmp_path}/r.json"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    time.sleep(2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 143 and "assay: interrupted; reports that were not finished were not written" in said
    assert "Traceback" not in said and [path.name for path in tmp_path.iterdir()] == ["m"]
