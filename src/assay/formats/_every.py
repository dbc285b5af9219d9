"""Every reader and all that they import when called: what a worker needs for containers, whose content is anyone's guess."""

from __future__ import annotations

import importlib

from assay.formats import installed

for _format in installed():
    for _module in _format.needs:
        if _module != __name__:
            importlib.import_module(_module)
