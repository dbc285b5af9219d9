"""`assay corpus`: index training data, change, check and ask about the index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli import _options as options
from assay.cli._apart import Written, WrittenArgument, group
from assay.cli._corpus import Removed, Verified, removed, verified
from assay.cli._network import told
from assay.cli._progress import progress
from assay.cli._streams import Output, encoded, looks, put, put_record, say
from assay.errors import InputError, UsageError
from assay.execution.cores import usable
from assay.facts.codec import canonical
from assay.secret import without_user

if TYPE_CHECKING:
    from assay.corpus.documents import Fields
    from assay.corpus.remote import Remote

FIELDS = ("text", "id", "url", "title", "licence", "date", "language", "dataset", "stage")


@group("corpus")
def COMMAND() -> None:
    """Index training data, so that text can be traced to it."""


def _building(command: Any) -> Any:
    """The options that build and add share."""
    for option in (
        click.option("--dataset", default="", metavar="NAME", help="The dataset of documents that name none."),
        click.option("--stage", default="", metavar="NAME", help="Training stage: pretrain, mid, sft, pref, rl."),
        click.option(
            "--licence",
            default="",
            metavar="LICENCE",
            help="The licence, as you assert it, of documents that state none.",
        ),
        click.option(
            "--source",
            "sources",
            multiple=True,
            metavar="DATASET=LICENCE",
            help="The same for one dataset; may be repeated.",
        ),
        click.option(
            "--croissant",
            type=options.FILE,
            metavar="FILE",
            help="Take name, licence and address of the dataset from a Croissant file.",
        ),
        click.option(
            "--encoding",
            default="utf-8",
            show_default=True,
            help="Encoding of text and CSV files without a byte order mark.",
        ),
        click.option(
            "--main-text", is_flag=True, help="Of pages of HTML only the main text, without menus (extra: web)."
        ),
        click.option(
            "--shard-size",
            default="1GiB",
            show_default=True,
            metavar="SIZE",
            help="Text in one shard; building takes about twice as much memory.",
        ),
        options.executor("local, or ray for a Ray cluster (extra: ray).", default="local"),
        options.jobs("Local processes; by default one for each usable core.", top=1024, default=min(usable(), 1024)),
        options.offline(),
        options.quiet(),
        *(
            click.option(
                f"--{name}-field", metavar="FIELD", help=f"The field with the {name}, where the guess is wrong."
            )
            for name in FIELDS
        ),
    ):
        command = option(command)
    return command


@COMMAND.command("build")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "-o",
    "--output",
    "directory",
    cls=Written,
    folder=True,
    required=True,
    metavar="DIR",
    help="Where the corpus goes: a folder, or any fsspec URL.",
)
@click.option("--replace", "replace_old", is_flag=True, help="Build anew where there is a corpus already.")
@_building
def build(inputs: tuple[str, ...], directory: str, replace_old: bool, **given: Any) -> int:
    """Index INPUTs: folders, URLs and files, of texts, code, web and Wikipedia dumps, tables and more (docs/corpus.md).

    A build that is interrupted leaves what was there before; the same command then goes on with the shards that it had
    finished.
    """
    return _built(inputs, directory, given, replace_old=replace_old, add=False)


@COMMAND.command("add")
@click.argument("directory", cls=WrittenArgument, folder=True, metavar="DIR")
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@_building
def add(inputs: tuple[str, ...], directory: str, **given: Any) -> int:
    """Add INPUTs to the corpus in DIR, as new shards."""
    return _built(inputs, directory, given, replace_old=False, add=True)


def _built(inputs: tuple[str, ...], directory: str, given: dict[str, Any], *, replace_old: bool, add: bool) -> int:
    from assay.corpus import building, storage
    from assay.execution import executor

    if given["offline"] and (remote := [row for row in (directory, *inputs) if storage.is_url(row)]):
        raise UsageError(f"{without_user(remote[0])} is behind a network, and --offline was given")
    if add and storage.is_url(directory):
        raise UsageError("a corpus behind a URL is not changed in place: build it anew, or add to a copy in a folder")
    settings = building.Options(_fields(given), given["encoding"], _size(given["shard_size"]), given["main_text"])
    runner = executor(given["executor"], given["jobs"])
    with storage.written(directory) as folder, progress(given["quiet"]) as advance:
        building.build(inputs, folder, settings, runner, add=add, replace_old=replace_old, progress=advance)
        if not given["quiet"]:
            name = Path(directory).name if not storage.is_url(directory) else directory
            say(*_lines(folder, name, *looks(None)))
    return 0


def _fields(given: dict[str, Any]) -> Fields:
    from assay.corpus import croissant
    from assay.corpus.documents import Fields

    found = croissant.metadata(given["croissant"]) if given["croissant"] else {}
    licences = dict(entry.rpartition("=")[::2] for entry in given["sources"])
    if "" in licences:
        raise UsageError("--source takes DATASET=LICENCE")
    names = {name: given[f"{name}_field"] for name in FIELDS if given[f"{name}_field"]}
    return Fields(
        names,
        given["dataset"],
        given["stage"],
        given["licence"],
        licences,
        found.get("name", ""),
        found.get("licence", ""),
        found.get("url", ""),
    )


def _size(text: str) -> int:
    units = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    number = text.strip().upper().removesuffix("B").removesuffix("I")
    try:
        return int(float(number.rstrip("KMG")) * units[number[len(number.rstrip("KMG")) :]])
    except (ValueError, KeyError, OverflowError):
        raise UsageError(f"--shard-size {text!r}: give a number of bytes, or 256MiB, 1GiB") from None


def _lines(folder: Path, name: str, colour: bool, width: int) -> Iterator[str]:
    """What is in a corpus, for a terminal."""
    from assay.corpus import manifest
    from assay.corpus.collection import record
    from assay.render.record.corpus import lines

    found, digest = manifest.load(folder)
    fields = sorted({field for part in found.parts for field in part.fields})
    yield from lines(record(found, digest, name), sum(shard.size for shard in found.shards), fields, colour, width)


def _server(address: str, *, offline: bool) -> Remote | None:
    """What answers at an address; None where it is a folder, here or on the web.

    Raises UsageError: nobody answers.
    """
    if offline or not address.startswith(("http://", "https://")):
        return None
    from assay.corpus.collection import WAIT
    from assay.corpus.remote import opened

    told(address, offline=offline)
    found = opened(address.rstrip("/"), WAIT)
    if isinstance(found, str):
        raise UsageError(found)
    return found


@COMMAND.command("info")
@click.argument("directory", metavar="DIR")
@options.offline()
@options.formats("text", "json")
def info(directory: str, offline: bool, outputs: tuple[Output, ...]) -> None:
    """What is in the corpus in DIR: documents, words, datasets with licences, and what was skipped.

    Of a server (`http://HOST`) what it says of each corpus that it serves.
    """
    from assay.corpus import manifest, storage
    from assay.corpus.collection import record
    from assay.render.record.corpus import lines

    if server := _server(directory, offline=offline):
        rows = server.told.corpora
        for format, path in outputs:
            if format == "json":
                put(canonical(rows[0] if len(rows) == 1 else rows), path)
            else:
                said = (line for row in rows for line in lines(row, None, [], *looks(path)))
                put(encoded(said, fold=path is None), path)
        return
    folder, name = storage.local(directory, offline=offline)
    found, digest = manifest.load(folder)
    for format, path in outputs:
        put(
            canonical(record(found, digest, name))
            if format == "json"
            else encoded(_lines(folder, name, *looks(path)), fold=path is None),
            path,
        )


@COMMAND.command("verify")
@click.argument("directory", metavar="DIR")
@options.offline()
@options.formats("text", "json")
@options.quiet("Print defects only.")
def verify(directory: str, offline: bool, outputs: tuple[Output, ...], quiet: bool) -> int:
    """Read every file of the corpus in DIR and compare it with the manifest; exit 1 if one is damaged or absent."""
    from assay.corpus import storage
    from assay.corpus.verifying import defects

    if server := _server(directory, offline=offline):
        raise UsageError(
            f"{server.url} is a server, whose files are not here: run `assay corpus verify DIR` on its machine, on the "
            "folder that it serves"
        )
    folder, name = storage.local(directory, offline=offline)
    with progress(quiet) as advance:
        found = Verified(name, tuple(defects(folder, advance)))
    for format, path in outputs:
        shown = found.damaged or not quiet
        put_record(format, found, verified(found, *looks(path)) if shown else (), path)
    return 1 if found.damaged else 0


@COMMAND.command("remove")
@click.argument("directory", metavar="DIR")
@click.option("--id", "ids", multiple=True, metavar="ID", help="The document with this id; may be repeated.")
@click.option("--containing", "text", default="", metavar="TEXT", help="Every document that holds these words.")
@click.option("--dry-run", is_flag=True, help="Only list what would be removed.")
@options.formats("text", "json")
def remove(directory: str, ids: tuple[str, ...], text: str, dry_run: bool, outputs: tuple[Output, ...]) -> None:
    """Take documents out of the corpus in DIR: they are gone from every answer.

    Their bytes stay in the files until the corpus is built again without them.
    """
    from assay.corpus import removal, storage
    from assay.corpus.collection import open_corpora

    if not ids and not text.strip():
        raise UsageError("give --id ID or --containing TEXT")
    if storage.is_url(directory):
        raise UsageError("a corpus behind a URL is not changed in place: remove from a copy in a folder")
    if dry_run:
        corpus = open_corpora([directory])
        documents = removal.described(corpus, removal.matching(corpus, ids, text))
    else:
        documents = removal.remove(Path(directory), ids, text)
    found = Removed(not dry_run, tuple((document.id, document.dataset) for document in documents))
    for format, path in outputs:
        put_record(format, found, removed(found, *looks(path)), path)


@COMMAND.command("serve")
@click.argument("directories", nargs=-1, required=True, type=options.FILE, metavar="DIR...")
@options.server(
    "clients",
    "Answer only who has the token in this file; clients take it from ASSAY_CORPUS_KEY.",
    port=8384,
    anyone=True,
)
@options.quiet()
def serve(
    directories: tuple[Path, ...],
    host: str,
    port: int,
    token_file: Path | None,
    no_token: bool,
    hosts: tuple[str, ...],
    quiet: bool,
) -> None:
    """Answer questions about the corpora in DIRs over HTTP, for --corpus http://HOST:PORT here or elsewhere.

    Ends by Ctrl-C or SIGTERM, after the questions that it is working on. The protocol: docs/corpus-server.md.
    """
    from assay.corpus import serving
    from assay.network import serving as behind

    door = behind.door(host, hosts, token_file, anyone=no_token)
    served = serving.Served(directories)
    socket = behind.listening(host, port)
    server = serving.server(served, door)
    if not quiet:
        url = behind.address(host, socket.getsockname()[1])
        corpora = f"{served.told.documents:,} documents in {len(served.told.corpora):,} corpora"
        say(f"assay: {corpora} at {url}{', with a token' if door.token else ''}; Ctrl-C ends it", err=True)
    server.run(sockets=[socket])


@COMMAND.command("contamination")
@click.argument("benchmark", type=options.FILE)
@options.corpora("A corpus to look in", required=True)
@click.option(
    "--question-field", default="", metavar="FIELD", help="The field with the question, where the guess is wrong."
)
@click.option(
    "--answer-field", default="", metavar="FIELD", help="The field with the answer, where the guess is wrong."
)
@click.option(
    "--fail-over",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Exit 1 if more items than this are not clean.",
)
@options.offline()
@options.formats("text", "json")
@options.quiet("Show no progress.")
def contamination(
    benchmark: Path,
    corpora: tuple[str, ...],
    question_field: str,
    answer_field: str,
    fail_over: float | None,
    offline: bool,
    outputs: tuple[Output, ...],
    quiet: bool,
) -> int:
    """Which items of BENCHMARK (jsonl, json, csv, parquet) are in the corpus: passage, question and answer apart."""
    from assay import corpus
    from assay.corpus.contamination import contamination as examined
    from assay.render.record.trace import contamination_lines

    told(*corpora, offline=offline)
    try:
        with progress(quiet) as advance:
            found = examined(corpus.open(corpora, offline=offline), benchmark, question_field, answer_field, advance)
    except InputError as cause:
        raise UsageError(f"the corpus is damaged: {cause}") from None
    dirty = 100 * sum(item.clean is False for item in found.items) / len(found.items)
    failed = fail_over is not None and dirty > fail_over
    for format, path in outputs:
        if format == "json":
            put(canonical(found), path)
        else:
            put(encoded(contamination_lines(found, failed, *looks(path)), fold=path is None), path)
    if failed:
        return 1
    return 3 if any(row.unasked for row in found.corpora) else 0
