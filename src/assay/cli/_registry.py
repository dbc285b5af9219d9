"""What commands share that keep audits or ask for kept ones."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli._config import configured
from assay.cli._streams import say
from assay.cli._told import channel
from assay.facts.dossier import Dossier
from assay.files import content
from assay.lazy import dataclass
from assay.writing import keep_out

if TYPE_CHECKING:
    from assay.pipeline.gathered import Gathered
    from assay.policy.baseline import Baseline
    from assay.registry import Registry
    from assay.subject import Walk


def where(named: str | None) -> str:
    """Which registry is meant: the one named, else that of the configuration; empty for the usual one."""
    return named or configured(None).registry or ""


def kept(named: str | None) -> AbstractContextManager[Registry]:
    """The registry to ask (UsageError: there is none)."""
    from assay import registry

    return registry.open(where(named))


def known(given: Path | None, named: str | None) -> Path | Baseline | tuple[()]:
    """The baseline that is given: a file, or `sha256:DIGEST` of a kept one (UsageError: none that counts has it)."""
    scheme, found, digest = str(given or "").partition(":")
    if not found or scheme != "sha256" or (given and given.exists()):
        return given or ()
    from assay.registry.baselines import named as of_digest

    with kept(named) as registry:
        return of_digest(registry, digest.lower())


def saved_or_kept(words: str, named: str | None) -> Dossier:
    """The dossier in a file, or where there is none of this name the kept one (UsageError: neither)."""
    from assay import registry
    from assay.cli._load import saved

    if Path(words).exists() or not (named or registry.is_there(where(named))):
        return saved(Path(words))
    with kept(named) as found:
        return found.dossier(found.one(words))


@dataclass(frozen=True, slots=True)
class Keeping:
    """Where the audit of a model goes when it is done."""

    model: str
    place: str
    read: list[tuple[Walk, Gathered]] = field(default_factory=list)

    def told(self, walk: Walk, read: Gathered) -> None:
        """Take what was read of the model: its fingerprint is made of that."""
        self.read.append((walk, read))

    def keep(self, dossier: Dossier, histograms: Path | None, *, quiet: bool) -> None:
        """Keep it with what belongs to it, and say so."""
        from assay import registry
        from assay.registry.companions import fingerprint

        beside = registry.beside(dossier, self.model, made=partial(fingerprint, *self.read.pop(), dossier))
        if histograms and histograms.is_file():
            from assay.registry.blobs import MOST

            beside["histograms"] = content(histograms, MOST, "file of histograms")
        with registry.open(self.place, new=True) as found:
            told = channel()
            audit = found.keep(dossier, beside, token=told.token if told else "")
            number = found.count(audit.name)
        if told:
            told.kept(audit.dossier)
        if not quiet:
            again = f", kept {audit.times:,} times" if audit.times > 1 else ""
            say(f"kept {audit.name} in {found.place.shown}: audit {number:,} of this model{again}", err=True)


def keeping(model: str, named: str | None) -> Keeping:
    """What will keep the audit; UsageError now, and not after hours of work, where the registry cannot be used."""
    from assay import registry

    place = registry.place(named or "")
    if place.folder and "://" not in model:
        keep_out(place.folder, Path(model))
    with registry.open(named or "", new=True):
        pass
    return Keeping(model, named or "")
