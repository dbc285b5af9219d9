"""Tensors under the names that a network has for them, where published files have others.

transformers keeps a table of what it renamed since (GPT-NeoX's `embed_out`), of what files store one by one and it
computes with as one (experts), and of what files hold that it computes itself (masks and tables of rotations).
"""

from __future__ import annotations

import re
from copy import deepcopy
from typing import Any

_ROTATIONS = "rotary_emb.inv_freq"  # in older files; every network makes it itself


def renamed(network: Any, state: dict[str, Any]) -> dict[str, Any]:
    """The same tensors as the network names them; as they are where the library knows of nothing."""
    expected = network.state_dict()
    if state.keys() == expected.keys():
        return state
    try:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightConverter, WeightRenaming, dot_natural_key, rename_source_key
    except ImportError:  # an older one, which has no such table
        return state
    table = get_model_conversion_mapping(network)
    renamings = [row for row in table if isinstance(row, WeightRenaming)]
    converters = [row for row in table if isinstance(row, WeightConverter)]
    by_pattern = {pattern: row for row in converters for pattern in row.source_patterns}
    found, together = dict[str, Any](), dict[str, Any]()
    for name in sorted(state, key=dot_natural_key):
        target, pattern = rename_source_key(name, renamings, converters, network.base_model_prefix, expected)
        if name in expected or target not in expected:
            found[name] = state[name]
        elif pattern is None:
            found[target] = state[name]
        else:
            part = together.setdefault(target, deepcopy(by_pattern[pattern]))
            part.add_tensor(target, name, pattern, lambda values=state[name]: values)
    for target, part in together.items():
        made = part.convert(target, model=network, config=network.config)
        found |= {name: values[0] if isinstance(values, list) else values for name, values in made.items()}
    return {name: values for name, values in found.items() if name in expected or not _ignored(network, name)}


def _ignored(network: Any, name: str) -> bool:
    """Whether the library says that files have this and the network makes it itself."""
    patterns = getattr(network, "_keys_to_ignore_on_load_unexpected", None) or ()
    return name.endswith(_ROTATIONS) or any(re.search(pattern, name) for pattern in patterns)
