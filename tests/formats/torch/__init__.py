"""Tests of `assay.formats.torch`."""
