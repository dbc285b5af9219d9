"""Tests of assay, in folders of the same names as the rooms that they test."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:  # a process for each core: more threads in each would only wait for one another
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
