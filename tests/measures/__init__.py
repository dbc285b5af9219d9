"""Tests of `assay.measures`."""
