"""The command that makes a dossier again, given the same files."""

from __future__ import annotations

from assay.facts.dossier import QUESTIONS, Dossier
from assay.render.sections import of
from assay.render.words import quoted

_LIMITS = {"seconds": "max-time", "bytes": "max-bytes"}


def reproduce(dossier: Dossier) -> str:
    """The command in one line; each section adds the options that gave it.

    A dossier keeps no path: a baseline is named by its digest, as one that is kept in a registry can be given.
    """
    named = dossier.subject.reference or dossier.subject.name
    subject = quoted(f"./{named}" if named.startswith("-") else named)
    left_out = f" --skip {','.join(dossier.left_out)}" if dossier.left_out else ""
    asked = "" if set(dossier.questions) == set(QUESTIONS) else f" --question {','.join(dossier.questions)}"
    options = asked + "".join(view.again(value) for view, value in of(dossier))
    options += "".join(f" --plugin {quoted(plugin.name)}" for plugin in dossier.plugins)
    options += "".join(f" --{_LIMITS[row.name]} {row.most}" for row in dossier.limits if row.given)
    dated = f" --as-of {dossier.policy.as_of}" if dossier.policy.as_of else ""
    known = f" --baseline sha256:{dossier.baseline}" if dossier.baseline else ""
    return f"assay audit {subject} --policy {quoted(dossier.policy.name)}{known}{left_out}{options}{dated}"
