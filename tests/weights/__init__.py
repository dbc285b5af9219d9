"""Tests of `assay.weights`."""
