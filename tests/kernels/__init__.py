"""What the tests of kernels share."""

from __future__ import annotations

LEVELS = ("x86_64_v2", "x86_64_v3", "x86_64_v4", "portable")


def levels() -> list[str]:
    """The instruction-set levels of the native kernels that this machine has."""
    import openassay_native as native

    found, current = [], native.level()
    for level in LEVELS:
        try:
            native.use(level)
        except ValueError:
            continue
        found.append(level)
    native.use(current)
    return found
