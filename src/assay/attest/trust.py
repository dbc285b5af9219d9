"""A trust file: whom to expect, as TOML that lies beside one's policy and never inside a model.

[[key]]
name = "Acme releases"
file = "acme.pub"          # PEM, relative to this file

[[root]]
file = "acme-root.pem"
subjects = ["CN=Acme release signing"]   # optional: only certificates of these names

[[identity]]
name = "releases@acme.example"           # keyless, through Sigstore
issuer = "https://accounts.example"
root = "trusted_root.json"               # optional: instead of Sigstore's public instance
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assay.attest import keys
from assay.attest.keyless import Identity
from assay.attest.model import Expected
from assay.errors import UsageError, did_you_mean
from assay.files import text, toml_value

MOST = 1 << 20
_FIELDS = {"key": {"name", "file"}, "root": {"file", "subjects"}, "identity": {"name", "issuer", "root"}}
_ARTICLES = {"file": "a", "name": "a", "issuer": "an"}
_NEEDED = {"key": ("file",), "root": ("file",), "identity": ("name", "issuer")}


def expected(path: Path) -> Expected:
    """Whom the file names (UsageError: it cannot be read, or says something that no trust file says)."""
    try:
        value = toml_value(text(path, MOST, "trust file"))
    except ValueError as cause:
        raise UsageError(f"{path}: not TOML ({cause})") from None
    for name in value:
        if name not in _FIELDS:
            raise UsageError(f"{path}: unknown table {name!r}{did_you_mean(name, _FIELDS)}")
    found_keys, roots = [], []
    for row in _rows(path, value, "key"):
        file = path.parent / row["file"]
        found_keys.append((str(row.get("name", row["file"])), keys.public_key(file)))
    for row in _rows(path, value, "root"):
        from assay.attest.certificates import listed

        subjects = tuple(map(str, row.get("subjects", [])))
        roots += [(found, subjects) for found in listed(path.parent / row["file"])]
    identities = tuple(
        Identity(row["name"], row["issuer"], path.parent / str(row["root"]) if "root" in row else None)
        for row in _rows(path, value, "identity")
    )
    if not found_keys and not roots and not identities:
        raise UsageError(f"{path}: names nobody; give [[key]], [[root]] or [[identity]] tables")
    return Expected(tuple(found_keys), tuple(roots), identities)


def _rows(path: Path, value: dict[str, Any], table: str) -> list[dict[str, Any]]:
    rows = value.get(table, [])
    for row in rows if isinstance(rows, list) else [None]:
        if not isinstance(row, dict) or not all(isinstance(row.get(name), str) for name in _NEEDED[table]):
            raise UsageError(
                f"{path}: each [[{table}]] needs {' and '.join(f'{_ARTICLES[name]} {name}' for name in _NEEDED[table])}"
            )
        for name, value in row.items():
            texts = isinstance(value, list) and all(isinstance(entry, str) for entry in value)
            if name in _FIELDS[table] and not (texts if name == "subjects" else isinstance(value, str)):
                kind = "a list of texts" if name == "subjects" else "a text"
                raise UsageError(f"{path}: {name} in [[{table}]] is not {kind}")
            if name not in _FIELDS[table]:
                raise UsageError(f"{path}: unknown entry {name!r} in [[{table}]]{did_you_mean(name, _FIELDS[table])}")
    return list(rows)
