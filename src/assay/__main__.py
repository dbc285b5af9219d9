"""`python -m assay`: the same as the command `assay`."""

from __future__ import annotations

from assay.cli import main

main()
