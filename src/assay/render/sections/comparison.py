"""The model against its base: the relation that explains the differences, why, and the tensors that changed most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from assay.facts.comparison import Comparison
from assay.facts.dossier import Dossier
from assay.render.page import fragment
from assay.render.record.comparison import changed, margin_words, state_words
from assay.render.sections import View
from assay.render.visible import code, escaped
from assay.render.words import quoted

if TYPE_CHECKING:
    from markupsafe import Markup

MOST = 25  # tensors of a table


def text(found: Comparison, dossier: Dossier) -> Iterator[str]:
    """The relation and how sure it is, why, and what became of the tensors."""
    yield f"{found.relation} ({margin_words(found)}), compared with {found.base}"
    yield from found.why
    yield f"tensors: {state_words(found)}"


def markdown(found: Comparison, dossier: Dossier) -> Iterator[str]:
    """The same lines, and a table of the tensors that changed most."""
    yield from (f"- {escaped(row)}" for row in text(found, dossier))
    rows = changed(found)
    if rows:
        yield ""
        yield "| tensor | what | relative | cosine | changed |"
        yield "|---|---|---|---|---|"
    for row in rows[:MOST]:
        numbers = f"{row.relative:.4f} | {row.cosine:.5f} | {row.share:.1%}"
        yield f"| {code(row.name)} | {escaped(row.state)} | {numbers} |"
    if len(rows) > MOST:
        yield ""
        yield f"And {len(rows) - MOST:,} more that changed."


def html(found: Comparison, dossier: Dossier) -> Markup:
    """The same with a map of the change, layer by layer."""
    return fragment("sections/comparison.html.j2", found=found, body=body(found))


def body(found: Comparison) -> Markup:
    """Why, the map, and the tensors that changed most: what stands below the relation wherever it is shown."""
    from assay.render.map import layer_map

    return fragment(
        "sections/comparison_body.html.j2",
        found=found,
        changed=changed(found),
        most=MOST,
        map=layer_map(
            "Change against the base (relative norm)",
            found.differences,
            lambda row: row.relative,
            lambda value: f"{value:.4f}",
            relative=False,
        ),
    )


def again(found: Comparison) -> str:
    """The base that was given."""
    return f" --base {quoted(found.base)}"


VIEW = View("comparison", "parameters", "Against the base", text, markdown, html, again)
