"""YAML configurations: tags that unsafe loaders execute, aliases that explode, references to code (Hydra, MLflow)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from assay.errors import LimitExceeded, Malformed
from assay.facts.structure import Aspect, Contents, Flaw, FlawKind, Hook, HookKind
from assay.formats import Format
from assay.formats.window import Window

MOST = 4 * 1024 * 1024
MAX_EVENTS = 400_000
MAX_ALIASES = 200
MAX_DEPTH = 100
_CORE = "tag:yaml.org,2002:"
_PLAIN = frozenset({"null", "bool", "int", "float", "str", "seq", "map", "set", "omap", "binary", "timestamp", "merge"})


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield tags, then each reference to code."""
    import yaml

    from assay.formats._references import references

    text = window.text(MOST)
    try:
        aliases = depth = 0
        for number, event in enumerate(yaml.parse(text, Loader=yaml.SafeLoader)):
            aliases += isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if number > MAX_EVENTS or depth > MAX_DEPTH:  # the scanner's time grows with the square of the depth
                raise LimitExceeded(
                    "YAML of more parts, or deeper nested, than assay reads",
                    expected=f"at most {MAX_EVENTS:,} and {MAX_DEPTH}",
                    got="more",
                )
            tag = getattr(event, "tag", None)
            if tag and _acts(tag):
                line = event.start_mark.line + 1 if event.start_mark else 0
                yield Hook(
                    artifact,
                    HookKind.CODE,
                    "yaml.load",
                    f"line {line}",
                    tag[:200],
                    f"line {line} has the tag {tag[:120]!r}, which unsafe YAML loaders execute",
                    True,
                )
        if aliases > MAX_ALIASES:
            yield Flaw(
                artifact,
                FlawKind.BOMB,
                f"{aliases:,} aliases repeat parts of the file, which grow without bound when copied",
            )
            most = f"at most {MAX_ALIASES}"
            raise LimitExceeded("YAML repeats parts by alias more than assay follows", expected=most, got=aliases)
        documents = [_built(document) for document in yaml.compose_all(text, Loader=yaml.SafeLoader)]
    except (yaml.YAMLError, ValueError, RecursionError) as broken:
        raise Malformed(f"not YAML ({str(broken).splitlines()[0][:120]})") from broken
    yield Contents(artifact, FORMAT.id, len(documents))
    for document in documents:
        yield from references(artifact, document)


def _acts(tag: str) -> bool:
    """Whether an unsafe loader makes more than a plain value of this tag."""
    if tag.startswith(_CORE):
        return tag[len(_CORE) :] not in _PLAIN
    return tag != "!"


def _built(node: Any) -> Any:
    """Texts, lists and dictionaries out of a node graph, each node once; no tag is looked at."""
    import yaml

    known: dict[int, Any] = {}

    def build(entry: Any, depth: int) -> Any:
        if entry is None or depth > 100:
            return None
        if id(entry) in known:
            return known[id(entry)]
        if isinstance(entry, yaml.ScalarNode):
            return entry.value
        made: Any = {} if isinstance(entry, yaml.MappingNode) else []
        known[id(entry)] = made
        if isinstance(entry, yaml.MappingNode):
            made.update(
                {
                    str(key.value): build(value, depth + 1)
                    for key, value in entry.value
                    if isinstance(key, yaml.ScalarNode)
                }
            )
        else:
            made.extend(build(value, depth + 1) for value in entry.value)
        return made

    return build(node, 0)


FORMAT = Format(
    "yaml",
    "YAML",
    read,
    names=("*.yaml", "*.yml", "mlmodel"),
    needs=("yaml", "assay.formats._references"),
    examines=(Aspect.UNPACKING, Aspect.CODE, Aspect.REFERENCES, Aspect.MARKS),
    gaps=(),
)
