"""Tests of `assay.corpus`."""
