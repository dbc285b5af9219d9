"""Tests of `assay.policy`."""
