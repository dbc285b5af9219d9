"""Checks by id, as a user types them."""

from __future__ import annotations

from assay.checks import Check, installed, named
from assay.errors import UsageError, did_you_mean


def known(id: str) -> Check:
    """The check with this id; UsageError names the nearest one if there is none."""
    found = named(id)
    if found is None:
        nearest = did_you_mean(id, (check.rule.id for check in installed()))
        raise UsageError(f"no check {id!r}{nearest} (assay checks lists them)")
    return found
