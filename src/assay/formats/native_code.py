"""Native code, named and not analysed: ELF, PE and Mach-O files, WebAssembly, Java and Python bytecode, scripts."""

from __future__ import annotations

from collections.abc import Iterator

from assay.facts.structure import Aspect, Hook, HookKind
from assay.formats import Format
from assay.formats.script.line import script_shapes
from assay.formats.window import Window

_KINDS = (
    (b"\x7fELF", "an ELF library or program"),
    (b"MZ", "a Windows library or program"),
    (b"\xcf\xfa\xed\xfe", "a macOS library or program"),
    (b"\xce\xfa\xed\xfe", "a macOS library or program"),
    (b"\xfe\xed\xfa\xcf", "a macOS library or program"),  # the same, big-endian
    (b"\xfe\xed\xfa\xce", "a macOS library or program"),
    (b"\xca\xfe\xba\xbe", "a macOS library, or Java byte code"),
    (b"\xca\xfe\xba\xbf", "a macOS library"),
    (b"\x00asm", "WebAssembly"),
    (b"#!", "a script with an interpreter"),
)


def read(artifact: str, window: Window) -> Iterator[object]:
    """Yield what kind of code it is."""
    head = window.rest(0, 8)
    what = next(
        (said for mark, said in _KINDS if head.startswith(mark)), "code by its name, though not by its first bytes"
    )
    if artifact.lower().endswith((".pyc", ".pyo")):
        what = "Python byte code"
    yield Hook(
        artifact,
        HookKind.NATIVE,
        "the operating system",
        "",
        what,
        f"{what}: it can do whatever its user can, and assay does not analyse it",
        False,
        0,
    )
    if head.startswith(b"#!") or artifact.lower().endswith(_SCRIPTS):
        yield from script_shapes(artifact, window)


_SCRIPTS = (".sh", ".bat", ".ps1", ".cmd")
_LIBRARIES = ("*.so", "*.so.*", "*.dll", "*.pyd", "*.dylib")
_PROGRAMS = ("*.exe", "*.pyc", "*.pyo", "*.sh", "*.bat", "*.ps1", "*.cmd", "*.wasm", "*.llamafile")
# as in _KINDS, but longer where two bytes would claim files of other kinds (mach-o/loader.h, mach-o/fat.h)
_BEGINNINGS = (
    *(b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xfe\xed\xfa\xcf", b"\xfe\xed\xfa\xce"),
    *(b"\xca\xfe\xba\xbe", b"\xca\xfe\xba\xbf", b"\x00asm", b"#!/", b"MZ\x90\x00"),
)


def _unclaimed(name: str, head: bytes) -> bool:
    """Whether a file that no reader takes begins as a program of DOS or Windows: two bytes are enough to load it."""
    return head.startswith(b"MZ")


FORMAT = Format(
    "native-code",
    "native code or script",
    read,
    names=_LIBRARIES + _PROGRAMS,
    magic=tuple((0, beginning) for beginning in _BEGINNINGS),
    guess=_unclaimed,
    examines=(Aspect.MARKS,),
    gaps=(),
)
