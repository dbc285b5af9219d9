"""Run by compile.mjs: an audit, and then what each module that it imported is compiled to, in /compiled.zip."""

import sys
import zipfile
from importlib import import_module
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode
from py_compile import compile as compiled
from typing import Any

OWN, LIBRARY = "/assay/", "/lib/python314.zip/"
SOURCE, MADE = Path("/source.py"), Path("/made.pyc")

sys.path.insert(0, OWN)
tab = import_module("assay.web.tab")
import_module("assay.web.kernels")
tab.formats()
tab.warm()
specs = [row.__spec__ for row in list(sys.modules.values()) if getattr(row, "__spec__", None)]
loaders: dict[str, Any] = {spec.origin: spec.loader for spec in specs if spec and spec.origin}
with zipfile.ZipFile("/compiled.zip", "w") as made:
    for origin in sorted(path for path in loaders if path.startswith((OWN, LIBRARY)) and path.endswith(".py")):
        here = origin.startswith(OWN)
        SOURCE.write_bytes(loaders[origin].get_data(origin))
        # Docstrings of assay's checks are shown; the library's are not. What is compiled is never compared with its
        # source: it comes as one site with the Python that made it.
        compiled(
            str(SOURCE),
            str(MADE),
            origin,
            doraise=True,
            optimize=0 if here else 2,
            invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
        )
        path = "own/" + cache_from_source(origin).removeprefix(OWN)
        made.writestr(path if here else "library/" + origin.removeprefix(LIBRARY) + "c", MADE.read_bytes())
