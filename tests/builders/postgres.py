"""A PostgreSQL server of a test's own, where one is installed: no port, a socket in a folder of its own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_ROOT = "postgres"  # who runs it where we are root, which PostgreSQL refuses to run as


def installed() -> Path | None:
    """The folder of its programs, the newest; None: it is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    return next((row for row in reversed(folders) if (row / "initdb").exists()), None)


class Server:
    """A server that can be stopped and started again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self._folder = programs, folder
        self._free: list[str] = []
        self._count = 0
        self._run("initdb", "-D", str(folder / "data"), "-U", "assay", "-A", "trust", "--no-sync", "-E", "UTF8")
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        said = f"-k {self._folder} -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._run(
            "pg_ctl", "-D", str(self._folder / "data"), "-w", "-l", str(self._folder / "log"), "-o", said, "start"
        )

    def stop(self, how: str = "immediate") -> None:
        """Stop it: `immediate` is as good as a crash."""
        self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", how, "-w", "stop")

    def killed(self) -> None:
        """Kill it and all its processes by SIGKILL, and start it again."""
        pid = int((self._folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for row in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(row, signal.SIGKILL)
        while Path(f"/proc/{pid}").exists() and "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]:
            time.sleep(0.02)
        for _ in range(50):  # it does not start while a process of before is still in its shared memory
            try:
                return self.start()
            except subprocess.CalledProcessError:
                time.sleep(0.1)
        raise RuntimeError("PostgreSQL does not start again after a kill")

    def database(self, name: str, store: Path) -> str:
        """The URL of a new registry."""
        self._run("createdb", "-h", str(self._folder), "-U", "assay", name)
        return self._url(name, store)

    @contextmanager
    def lent(self, store: Path) -> Iterator[str]:
        """The URL of a new registry, whose database is another's when the block ends: each that is made costs 7 MB."""
        if self._free:
            self._empty(name := self._free.pop())
            url = self._url(name, store)
        else:
            self._count += 1
            url = self.database(name := f"lent_{self._count}", store)
        yield url
        self._free.append(name)

    def _empty(self, name: str) -> None:
        import psycopg

        with psycopg.connect(f"host={self._folder} user=assay dbname={name}", autocommit=True) as found:
            others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            found.execute(f"SELECT pg_terminate_backend(pid, 5000) {others}")
            found.execute("DROP SCHEMA public CASCADE")
            found.execute("CREATE SCHEMA public")

    def _url(self, name: str, store: Path) -> str:
        return f"postgresql://assay@/{name}?host={self._folder}&store={store}"

    def _run(self, program: str, *arguments: str) -> None:
        user = _ROOT if os.getuid() == 0 else None
        with open(self._folder / "said", "ab") as said:
            subprocess.run(
                [str(self._programs / program), *arguments],
                stdout=said,
                stderr=said,
                user=user,
                check=True,
                timeout=120,
            )


@contextmanager
def server() -> Iterator[Server | None]:
    """A server until the end of the block; None where PostgreSQL is not installed."""
    programs = installed()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="assay-pg-"))  # pytest's own folders are for their owner alone
    try:
        if os.getuid() == 0:
            shutil.chown(folder, _ROOT)
        found = Server(programs, folder)
        yield found
        found.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
