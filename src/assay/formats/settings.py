"""Settings written as text, `name = value` or `name: value`: INI, TOML, text protobufs (Triton), spaCy's config.cfg.

Read for references to code and to files, line by line: what looks like a setting in any of these notations is taken
for one.

Sources: Triton model_configuration.md; spaCy 3.8 and thinc (registries: `@` names what is registered); vLLM plugins
(entry points in the groups `vllm.*`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded
from assay.facts.config import ANY, CodeReference
from assay.facts.structure import Aspect
from assay.formats import Format
from assay.formats.window import Window
from assay.lazy import regex

MOST = 4 << 20  # bytes
MOST_LINES = 100_000
MOST_VALUES = 1_000  # of one setting
_SECTION = regex(r"\s*\[{1,2}\s*([^\[\]]{1,200})\s*\]{1,2}\s*(?:[#;].*)?\Z")
_SETTING = regex(r"[\"']?([@\w][\w.\- ]{0,100}?)[\"']?\s*[:=]\s*(?=\S)")
_QUOTED = regex(r"\"((?:[^\"\\]|\\.){1,300})\"|'([^']{1,300})'")
_BARE = regex(r"[^\s#;,{}\[\]\"'][^#;,{}\[\]\"']{0,300}")
# read by tools that build and check a package, not by what loads a model
_TOOLS = frozenset({"pyproject.toml", "setup.cfg", "tox.ini", "pytest.ini", "mypy.ini", "ruff.toml", "poetry.toml"})
_PLUGINS = regex(r"[\"']?(?:project\.|options\.)?entry[-_.]points(?:\.|\Z).*", re.IGNORECASE)
# registered by spaCy, thinc and spaCy's own extensions; those of thinc have no dot but that before the version
_REGISTERED = regex(r"(?:spacy[\w-]*|thinc)\..*|[A-Za-z_]\w*\.v\d+")


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what a text yields, then each reference to code and each path into what signatures leave out."""
    from assay.formats._references import references
    from assay.formats.plain_text import read as read_text

    yield from read_text(artifact, window)
    name = artifact.rpartition("/")[2].rpartition(" > ")[2].lower()
    sections = _sections(window.text(MOST))
    if name in _TOOLS:
        yield from _plugins(artifact, sections)
        return
    yield from references(artifact, sections)
    if name == "config.cfg":
        yield from _registered(artifact, sections)
    if name.endswith(".pbtxt"):
        yield from _versioned(artifact, sections)


def _sections(text: str) -> dict[str, Any]:
    """Every setting under the section that it stands in: a text, or the texts if several are given."""
    found: dict[str, Any] = {}
    inside = found
    lines = text.splitlines()
    if len(lines) > MOST_LINES:
        most = f"at most {MOST_LINES:,}"
        raise LimitExceeded("settings of more lines than assay reads", expected=most, got=f"{len(lines):,}")
    for line in lines:
        if section := _SECTION.match(line):
            inside = found.setdefault(section[1].strip(), {})
            inside = inside if isinstance(inside, dict) else found
            continue
        if line.lstrip().startswith(("#", ";", "//")):
            continue
        for setting in _SETTING.finditer(line):
            key, rest = setting[1].strip(), line[setting.end() :]
            # of several settings in a line each has the texts up to the next
            after = _SETTING.search(rest)
            values = _values(rest[: after.start()] if after and rest[:1] not in "\"'[" else rest)
            known = inside.get(key, [])
            if values and not isinstance(known, dict):
                every = [*(known if isinstance(known, list) else [known]), *values]
                if len(every) > MOST_VALUES:
                    most = f"at most {MOST_VALUES:,}"
                    raise LimitExceeded(f"setting {key!r} has more values than assay reads", expected=most, got="more")
                inside[key] = every if len(every) > 1 else every[0]
    return found


def _values(text: str) -> list[str]:
    quoted = [match[1] or match[2] for match in _QUOTED.finditer(text)]
    if quoted:
        return quoted
    bare = _BARE.match(text)
    return [bare[0].strip()] if bare else []


def _settings(sections: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(section, key, value) of each."""
    for section, entries in sections.items():
        rows = entries.items() if isinstance(entries, dict) else [("", entries)]
        for key, values in rows:
            yield from ((section, key, value) for value in (values if isinstance(values, list) else [values]))


def _plugins(artifact: str, sections: dict[str, Any]) -> Iterator[CodeReference]:
    """What installing the package makes vLLM import in every process."""
    for section, key, value in _settings(sections):
        if _PLUGINS.fullmatch(section) and "vllm." in f"{section}{key}":
            module = value.partition("=")[2].strip() or value
            file = f"{module.partition(':')[0].strip().replace('.', '/')}.py"
            yield CodeReference(artifact, f"/{section}/{key}"[:500], value, file[:500], None, "vLLM")


def _registered(artifact: str, sections: dict[str, Any]) -> Iterator[CodeReference]:
    """Functions that spaCy looks up by name and neither it nor thinc registers."""
    for section, key, value in _settings(sections):
        if key.startswith("@") and not _REGISTERED.fullmatch(value):
            yield CodeReference(artifact, f"/{section}/{key}"[:500], value, "", None, "spaCy")


def _versioned(artifact: str, sections: dict[str, Any]) -> Iterator[CodeReference]:
    """Files that Triton takes from the folder of a version; which versions there are, the first mostly, it looks up."""
    for key, _, value in _settings(sections):
        if key in ("default_model_filename", "runtime") and re.fullmatch(r"[\w.-]{1,200}\.(?:py|so|dll)", value):
            yield CodeReference(artifact, f"/{key}", value, f"1/{value}", None, ANY)


FORMAT = Format(
    "settings",
    "settings (INI, TOML, text protobuf)",
    read,
    names=("*.cfg", "*.ini", "*.toml", "*.conf", "*.properties", "*.prototxt", "*.pbtxt"),
    needs=(
        *("assay.formats.plain_text", "assay.formats._references"),
        *("assay.formats._mentions", "assay.formats.model_card", "tomllib"),  # of REUSE.toml (file_licence)
    ),
    examines=(Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
