"""Tests of `assay.execution`."""
