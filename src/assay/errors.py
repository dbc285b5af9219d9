"""Everything assay raises on purpose.

AssayError
 +- UsageError          the request cannot be carried out as written           exit 2
 |   +- MissingExtra    it needs an optional dependency that is not installed  exit 2
 |   +- IsolationError  it needs an isolation that this machine cannot give    exit 2
 |   +- TaskLost        the process that worked on a part of it died           exit 2
 +- Stopped             whoever watched the progress asked for an end         exit 130
 +- OverBudget          the time of the whole audit is over                   becomes a finding
 +- InputError          the model's bytes are not what they say they are       becomes a finding
     +- Truncated       a structure runs past the end of its artifact
     +- Malformed       a value breaks the format's specification
     +- LimitExceeded   a bound of assay was reached before the structure ended
         +- OutOfTime   reading takes longer than a file is given
     +- Changed         the file is no longer the one that was listed
     +- Unreachable     the system does not let it be read
"""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: "; did you mean 'x'?", or nothing if no known one is near."""
    from difflib import get_close_matches

    rows = list(known)
    if word.endswith("*"):  # a pattern is near to a pattern: weights.* to all ids that begin so
        rows = sorted({f"{row.partition('.')[0]}.*" for row in rows if "." in row})
    near = get_close_matches(word, rows, 1)
    return f"; did you mean {near[0]!r}?" if near else ""


class AssayError(Exception):
    """Base of the hierarchy; catching it never hides a bug in assay itself."""

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks for it): the sentence; where in assay it was raised helps nobody."""
        return [f"{type(self).__name__}: {self}"]

    def __reduce__(self) -> tuple[object, ...]:
        """As it is: an error crosses from a worker process whatever its constructor takes."""
        return _restored, (type(self), self.args, self.__dict__)


def _restored(kind: type[AssayError], args: tuple[object, ...], fields: dict[str, object]) -> AssayError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(fields)
    return error


class UsageError(AssayError):
    """The command line, the configuration or the policy cannot be honoured."""


class MissingExtra(UsageError):
    """An optional dependency is needed and absent; the message says how to install it."""

    def __init__(self, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs an extra: install it with  pip install 'openassay[{extra}]'")


class IsolationError(UsageError):
    """`--require-isolation` was given and the kernel does not offer what it asks for."""


class Stopped(AssayError):
    """Long work ended early because whoever watched its progress asked for that."""

    def __init__(self, label: str, done: int, total: int, unit: str) -> None:
        super().__init__(f"stopped on request while {label}, after {done:,} of {total:,} {unit}")


class OverBudget(AssayError):
    """The time of the whole audit is over. No fault of a file: who notes that one cannot be read does not catch it."""


class TaskLost(UsageError):
    """A process of this machine or of a cluster died before its task was done; the message says how."""


class InputError(AssayError):
    """The artifact broke a rule of its format.

    Args:
        what: the broken rule, as a noun phrase a user can act on.
        at: byte offset in the artifact where the rule broke.
        expected, got: the two values that disagree, if there are two.
    """

    def __init__(self, what: str, *, at: int = 0, expected: object = None, got: object = None) -> None:
        self.what, self.at, self.expected, self.got = what, at, expected, got
        detail = "" if expected is None else f": expected {expected}, got {got}"
        super().__init__(f"{what} at byte {at:,}{detail}")


class Truncated(InputError):
    """A length or offset points past the end of the artifact."""


class Malformed(InputError):
    """A field holds a value that its specification forbids."""


class LimitExceeded(InputError):
    """The artifact may be sound, but reading on would exceed a stated bound of assay: a limit, and no fault of its."""

    def __init__(self, what: str, *, at: int = 0, expected: object = None, got: object = None) -> None:
        super().__init__(what, at=at, expected=expected, got=got)
        where = f" at byte {at:,}" if at else ""
        bound = "" if expected is None else f" ({expected}; this has {got})"
        self.args = (f"{what}{where}{bound}",)


class OutOfTime(LimitExceeded):
    """What runs was interrupted because its time was over; it may be raised between any two steps of it."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"it was not gone through to its end within {seconds:.3g} seconds")


class Changed(InputError):
    """The file is no longer the one that was listed, or is not there any more."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.args = (what,)  # it is about no byte


class Unreachable(InputError):
    """The operating system does not let the file be opened, or read further."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.args = (what,)
