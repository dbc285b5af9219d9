"""Tests of the checks in `assay.checks.vulnerabilities`."""
