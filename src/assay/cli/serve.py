"""`assay serve`: the workbench, kept audits in a browser."""

from __future__ import annotations

import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._registry import where
from assay.cli._settings import settings
from assay.cli._streams import say
from assay.cli._threads import beside
from assay.errors import MissingExtra, UsageError
from assay.secret import OIDC_KEY

MOST_MODELS = 2


if TYPE_CHECKING:
    from assay.network.serving import Door
    from assay.serve.guard import Guard
    from assay.serve.oidc import SignIn
    from assay.serve.people import Person


def _path(_context: click.Context, _option: click.Parameter, given: str) -> str:
    from assay.serve.prefix import checked

    return checked(given)


def _addresses(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    from assay.serve.forwarded import proxies

    return proxies(given)


@command("serve")
@options.registry()
@options.server(
    "browsers", "Let in, besides, whoever sends the token in this file (Authorization: Bearer).", anyone=False
)
@options.corpora("Look texts that are pasted into a page up in this indexed training data")
@click.option(
    "--run",
    "models",
    multiple=True,
    metavar="MODEL",
    help="Run this model, so that pages can ask it and look inside; two answer beside each other; may be repeated.",
)
@options.offline()
@options.threads()
@click.option("--read-only", is_flag=True, help="Refuse whatever would change something: only show what is kept.")
@click.option(
    "--prefix",
    default="",
    callback=_path,
    metavar="PATH",
    help="The path below which a proxy shows it, as /assay; the proxy passes it on.",
)
@click.option(
    "--proxy",
    "proxies",
    multiple=True,
    callback=_addresses,
    metavar="ADDRESS[,..]",
    help="A proxy before it, whose X-Forwarded-For, -Proto and -Host are believed; may be repeated.",
)
@click.option(
    "--people",
    type=options.FILE,
    metavar="FILE",
    help="Let in those of this file, a line each: a role (view, audit or waive), a name, a token.",
)
@click.option("--oidc", default="", metavar="ISSUER", help="Let those of --people sign in with this OpenID provider.")
@click.option(
    "--oidc-client", default="", metavar="ID", help="What it knows this workbench as (secret: ASSAY_OIDC_SECRET)."
)
@click.option("--log", is_flag=True, help="Print a line of JSON for each request to standard error: when, who, what.")
@click.option(
    "--at-once",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    metavar="N",
    help="Let so many audits run at a time that are started from a page; others wait.",
)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser of this machine.")
@options.quiet("Print only the link.")
def COMMAND(
    registry: str | None,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    token_file: Path | None,
    corpora: tuple[str, ...],
    models: tuple[str, ...],
    offline: bool,
    threads: int,
    read_only: bool,
    prefix: str,
    proxies: tuple[str, ...],
    people: Path | None,
    oidc: str,
    oidc_client: str,
    log: bool,
    at_once: int,
    opened: bool,
    quiet: bool,
) -> None:
    """Open kept audits in a browser: the library, each report, findings over all models, histories, comparisons.
    Audits can be started there, and are kept; they end with this command, and stay on record.

    Only this machine can reach it, and only the browser that opens the link that is printed: the link is good for one
    session. Ends by Ctrl-C or SIGTERM. JSON is below /api/v1, for whoever has the token of --token-file
    (docs/workbench.md). No page has anything from elsewhere, and no model is loaded but that of --run; an audit of
    hf://org/name fetches that, unless --offline is given.
    """
    from assay import registry as registries
    from assay.network import serving
    from assay.registry.jobs import Record
    from assay.serve.application import application
    from assay.serve.asking import Asking
    from assay.serve.jobs import Jobs
    from assay.serve.metrics import Metrics
    from assay.serve.settings import Set
    from assay.serve.tracing import Tracing

    if len(models) > MOST_MODELS:
        raise UsageError(f"--run is given {len(models)} times: at most {MOST_MODELS} models answer beside each other")
    told(*models, *corpora, offline=offline)
    traced = Tracing(corpora, offline=offline)
    asking = Asking(beside(models, threads, offline=offline), traced)
    named, provider = _let_in(people, oidc, oidc_client, offline=offline)
    door = serving.door(host, hosts, token_file, anyone=True if named else None)
    first = registry is None and not read_only  # the usual place is made by the first command that keeps something
    with registries.open(where(registry), new=first) as found, serving.listening(host, port) as socket:
        at = serving.address(hosts[0] if hosts else host, socket.getsockname()[1]) + prefix
        jobs = Jobs(registry or "", Record(found.database), offline=offline, at_once=at_once)
        metrics = Metrics(found, jobs)
        values = Set(partial(settings, click.get_current_context(), found.place, named, at))
        bench = application(
            found, jobs, may=not read_only, traced=traced, asking=asking, metrics=metrics, settings=values
        )
        ways = {"people": named, "provider": provider, "metrics": metrics}
        guard = _guard(bench, door, socket.getsockname()[1], read_only=read_only, prefix=prefix, log=log, **ways)
        server = serving.server(_behind(guard, proxies), wait=60)
        jobs.over = asking.over = lambda: bool(server.should_exit)  # pages that are told of jobs let the server end
        link = f"{at}/?code={guard.link()}"
        say(link)
        if not quiet:
            say(f"assay: {found.place.shown} in a browser by this link, once; Ctrl-C ends it", err=True)
        if opened:
            click.launch(link)
        try:
            server.run(sockets=[socket])
        finally:
            asking.close()
            jobs.close()


def _let_in(file: Path | None, issuer: str, client: str, *, offline: bool) -> tuple[tuple[Person, ...], SignIn | None]:
    """The people of a file, and the way through an OpenID provider for them, where one is named."""
    from assay.serve.people import people

    named = people(file) if file else ()
    return named, _provider(issuer, client, named, offline=offline)


def _provider(issuer: str, client: str, people: tuple[Person, ...], *, offline: bool) -> SignIn | None:
    """The way through an OpenID provider, where one is named (UsageError: it cannot be one)."""
    if not issuer and not client:
        return None
    if not issuer or not client:
        raise UsageError("--oidc ISSUER and --oidc-client ID are given together, or neither is")
    if offline:
        raise UsageError("--oidc asks a provider over the network, and --offline says that nothing is to be asked")
    if not any(row.identity for row in people):
        raise UsageError("--oidc lets in whom --people FILE has with an email or sub:SUBJECT behind the token: nobody")
    try:
        from assay.serve.provider import Provider
    except ImportError:
        raise MissingExtra("oidc", "signing in with an OpenID provider") from None
    from assay.serve.oidc import SignIn

    return SignIn(Provider(issuer, client, os.environ.get(OIDC_KEY, "").strip()), people)


def _guard(bench: Any, door: Door, port: int, *, log: bool, **given: Any) -> Guard:
    """Who may use it, before it; with a log to standard error, or none."""
    from assay.serve.guard import Guard
    from assay.serve.log import Log

    return Guard(bench, door, port, log=Log(sys.stderr) if log else None, **given)


def _behind(guard: Guard, proxies: tuple[str, ...]) -> Any:
    """The guard, or what reads first what named proxies say."""
    from assay.serve.forwarded import Forwarded

    return Forwarded(guard, proxies) if proxies else guard
