"""Tests of `assay.uncertainty`."""
