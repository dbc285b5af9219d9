"""`assay.audit`: the main job as one function, for Python programs and notebooks."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from assay.pipeline import audited, requested

if TYPE_CHECKING:
    from assay.facts.checked import Checked
    from assay.facts.comparison import Comparison
    from assay.facts.dossier import Dossier
    from assay.probes.probing import Probing
    from assay.progress import Progress
    from assay.uncertainty.asking import Asking
    from assay.weights.fingerprint import Fingerprint

Text = str | os.PathLike[str]


def audit(
    model: Text,
    *,
    policy: Text = "default",
    questions: Sequence[str] = (),
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    known: Collection[str] | os.PathLike[str] = (),
    offline: bool = False,
    isolation: bool = True,
    require_isolation: bool = False,
    as_of: date | str | None = None,
    jobs: int | None = None,
    base: Text | None = None,
    hints: bool = False,
    histograms: Text | None = None,
    corpora: Sequence[Text] = (),
    trust: Text | None = None,
    run: Asking | None = None,
    probes: Probing | None = None,
    reported: Sequence[Text] = (),
    cost: str = "weights",
    plugins: Sequence[str] = (),
    max_time: int | None = None,
    max_bytes: int | None = None,
    progress: Progress | None = None,
) -> Dossier:
    """Audit a model and give its dossier.

    Args:
        model: a folder, a weight file, `hf://org/name[@revision]`, or `openai+http://host/v1#model`
            (`anthropic+https://...` for the Messages API), of which only what it answers can be known.
        policy: `default`, `strict`, or the path of a policy file.
        questions: those of the five to ask alone, such as `vulnerabilities`; the others are not part of the dossier.
        only, skip: check ids to ask alone, or to leave out; `weights.*` is all that begin so. What is left out is open
            in the dossier.
        known: the path of a baseline file, or fingerprints that an earlier audit accepted.
        offline: never open a network connection; a model that is not here already is then a UsageError.
        isolation: parse in a locked-down worker process; False parses in this process.
        require_isolation: raise IsolationError rather than parse with less than the full isolation.
        as_of: the date (or its ISO text) by which waivers expire; today if not given. Recorded if it could matter.
        jobs: cores to read with, 1 to 64: so many files at a time, or one and its values; all usable ones if not given.
        base: the model that this one was made from; the weights are compared, and what the card says is judged by it.
        hints: look for what weights tell without a base also where that takes minutes.
        histograms: a file to write every tensor's exact histogram to; `assay.weights.histograms.read` reads it.
        corpora: indexed training data (`assay corpus build`); what the card says about data is compared with it.
        trust: a trust file (docs/signing.md), by which the model's signature is verified.
        run: questions to run the model on (`assay.uncertainty.asking.asking()`); where it cannot be run, that is open.
        probes, reported: what of its behaviour to probe (`assay.probes.probing.planned()`), reports of other tools.
        cost: the most that a measure may cost: `header` reads no values of tensors, `pass` each once, `weights` all
            that checks need.
        plugins: names of installed packages that bring checks, measures and sections; the dossier records them.
        max_time: seconds after which nothing more is read; by default 1,800 and one for each 20 MB. What was not
            reached is open, and the verdict INCOMPLETE.
        max_bytes: the most to read in full, by default 8 TB; the largest files are left out first, and stay open. Files
            with more than 1 GiB of holes are left out too, unless this is given.
        progress: told the label, what is done, of how much, and the unit; returning True ends the audit.

    Raises:
        UsageError: the model, the policy or an option cannot be used as given; the message says what to do.
        Stopped: `progress` asked for an end.
    """
    return audited(
        requested(
            model, policy=policy, questions=questions, only=only, skip=skip, known=known, offline=offline,
            isolation=isolation, require_isolation=require_isolation, as_of=as_of, jobs=jobs, base=base, hints=hints,
            histograms=histograms, corpora=corpora, trust=trust, run=run, probes=probes, reported=reported, cost=cost,
            plugins=plugins, max_time=max_time, max_bytes=max_bytes,
        ),
        progress,
    )  # fmt: skip


def check(text: str, documents: Sequence[Text]) -> Checked:
    """Check a text against documents: each sentence supported, contradicted, not found or not judged, and why.

    Args:
        text: plain text, Markdown or a page of HTML.
        documents: files of the same kinds in UTF-8, or PDF, Word (.docx) or EPUB.

    Raises UsageError: a document cannot be read or has no words, or the text has none.
    """
    from assay.uncertainty import checking, sources

    return checking.check(text, [sources.document(Path(row)) for row in documents])


def diff(
    base: Text,
    model: Text,
    *,
    others: Sequence[Text] = (),
    offline: bool = False,
    isolation: bool = True,
    progress: Progress | None = None,
) -> Comparison:
    """Compare the weights of a model with those of its base: every tensor, and the one relation that explains them.

    Args:
        base, model: folders, weight files, or `hf://org/name[@revision]`.
        others: further models of which `model` may be a merge.
        offline, isolation, progress: as for `audit`.

    Raises:
        UsageError: one of them is not there, or has no weights.
        InputError: a weight file is damaged; the message says where.
    """
    from assay.weights.comparison.reference import diff as compared

    return compared(
        os.fspath(base), os.fspath(model), others=tuple(os.fspath(other) for other in others),
        offline=offline, isolation=isolation, progress=progress,
    )  # fmt: skip


def fingerprint(model: Text, *, offline: bool = False, isolation: bool = True) -> Fingerprint:
    """The fingerprint of a model's weights: 1 to 2 MB from which kinship can be tested later without them.

    Raises UsageError if the model has none of what it is made from: gated feed-forward layers and an embedding.
    """
    from assay.weights.comparison.reference import fingerprint as made

    return made(os.fspath(model), offline=offline, isolation=isolation)
