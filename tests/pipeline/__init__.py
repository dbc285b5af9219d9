"""Tests of `assay.pipeline`."""
