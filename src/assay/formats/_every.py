"""Every module of the readers: what a worker needs for containers, whose content is anyone's guess."""

from __future__ import annotations

import importlib
import pkgutil

import assay.formats

for _entry in pkgutil.iter_modules(assay.formats.__path__):
    if _entry.name != "_every":
        importlib.import_module(f"assay.formats.{_entry.name}")
for _format in assay.formats.installed():
    for _module in _format.needs:
        if _module != __name__:
            importlib.import_module(_module)
