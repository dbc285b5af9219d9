"""The styles, scripts and page templates that come with assay."""

from __future__ import annotations


def asset(name: str) -> str:
    """The text of one of them, by its path below `assets/`."""
    from importlib import resources  # brings tempfile and four compressors, which a text report needs none of

    return resources.files("assay.render").joinpath("assets", *name.split("/")).read_text("utf-8")
