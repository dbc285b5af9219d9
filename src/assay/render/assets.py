"""The styles, scripts and page templates that come with assay."""

from __future__ import annotations

from importlib import resources


def asset(name: str) -> str:
    """The text of one of them."""
    return resources.files("assay.render").joinpath("assets", name).read_text("utf-8")
