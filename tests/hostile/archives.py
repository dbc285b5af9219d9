"""Archives that mislead: read differently by different programs, unpacked elsewhere, or to far more than their size."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator

from tests.builders.pickles import calls, torch_zip
from tests.hostile import Case
from tests.hostile.pickles import SYSTEM, TENSORS, zipped

BENIGN = b"\x80\x02}q\x00."


def _doubled(first: bytes, second: bytes, name: str = "archive/data.pkl") -> bytes:
    buffer = io.BytesIO()
    import warnings

    with zipfile.ZipFile(buffer, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(zipfile.ZipInfo(name), first)
        archive.writestr(zipfile.ZipInfo(name), second)
        archive.writestr(zipfile.ZipInfo("archive/version"), b"3\n")
    return buffer.getvalue()


def _patched(raw: bytes, old: bytes, new: bytes, occurrence: int) -> bytes:
    at = -1
    for _ in range(occurrence):
        at = raw.index(old, at + 1)
    return raw[:at] + new + raw[at + len(old) :]


def _flagged(raw: bytes, where: bytes, offset: int) -> bytes:
    changed = bytearray(raw)
    changed[raw.index(where) + offset] |= 1
    return bytes(changed)


def _overlapping() -> bytes:
    """Two directory entries that point at one local header."""
    raw = zipped({"a.pkl": SYSTEM})
    directory = raw.index(b"PK\x01\x02")
    end = raw.index(b"PK\x05\x06")
    entry = raw[directory:end]
    both = entry + entry.replace(b"a.pkl", b"b.pkl")
    return raw[:directory] + both + b"PK\x05\x06" + struct.pack("<4H2LH", 0, 0, 2, 2, len(both), directory, 0)


def _link(target: str) -> bytes:
    row = zipfile.ZipInfo("data")
    row.create_system, row.external_attr = 3, 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(row, target)
        archive.writestr(zipfile.ZipInfo("data/authorized_keys"), b"ssh-rsa inert")
    return buffer.getvalue()


def _tar(*rows: tuple[str, bytes, str]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, kind, target in rows:
            row = tarfile.TarInfo(name)
            row.type, row.linkname = kind, target
            row.size = 5 if kind == tarfile.REGTYPE else 0
            archive.addfile(row, io.BytesIO(b"inert") if row.size else None)
    return buffer.getvalue()


def _bomb(mebibytes: int) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    zeros = bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(mebibytes)) + packer.flush()


def cases() -> Iterator[Case]:
    """Every case of archives."""
    good = torch_zip(TENSORS)
    crc = bytearray(torch_zip(TENSORS, members={"data.pkl": SYSTEM}))
    place = crc.index(b"PK\x01\x02")
    crc[place + 16] ^= 0xFF
    big = io.BytesIO()
    with (
        zipfile.ZipFile(big, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(zipfile.ZipInfo("weights.txt"), "w") as member,
    ):
        for _ in range(100):
            member.write(bytes(1 << 20))
    files: dict[str, dict[str, bytes]] = {
        "two-data-evil-first": {"model.pt": _doubled(SYSTEM, BENIGN)},
        "two-data-evil-last": {"model.pt": _doubled(BENIGN, SYSTEM)},
        "two-members": {"model.zip": _doubled(b"a", b"b", "x.txt")},
        "case-collision": {"model.zip": zipped({"Config.json": b"{}", "config.json": b"{}"})},
        "local-name-differs": {
            "model.pt": _patched(torch_zip(TENSORS, members={"x.txt": SYSTEM}), b"archive/x.txt", b"archive/x.pkl", 1)
        },
        "central-name-differs": {
            "model.pt": _patched(torch_zip(TENSORS, members={"x.pkl": SYSTEM}), b"archive/x.pkl", b"archive/x.txt", 2)
        },
        "flag-encrypted-local": {"model.pt": _flagged(good, b"PK\x03\x04", 6)},
        "flag-encrypted-central": {"model.pt": _flagged(good, b"PK\x01\x02", 8)},
        "bad-checksum": {"model.pt": bytes(crc)},
        "overlap": {"model.zip": _overlapping()},
        "prefix": {"model.pt": b"#!/bin/sh\necho inert\n" + good},
        "prefix-pickle": {"model.pt": SYSTEM + torch_zip(TENSORS)},
        "trailing": {"model.pt": good + SYSTEM},
        "trailing-pickle-in-member": {"model.pt": torch_zip(TENSORS, members={"data.pkl": BENIGN + SYSTEM})},
        "comment-with-end": {
            "model.zip": zipped({"a.txt": b"a"})[:-2] + struct.pack("<H", 22) + b"PK\x05\x06" + bytes(18)
        },
        "escape": {"model.zip": zipped({"../../evil.txt": b"inert"})},
        "escape-windows": {"model.zip": zipped({"..\\..\\evil.txt": b"inert"})},
        "absolute": {"model.zip": zipped({"/etc/evil.txt": b"inert"})},
        "drive": {"model.zip": zipped({"C:/evil.txt": b"inert"})},
        "link": {"model.zip": _link("/root/.ssh")},
        "keras-escape": {"model.keras": zipped({"config.json": b"{}", "assets/../../../evil.txt": b"inert"})},
        "tar-escape": {"model.tar": _tar(("../../evil.txt", tarfile.REGTYPE, ""))},
        "tar-absolute": {"model.tar": _tar(("/etc/evil.txt", tarfile.REGTYPE, ""))},
        "tar-symlink": {"model.tar": _tar(("data", tarfile.SYMTYPE, "/root/.ssh"), ("data/x", tarfile.REGTYPE, ""))},
        "tar-hardlink": {"model.tar": _tar(("data", tarfile.LNKTYPE, "/etc/passwd"))},
        "tar-device": {"model.tar": _tar(("null", tarfile.CHRTYPE, ""))},
        "tar-pipe": {"model.tar": _tar(("pipe", tarfile.FIFOTYPE, ""))},
        "tar-twice": {"model.tar": _tar(("a.txt", tarfile.REGTYPE, ""), ("a.txt", tarfile.REGTYPE, ""))},
        "tar-trailing": {"model.tar": _tar(("a.txt", tarfile.REGTYPE, "")) + SYSTEM},
        "bomb-gzip": {"vocab.txt.gz": _bomb(100)},
        "bomb-zip": {"model.zip": big.getvalue()},
        "bomb-gzip-in-zip": {"model.zip": zipped({"vocab.txt.gz": _bomb(100)})},
        "gzip-trailing": {"model.pkl.gz": gzip.compress(BENIGN, mtime=0) + SYSTEM},
        "truncated-zip": {"model.zip": zipped({"a.pkl": SYSTEM})[:-30]},
        "truncated-gzip": {"model.pkl.gz": gzip.compress(SYSTEM * 50, mtime=0)[:-20]},
        "truncated-tar": {"model.tar": _tar(("a.pkl", tarfile.REGTYPE, ""))[:700]},
        "safetensors-and-zip": {"model.safetensors": struct.pack("<Q", 2) + b"{}" + zipped({"a.pkl": SYSTEM})},
        "text-and-zip": {"notes.txt": b"notes\n" + zipped({"a.pkl": calls("os", "system", "x")})},
        "png-name-elf": {"logo.png": b"\x7fELF\x02\x01\x01"},
        "secret-inside": {"model.zip": zipped({"train.env": b"KEY=AKIA" + b"QYLPMN5HHHFPZAM2\n"})},
        "template-inside": {
            "model.zip": zipped({"chat_template.jinja": b"{% for m in messages %}{{ m.content|upper }}{% endfor %}"})
        },
        "code-inside": {"model.zip": zipped({"handler.py": b"import os\nos.system('echo inert')\n"})},
        "json-name-zip": {"config.json": zipped({"a.pkl": SYSTEM})},
    }
    for name, content in files.items():
        yield Case("archive", name, content)
