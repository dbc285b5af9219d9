"""A pickle read as a program: every opcode of protocols 0 to 5 is followed on symbols, and nothing is imported.

The result says what would be imported and called, at which byte. Here the machine gets its tables: the steps of the
opcodes, the rules for arguments of calls, and joblib's way to write arrays between opcodes.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from assay.errors import LimitExceeded, Malformed, Truncated
from assay.facts.program import PickleImport, PickleProgram, Use
from assay.formats.pickle.arguments import DIRECT, rule_of
from assay.formats.pickle.joblib import step_over
from assay.formats.pickle.machine import Machine, Tables, run
from assay.formats.pickle.states import state_rule_of
from assay.formats.pickle.steps import STEPS
from assay.formats.pickle.values import Opaque, depth
from assay.formats.window import Window

MAX_DEPTH = 900  # of containers in containers; CPython's default recursion limit is 1,000
TABLES = Tables(STEPS, rule_of, state_rule_of, DIRECT, step_over)


@dataclass(slots=True)
class Followed:
    """What following one pickle gave: its value, where it ended, and the record for the report."""

    value: object
    stop: int
    program: PickleProgram
    nested: tuple[Opaque, ...] = ()
    persistent: tuple[object, ...] = ()


def follow(window: Window, artifact: str, member: str, at: int, limit: int, loader: str = "pickle") -> Followed:
    """Follow the pickle that begins at byte `at` to its STOP; InputError if it is not one, or has no end."""
    machine = Machine(window, artifact, member, at, limit, TABLES, loader)
    try:
        stop = run(machine)
        value = machine.pop()
    except (Malformed, Truncated, LimitExceeded, UnicodeDecodeError, ValueError, struct.error) as broken:
        if not machine.imports:
            raise (
                broken
                if isinstance(broken, Malformed | Truncated | LimitExceeded)
                else Malformed("pickle operand cannot be decoded", at=machine.at)
            ) from broken
        # what was seen before it broke still runs when loaded, so it is kept and the break is told
        machine.unfollowed[
            f"the pickle breaks at byte {machine.at:,} ({broken}); loading runs what stands before it"
        ] = None
        stop, value = machine.at, Opaque("broken")
    if depth(value) > MAX_DEPTH:
        machine.costly(f"nests containers more than {MAX_DEPTH:,} deep, at which copying or printing them fails", at)
    return Followed(value, stop, _program(machine), tuple(machine.nested), tuple(machine.persistent))


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
    )
