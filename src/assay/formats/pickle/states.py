"""States that decide what an object does when it is handed one: for each such class, what its writer puts there.

Read in SciPy 1.17 (scipy/stats/_distn_infrastructure.py, `rv_generic.__setstate__` and `_construct_argparser`).
"""

from __future__ import annotations

from assay.formats.pickle.machine import Machine, Rule
from assay.formats.pickle.values import Call, Global, Opaque
from assay.lazy import regex

_TEXT = "_parse_arg_template"
# the text that SciPy writes, around the names of a distribution's shapes; `__setstate__` gives it to exec
_SHAPES, _IN, _OUT = r"(?:[A-Za-z_]\w*, )*", r"(?:loc=0(?:, scale=1)?)?", r"(?:loc(?:, scale)?|loc, 1|)"
_ARGUMENTS = regex(
    rf"\ndef _parse_args\(self, {_SHAPES} ?{_IN}\):\n    return \({_SHAPES}\), {_OUT}\n"
    rf"\ndef _parse_args_rvs\(self, {_SHAPES} ?{_IN}, size=None\):\n"
    rf"    return self\._argcheck_rvs\({_SHAPES} ?{_OUT}, size=size\)\n"
    rf"\ndef _parse_args_stats\(self, {_SHAPES} ?{_IN}, moments='mv'\):\n"
    rf"    return \({_SHAPES}\), {_OUT}, moments\n\Z"
)
MOST = 10_000  # characters of such a text


def _distribution(m: Machine, call: Call, at: int) -> object:
    """A distribution of scipy.stats runs a text out of its state, which has to be the one that SciPy writes."""
    state = call.state
    # pairs in another container update it as well, and a key that is computed may be the one looked for
    if not isinstance(state, dict) or any(isinstance(key, str) and key.startswith("<") for key in state):
        m.unfollowed[f"the state at byte {at:,} of a distribution of scipy.stats is none that SciPy writes"] = None
        return call
    text = state.get(_TEXT)
    if isinstance(text, Opaque) or (text is not None and not isinstance(text, str)):
        m.tampered(f"gives a distribution of scipy.stats something else than text to run: {_TEXT}", at)
    elif isinstance(text, str) and not (len(text) <= MOST and _ARGUMENTS.match(text)):
        m.tampered(f"gives a distribution of scipy.stats a text of its own to run: {text[:120]!r}", at)
    return call


def state_rule_of(name: Global) -> Rule | None:
    """The rule for states of instances of this class, None for most."""
    return _distribution if name.module.startswith("scipy.stats.") and not name.name.startswith("_Q") else None
