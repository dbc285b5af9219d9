"""Tests of `assay.facts`."""
