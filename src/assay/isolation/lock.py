"""Lock the current process down with what the kernel offers: rlimits, Landlock, seccomp. No way back.

Linux only beyond rlimits. What the kernel accepts is tried out afterwards, by calls that it must then refuse, and
named only if it refuses each: an emulated kernel may accept a filter and not apply it.
Sources: linux/landlock.h, linux/seccomp.h, linux/filter.h, asm/unistd_64.h, asm-generic/unistd.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import struct
import sys

MEMORY = 1024**3  # bytes of address space
CPU_SECONDS = 3600  # for the whole life of a worker; the parent's deadline for each file is far shorter
OPEN_FILES = 64

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 1, 38, 22, 2
_LANDLOCK_CREATE, _LANDLOCK_ADD, _LANDLOCK_RESTRICT = 444, 445, 446  # the same numbers on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3
_FS_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # Landlock ABI -> how many file-system rights it knows
_AUDIT_ARCH = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# what a Python process needs to read files and answer over a pipe; everything else is refused with EPERM
_ALLOWED = {
    "x86_64": (
        "0 1 2 3 4 5 6 8 9 10 11 12 13 14 15 17 19 20 21 24 25 28 35 38 39 60 79 89 97 131 186 202 217 228 229 230 231 "
        "257 262 267 269 273 318 332 334"
    ),
    "aarch64": (
        "17 48 56 57 61 62 63 64 65 66 67 78 79 80 93 94 98 99 101 103 113 114 115 124 132 134 135 139 163 172 178 "
        "214 215 216 222 226 233 278 291 293"
    ),
}
# a signal to oneself (abort(3) sends one), and of a file its flags and copies: not who is sent signals about it
_TGKILL, _FCNTL = {"x86_64": 234, "aarch64": 131}, {"x86_64": 72, "aarch64": 25}
_CLONE = {"x86_64": 56, "aarch64": 220}
_F_GETFD, _F_SETFD, _F_GETFL, _F_SETOWN, _F_DUPFD_CLOEXEC = 1, 2, 3, 8, 1030
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x80000000
_LOAD, _IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_ARCHITECTURE, _NUMBER, _ARGUMENTS = 4, 0, (16, 24)  # offsets in struct seccomp_data; of arguments, the low halves


class _Landlock(ctypes.Structure):
    _fields_ = (("fs", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("rights", ctypes.c_uint64), ("fd", ctypes.c_int32))


class _Filter(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("program", ctypes.c_char_p))


def end_with(parent: int) -> None:
    """Have the kernel kill this process when `parent` ends, even by SIGKILL; Linux only.

    The lock leaves no call that could take it back (prctl(2) is not on the list).
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it ended before that took hold
            os._exit(1)


def lock(roots: tuple[str, ...], memory: int = MEMORY, cpu: int = CPU_SECONDS) -> tuple[str, ...]:
    """Allow reading below `roots` and nothing else; the names of the mechanisms that took hold, in order.

    Args:
        memory: bytes of address space; cpu: seconds, for the whole life of the process.
    """
    reached = ["process"]
    if _limit_resources(memory, cpu) and _memory_is_refused(memory):
        reached.append("rlimits")
    machine, parent = os.uname().machine if sys.platform == "linux" else "", os.getppid()
    if machine in _AUDIT_ARCH:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
            if _landlock(libc, roots) and _opening_is_refused():
                reached.append("landlock")
            if _seccomp(libc, machine) and _other_calls_are_refused(libc, parent, machine):
                reached.append("seccomp")
    return tuple(reached)


def _limit_resources(memory: int, cpu: int) -> bool:
    try:
        import resource
    except ImportError:
        return False
    limits = (
        (resource.RLIMIT_CPU, cpu),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    )
    for kind, most in limits:
        resource.setrlimit(kind, (most, most))
    if sys.platform == "linux":  # elsewhere the limit is accepted and ignored
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return all(resource.getrlimit(kind) == (most, most) for kind, most in limits)


