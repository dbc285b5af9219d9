"""Templates, cards, licences and Python sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.facts.program import Capability, PythonSource
from assay.facts.text import ChatTemplate, Construct, ModelCard
from tests.builders.hub import CARD
from tests.conftest import read


def marks(source: str) -> list[tuple[Construct, str]]:
    found = read("chat_template.jinja", source.encode()).facts[0]
    assert isinstance(found, ChatTemplate)
    return [(mark.construct, mark.seen) for mark in found.marks]


CHATML = (
    "{% for message in messages %}"
    "{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>'}}{% endfor %}"
)
TOOLS = """{%- if tools %}{{- '<tools>' }}{%- for tool in tools %}{{ tool | tojson }}{%- endfor %}{%- endif %}
{%- set ns = namespace(multi=true, last=messages|length - 1) %}
{%- for message in messages[::-1] %}\
{%- if ns.multi and message.role == 'user' and not(message.content.startswith('<tool_response>')) %}\
{%- set ns.multi = false %}{%- endif %}{%- endfor %}
{%- macro render(m) %}{% generation %}{{ m.content }}{% endgeneration %}{%- endmacro %}
{%- for message in messages %}\
{%- if '</think>' in message.content %}{% continue %}{%- endif %}{{ render(message) }}{%- endfor %}
{%- if add_generation_prompt %}\
{{ raise_exception('no') if enable_thinking is defined else '<|im_start|>assistant' }}{%- endif %}"""


def test_names_of_markers_and_variables_are_not_taken_for_internals() -> None:
    assert marks("{{ '<__media__>' }}{{ context }}{% set c = cycler('a', 'b') %}{{ c.next() }}") == []


def test_ordinary_templates_have_no_marks_but_their_own_markers() -> None:
    assert marks(CHATML) == []
    assert marks(TOOLS) == [(Construct.CONTENT_GATE, "'</think>'")]


@pytest.mark.parametrize(
    ("source", "construct"),
    [
        ("{{ ''.__class__.__mro__ }}", Construct.PRIVATE),
        ("{{ ''['__class__'] }}", Construct.PRIVATE),
        ("{{ x|attr('a') }}", Construct.PRIVATE),
        ("{{ messages|map(attribute='__class__')|list }}", Construct.PRIVATE),
        ("{% include '/etc/passwd' %}", Construct.INCLUDE),
        ("{% import 'x' as y %}", Construct.INCLUDE),
        ("{% extends 'x' %}", Construct.INCLUDE),
        ("{{ self._TemplateReference__context }}", Construct.UNKNOWN_NAME),
        ("{{ lipsum.x }}", Construct.UNKNOWN_NAME),
        ("{{ cycler.__init__ }}", Construct.PRIVATE),
        ("{{ open('/etc/passwd') }}", Construct.UNKNOWN_NAME),
        ("{% for i in range(10**9) %}{% endfor %}", Construct.COSTLY_LOOP),
        ("{% for i in range(999999999) %}{% endfor %}", Construct.COSTLY_LOOP),
        ("{{ 'a' * 1000000000 }}", Construct.COSTLY_LOOP),
        ("{{ strftime_now('%Y') }}", Construct.CLOCK),
        ("{% if 'invoice' in messages[-1]['content'] %}x{% endif %}", Construct.CONTENT_GATE),
        ("{{ 'x' if 'bank' in message.content else '' }}", Construct.CONTENT_GATE),
        ("a\u200bb", Construct.INVISIBLE),
        ("a\U000e0041b", Construct.INVISIBLE),
        ("{% for %}", Construct.SYNTAX),
        ("{{ " + "(" * 5000, Construct.SYNTAX),
    ],
)
def test_constructs_that_a_reviewer_should_see_are_marked(source: str, construct: Construct) -> None:
    assert construct in [found for found, _ in marks(source)]


@given(st.text(alphabet="{}%-#|()[]'\"._ abcforinifself\n0123456789*", max_size=120))
def test_any_template_gives_marks_or_none(source: str) -> None:
    marks(source)


def card(text: str) -> ModelCard:
    reading = read("README.md", text.encode())
    assert reading.obstacle is None, reading.obstacle
    found = reading.facts[0]
    assert isinstance(found, ModelCard)
    return found


def test_card_claims_carry_their_lines() -> None:
    found = card(CARD)
    limits = (
        "The model makes up names, numbers and dates; it was not tested in any language but English, and is biased as"
        " its data is."
    )
    assert [(c.key, c.text, c.line) for c in found.claims if c.key != "result"] == [
        ("license", "apache-2.0", 2),
        ("base_model", "org/base-7b", 6),
        ("datasets", "org/corpus-one", 4),
        ("datasets", "org/corpus-two", 5),
        ("limit_in_prose", limits, 30),
    ]
    assert [c.text for c in found.stated("result")] == ["ARC: accuracy = 41.5"]
    assert [(s.title, s.denial) for s in found.sections] == [
        ("Tiny", None),
        ("Training data", None),
        ("Evaluation", None),
        ("Limitations", None),
    ]


@pytest.mark.parametrize(
    ("prose", "count"),
    [
        ("It has 135 million parameters.", "135M"),
        ("A 7.24B-parameter model", "7.24B"),
        ("a 70B total parameters", "70B"),
    ],
)
def test_parameter_counts_in_prose_are_claims(prose: str, count: str) -> None:
    assert [c.text for c in card(f"# X\n\n{prose}\n").stated("parameters")] == [count]


def test_a_section_that_denies_is_marked_as_denying() -> None:
    (section,) = card("# Training data\n\nThe dataset is not released.\n").sections
    assert section.denial == 3


def test_headings_in_code_blocks_are_no_sections() -> None:
    assert [s.title for s in card("# A\n\n```\n# not one\n```\n").sections] == ["A"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("---\na: [\n---\n", "not YAML"),
        ("---\na: 1\n", "no closing ---"),
        ("---\n- a\n---\n", "not a mapping"),
        ("---\na: &x [1]\nb: [" + "*x, " * 200 + "1]\n---\n", "repeats parts by alias"),
        ("---\na: " + "[" * 100_000 + "\n---\n", "not YAML that assay reads (nested deeper than 100)"),
        ("---\na: !!bool perhaps\n---\n", "not YAML that assay reads ('perhaps')"),
        ('---\na: !!int ""\n---\n', "not YAML that assay reads (string index out of range)"),
        ("---\na: !!python/object/apply:os.system ['id']\n---\n", "not YAML"),
        ("---\n" + "a: [" * 5000 + "\n---\n", "not YAML"),
        ("---\n? {a: 1}\n: 2\n---\n", "not YAML"),
        ("---\na: 2026-13-45\n---\n", "not YAML"),
    ],
)
def test_front_matter_that_bombs_or_lies_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    obstacle = read("README.md", text.encode()).obstacle
    assert obstacle is not None and sentence in obstacle.reason


@given(st.text(max_size=300))
def test_any_card_gives_facts_or_an_obstacle(text: str) -> None:
    for whole in (text, f"---\n{text}\n---\n"):
        reading = read("README.md", whole.encode("utf-8", "surrogatepass"))
        assert reading.facts or reading.obstacle


def reaches(source: str) -> list[tuple[Capability, int, bool]]:
    found = read("modeling_x.py", source.encode()).facts[0]
    assert isinstance(found, PythonSource)
    return [(reach.capability, reach.line, reach.at_import) for reach in found.reaches]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import os\nos.system('id')", [(Capability.PROCESS, 2, True)]),
        ("import os as o\ndef f():\n    o.popen('id')", [(Capability.PROCESS, 3, False)]),
        ("from subprocess import run as r\nclass A:\n    x = r(['id'])", [(Capability.PROCESS, 3, True)]),
        ("import urllib.request\ndef f(x=urllib.request.urlopen('u')):\n    pass", [(Capability.NETWORK, 2, True)]),
        ("exec(__import__('base64').b64decode('eA=='))", [(Capability.EXECUTE, 1, True)]),
        ("f = lambda: eval('1')", [(Capability.EXECUTE, 1, False)]),
        ("import torch\nx = torch.nn.Linear(2, 2)\ntorch.load('f')", [(Capability.UNPICKLE, 3, True)]),
        ("open('x', 'w')\nopen('y')", [(Capability.WRITE, 1, True)]),
        ("import os\nos.environ['TOKEN']", [(Capability.ENVIRONMENT, 2, True)]),
        ("import math\nprint(math.sqrt(2))", []),
        ("def f(code, requests):\n    code.strip()\n    requests.get('x')\n    self.eval()\n", []),
    ],
)
def test_capabilities_are_seen_with_line_and_time(source: str, expected: list[tuple[Capability, int, bool]]) -> None:
    assert sorted(reaches(source)) == sorted(expected)


@pytest.mark.parametrize(
    "source",
    [
        "def (",
        "x = " + "(" * 50_000,
        "a\0b",
        "\udcff".encode("utf-8", "surrogatepass").decode("latin-1") * 3 + "(",
        "x = " + "9" * 5000,
    ],
)
def test_python_that_does_not_parse_is_an_obstacle(source: str) -> None:
    assert read("modeling_x.py", source.encode()).obstacle is not None


@given(st.text(alphabet="abcdef ()[]{}:=.,'\"\n\tlambdimportxc#@*", max_size=200))
def test_any_python_gives_facts_or_an_obstacle(source: str) -> None:
    reading = read("m.py", source.encode())
    assert reading.facts or reading.obstacle
