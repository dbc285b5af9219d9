"""The command line: parse, call one function, print, exit. Each command is a file here, imported when it is used.

`assay --help` and `assay --version` import nothing but this module and `columns`: click alone costs more than twice a
bare interpreter's start.
"""

from __future__ import annotations

import errno
import gc
import os
import sys

from assay import columns

TYPE_CHECKING = False  # as in assay itself
if TYPE_CHECKING:
    from types import FrameType

# command -> what the list of commands says
COMMANDS = {
    "audit": "Audit a model: verdict, findings, reports.",
    "diff": "Compare a model's weights with those of its base.",
    "fingerprint": "Keep what recognises a model's relatives.",
    "lineage": "Find known models of the same origin.",
    "corpus": "Index training data: build, add, remove, verify, contamination.",
    "trace": "Find where a text comes from in indexed training data.",
    "check": "Check a text against documents, sentence by sentence.",
    "score": "Run a model on a text: how likely it finds each token.",
    "inside": "Look into a model while it writes: lens, attribution, ablation.",
    "calibrate": "Ask a model labelled questions: how often it is wrong.",
    "memorisation": "Say how much of its training data a model has memorised.",
    "probe": "Try what a model does when it is asked for something.",
    "openness": "Say how open a model is, and what the next class needs.",
    "card": "Draft a model card from what was measured.",
    "sign": "Sign a model by key or certificate: OpenSSF model-signing.",
    "verify": "Check a signature, or a dossier against its model.",
    "attest": "Sign for an audit: in-toto statements about the model.",
    "log": "Keep a log of audits that only grows, with proofs.",
    "list": "List the audits that are kept in the registry.",
    "show": "Show a kept audit, in any format.",
    "find": "Find a file, finding, licence or base in kept audits.",
    "history": "Show what became of one model, audit by audit.",
    "fleet": "Audit many models, and again only what changed.",
    "registry": "Look after kept audits: check, gc, export, import, migrate.",
    "serve": "Open kept audits in a browser.",
    "serve-model": "Answer for a model over HTTP, as the OpenAI API does.",
    "run": "Let garak ask a model, and take in its report.",
    "compare": "Say what changed between two audits, and why.",
    "report": "Write reports from a saved dossier.",
    "checks": "List every check.",
    "explain": "Explain one check: what, why, and what to do.",
    "policy": "Check or show a policy.",
    "baseline": "Write or show a list of known findings.",
    "web": "Build the site on which a model is audited in a browser tab.",
    "init": "Write the file by which a CI service audits a model.",
    "doctor": "Show what is installed, what it enables, and the configuration.",
    "demo": "Audit a real model that comes in a Python package.",
    "completion": "Print the shell completion script.",
}
HELP = """Usage: assay [OPTIONS] COMMAND [ARGS]...

  Audit an open language model: is it safe to load, what is in it, where does
  it come from, how open is it. Nothing from the model is executed.

  assay audit MODEL                  a folder, a weight file or hf://org/name
  assay audit MODEL -o report.html   and a page to read
  assay explain token.forgeable      what a finding means

  Exit status: 0 PASSED, 1 FAILED, 3 INCOMPLETE, 2 could not run, 70 a bug in
  assay.

Options:
  --version   Show the version and exit.
  -h, --help  Show this message and exit.

Commands:
""" + "\n".join(f"  {name:<12} {words}" for name, words in COMMANDS.items())
# read by libraries when they are loaded; the process of a command is its own, so it may say these for all of it
_LIBRARIES = {
    "OMP_WAIT_POLICY": "PASSIVE",  # threads of torch that wait by spinning bring shared cores to a stop
    "KMP_BLOCKTIME": "0",  # the same, of Intel's OpenMP
    "TRANSFORMERS_VERBOSITY": "error",
    "HF_HUB_DISABLE_TELEMETRY": "1",
}
EXIT_BUG, EXIT_SIGNAL, EXIT_USAGE = 70, 128, 2  # EXIT_SIGNAL: to which a signal's number is added, as a shell does
_LATER = 0.01  # seconds after which a signal that was lost is told once more
EXIT_INTERRUPTED = EXIT_SIGNAL + 2  # SIGINT, which is Ctrl-C
_NO_ROOM = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG)
_UNFINISHED = "reports that were not finished were not written"


