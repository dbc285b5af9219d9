"""Tests of the checks in `assay.checks.parameters`."""
