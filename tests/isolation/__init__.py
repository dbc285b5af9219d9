"""Tests of `assay.isolation`."""
