"""The workbench: how soon it is there, how long its pages take over many audits, and fifty clients for a minute.

    python -m benchmarks.workbench [--audits 20000] [--clients 50] [--seconds 60]

SQLite always, PostgreSQL where it is installed; the audits are made as in `benchmarks.registry`, five a model. The
start is from the command to the first answer, least of `STARTS`, less that of an interpreter that does nothing. A
page's time is that of the server as a client on the same machine sees it, least of `ROUNDS`. The clients are threads
that each ask for the next of those pages as soon as they have one; the memory is the resident set of the server.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from assay import registry
from benchmarks.registry import RARE, _dossier, _fill, places

ROUNDS, STARTS, PARTS = 7, 5, 3
PAGES = {
    "library": "/",
    "library, verdict:failed": "/?q=verdict%3Afailed",
    "findings": "/findings",
    "findings of every kind": "/findings?kind=any",
    "findings of a check that few have": f"/findings?check={RARE}",
    "findings by words that few have": "/findings?q=posix",
    "findings by words that none has": "/findings?kind=any&q=nowhere",
    "a page in the middle": "/findings?kind=any&after={middle}",
    "history of a model": "/models?name=model-00000012",
}

KEPT = {  # of the one audit that can be opened, and of a server without a model
    "report": "/audits/tiny",
    "weights": "/audits/tiny/weights",
    "openness": "/audits/tiny/openness",
    "behaviour": "/audits/tiny/behaviour",
    "ask": "/ask",
    "trace": "/trace",
}


class Client:
    """A browser that was let in."""

    def __init__(self, link: str) -> None:
        self.host, path = link.removeprefix("http://").split("/", 1)
        self.headers = {"Host": self.host}
        answer = self.asked(f"/{path}")
        self.headers["Cookie"] = answer.partition(";")[0]

    def asked(self, path: str) -> str:
        """The cookie that was set, or the page; RuntimeError: it was refused."""
        connection = http.client.HTTPConnection(self.host, timeout=120)
        try:
            connection.request("GET", path, headers=self.headers)
            found = connection.getresponse()
            body = found.read()
            if found.status >= 400:
                raise RuntimeError(f"{path}: {found.status}")
            return found.getheader("set-cookie") or body.decode()
        finally:
            connection.close()


@contextmanager
def running(place: str) -> Iterator[tuple[str, subprocess.Popen[str], float]]:
    """(the link, the server, seconds until it was printed)."""
    begun = time.perf_counter()
    command = [sys.executable, "-m", "assay", "serve", "--registry", place, "-q"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        link = process.stdout.readline().strip()
        yield link, process, time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()


def started(place: str) -> float:
    """Seconds from the command to the first answer, less those of a bare interpreter; least of several."""
    found, bare = [], []
    for _ in range(STARTS):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-c", ""], check=True)
        bare.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        with running(place) as (link, _, _):
            Client(link)
            found.append(time.perf_counter() - begun)
    return min(found) - min(bare)


def resident(process: subprocess.Popen[str]) -> int:
    """MiB of the resident set of a process."""
    with open(f"/proc/{process.pid}/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS"))


def together(client: Client, pages: list[str], clients: int, seconds: float) -> tuple[int, list[float], list[str]]:
    """(answers, seconds of each, what went wrong) of so many clients for so long."""
    spent, trouble, end = list[float](), list[str](), time.perf_counter() + seconds

    def asking(first: int) -> None:
        at = first
        while time.perf_counter() < end:
            begun = time.perf_counter()
            try:
                client.asked(pages[at % len(pages)])
            except (OSError, RuntimeError) as cause:
                trouble.append(repr(cause))
            spent.append(time.perf_counter() - begun)
            at += 1

    threads = [threading.Thread(target=asking, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(spent), spent, trouble


def measured(name: str, place: str, given: argparse.Namespace) -> None:
    """Print what one database gives."""
    with registry.open(place, new=True) as kept:
        dossier = _dossier()
        _fill(kept, dossier, given.audits)
        kept.keep(dossier)  # one that can be opened: the made ones are rows alone
        middle = (
            kept.audits(most=1)[0].id // 2 * sum(row.kind not in ("pass", "notApplicable") for row in dossier.findings)
        )
    pages = {title: path.format(middle=middle) for title, path in PAGES.items()} | KEPT
    print(f"{name}, {given.audits:,} audits\nstart  {started(place) * 1e3:.0f} ms beyond the interpreter")
    with running(place) as (link, process, _):
        client = Client(link)
        for title, path in pages.items():
            times = []
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                client.asked(path)
                times.append(time.perf_counter() - begun)
            print(f"{title:<36}{min(times) * 1e3:>8.1f} ms")
        held, count, spent, trouble = [resident(process)], 0, list[float](), list[str]()
        for _ in range(PARTS):
            part = together(client, list(pages.values()), given.clients, given.seconds / PARTS)
            count, spent, trouble = count + part[0], spent + part[1], trouble + part[2]
            held.append(resident(process))
        print(
            f"{given.clients} clients for {given.seconds:g} s: {count:,} answers, {len(trouble)} errors", *trouble[:3]
        )
        spread = statistics.quantiles(spent, n=20)
        print(f"half within {statistics.median(spent) * 1e3:.0f} ms, 95 % within {spread[-1] * 1e3:.0f} ms")
        print(f"memory of the server before, and after each third: {', '.join(map(str, held))} MiB")


def main() -> None:
    """Print the table of each database."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--audits", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    given = parser.parse_args()
    with places() as found:
        for name, place in found.items():
            measured(name, place("workbench"), given)


if __name__ == "__main__":
    main()
