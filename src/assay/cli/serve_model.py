"""`assay serve-model`: an OpenAI-compatible endpoint for a model that assay runs."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import command
from assay.cli._network import told
from assay.cli._streams import say
from assay.cli._threads import ready
from assay.errors import UsageError


@command("serve-model")
@click.argument("model")
@options.server("clients", "Answer only who has the token in this file, as a key of the API.", port=8385, anyone=True)
@options.offline()
@options.threads()
@options.quiet()
def COMMAND(
    model: str,
    host: str,
    port: int,
    token_file: Path | None,
    no_token: bool,
    hosts: tuple[str, ...],
    offline: bool,
    threads: int,
    quiet: bool,
) -> None:
    """Answer for MODEL over HTTP as the OpenAI API does, so that other tools can ask what assay audits.

    Chat of one message, completions, log-probabilities, also of given texts (echo), and a list of one model. The files
    are parsed as in an audit, and no code of the model is run. Ends by Ctrl-C or SIGTERM.
    """
    from assay.network import serving
    from assay.serve.model import application

    door = serving.door(host, hosts, token_file, anyone=no_token)
    if model.startswith(("openai+", "anthropic+")):
        raise UsageError(f"{model} is served already: give its address to whoever asks")
    told(model, offline=offline)
    runtime = ready(model, threads, offline=offline)
    with serving.listening(host, port) as socket:
        at = serving.address(hosts[0] if hosts else host, socket.getsockname()[1])
        server = serving.server(application(runtime, door, runtime.model), wait=60)
        if not quiet:
            say(f"serving {runtime.model} at {at}/v1 (for assay: openai+{at}/v1)", err=True)
        server.run(sockets=[socket])
