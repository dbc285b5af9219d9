"""A pickle read as a program: every opcode of protocols 0 to 5 is followed on symbols, and nothing is imported.

The result says what would be imported and called, at which byte. Here the machine gets its tables: the steps of the
opcodes, the rules for arguments of calls, and joblib's way to write arrays between opcodes.
"""

from __future__ import annotations

import io
import struct
import sys
from collections.abc import Iterator
from dataclasses import replace

from assay.errors import InputError, LimitExceeded, Malformed, OutOfTime, Truncated
from assay.facts.program import PickleImport, PickleProgram, Use
from assay.formats.pickle.arguments import DIRECT, rule_of
from assay.formats.pickle.joblib import step_over
from assay.formats.pickle.machine import Machine, Tables, run
from assay.formats.pickle.states import state_rule_of
from assay.formats.pickle.steps import STEPS
from assay.formats.pickle.values import Opaque, cut, depth
from assay.formats.window import Window
from assay.lazy import dataclass

MAX_DEPTH = 900  # of containers in containers; CPython's default recursion limit is 1,000
MAX_LEVELS = 4  # of pickles in operands of pickles
TABLES = Tables(STEPS, rule_of, state_rule_of, DIRECT, step_over)


@dataclass(slots=True)
class Followed:
    """What following one pickle gave: its value, where it ended, the record for the report, those of pickles inside.

    `inside` are programs of operands that are pickles themselves, `nested` checkpoints that the pickle has loaded.
    """

    value: object
    stop: int
    program: PickleProgram
    nested: tuple[Opaque, ...] = ()
    persistent: tuple[object, ...] = ()
    inside: tuple[PickleProgram, ...] = ()


def alone(found: Followed) -> Iterator[PickleProgram]:
    """The programs of a pickle in a file whose reader cannot look into checkpoints that the pickle loads from bytes."""
    program = found.program
    if found.nested:
        said = f"it loads {len(found.nested):,} checkpoints from bytes, which assay does not follow in such a file"
        program = replace(program, unfollowed=(*program.unfollowed, said), acts="")
    yield program
    yield from found.inside


def follow(
    window: Window, artifact: str, member: str, at: int, limit: int, loader: str = "pickle", level: int = 0
) -> Followed:
    """Follow the pickle that begins at byte `at` to its STOP; InputError if it is not one, or has no end."""
    machine = Machine(window, artifact, member, at, limit, TABLES, loader)
    try:
        stop = run(machine)
        kept = _cut(machine, at)
        value = machine.pop() if kept else Opaque("nested")
    except (Malformed, Truncated, LimitExceeded, UnicodeDecodeError, ValueError, struct.error) as broken:
        _cut(machine, at)
        if not machine.imports:
            raise (
                broken
                if isinstance(broken, Malformed | Truncated | LimitExceeded)
                else Malformed("pickle operand cannot be decoded", at=machine.at)
            ) from broken
        # what was seen before it broke still runs when loaded, so it is kept and the break is told
        machine.unfollowed[
            f"the pickle was followed to byte {machine.at:,}: {broken.what}"
            if isinstance(broken, OutOfTime)
            else f"the pickle breaks at byte {machine.at:,} ({broken}); loading runs what stands before it"
        ] = None
        stop, value = machine.at, Opaque("broken")
    inside: list[PickleProgram] = []
    try:
        for program in _inside(machine, level):
            inside.append(program)  # one by one, so that those before time is over are kept
    except OutOfTime as late:
        machine.unfollowed[f"the pickles inside it were not all followed: {late.what}"] = None
    return Followed(value, stop, _program(machine), tuple(machine.nested), tuple(machine.persistent), tuple(inside))


def _cut(machine: Machine, at: int) -> bool:
    """Take away what nests too deep to be handed on, and say so; False where nothing is left of the value."""
    if depth(machine.stack) <= MAX_DEPTH + 1:
        return True
    deep = f"nests containers more than {MAX_DEPTH:,} deep, at which copying or printing them fails"
    if cut(machine.stack, MAX_DEPTH):
        machine.costly(f"{deep}; what lies deeper is not looked at", at)
        return True
    machine.costly(deep, at)
    if sys.platform != "emscripten":
        return True
    cut(machine.stack, 0)  # a browser's stack would not hold what frees such tuples
    machine.unfollowed[f"what it leaves is not looked at: tuples in it nest more than {MAX_DEPTH:,} deep"] = None
    return False


def _inside(machine: Machine, level: int) -> Iterator[PickleProgram]:
    """The programs of operands that are pickles to their last byte, and that import something."""
    for what, at, content in machine.embedded:
        if any(part.at == at for part in machine.nested):
            continue  # the pickle has torch load it, which is told as a checkpoint
        member = f"{machine.member} > {what} at {at:,}".removeprefix(" > ")
        if level >= MAX_LEVELS:
            machine.unfollowed[f"pickles lie in operands of pickles more than {MAX_LEVELS} deep"] = None
            return
        try:
            if isinstance(content, Opaque):
                stop = content.at + content.size
                found = follow(machine.window, machine.artifact, member, content.at, stop, level=level + 1)
            else:
                stop = len(content)
                found = follow(Window(io.BytesIO(content)), machine.artifact, member, 0, stop, level=level + 1)
        except OutOfTime:
            raise
        except LimitExceeded as broken:
            machine.unfollowed[f"the pickle in its {what} at byte {at:,} cannot be followed: {broken}"] = None
            continue
        except InputError:
            continue
        whole = found.stop == stop
        if found.program.imports or found.program.tampers or (whole and found.program.unfollowed):
            yield found.program
        yield from found.inside


def _program(machine: Machine) -> PickleProgram:
    for name, count in machine.loose.items():
        if count > 0:
            at = machine.imports[name.module, name.name][0]
            machine.tampered(f"hands {name.module}.{name.name} to something else instead of calling it", at)
    uses = (Use.NAMED, Use.MADE, Use.CALLED)
    return PickleProgram(
        machine.artifact,
        machine.member,
        machine.loader,
        machine.opcodes,
        tuple(PickleImport(*name, row[0], uses[row[1]]) for name, row in machine.imports.items()),
        tuple(machine.calls),
        tuple((at, sentence) for sentence, at in machine.tampers.items()),
        tuple((at, sentence) for sentence, at in machine.costs.items()),
        tuple(machine.unfollowed),
        ""
        if machine.unfollowed
        else machine.acts.hexdigest([(*name, row[1]) for name, row in machine.imports.items()]),
    )
