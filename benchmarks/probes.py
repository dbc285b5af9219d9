"""What each probe of behaviour costs and finds: CPU seconds, numbers, detectors. `python -m benchmarks.probes [MODEL]`.

One thread, one process: the model is opened once, and each probe asks anew. `--base MODEL` and `--prompts FILE` add the
probes that need them; without MODEL it is SmolLM2-135M-Instruct from a Python package.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is loaded

from assay import uncertainty
from assay.cli.demo import packaged_model
from assay.pipeline.behaviour import known
from assay.probes.behaviour import Cost, installed
from assay.probes.probing import MOST, chosen, planned, probed
from assay.render.record.behaviour import detected


def main() -> None:
    """Print a part for each probe, and the total of the quick ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", nargs="?")
    parser.add_argument("--base")
    parser.add_argument("--prompts", type=Path)
    parser.add_argument("--most", type=int, default=MOST)
    given = parser.parse_args()
    model = given.model or str(packaged_model())
    begun = time.process_time()
    runtime = uncertainty.open(model)
    base = uncertainty.open(given.base) if given.base else None
    print(f"{runtime.model}, {runtime.name}; opened in {time.process_time() - begun:.1f} CPU s")
    begun = time.process_time()
    facts = known(model)
    print(f"facts of the files in {time.process_time() - begun:.1f} CPU s")
    quick = 0.0
    wanted = {row.id for row in chosen(planned([], prompts=given.prompts), base=base is not None)}
    for probe in installed():
        if probe.id not in wanted:
            continue
        begun = time.process_time()
        found = probed(runtime, planned([probe.id], most=given.most, prompts=given.prompts), None, base, facts)
        spent = time.process_time() - begun
        quick += spent if probe.cost is Cost.QUICK else 0.0
        (row,) = found.probes
        print(f"\n{row.id}: {spent:.1f} CPU s{f'; not known: {row.reason}' if row.reason else ''}")
        for one in row.estimates:
            print(f"  {one.words}")
        if row.detector:
            print(f"  rule: {detected(row.detector)}")
    print(f"\nquick probes: {quick:.1f} CPU s")


if __name__ == "__main__":
    main()
