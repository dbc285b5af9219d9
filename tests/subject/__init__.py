"""Tests of `assay.subject`."""
