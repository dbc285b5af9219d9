"""`assay serve`: the workbench, kept audits in a browser."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._registry import where
from assay.cli._streams import say


@command("serve")
@options.registry()
@options.server(
    "browsers", "Let in, besides, whoever sends the token in this file (Authorization: Bearer).", anyone=False
)
@click.option("--open", "opened", is_flag=True, help="Open it in the browser of this machine.")
@options.quiet("Print only the link.")
def COMMAND(
    registry: str | None,
    host: str,
    port: int,
    hosts: tuple[str, ...],
    token_file: Path | None,
    opened: bool,
    quiet: bool,
) -> None:
    """Open kept audits in a browser: the library, each report, findings over all models, histories, comparisons.

    Only this machine can reach it, and only the browser that opens the link that is printed: the link is good for one
    session. Ends by Ctrl-C or SIGTERM. JSON is below /api/v1, for whoever has the token of --token-file
    (docs/workbench.md). Nothing is fetched from elsewhere, and no model is loaded.
    """
    from assay import registry as registries
    from assay.network import serving
    from assay.serve.application import application
    from assay.serve.guard import Guard

    door = serving.door(host, hosts, token_file)
    with registries.open(where(registry)) as found, serving.listening(host, port) as socket:
        at = serving.address(hosts[0] if hosts else host, socket.getsockname()[1])
        guard = Guard(application(found), door, socket.getsockname()[1])
        server = serving.server(guard, wait=60)
        link = f"{at}/?code={guard.link()}"
        say(link)
        if not quiet:
            say(f"assay: {found.place.shown} in a browser by this link, once; Ctrl-C ends it", err=True)
        if opened:
            click.launch(link)
        server.run(sockets=[socket])
