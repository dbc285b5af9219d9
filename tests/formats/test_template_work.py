"""What a chat template may cost: any template ends within bounds of time and memory, by counting and by no clock."""

from __future__ import annotations

import resource
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import LimitExceeded
from assay.facts.text import Conduct, TemplateTrial
from assay.formats.template.tree import template
from assay.formats.template.trial import trial

SHARED = (
    "{% set ns=namespace(x=[1], y=[1], t=(1,), d={'a': 1}) %}{% for i in range(60) %}{% set ns.x=[ns.x, ns.x] %}"
    "{% set ns.y=[ns.y, ns.y] %}{% set ns.t=(ns.t, ns.t) %}{% set ns.d={'a': ns.d, 'b': ns.d} %}{% endfor %}"
)
LONG = "('a'*1000*900)"


def spent(source: str) -> tuple[TemplateTrial, float, int]:
    """What trying a template out shows, its CPU seconds, and by how many MiB this process's peak grew."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    found = trial(template("a", "", "", source))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024
    return found, time.process_time() - start, grown


@pytest.mark.parametrize(
    "expression",
    [
        *("ns.x", "ns", "ns.x ~ ''", "ns.x|join(',')", "ns.x|string", "ns.x|tojson", "ns.d|tojson", "ns.d.items()"),
        *("ns.x == ns.y", "ns.x in [ns.y]", "ns.x < ns.y", "ns.x is eq(ns.y)", "[ns.x, ns.y]|sort", "ns.d == ns.d|d"),
        *("[ns.x]|select('eq', ns.y)|list", "[ns.x].index(ns.y)", "[ns.x].count(ns.y)", "[ns.x, ns.y]|unique|list"),
        *("{ns.t: 1}", "{}[ns.t]", "{}.get(ns.t)", "'%s' % ns.x", "'{}'.format(ns.x)", "'%s'|format(ns.x)"),
        *("[[ns.x, 1]]|groupby(0)|list", "[ns.x, ns.y]|max", "namespace(x=ns.x)", "ns.x|upper", "ns.x|length + ns.x"),
    ],
)
def test_a_value_that_holds_another_many_times_is_paid_for_as_often(expression: str) -> None:
    found, seconds, grown = spent(f"{SHARED}{{{{ {expression} }}}}")
    assert [done.conduct for done in found.conducts][-1:] == [Conduct.EXHAUSTS] or "refuses" in found.stopped
    assert seconds < 2 and grown < 100


@pytest.mark.parametrize(
    "source",
    [
        "{{ ([[1]]*30000)|sum(start=[])|length }}",
        "{{ [1]|slice(99999)|map('string')|list|length }}" * 50,
        "{% for i in range(9000) %}{% set x = [1]|batch(99999, 'x')|list %}{% endfor %}",
        "{% set x = range(99000)|list %}{% for i in range(90000) %}{% set y = x[::-1] %}{% endfor %}",
        "{% set ns=namespace(x=[]) %}{% for i in range(90000) %}{% set ns.x = ns.x + [i] %}{% endfor %}",
        "{% set ns=namespace(x='') %}{% for i in range(90000) %}{% set ns.x = ns.x ~ 'x' * 50 %}{% endfor %}",
        "{% set ns=namespace() %}{% set ns.ns=ns %}{{ ([ns]*90000)|map(attribute='" + "ns." * 9000 + "ns')|list }}",
        "{% set ns=namespace() %}{% set ns.x=[ns] %}{{ ns }}{{ ns.x|tojson }}",
        *(f"{{% for a in '{'x' * 300}' %}}" * 6 + "{% endfor %}" * 6, "{% set a = 1 %}" * 8000),
        "{% macro m() %}" + "{% set a = 1 %}" * 7000 + "{% endmacro %}{% for i in range(90000) %}{{ m() }}{% endfor %}",
        f"{{{{ {LONG}|indent(99999)|length }}}}",
        f"{{{{ {LONG}|replace('a', 'b' * 90000)|length }}}}",
        f"{{{{ {LONG}.replace('a', 'b' * 90000)|length }}}}",
        f"{{{{ {LONG}.translate({{97: 'x' * 90000}})|length }}}}",
        f"{{{{ {LONG}|wordwrap(5)|length }}}}",
        f"{{{{ {LONG}.encode('idna')|length }}}}",
        "{{ ('\\t'*1000*900).expandtabs(99999)|length }}",
        "{{ ('<!---->'*1000*200)|striptags|length }}",
        "{{ range(90000)|map('string')|join('x' * 90000)|length }}",
        "{{ ('x' * 90000).join(range(90000)|map('string')|list)|length }}",
        "{{ ('%s' * 90000) % (['x' * 90000] * 90000) }}",
        "{{ ([[1]] * 20000)|tojson(indent=90000)|length }}",
        "{{ (['x' * 9000] * 90000)|unique|list|length }}",
        "{% for i in range(90000) %}{% set x = 5|round(-99999) %}{% endfor %}",
        "{{ ('f'*1000*1900)|int(0, 16) // ('f'*1000*900)|int(0, 16) }}",
        "{{ 0x" + "f" * 9000 + " // 0x" + "f" * 4000 + " }}",
        "{% set x = 'a'*1000*900 ~ 'b' %}{% set y = 'a'*1000*1900 %}" + "{{ x in y }}" * 100,
        "{% for i in range(999) %}{{ strftime_now('%99999Y') }}{% endfor %}",
    ],
)
def test_no_operation_costs_more_than_is_paid_for_it(source: str) -> None:
    _, seconds, grown = spent(source)
    assert seconds < 4 and grown < 200


@pytest.mark.parametrize("source", ["{% set a = 1 %}" * 20_000, "{{ " + "a+" * 400_000 + "a }}", "{{ a }}" * 90_000])
def test_what_has_more_parts_than_any_template_is_not_parsed_to_its_end(source: str) -> None:
    start = time.process_time()
    with pytest.raises(LimitExceeded, match="more parts than assay reads"):
        template("a", "", "", source)
    assert time.process_time() - start < 4


def test_what_was_seen_before_the_budget_ended_is_told() -> None:
    endless = "{% for a in range(90000) %}{% for b in range(9000) %}{% endfor %}{% endfor %}"
    trap = "{% if 'password' in m.content %}" + endless + "{% endif %}"
    said = "{% if m.role == 'user' %}{{ m.content }}{% endif %}"
    found, _, _ = spent("{% for m in messages %}" + said + trap + "{% endfor %}")
    assert [done.conduct for done in found.conducts] == [Conduct.DROPS, Conduct.EXHAUSTS]


def test_a_template_costs_the_same_whatever_was_rendered_before() -> None:
    source = "{% for m in messages %}{{ m.content|trim ~ 'x' }}{{ 'a' is in('ab') }}{{ [1, 2]|join }}{% endfor %}"
    first = spent(source)[0]
    spent("{{ 'x' * 99999 }}{{ range(99999)|list|length }}" * 20)
    assert spent(source)[0] == first and first.renders > 100


names = st.sampled_from(
    ["messages", "x", "y", "ns.v", "m", "loop.index", "bos_token", "1", "7", "'ab'", "[1, 'b']", "{}"]
)
filters = st.sampled_from(
    [
        *("list", "length", "string", "join(x)", "sum", "sum(start=[])", "sort", "unique|list", "tojson", "first"),
        *("tojson(indent=90)", "replace('a', x)", "last", "batch(3,x)|list", "slice(9)|list", "map('string')|list"),
        *("select|list", "reverse|list", "upper", "title", "wordwrap(3)", "indent(99)", "striptags", "center(999)"),
        *("groupby(0)", "dictsort", "items|list", "max", "min", "round(9)", "int", "float", "trim", "default(x)"),
        "format(x)",
    ]
)
operators = st.sampled_from(["+", "*", "~", "%", "-", "//", "/", "==", "<", "in", "and", "or"])


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, inner, operators, inner),
        st.builds("({})|{}".format, inner, filters),
        st.builds("[{0}, {0}]".format, inner),
        st.builds("({}, {})".format, inner, inner),
        st.builds("{{{}: {}}}".format, inner, inner),
        st.builds("({})[{}]".format, inner, inner),
        st.builds("({})[::2]".format, inner),
        st.builds(
            "({}).{}".format, inner, st.sampled_from(["split(x)", "replace('a', x)", "join(y)", "get(x)", "items()"])
        ),
        st.builds("range({})".format, inner),
    )


expressions = st.recursive(names, grown, max_leaves=6)
statements = st.recursive(
    st.one_of(
        st.builds("{{{{ {} }}}}".format, expressions),
        st.builds("{{% set x = {} %}}".format, expressions),
        st.builds("{{% set y = {} %}}".format, expressions),
        st.builds("{{% set ns.v = {} %}}".format, expressions),
    ),
    lambda inner: st.one_of(
        st.builds("{{% for m in {} %}}{}{}{{% endfor %}}".format, expressions, inner, inner),
        st.builds("{{% for m in range(99) %}}{}{}{{% endfor %}}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, expressions, inner, inner),
        st.builds("{{% set x %}}{}{}{{% endset %}}".format, inner, inner),
        st.builds("{{% macro f(m) %}}{}{{% endmacro %}}{{{{ f({}) }}}}".format, inner, expressions),
    ),
    max_leaves=10,
)


@settings(max_examples=200)
@given(statements)
def test_any_template_ends_soon(body: str) -> None:
    found, seconds, more = spent("{% set ns = namespace(v=[1]) %}{% set x = 'ab' %}{% set y = [1] %}" + body)
    assert seconds < 4 and more < 200
    assert found.renders or found.stopped or found.conducts