def _landlock(libc: ctypes.CDLL, roots: tuple[str, ...]) -> bool:
    abi = libc.syscall(_LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return False
    rights = (1 << _FS_RIGHTS.get(abi, 16)) - 1
    rules = _Landlock(rights, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    size = 24 if abi >= 6 else 16 if abi >= 4 else 8
    ruleset = libc.syscall(_LANDLOCK_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return False
    for root in roots:
        fd = os.open(root, os.O_PATH | os.O_CLOEXEC)
        beneath = _Beneath(_READ_FILE | _READ_DIR if os.path.isdir(root) else _READ_FILE, fd)
        added = libc.syscall(_LANDLOCK_ADD, ruleset, 1, ctypes.byref(beneath), 0)
        os.close(fd)
        if added:
            return False
    done = bool(libc.syscall(_LANDLOCK_RESTRICT, ruleset, 0) == 0)
    os.close(ruleset)
    return done


def _seccomp(libc: ctypes.CDLL, machine: str) -> bool:
    allowed = [int(number) for number in _ALLOWED[machine].split()]
    # struct sock_filter: code, jump if true, jump if false, operand
    rows = [(_LOAD, 0, 0, _ARCHITECTURE), (_IF_EQUAL, 1, 0, _AUDIT_ARCH[machine]), (_RETURN, 0, 0, _KILL)]
    rows += [(_LOAD, 0, 0, _NUMBER)]
    rows += _only(_TGKILL[machine], _ARGUMENTS[0], (os.getpid(),))
    rows += _only(_FCNTL[machine], _ARGUMENTS[1], (_F_GETFD, _F_SETFD, _F_GETFL, _F_DUPFD_CLOEXEC))
    rows += [(_IF_EQUAL, len(allowed) - place, 0, number) for place, number in enumerate(allowed)]
    rows += [(_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]
    program = b"".join(struct.pack("<HBBI", *row) for row in rows)
    return bool(libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(_Filter(len(rows), program)), 0, 0) == 0)


def _only(number: int, argument: int, values: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """Allow the call `number` if its argument has one of these values, and refuse it otherwise."""
    count = len(values)
    rows = [(_IF_EQUAL, 0, count + 3, number), (_LOAD, 0, 0, argument)]
    rows += [(_IF_EQUAL, count - place, 0, value) for place, value in enumerate(values)]
    return [*rows, (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)]


def _memory_is_refused(memory: int) -> bool:
    """Whether as much address space again as all of the limit is refused; elsewhere than on Linux nobody knows."""
    if sys.platform != "linux":
        return True
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 4)
    libc.munmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t)
    place = libc.mmap(None, memory, 0, 0x22, -1, 0)  # PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS
    if place == ctypes.c_void_p(-1).value:
        return True
    libc.munmap(place, memory)
    return False


def _opening_is_refused() -> bool:
    """Whether Landlock refuses, outside the roots, to list a folder, to read a file and to write to one."""
    for path, flags in (("/", os.O_RDONLY), (os.devnull, os.O_RDONLY), (os.devnull, os.O_WRONLY)):
        try:
            os.close(os.open(path, flags))
        except OSError as error:
            if error.errno == errno.EACCES:
                continue
        return False
    return True


def _other_calls_are_refused(libc: ctypes.CDLL, parent: int, machine: str) -> bool:
    """Whether calls that are not on the list fail with EPERM, none of which would without the filter, or do harm."""
    calls = (
        (libc.prctl, 3, 0, 0, 0, 0),  # PR_GET_DUMPABLE
        (libc.socket, 1, 1, 0),  # AF_UNIX, SOCK_STREAM
        (libc.kill, parent, 0),
        (libc.syscall, _TGKILL[machine], parent, parent, 0),
        (libc.fcntl, -1, _F_SETOWN, 0),
        (libc.execve, None, None, None),
        (libc.syscall, _CLONE[machine], 0x800, None, None, None, None),  # CLONE_SIGHAND alone is invalid
    )
    for call, *arguments in calls:
        ctypes.set_errno(0)
        if call(*arguments) != -1 or ctypes.get_errno() != errno.EPERM:
            return False
    return True
