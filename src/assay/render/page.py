"""The shell of every page: one file that needs no network, with its record embedded as data.

Text from files passes through Jinja's autoescaping after control characters were made visible. A content security
policy allows exactly the page's own style and script, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from assay.lazy import regex
from assay.render.assets import asset
from assay.render.visible import visible
from assay.render.words import parameters, size
from assay.version import VERSION

if TYPE_CHECKING:
    from jinja2 import Environment  # imported when a page is written: text and JSON need none of it
    from markupsafe import Markup


SHELL = ("page.css", "pictures.css")  # of every page
# the mark of `symbols.html.j2`, which a page cannot refer to in its head
_FAVICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%2324262d'/%3E"
    "%3Cpath d='M7 23 20 8l5 1-13 15z' fill='%23d99a2b'/%3E%3Cpath d='m14 25 11-12 2 2-9 10z' fill='%23f0c777'/%3E"
    "%3C/svg%3E"
)


# of the templates' own markup: what comes from files is escaped, so that no tag of it is found here
_TABLE = regex(r"<table([^>]*)>(?:(?!</table>).)*</table>", re.DOTALL)
_HEADING, _ROW = regex(r"<th[^>]*>(.*?)</th>", re.DOTALL), regex(r"<tr.*?</tr>", re.DOTALL)
_TAG = regex(r"<[^>]*>")
_NUMBER = regex(r"[^>]*>\s*\d")  # what a cell begins with that says nothing without its heading


class Part(NamedTuple):
    """A part of a page as the contents list it: the anchor, the title, and how much is in it (empty: not said)."""

    id: str
    title: str
    size: str = ""


class Link(NamedTuple):
    """A place that every page of a server leads to; `here`: the page is it."""

    href: str
    title: str
    here: bool = False


def page(
    template: str,
    record: bytes,
    id: str,
    *,
    styles: tuple[str, ...],
    scripts: tuple[str, ...] = (),
    contents: tuple[Part, ...] = (),
    links: tuple[Link, ...] = (),
    policy: Mapping[str, str] | None = None,
    **values: object,
) -> bytes:
    """The page that an asset, which extends `page.html.j2`, makes of `values`, as UTF-8.

    Args:
        template: name of the asset.
        record: canonical JSON of the fact that the page shows, which the element `id` carries (see `carried`); where it
            is empty, nothing does.
        id: of that element.
        styles: names of its own style sheets, after those of every page.
        scripts: names of its own scripts, after that of every page.
        contents: the parts of the page, for the list of them beside it.
        links: where else a page that is served leads to; a page that is a file has none.
        policy: what its content security policy allows besides, by directive; by default nothing.
        values: what the template is written with.
    """
    from markupsafe import Markup

    style, code = _assets((*styles, "links.css") if links else styles, scripts)
    shell = {
        "policy": _policy(style, code, policy or {}),
        "style": Markup(style),  # noqa: S704 - assay's own
        "script": Markup(code),  # noqa: S704 - assay's own
        "embedded": _embedded(record),
        "embedded_id": id,
        "version": VERSION,
        "favicon": Markup(_FAVICON),  # noqa: S704 - assay's own
        "contents": contents,
        "links": links,
    }
    whole = _TABLE.sub(_labelled, _rendered(template, {**shell, **values}))
    return visible(whole, keep="\n").encode("utf-8", "xmlcharrefreplace")  # what a template forgot


def sources(styles: tuple[str, ...], scripts: tuple[str, ...]) -> tuple[str, str]:
    """Style and script of a page with these assets, as a content security policy names them."""
    style, script = _assets(styles, scripts)
    return f"'{_hash(style)}'", f"'{_hash(script)}'"


def _assets(styles: tuple[str, ...], scripts: tuple[str, ...]) -> tuple[str, str]:
    return "".join(map(asset, (*SHELL, *styles))), "".join(map(asset, ("page.js", *scripts)))


def fragment(template: str, **values: object) -> Markup:
    """A part of a page: what an asset makes of `values`, autoescaped."""
    from markupsafe import Markup

    return Markup(_rendered(template, values))  # noqa: S704 - autoescaped by the template


def _rendered(template: str, values: dict[str, Any]) -> str:
    """What an asset makes of values (LookupError: it asks for what they do not have, as an edited dossier may not)."""
    from jinja2 import UndefinedError

    try:
        return _environment().get_template(template).render(**values)
    except UndefinedError as cause:
        raise LookupError(str(cause)) from cause


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    found = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(asset)
    )
    found.filters.update(visible=visible, size=size, parameters=parameters, sentence=_sentence, prose=_prose)
    found.filters["block"] = lambda text: visible(text, keep="\n")
    return found


def _sentence(text: str) -> str:
    """`text` with a capital where it begins with a plain word, and as it is where that may be a name."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def _prose(text: str) -> Markup:
    """Text of assay's own, what stands in backticks as code."""
    from markupsafe import Markup

    pieces = visible(text).split("`")
    if len(pieces) % 2 == 0:
        return Markup("{}").format(visible(text))
    return Markup("").join(
        (Markup("<code>{}</code>") if at % 2 else Markup("{}")).format(piece) for at, piece in enumerate(pieces)
    )


def _labelled(found: re.Match[str]) -> str:
    """A table whose cells carry their column's heading, so that on a phone each row reads as a card.

    The first cell is the title of the card and needs none, but where it is a number.
    """
    table = found[0]
    headings = [_TAG.sub("", text).strip() for text in _HEADING.findall(table)]
    if not headings or "class=" in found[1]:
        return table

    def row(match: re.Match[str]) -> str:
        first, *cells = match[0].split("<td")
        plain = int(bool(cells) and not _NUMBER.match(cells[0]))
        named = [f' data-l="{name}"{cell}' for name, cell in zip(headings[plain:], cells[plain:], strict=False) if name]
        return "<td".join([first, *cells[:plain], *named, *cells[plain + len(named) :]])

    return f'<table class="cards"{found[1]}>{_ROW.sub(row, table.partition(">")[2])}'


def _policy(style: str, script: str, more: Mapping[str, str]) -> str:
    """The content security policy: nothing but this style and this script, and `more`."""
    rows = {"default-src": "'none'", "style-src": f"'{_hash(style)}'"}
    rows |= {"script-src": f"'{_hash(script)}'"} if script else {}
    rows |= {"img-src": "data:", "base-uri": "'none'", "form-action": "'none'"}
    for directive, allowed in more.items():
        own = rows.get(directive, "")
        rows[directive] = allowed if own in ("", "'none'") else f"{own} {allowed}"  # nothing may stand beside 'none'
    return "; ".join(f"{directive} {allowed}" for directive, allowed in rows.items())


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(record: bytes) -> str:
    """The record for the element that carries it: bzip2, whose output no version has changed, in base64.

    As it is it would be half of the page; in letters and digits nothing of it can end the element.
    """
    import bz2

    return base64.b64encode(bz2.compress(record)).decode() if record else ""


def carried(page: bytes, id: str, most: int) -> bytes | None:
    """The record in the element `id` of a page that `page` made; None if there is none, or it is damaged.

    Nothing is made of a record of more than `most` bytes.
    """
    import bz2

    found = re.search(rb'<script type="application/x-bzip2" id="%s">([A-Za-z0-9+/=]+)</script>' % id.encode(), page)
    if found is None:
        return None
    try:
        reader = bz2.BZ2Decompressor()
        record = reader.decompress(base64.b64decode(found[1], validate=True), most)
    except (OSError, ValueError):
        return None
    return record if reader.eof else None
