"""Write what comes from the code: pages of checks, commands, the dossier's schema, and the lists that start-up reads.

`python docs/generate.py` writes them, `--check` only says whether they are current (exit status 1 if not).
"""

from __future__ import annotations

import json
import sys
import textwrap
from itertools import zip_longest
from pathlib import Path

import click

from assay.checks import installed
from assay.checks import listing as check_listing
from assay.cli import COMMANDS, HELP
from assay.cli._group import cli
from assay.facts.catalog import listing as fact_listing
from assay.facts.dossier import QUESTIONS, Rule
from assay.facts.schema import dossier_schema
from assay.facts.structure import Aspect
from assay.formats import installed as formats
from assay.formats import listing as format_listing
from assay.licence.spelling import NAMES, keyed
from assay.listing import NAME
from assay.listing import written as listed
from assay.measures import listing as measure_listing
from assay.policy import listing as policy_listing

DOCS = Path(__file__).resolve().parent


def pages() -> dict[str, str]:
    """Path below docs/ -> content."""
    written = {f"checks/{check.rule.id}.md": _check_page(check.rule) for check in installed()}
    written["checks/README.md"] = _check_list()
    written["commands.md"] = _commands()
    written["formats.md"] = _formats()
    written["dossier.schema.json"] = json.dumps(dossier_schema(), indent=1, sort_keys=True) + "\n"
    return written


def lists() -> dict[str, str]:
    """The same of the lists that start-up reads in place of the modules; the pages are made from what these say."""
    rooms = {
        "checks": check_listing,
        "facts": fact_listing,
        "formats": format_listing,
        "measures": measure_listing,
        "policy/builtin": policy_listing,
    }
    found = {f"../src/assay/{room}/{NAME}": listed(listing()) for room, listing in rooms.items()}
    return found | {f"../src/assay/licence/{NAMES}": listed(keyed())}


def _check_page(rule: Rule) -> str:
    references = "".join(f"- {reference}\n" for reference in rule.references)
    return (
        f"# {rule.id}\n\n**{rule.title}**\n\nQuestion: {QUESTIONS[rule.question]} Severity {rule.severity}.\n\n"
        f"## Why\n\n{rule.why}\n\n## What to do\n\n{textwrap.fill(rule.remedy, 120, break_on_hyphens=False)}\n"
        + (f"\n## References\n\n{references}" if references else "")
    )


def _check_list() -> str:
    lines = [
        "# Checks",
        "",
        "Generated from the checks by `python docs/generate.py`. `assay explain ID` prints the same.",
        "",
    ]
    for question, title in QUESTIONS.items():
        lines += [f"## {title}", "", "| check | severity | asks |", "|---|--:|---|"]
        rules = [check.rule for check in installed() if check.rule.question == question]
        lines += [f"| [{rule.id}]({rule.id}.md) | {rule.severity} | {rule.title} |" for rule in rules] + [""]
    return "\n".join(lines)


def _commands() -> str:
    lines = ["# Commands", "", "Generated from the commands by `python docs/generate.py`.", "", "```", HELP, "```", ""]
    for name in COMMANDS:
        command = cli.get_command(click.Context(cli), name)
        assert command is not None
        lines += [f"## assay {name}", "", "```", _help(command, f"assay {name}"), "```", ""]
        if isinstance(command, click.Group):
            for part in command.commands:
                lines += [
                    f"### assay {name} {part}",
                    "",
                    "```",
                    _help(command.commands[part], f"assay {name} {part}"),
                    "```",
                    "",
                ]
    return "\n".join(lines)


def _help(command: click.Command, path: str) -> str:
    context = click.Context(
        command, info_name=path, max_content_width=100, terminal_width=100, help_option_names=["-h", "--help"]
    )
    return command.get_help(context)


_FORMATS = """\
# Formats

Generated from the readers by `python docs/generate.py`. A file is recognised by its name and its first bytes; among
several that fit, content that can be nothing else wins, then a reader that asks for both, then the most specific name,
then the longest magic. A row without a format goes on with the one above it.

| format | what | names | first bytes |
|---|---|---|---|
"""
_ASPECTS = """
## What is examined

What a reader looks at in a file of its format, to its end: `yes`. What a file of the format can carry and the reader
does not look at: `gap`; questions about it are open for such files, never passed. An empty cell: the format cannot
carry it. A file that could not be read to its end has been examined for nothing.

"""
_INERT = """
Files that can carry neither weights nor code (plain text, images, PDF), recognised by name and content together, are
listed as inert. Everything else is `artifact.unread`: an open finding, never a silent skip.
"""


def _formats() -> str:
    rows = []
    for entry in formats():
        names = _lines([f"`{name}`" for name in entry.names], 90)
        both = " (with a name)" if entry.both else ""
        marks = [f"`{mark.hex(' ')}`" for _, mark in entry.magic]
        marks[-1:] = [f"{mark}{both}" for mark in marks[-1:]]
        magic = _lines(marks + ["any, by content"] * bool(entry.sniff), 60)
        first = (f"{entry.id} | {entry.title}", *[" | "] * max(len(names), len(magic)))
        cells = zip_longest(names, magic, fillvalue="")
        rows += [f"| {head} | {name} | {mark} |\n" for head, (name, mark) in zip(first, cells, strict=False)]
    return f"{_FORMATS}{''.join(rows)}{_INERT}{_ASPECTS}{_aspects()}"


def _lines(items: list[str], width: int) -> list[str]:
    """The items, with commas between them, in lines of a cell; one is never divided."""
    lines = [""]
    for place, item in enumerate(items):
        text = item + ", " * (place < len(items) - 1)
        if lines[-1] and len(lines[-1] + text.rstrip()) > width:
            lines.append("")
        lines[-1] += text
    return [line.rstrip() for line in lines]


def _aspects() -> str:
    head = f"| format | {' | '.join(aspect.name.lower() for aspect in Aspect)} |\n|---|{'---|' * len(Aspect)}\n"
    rows = []
    for entry in formats():
        cells = ["yes" if a in entry.examines else "gap" if a in entry.gaps else "" for a in Aspect]
        rows.append(f"| {entry.id} | {' | '.join(cells)} |\n")
    legend = "".join(f"- {aspect.name.lower()}: {aspect.value}\n" for aspect in Aspect)
    return f"{head}{''.join(rows)}\n{legend}"


def _stale(contents: dict[str, str]) -> list[str]:
    """The names of the files that are not as they are to be; now they are, unless they were only to be checked."""
    stale = []
    for name, content in contents.items():
        path = DOCS / name
        if not path.is_file() or path.read_text("utf-8") != content:
            stale.append(name)
            if "--check" not in sys.argv:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, "utf-8")
    return stale


def main() -> int:
    """Write or check."""
    stale = _stale(lists())
    stale += _stale(pages())
    known = {Path(name).name for name in pages() if name.startswith("checks/")}
    stale += [
        f"checks/{path.name} (no such check)" for path in (DOCS / "checks").glob("*.md") if path.name not in known
    ]
    print("\n".join(stale) or "current")
    return 1 if stale and "--check" in sys.argv else 0


if __name__ == "__main__":
    raise SystemExit(main())