class _Ended(BaseException):
    """A signal asked for the end, and its number; no KeyboardInterrupt, after which Python may end itself by SIGINT."""


def main() -> None:
    """Entry point of `assay`: every expected error is one sentence on standard error."""
    _open_streams()
    try:
        status = _main()
        _ask_no_more()  # of a command that ended before it heard
    except (KeyboardInterrupt, _Ended) as asked:  # before the command's own handling: while modules are loaded
        status = _interrupted(asked)
    gc.freeze()  # else Python looks at all of it twice more for garbage before it ends
    if status is not None:
        raise SystemExit(status)


def _main() -> int | None:
    match sys.argv[1:]:
        case ["-h" | "--help"]:
            return _printed(_fitting(HELP))
        case ["--version"]:
            from assay.version import VERSION

            return _printed(f"assay, version {VERSION}")
        case _:
            gc.set_threshold(200_000)  # what is imported stays: there is no garbage to look for in it
            for name, value in _LIBRARIES.items():
                os.environ.setdefault(name, value)
            _leave_working_directory_out_of_the_import_path()
            _end_with_a_sentence()
            return _status()


def _open_streams() -> None:
    """Let a standard stream that is closed (`2>&-`) lead nowhere; else the next file to be opened takes its number."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            number = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(number, True)
            setattr(sys, name, os.fdopen(number, "r" if name == "stdin" else "w", encoding="utf-8"))


def _fitting(text: str) -> str:
    """The text, folded where there are fewer columns than it has."""
    width = columns.known()
    if width is None or width >= max(map(len, text.splitlines())):
        return text
    from assay.render.terminal import folded

    return "\n".join(row for line in _paragraphs(text) for row in folded(line, width))


def _paragraphs(text: str) -> list[str]:
    """The lines of a help, each paragraph as one; what has a column of its own is no part of one."""
    lines = [""]
    for line in text.splitlines():
        joined = f"{lines[-1].strip()} {line.strip()}"
        if line.startswith("  ") and lines[-1].startswith("  ") and "  " not in joined:
            lines[-1] += f" {line.strip()}"
        else:
            lines.append(line)
    return lines[1:]


def _printed(text: str) -> int | None:
    """The exit status where it could not be printed; else none, as the caller may go on."""
    try:
        print(text, flush=True)
    except OSError as error:
        return _unwritten(error)
    return None


def _end_with_a_sentence() -> None:
    """From now on each signal that asks for the end is told as Ctrl-C is, until somebody has heard it."""
    import signal

    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):  # not on every system; `nohup` and `&` have some ignored
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
            signal.signal(number, _asked)
    sys.unraisablehook = _unraised


def _asked(number: int, frame: object) -> None:
    """End as Ctrl-C does: what is half done is taken away, and one sentence says so.

    What is raised in a signal's handler can be lost: Python's import calls back for each module that is loaded (the
    weak reference to its lock) and forgets what is raised there, and an extension may clear errors. So a timer asks
    again until the exception is on its way.
    """
    import signal

    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, lambda _, here: None if _is_heard() or _is_lost(here) else _end(number))
        signal.setitimer(signal.ITIMER_REAL, _LATER, _LATER)
    _end(number)


def _end(number: int) -> None:
    raise _Ended(number)


def _is_heard() -> bool:
    """Whether what is done at this moment is done because a signal asked for the end: cleaning up, or saying so."""
    return _asked_in(sys.exception()) is not None


def _asked_in(error: BaseException | None) -> BaseException | None:
    """What a signal asked for, if an error came from that: CPython 3.11 wraps what is raised in `__set_name__`."""
    while error is not None and not isinstance(error, _Ended):
        error = error.__context__
    return error


def _is_lost(here: FrameType | None) -> bool:
    """Whether Python is at this moment telling `_unraised` of it, and would print what is raised there."""
    while here is not None and here.f_code is not _unraised.__code__:
        here = here.f_back
    return here is not None


def _unraised(lost: sys.UnraisableHookArgs) -> None:
    """Say nothing of what a signal asked for where nothing can be raised: it is asked again."""
    if not isinstance(lost.exc_value, _Ended):
        sys.__unraisablehook__(lost)


def _status() -> int:
    from assay.cli._lean import load

    load()
    import click

    from assay.cli._streams import guard
    from assay.errors import Stopped, UsageError

    guard()
    try:
        status = _run()
        sys.stdout.flush()  # what cannot be written is told here, and not where Python ends
        return status if isinstance(status, int) else 0
    except UsageError as error:
        return _said(f"assay: {error}", EXIT_USAGE)
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return EXIT_USAGE
    except click.ClickException as error:
        message = " ".join(error.format_message().split())  # choices are listed in lines of their own
        return _said(f"assay: {message}", EXIT_USAGE, *_see(error))
    except (click.Abort, KeyboardInterrupt, _Ended) as asked:
        return _interrupted(asked)
    except Stopped as error:
        return _said(f"assay: {error}; {_UNFINISHED}", EXIT_INTERRUPTED)
    except OSError as error:
        return _unwritten(error)
    except Exception as error:  # noqa: BLE001 - a bug: say so with its traceback, and with the status that means it
        ended = _asked_in(error)
        return _bug() if ended is None else _interrupted(ended)


def _unwritten(error: OSError) -> int:
    if isinstance(error, BrokenPipeError):
        silence_output()  # the reader went away: nobody to tell
        return 0
    if error.errno not in _NO_ROOM:
        return _bug()
    silence_output()
    return _said(f"assay: the output cannot be written: {error.strerror}", EXIT_USAGE)


def _bug() -> int:
    import traceback

    traceback.print_exc()
    return _said("assay: this is a bug in assay; please report it with the lines above", EXIT_BUG)


def _interrupted(asked: BaseException) -> int:
    """Say that the command was interrupted; the exit status is a shell's for the signal, and Ctrl-C's for no signal."""
    _ask_no_more()
    status = EXIT_SIGNAL + asked.args[0] if isinstance(asked, _Ended) else EXIT_INTERRUPTED
    return _said(f"assay: interrupted; {_UNFINISHED}", status)


def _ask_no_more() -> None:
    if (signal := sys.modules.get("signal")) and hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, 0)


def _run() -> object:
    """Invoke the command, without click's own `main`: that turns a closed pipe into status 1, which is FAILED here."""
    from assay.cli._group import cli

    if "_ASSAY_COMPLETE" in os.environ:
        return cli.main(prog_name="assay")
    width = columns.known()
    narrow = width if width is not None and width < 52 else None  # click by itself has no less than 50
    with cli.make_context("assay", sys.argv[1:], terminal_width=narrow) as context:
        return cli.invoke(context)


def silence_output() -> None:
    """Send what is still to be printed nowhere, once whoever read it has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _see(error: object) -> list[str]:
    context = getattr(error, "ctx", None)
    return [f"       see  {context.command_path} --help"] if context else []


def _said(message: str, status: int, *more: str) -> int:
    from assay.cli._streams import say

    say(message, *more, err=True)
    return status


def _leave_working_directory_out_of_the_import_path() -> None:
    """`python -m assay` inside a model's folder must not import that model's modules in place of libraries."""
    here = os.path.realpath(os.getcwd())
    sys.path[:] = [entry for entry in sys.path if entry and os.path.realpath(entry) != here]
