"""How often code that nobody made to do harm is accused, or could not be followed: packages as they are installed.

    python -m benchmarks.code DIR... [--only GLOB] [--show N]

Each Python file is read as if a model brought it along. Relative imports that leave the file's folder are written out
with the name of the package, as they are in files that are published beside a model. Prints, for files that importing
is followed in: how many would be accused at import, how many could not be followed, how many have an attack's shape.
"""

from __future__ import annotations

import argparse
import collections
import io
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from assay.checks.vulnerabilities.code_reaches_outside import STRONG
from assay.errors import InputError
from assay.facts.program import AttackShape, Capability, PythonSource
from assay.formats import python_source
from assay.formats.window import Window

_RELATIVE = re.compile(r"^(\s*from\s+)(\.\.+)([\w.]*)(\s+import\b)", re.MULTILINE)


@dataclass
class Count:
    """What was found in a set of files."""

    files: int = 0
    unread: int = 0
    seconds: float = 0.0
    accused: list[str] = field(default_factory=list)
    unfollowed: list[str] = field(default_factory=list)
    shaped: list[str] = field(default_factory=list)
    calls: collections.Counter[str] = field(default_factory=collections.Counter)


def absolute(path: Path, text: str) -> str:
    """The source with imports from outside its folder written out."""
    package: list[str] = []
    at = path.parent
    while (at / "__init__.py").exists():
        package.insert(0, at.name)
        at = at.parent

    def spelled(found: re.Match[str]) -> str:
        kept = package[: len(package) - len(found[2]) + 1]
        return f"{found[1]}{'.'.join([*kept, *([found[3]] if found[3] else [])])}{found[4]}" if kept else found[0]

    return _RELATIVE.sub(spelled, text)


def counted(paths: Iterator[Path]) -> Count:
    """Read every file."""
    count = Count()
    for path in paths:
        raw = absolute(path, path.read_bytes().decode("utf-8", "replace")).encode()
        begun = time.perf_counter()
        try:
            facts = list(python_source.read(path.name, Window(io.BytesIO(raw))))
        except InputError:
            count.unread += 1
            continue
        count.seconds += time.perf_counter() - begun
        count.files += 1
        for fact in facts:
            if isinstance(fact, AttackShape):
                count.shaped.append(f"{path}:{fact.line} {fact.shape}: {fact.seen}")
            elif isinstance(fact, PythonSource):
                now = [reach for reach in fact.reaches if reach.at_import]
                strong = [reach for reach in now if reach.capability in STRONG]
                lost = [reach for reach in now if reach.capability is Capability.UNFOLLOWED]
                if strong:
                    count.accused.append(f"{path}:{strong[0].line} {strong[0].capability}: {strong[0].seen}")
                elif lost:
                    count.unfollowed.append(f"{path}:{lost[0].line} {lost[0].seen}")
                    count.calls.update(reach.seen.partition("(")[0][:60] for reach in lost)
    return count


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--only", default="*.py")
    parser.add_argument("--show", type=int, default=0)
    options = parser.parse_args()
    print(f"{'folder':<40} {'files':>6} {'accused':>8} {'unfollowed':>10} {'shaped':>7} {'unread':>7} {'s':>6}")
    for folder in options.folders:
        count = counted(path for path in sorted(folder.rglob("*.py")) if fnmatchcase(path.name, options.only))
        print(
            f"{str(folder)[-40:]:<40} {count.files:>6} {len(count.accused):>8} {len(count.unfollowed):>10} "
            f"{len({row.split(':')[0] for row in count.shaped}):>7} {count.unread:>7} {count.seconds:>6.1f}"
        )
        for title, rows in (("accused", count.accused), ("unfollowed", count.unfollowed), ("shaped", count.shaped)):
            for row in rows[: options.show]:
                print(f"   {title}: {row}")
        for call, times in count.calls.most_common(options.show):
            print(f"   {times:>5} {call}")


if __name__ == "__main__":
    main()
