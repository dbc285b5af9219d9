"""Tests of `assay.licence`."""
