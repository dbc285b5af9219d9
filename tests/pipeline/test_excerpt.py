"""The lines around what was found: from the file that was hashed, with the right numbers, without its secrets."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import assay
from assay.facts.finding import Evidence, Kind, Passage
from assay.facts.structure import Aspect
from assay.formats import installed
from assay.pipeline.excerpt import LINES_SHOWN, MOST_FINDINGS, MOST_TEXT, WIDTH
from assay.pipeline.places import in_json, in_yaml
from assay.pipeline.request import Request
from assay.pipeline.steps import examined
from assay.render import renderer
from assay.subject import given as given_files
from tests.builders import hub_model
from tests.builders.hub import config

CODE = "import os\n\n# a helper\nos.system('true')\n\n\nclass Model: ...\n"
TOKEN = "hf_" + "AbCdEfGhIjKlMnOpQrStUvWxYzAbCdEfGh"
PEOPLE = ("html", "markdown", "sarif", "json")


def passages(model: Path | assay.Dossier, check: str) -> list[tuple[Evidence, Passage]]:
    """What stands around the evidence of the findings of a check."""
    dossier = model if isinstance(model, assay.Dossier) else assay.audit(model)
    rows = [row for finding in dossier.findings if finding.check == check for row in finding.evidence]
    return [(row, row.passage) for row in rows if row.passage]


def rendered(dossier: assay.Dossier, format: str) -> str:
    stream, found = io.BytesIO(), renderer(format)
    assert found is not None
    found.write(dossier, stream)
    return stream.getvalue().decode()


def test_code_is_shown_with_the_lines_around_it_and_their_numbers(tmp_path: Path) -> None:
    dossier = assay.audit(hub_model(tmp_path, modeling__py=CODE))
    ((at, passage),) = passages(dossier, "code.reaches-outside")
    assert at.line == passage.marked == 4
    assert (passage.first, passage.lines) == (2, ("", "# a helper", "os.system('true')", "", ""))
    page = rendered(dossier, "html")
    assert (
        '<span class="no">3</span># a helper\n<span class="no at">4</span><mark>os.system(&#39;true&#39;)</mark>'
        in page
    )
    assert "      3   # a helper\n      4 > os.system('true')\n" in rendered(dossier, "markdown")
    (result,) = [
        row
        for row in json.loads(rendered(dossier, "sarif"))["runs"][0]["results"]
        if "reaches-outside" in row["ruleId"]
    ]
    place = result["locations"][0]["physicalLocation"]
    assert place["region"]["startLine"] == 4
    assert place["contextRegion"] == {
        "startLine": 2,
        "endLine": 6,
        "snippet": {"text": "\n# a helper\nos.system('true')\n\n"},
    }


def test_a_setting_is_shown_with_its_neighbours(tmp_path: Path) -> None:
    settings = {"architectures": ["M"], "auto_map": {"AutoModel": "modeling.Model", "AutoConfig": "modeling.C"}}
    text = json.dumps(config() | settings, indent=2)
    rows = passages(hub_model(tmp_path, config__json=text, modeling__py=CODE), "code.remote")
    (passage,) = [passage for at, passage in rows if at.pointer == "/auto_map/AutoModel"]
    number = 1 + next(n for n, row in enumerate(text.split("\n")) if '"AutoModel"' in row)
    assert passage.marked == number and passage.lines == tuple(text.split("\n")[number - 3 : number + 2])


def test_a_setting_in_one_long_line_is_shown_from_shortly_before_it(tmp_path: Path) -> None:
    settings = {"before": "x" * 500, "auto_map": {"AutoModel": "modeling.Model"}, "after": "y" * 500}
    model = hub_model(tmp_path, config__json=json.dumps(config() | settings), modeling__py=CODE)
    (passage,) = [passage for at, passage in passages(model, "code.remote") if at.pointer]
    assert len(passage.lines) == 1 and '"AutoModel": "modeling.Model"' in passage.lines[0]
    assert passage.lines[0].startswith("... ") and passage.lines[0].endswith(" ...")
    assert len(passage.lines[0]) <= WIDTH + 8


def test_a_card_is_shown_where_it_claims_what_is_not_so(tmp_path: Path) -> None:
    card = "---\nlicense: mit\n---\n# Model\n\nFirst.\nIt has 7B parameters in all.\nLast.\n"
    ((at, passage),) = passages(hub_model(tmp_path, README__md=card), "weights.count-not-as-claimed")
    assert at.line == passage.marked == 7 and "It has 7B parameters in all." in passage.lines


def test_a_template_is_shown_by_its_own_lines(tmp_path: Path) -> None:
    template = "{% for m in messages %}\n{{ m.content }}\n{% endfor %}\n{{ messages.__class__ }}"
    model = hub_model(tmp_path, tokenizer_config__json=json.dumps({"chat_template": template}))
    rows = passages(model, "template.unsafe-construct")
    assert [(passage.marked, passage.lines[-1]) for _, passage in rows] == [(4, "{{ messages.__class__ }}")]


@pytest.mark.parametrize("format", PEOPLE)
def test_no_credential_gets_into_a_report_with_the_lines_beside_it(tmp_path: Path, format: str) -> None:
    key = "-----BEGIN PRIVATE KEY-----\nMIIBabcSECRETLINE\n-----END PRIVATE KEY-----"
    code = f'import os\nTOKEN = "{TOKEN}"\nos.system("one")\nKEY = """{key}"""\nos.system("two")\n'
    dossier = assay.audit(hub_model(tmp_path, modeling__py=code))
    report = rendered(dossier, format)
    assert TOKEN not in report and "SECRETLINE" not in report
    shown = [line for _, passage in passages(dossier, "code.reaches-outside") for line in passage.lines]
    assert "(not shown: it holds what looks like a Hugging Face token)" in shown
    assert "(not shown: it holds what looks like a private key)" in shown


def test_no_line_is_shown_of_a_text_in_which_no_credential_is_looked_for(tmp_path: Path) -> None:
    kinds = {row.id: row for row in installed()}
    assert [id for id in LINES_SHOWN if Aspect.MARKS not in kinds[id].examines] == []
    stated = f"components:\n  training_code:\n    path: nowhere.sh\n    by: {TOKEN}\n    date: 2026-01-01\n"
    dossier = assay.audit(hub_model(tmp_path, **{"assay.yaml": stated}))
    rows = [row for finding in dossier.findings for row in finding.evidence if row.artifact == "assay.yaml"]
    assert any(row.line for row in rows)
    shown = [line for row in rows if row.passage for line in row.passage.lines]
    assert not any(TOKEN in line for line in shown)


def test_a_long_private_key_is_left_out_to_its_end(tmp_path: Path) -> None:
    block = "-----BEGIN PGP PRIVATE KEY BLOCK-----\n" + "SECRETLINE\n" * 300 + "-----END PGP PRIVATE KEY BLOCK-----"
    code = f'import os\nKEY = """{block}"""\nos.system("after")\n'
    ((_, passage),) = passages(hub_model(tmp_path, modeling__py=code), "code.reaches-outside")
    assert 'os.system("after")' in passage.lines and not any("SECRETLINE" in line for line in passage.lines)


class Swapped(io.BytesIO):
    """A file that holds other bytes after it was read to its end so many times."""

    def __init__(self, first: bytes, later: bytes, times: int) -> None:
        super().__init__(first)
        self.later, self.left = later, times

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self._count()
        return found

    def readinto(self, buffer: Any, /) -> int:
        found = super().readinto(buffer)
        self._count()
        return found

    def _count(self) -> None:
        if self.tell() == len(self.getvalue()):
            self.left -= 1
            if self.left == 0:
                self.getbuffer()[:] = self.later


def test_lines_come_from_no_other_bytes_than_those_that_were_hashed() -> None:
    first, later, many = CODE.encode(), CODE.replace("a helper", "innocent").encode(), 1000
    sound = Swapped(first, later, many)
    dossier = examined(given_files({"modeling.py": sound}, "m"), Request("m"))
    assert passages(dossier, "code.reaches-outside")
    for times in range(many - sound.left - 1, 0, -1):  # as late as it can be, and after it was hashed
        swapped = Swapped(first, later, times)
        dossier = examined(given_files({"modeling.py": swapped}, "m"), Request("m"))
        if dossier.artifacts[0].sha256 == hashlib.sha256(first).hexdigest():
            break
    assert swapped.getvalue() == later and dossier.artifacts[0].sha256 == hashlib.sha256(first).hexdigest()
    assert any(row.check == "code.reaches-outside" and row.evidence for row in dossier.findings)
    assert not passages(dossier, "code.reaches-outside")


@pytest.mark.parametrize(
    "code",
    [
        CODE.replace("# a helper", "# a\rhelper"),  # some editors end a line there, and some readers
        CODE + "#" + "x" * MOST_TEXT,
    ],
)
def test_no_line_is_shown_that_may_be_another_one(tmp_path: Path, code: str) -> None:
    dossier = assay.audit(hub_model(tmp_path, modeling__py=code))
    assert any(row.check == "code.reaches-outside" and row.evidence for row in dossier.findings)
    assert not passages(dossier, "code.reaches-outside")


def test_lines_are_kept_of_as_many_findings_as_are_shown_one_by_one(tmp_path: Path) -> None:
    folder = hub_model(tmp_path)
    for number in range(2 * MOST_FINDINGS):
        (folder / f"step_{number}.py").write_text(f"import os\nos.system('{number}')\n")
    dossier = assay.audit(folder)
    assert sum(row.check == "code.reaches-outside" for row in dossier.findings) == 2 * MOST_FINDINGS
    assert len(passages(dossier, "code.reaches-outside")) == MOST_FINDINGS
    assert not any(row.passage for f in dossier.findings if f.kind is Kind.PASS for row in f.evidence)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=12,
)


def pointers(value: Any, at: str = "") -> list[tuple[str, Any]]:
    """Every pointer into a value, with the key or the entry of a list that it leads to."""
    if isinstance(value, dict):
        rows = [(f"{at}/{key.replace('~', '~0').replace('/', '~1')}", key, entry) for key, entry in value.items()]
    elif isinstance(value, list):
        rows = [(f"{at}/{number}", entry, entry) for number, entry in enumerate(value)]
    else:
        rows = []
    return [pair for place, here, entry in rows for pair in ((place, here), *pointers(entry, place))]


@given(VALUES, st.sampled_from([None, 1]))
def test_every_pointer_leads_to_its_place_in_the_text(value: Any, indent: int | None) -> None:
    text, rows = json.dumps(value, indent=indent), pointers(value)
    places = in_json(text, {place for place, _ in rows})
    for place, here in rows:
        assert json.JSONDecoder().raw_decode(text, places[place])[0] == here
    assert len(places) == len({place for place, _ in rows})


@given(st.text(alphabet='{}[]":,\\ 1a\n', max_size=200))
def test_what_is_no_json_has_no_wrong_places(text: str) -> None:
    places = in_json(text, {"/a", "/1", "/0", "/a/1"})
    try:
        json.loads(text, strict=False)
    except ValueError:
        return
    assert places.keys() <= {place for place, _ in pointers(json.loads(text, strict=False))}


def test_of_a_key_that_is_there_twice_the_last_is_meant() -> None:
    assert in_json('{"a": 1,\n "a": 2}', {"/a"}) == {"/a": 10}
    assert in_json("[" * 100_000, {"/0"}) == {} and in_json('{"a": ' + '"\\"' * 100_000, {"/a"}) == {}


def test_a_yaml_setting_is_shown_where_only_one_line_can_be_meant() -> None:
    lines = ["flavors:", "  code: a.py", "other:", "  code: b.py", "files:", "  - c.py"]
    assert in_yaml(lines, "/flavors/code", "a.py") == 2
    assert in_yaml(lines, "/files/0", "c.py") == 6
    assert in_yaml([*lines, "  code: a.py"], "/flavors/code", "a.py") is None
