"""`assay sign`: an OpenSSF model signature over every file of a model."""

from __future__ import annotations

from pathlib import Path

import click

from assay.cli import _options as options
from assay.cli._apart import apart, command
from assay.cli._progress import progress
from assay.cli._signer import signer_of, signer_options
from assay.cli._streams import looks, say
from assay.writing import write

INSIDE = "model.sig"  # the name of a signature in a model, which it leaves out (attest.model.places)


@command("sign")
@click.argument("model", type=options.FILE)
@signer_options
@options.target("Where the signature goes; by default MODEL.sig beside the model.", inside=INSIDE)
@options.quiet()
def COMMAND(
    model: Path,
    key: Path,
    password_env: str | None,
    certificate: Path | None,
    chain: tuple[Path, ...],
    target: Path | None,
    quiet: bool,
) -> int:
    """Sign MODEL, a folder or a file: whoever has your public key can then check that it is what you published.

    The signature is an OpenSSF model-signing v1.0 bundle; the reference tool verifies it. What Git keeps (.git,
    .gitignore and the like) is left out, and the signature says so.
    """
    from assay.attest import bundle
    from assay.attest.model import places, sign

    target = target or places(model)[0]  # not inside: a signature in the folder would be a file that it does not cover
    apart([target], inside=INSIDE)
    who = signer_of(key, password_env, certificate, chain)
    with progress(quiet) as advance:
        raw = sign(model, who, target, advance)
    write(target, raw)
    if not quiet:
        from assay.render.headline import Headline, Tone
        from assay.render.terminal import painter, wrapped
        from assay.render.visible import visible

        signed, (colour, width) = bundle.signed(bundle.parsed(raw).payload), looks(None)
        sentence = f"{len(signed.lines):,} files of {signed.name}, sha256 {signed.sha256}."
        say(*Headline("SIGNED", sentence, Tone.GO).lines(painter(colour), width))
        if signed.ignored:
            say(*wrapped(visible(f"Not covered: {', '.join(signed.ignored)}."), "   ", width))
        say(f"wrote {target}")
    return 0
