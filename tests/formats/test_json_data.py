"""JSON that no loader has a name for: settings of editors and compilers, which hold comments, are no broken JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.dossier import Dossier
from assay.facts.finding import Kind
from assay.formats.encoding.json import lenient
from tests.conftest import messages, read

Audit = Callable[..., Dossier]
SETTINGS = """{
  // what the compiler takes
  "target": "es5", /* and
  more */ "paths": ["a//b", "/* c */", "d,]",],
}
"""


def test_comments_and_last_commas_are_no_fault_of_settings(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "tsconfig.json").write_text(SETTINGS)
    assert messages(audit(tmp_path), "artifact.malformed", Kind.OPEN) == []
    assert json.loads(lenient(SETTINGS.encode())) == {"target": "es5", "paths": ["a//b", "/* c */", "d,]"]}


def test_what_is_in_a_comment_names_no_code_and_what_is_beside_it_does(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "settings.json").write_text(
        '{"a": 1, // {"auto_map": {"AutoModel": "x.Y"}}\n "auto_map": {"AutoModel": "other/repo--net.Net"}}'
    )
    found = audit(tmp_path)
    said = [row.message for row in found.findings if row.kind is not Kind.PASS and "net.Net" in row.message]
    assert said and not any("x.Y" in row.message for row in found.findings)


@pytest.mark.parametrize("raw", ['{"a": 1,,}', '{"a": /1}', "{// }", '{"a": "b\n//"}'])
def test_what_a_lenient_reader_does_not_take_either_is_malformed(tmp_path: Path, audit: Audit, raw: str) -> None:
    (tmp_path / "a.json").write_text(raw)
    assert "not JSON" in messages(audit(tmp_path), "artifact.malformed", Kind.OPEN)[0]


@pytest.mark.parametrize("unit", [b"/*", b"//", b'"', b",", b", ", b"/* */", b',"', b"[1,]"])
def test_a_long_text_takes_no_longer_than_it_is_long(unit: bytes) -> None:
    assert len(lenient(unit * 500_000)) <= 500_000 * len(unit)  # a quadratic way would not end


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    )
)
def test_json_as_it_is_stays_as_it_is(value: object) -> None:
    raw = json.dumps(value, ensure_ascii=False, indent=1).encode("utf-8", "replace")
    assert lenient(raw) == raw


@given(st.binary(max_size=60).map(lambda tail: b'{"a": 1' + tail))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    try:
        read("a.json", raw)
    except Exception as told:  # noqa: BLE001 - anything but a told fault
        assert type(told).__module__ == "assay.errors", told
