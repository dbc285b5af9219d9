"""`assay sign`: an OpenSSF model signature over every file of a model."""

from __future__ import annotations

import os
from pathlib import Path

import click

from assay.cli._progress import progress
from assay.errors import UsageError
from assay.files import write_whole


@click.command("sign")
@click.argument("model", type=click.Path(path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Your private key: P-256, P-384 or P-521.",
)
@click.option("--password-env", metavar="NAME", help="The environment variable with the key's password.")
@click.option(
    "--certificate",
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="The certificate for the key: verifiers then need its root only.",
)
@click.option(
    "--chain",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Certificates between it and the root; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    "target",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the signature goes; by default MODEL.sig beside the model.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
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

    The signature is an OpenSSF model-signing v1.0 bundle; the reference tool verifies it. What Git keeps (.git, .gitignore
    and the like) is left out, and the signature says so.
    """
    from assay.attest import bundle
    from assay.attest.keys import signer
    from assay.attest.model import sign

    password = None
    if password_env is not None:
        if password_env not in os.environ:
            raise UsageError(f"--password-env: there is no environment variable {password_env!r}")
        password = os.environ[password_env].encode()
    if chain and certificate is None:
        raise UsageError("--chain needs --certificate, the certificate of the key itself")
    target = target or default(model)
    who = signer(key, password, certificate, chain)
    with progress(quiet) as advance:
        raw = sign(model, who, target, advance)
    write_whole(target, raw)
    if not quiet:
        signed = bundle.signed(bundle.parsed(raw).payload)
        click.echo(f"signed {len(signed.lines):,} files of {signed.name}, sha256 {signed.sha256}")
        click.echo(f"wrote {target}")
    return 0


def default(model: Path) -> Path:
    """Beside the model, not inside it: a signature in the folder would be a file that it does not cover."""
    whole = model.resolve()
    return whole.with_name(f"{whole.name}.sig")
