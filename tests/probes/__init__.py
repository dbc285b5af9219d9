"""Tests of `assay.probes`."""
