"""Schemas of dossiers and sections: a shape that changes takes a number that was not used before."""

from __future__ import annotations

import json
from pathlib import Path

from assay.facts.schema import shapes

PUBLISHED = Path(__file__).with_name("shapes.json")  # every schema that was ever written, with the digest of its shape


def test_a_shape_that_changes_changes_its_number() -> None:
    """If this fails: raise SCHEMA or the version of the SECTION, and add a line to shapes.json; none is replaced."""
    published = json.loads(PUBLISHED.read_text())
    for schema, shape in shapes().items():
        assert schema in published, (
            f"{schema} is new: add  {json.dumps(schema)}: {json.dumps(shape)}  to {PUBLISHED.name}"
        )
        assert published[schema] == shape, f"the shape of {schema} changed and its number did not: it is now {shape}"
