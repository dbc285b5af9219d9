"""Tests of `assay.attest`."""
