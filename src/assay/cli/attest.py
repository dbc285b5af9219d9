"""`assay attest`: sign for an audit."""

from __future__ import annotations

import os
from pathlib import Path

import click

from assay.cli._load import saved
from assay.errors import UsageError
from assay.files import write_whole


@click.command("attest")
@click.argument("dossier", type=click.Path(path_type=Path))
@click.option(
    "--key",
    required=True,
    type=click.Path(path_type=Path),
    metavar="PEM",
    help="Your private key: P-256, P-384 or P-521.",
)
@click.option("--password-env", metavar="NAME", help="The environment variable with the key's password.")
@click.option("--certificate", type=click.Path(path_type=Path), metavar="PEM", help="The certificate for the key.")
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
    help="Where it goes; by default DOSSIER.intoto.jsonl beside the dossier.",
)
@click.option("-q", "--quiet", is_flag=True, help="Print nothing but errors.")
def COMMAND(
    dossier: Path, key: Path, password_env: str | None, certificate: Path | None, chain: tuple[Path, ...], target: Path | None, quiet: bool
) -> int:  # fmt: skip
    """Sign for the audit in DOSSIER: in-toto statements about the model, one signed bundle a line.

    Test result, verification result, bill of materials, and the dossier's digest. Their subject is the model, by the digest that an OpenSSF model
    signature has. A time is written only if SOURCE_DATE_EPOCH is set. Keep the file outside the model's folder: inside, it would be
    a file that no signature of the model covers.
    """
    from assay.attest.keys import signer
    from assay.attest.statements import attested, statements

    found = saved(dossier)
    password = None
    if password_env is not None:
        if password_env not in os.environ:
            raise UsageError(f"--password-env: there is no environment variable {password_env!r}")
        password = os.environ[password_env].encode()
    if chain and certificate is None:
        raise UsageError("--chain needs --certificate, the certificate of the key itself")
    target = target or default(dossier)
    write_whole(target, attested(found, signer(key, password, certificate, chain)))
    if not quiet:
        click.echo(
            f"signed {len(statements(found))} statements about {found.subject.name}, sha256 {found.subject.sha256}: {found.decision.verdict}"
        )
        click.echo(f"wrote {target}")
    return 0


def default(dossier: Path) -> Path:
    """Beside the dossier."""
    return dossier.with_name(f"{dossier.name}.intoto.jsonl")
