"""Every module of the readers: what a worker needs for containers, whose content is anyone's guess."""

from __future__ import annotations

import importlib
import pkgutil

import assay.formats
import assay.licence

for _entry in pkgutil.walk_packages(assay.formats.__path__, "assay.formats."):
    if _entry.name != __name__:
        importlib.import_module(_entry.name)
for _entry in pkgutil.iter_modules(assay.licence.__path__, "assay.licence."):
    importlib.import_module(_entry.name)
for _format in assay.formats.installed():
    for _module in _format.needs:
        if _module != __name__:
            importlib.import_module(_module)
