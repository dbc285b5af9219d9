"""A page in Chromium: opened with what it asks for and says noted down, and looked over for a screen reader."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def opened(browser: Any, file: Path, **options: Any) -> tuple[Any, list[str]]:
    context = browser.new_context(**options)
    page, trouble = context.new_page(), []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: trouble.append(request.url))
    page.goto(file.as_uri())
    trouble.remove(file.as_uri())  # the one request that is meant
    return page, trouble


def amiss(page: Any) -> list[tuple[str, list[str]]]:
    """What axe-core objects to with everything laid out and open; the page was opened with `bypass_csp`."""
    axe = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    page.add_style_tag(content=".part, .finding, .lines { content-visibility: visible !important; }")
    page.evaluate("document.querySelectorAll('details').forEach(row => { row.open = true; })")
    page.evaluate(axe)
    # what is off by default: WCAG 2.2's size of targets, and a heading for each cell of a large table
    more = {rule: {"enabled": True} for rule in ("target-size", "td-has-header")}
    found = page.evaluate("rules => axe.run({resultTypes: ['violations'], rules})", more)
    return [(row["id"], [node["html"][:200] for node in row["nodes"][:3]]) for row in found["violations"]]
