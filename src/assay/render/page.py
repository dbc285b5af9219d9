"""The shell of every page: one file that needs no network, with its record embedded as data.

Text from files passes through Jinja's autoescaping after control characters were made visible. A content security
policy allows exactly the page's own style and script, by hash.
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from typing import TYPE_CHECKING

from assay.facts.codec import encode
from assay.render.assets import asset
from assay.render.visible import visible
from assay.render.words import parameters, size

if TYPE_CHECKING:
    from jinja2 import Environment  # imported when a page is written: text and JSON need none of it
    from markupsafe import Markup


def page(
    template: str,
    record: object,
    id: str,
    *,
    styles: tuple[str, ...],
    script: str = "",
    most: int | None = None,
    **values: object,
) -> bytes:
    """The page that an asset, which extends `page.html.j2`, makes of `values`, as UTF-8.

    Args:
        template: name of the asset.
        record: the fact that the page shows, embedded as JSON in the element `id`.
        id: of that element.
        styles: names of the style sheets, one after another.
        script: name of the script, if the page has one.
        most: characters of JSON from which `null` is embedded instead.
        values: what the template is written with.
    """
    from markupsafe import Markup

    style, code = "".join(map(asset, styles)), asset(script) if script else ""
    shell = {
        "policy": _policy(style, code),
        "style": Markup(style),  # noqa: S704 - assay's own
        "script": Markup(code),  # noqa: S704 - assay's own
        "embedded": _embedded(record, most),
        "embedded_id": id,
    }
    whole = _environment().get_template(template).render(**shell, **values)
    return whole.encode("utf-8", "xmlcharrefreplace")


def fragment(template: str, **values: object) -> Markup:
    """A part of a page: what an asset makes of `values`, autoescaped."""
    from markupsafe import Markup

    return Markup(_environment().get_template(template).render(**values))  # noqa: S704 - autoescaped by the template


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    found = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(asset)
    )
    found.filters.update(visible=visible, size=size, parameters=parameters, block=lambda text: visible(text, keep="\n"))
    return found


def _policy(style: str, script: str) -> str:
    """The content security policy: nothing but this style and this script."""
    scripts = f"script-src '{_hash(script)}'; " if script else ""
    return (
        f"default-src 'none'; style-src '{_hash(style)}'; {scripts}img-src data:; base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(record: object, most: int | None) -> Markup:
    """The record as JSON that cannot end the script element it stands in."""
    from markupsafe import Markup

    text = json.dumps(encode(record), sort_keys=True, separators=(",", ":"))
    if most is not None and len(text) > most:
        return Markup("null")
    safe = text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return Markup(safe)  # noqa: S704 - escaped for where it stands
