"""Identify licence texts that are not those of the index, plain and damaged, and time the rest of the openness section.

    python -m benchmarks.openness --data DIR [--scancode WHEEL] [--scancode-command PATH] [--licensee-command PATH]

DIR gets the npm packages of `benchmarks/licence-texts.txt` (`npm pack`, pinned versions, about 110 MB). A text counts
as right if exactly the licences that it holds are named. Damage: re-wrapped at seven words, quoted as Markdown, as
HTML, cut after 60 %, embedded in a README; and alterations of texts that are found unaltered, each of which must be
found altered: a word or a clause put in, taken out or changed. CPU seconds. With the wheel of ScanCode (see
`benchmarks.licence_index`) every tag of the hub is held against its official text first (`benchmarks.licence_tags`).
With the commands of ScanCode and licensee these name the same texts (`benchmarks.licence_tools`); "another" is a
licence named that the text does not hold.
"""

from __future__ import annotations

import argparse
import html
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from assay.licence.match import Identified, identified
from benchmarks import clauses, licence_tags
from benchmarks.licence_tools import TOOLS

LIST = Path(__file__).with_name("licence-texts.txt")
CLAUSES = (
    "You may not use the Software commercially.",
    "Use is limited to research purposes only.",
    "If you have more than 100 million monthly users you must display our name.",
)
TIMES = 4  # alterations of each kind for each text


def texts(data: Path) -> Iterator[tuple[str, str, set[str]]]:
    """(name, text, licences that it holds) of each file in the list."""
    data.mkdir(parents=True, exist_ok=True)
    for line in LIST.read_text().splitlines():
        if line.startswith("#"):
            continue
        package, file, ids = line.split()
        with licence_tags.packed(data, package) as whole:
            member = next(row for row in whole if row.name.count("/") == 1 and row.name.endswith(f"/{file}"))
            stream = whole.extractfile(member)
            assert stream is not None
            yield (
                f"{package} {file}",
                stream.read().decode("utf-8", "replace"),
                set() if ids == "-" else set(ids.split(",")),
            )


def bare(ids: tuple[str, ...]) -> set[str]:
    """Ids without "only" and "or later", which no text says of itself; Python 2.0 and 2.0.1 have one text but for a
    line.
    """
    return {re.sub(r"-(only|or-later)$", "", id).replace("Python-2.0.1", "Python-2.0") for id in ids}


def rewrapped(text: str) -> str:
    """Seven words to a line."""
    words = text.split()
    return "\n".join(" ".join(words[at : at + 7]) for at in range(0, len(words), 7))


DAMAGE: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "re-wrapped": rewrapped,
    "Markdown": lambda text: "# Licence\n\n" + "\n".join(f"> {line}" for line in text.splitlines()),
    "HTML": lambda text: (
        "<!doctype html><html><body><p>" + html.escape(text).replace("\n", "<br>\n") + "</p></body></html>"
    ),
    "in a README": lambda text: (
        f"# A tool\n\nIt reads files and prints what is in them.\n\n## Licence\n\n{text}\n\n"
        "## Thanks\n\nTo all who wrote it.\n"
    ),
}


def alterations(text: str, chosen: random.Random) -> Iterator[tuple[str, str]]:
    """(kind, altered text): the place is drawn from the body, where no name or title stands."""
    places = [match.start() for match in re.finditer(r"[A-Za-z]{2,}", text)]
    for _ in range(TIMES):
        start = chosen.choice(places)
        clause = chosen.choice(CLAUSES)
        yield "'not' put in", f"{text[:start]}not {text[start:]}"
        yield "a clause put in", f"{text[:start]}{clause} {text[start:]}"
        yield "a clause at the end", f"{text}\n{clause}\n"
        yield "a clause at the beginning", f"{clause}\n{text}"
        yield "a clause in a line of copyright", f"Copyright (c) 2026 Somebody. {clause}\n{text}"


def right(found: Identified, held: set[str]) -> bool:
    """Whether exactly the licences that the text holds were named."""
    return bare(found.ids) == held


def side_by_side(rows: list[tuple[str, str, set[str]]], commands: dict[str, str | None]) -> None:
    """Print how many of the texts each tool names rightly, and how many as holding a licence that they do not hold."""
    for tool in ("assay", *TOOLS):
        if tool == "assay":
            named = [identified(text).ids for _, text, _ in rows]
        elif command := commands[tool]:
            named = TOOLS[tool](command, [text for _, text, _ in rows])
        else:
            print(f"{tool:<9} not run: give its command with --{tool}-command")
            continue
        pairs = [(bare(ids), held) for ids, (_, _, held) in zip(named, rows, strict=True)]
        all_right = sum(ids == held for ids, held in pairs)
        another = sum(bool(ids - held) for ids, held in pairs)
        none = sum(not ids and bool(held) for ids, held in pairs)
        print(f"{tool:<9} {all_right} of {len(rows)} right, {another} with another, {none} with none")
    print()


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    for tool in TOOLS:
        parser.add_argument(f"--{tool}-command")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scancode", type=Path)
    given = parser.parse_args()
    rows = list(texts(given.data))
    if given.scancode:
        licence_tags.report(given.data, given.scancode)
    print(f"{len(rows)} texts of {len({name.split()[0] for name, _, _ in rows})} packages\n")
    side_by_side(rows, {tool: getattr(given, f"{tool}_command") for tool in TOOLS})
    for damage, change in DAMAGE.items():
        start = time.process_time()
        wrong = [name for name, text, held in rows if not right(identified(change(text)), held)]
        spent = (time.process_time() - start) / len(rows)
        print(
            f"{damage:<14} {len(rows) - len(wrong)} of {len(rows)} right, {1000 * spent:.0f} ms each; "
            f"not: {', '.join(wrong) or 'none'}"
        )
    one = [(name, text, held) for name, text, held in rows if len(held) == 1]
    kept = sum(next(iter(held)) in bare(identified(text[: int(len(text) * 0.6)]).ids) for _, text, held in one)
    print(f"{'cut at 60 %':<14} {kept} of {len(one)} still named")
    print()
    sound = [
        (name, text) for name, text, held in one if right(identified(text), held) and not identified(text).differences
    ]
    print(f"{len(sound)} of {len(one)} texts of one licence are found unaltered; alterations of these:")
    chosen = random.Random(7)
    made: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for _, text in sound:
        for kind, altered in alterations(text, chosen):
            found = identified(altered)
            made[kind] += 1
            missed[kind] += bool(found.ids) and not found.differences
    for kind, count in made.items():
        print(f"{kind:<33} {count - missed[kind]} of {count} found")
    clauses.held_out()


if __name__ == "__main__":
    main()
