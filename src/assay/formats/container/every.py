"""Every module of the readers: what a worker needs for containers, whose content is anyone's guess."""

from __future__ import annotations

import importlib
import pkgutil

import assay.formats
import assay.licence

# itself, and what imports a library for licences as PDF, of which no text is read in a container
_LEFT = (__name__, "assay.formats.encoding.pdf")
for _entry in pkgutil.walk_packages(assay.formats.__path__, "assay.formats."):
    if _entry.name not in _LEFT:
        importlib.import_module(_entry.name)
for _entry in pkgutil.iter_modules(assay.licence.__path__, "assay.licence."):
    importlib.import_module(_entry.name)
for _format in assay.formats.installed():
    for _module in _format.needs:
        if _module not in _LEFT:
            importlib.import_module(_module)
