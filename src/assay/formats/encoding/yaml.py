"""A mapping out of YAML that a stranger wrote: plain values only, aliases and depth bounded."""

from __future__ import annotations

from typing import Any

from assay.errors import Malformed

MAX_ALIASES = 100  # YAML aliases multiply; no card in use has any
MAX_DEPTH = 100  # the scanner's time grows with the square of the depth


def yaml_mapping(text: str, what: str) -> dict[str, Any]:
    """The mapping that `text` is, {} if it says nothing; Malformed, with `what` as its subject, if it is none."""
    import yaml

    try:
        aliases = depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            aliases += isinstance(event, yaml.AliasEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > MAX_DEPTH:
                raise Malformed(f"{what} is not YAML that assay reads (nested deeper than {MAX_DEPTH})")
        if aliases > MAX_ALIASES:
            raise Malformed(
                f"{what} repeats parts by alias more than assay follows",
                expected=f"at most {MAX_ALIASES}",
                got=aliases,
            )
        value = yaml.load(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, ValueError, LookupError, RecursionError, AttributeError, TypeError) as broken:
        first = str(broken).partition("\n")[0]
        raise Malformed(f"{what} is not YAML that assay reads ({first[:120]})") from broken
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not a mapping")
    return value
