"""Who signs: the options that `sign` and `attest` share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from assay.cli._options import FILE
from assay.errors import UsageError

if TYPE_CHECKING:
    from assay.attest.signer import Signer


def signer_options(function: click.decorators.FC) -> click.decorators.FC:
    """`--key`, `--password-env`, `--certificate` and `--chain`, in this order."""
    for option in (
        click.option(
            "--chain",
            multiple=True,
            type=FILE,
            metavar="PEM",
            help="Certificates between it and the root; may be repeated.",
        ),
        click.option(
            "--certificate",
            type=FILE,
            metavar="PEM",
            help="The certificate for the key: verifiers then need its root only.",
        ),
        click.option("--password-env", metavar="NAME", help="The environment variable with the key's password."),
        click.option(
            "--key",
            required=True,
            type=FILE,
            metavar="PEM",
            help="Your private key: P-256, P-384 or P-521.",
        ),
    ):
        function = option(function)
    return function


def signer_of(key: Path, password_env: str | None, certificate: Path | None, chain: tuple[Path, ...]) -> Signer:
    """The signer that the options name (UsageError: one of them cannot be used as given)."""
    from assay.attest.signer import signer

    password = None
    if password_env is not None:
        if password_env not in os.environ:
            raise UsageError(f"--password-env: there is no environment variable {password_env!r}")
        password = os.environ[password_env].encode()
    if chain and certificate is None:
        raise UsageError("--chain needs --certificate, the certificate of the key itself")
    return signer(key, password, certificate, chain)
