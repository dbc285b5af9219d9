"""What `assay serve` runs with, and where each value comes from: an option, a variable, the configuration, nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from assay.cli._config import Config, configured
from assay.errors import UsageError
from assay.facts.setting import DEFAULT, Setting, Settings
from assay.files import cache_folder
from assay.secret import CORPUS_KEY, HUB, KEY, OIDC_KEY, without_user

if TYPE_CHECKING:
    from assay.registry.place import Place
    from assay.serve.people import Person

_NONE = "none"


def settings(context: click.Context, place: Place, people: tuple[Person, ...], at: str) -> tuple[Settings, ...]:
    """All of it as it is now: the configuration and the policy are read as an audit that begins now reads them.

    Args:
        context: of the command that runs.
        place: of the registry that is open.
        people: who was let in by a file.
        at: the address at which the server listens.
    """
    given = _Given(context)
    return (
        Settings("Audits that are started here", tuple(_audits(given))),
        Settings("Registry", tuple(_registry(given, place))),
        Settings("Who is let in", tuple(_door(given, people, at))),
        Settings("Model and corpora", tuple(_asked(given))),
    )


class _Given:
    """The options of a command, each with where it comes from."""

    def __init__(self, context: click.Context) -> None:
        self._context = context
        self._options = {row.name: max(row.opts, key=len) for row in context.command.params}

    def value(self, name: str) -> Any:
        return self._context.params[name]

    def origin(self, name: str) -> str:
        usual = self._context.get_parameter_source(name) is click.core.ParameterSource.DEFAULT
        return DEFAULT if usual else f"option {self._options[name]}"

    def row(self, name: str, said: str) -> Setting:
        """A setting as it was given: a number, a name, or whether something is so."""
        return Setting(said, _shown(self.value(name)), self.origin(name))


def _audits(given: _Given) -> Iterator[Setting]:
    """What an audit begins with: `assay audit MODEL --keep`, in the working directory of the server."""
    try:
        yield from _configured(given, configured(None))
    except UsageError as cause:
        yield Setting("configuration", f"cannot be read, and no audit begins: {cause}", str(Path.cwd()))
    yield given.row("at_once", "audits at a time, a process each")
    read_only = given.value("read_only")
    yield Setting(
        "what can be audited",
        "nothing: what would change something is refused" if read_only else f"every file that {_user()} can read",
        given.origin("read_only"),
    )
    yield Setting("cache", str(cache_folder()), _variable("XDG_CACHE_HOME"))


def _configured(given: _Given, config: Config) -> Iterator[Setting]:
    """What of that stands in a configuration, where it does."""
    yield Setting("policy", _policy(config.policy), _of(config, "policy"))
    for name in ("baseline", "require_isolation"):
        yield Setting(name.replace("_", " "), _shown(getattr(config, name)), _of(config, name))
    own = Setting("offline", _shown(config.offline), _of(config, "offline"))
    yield given.row("offline", "offline") if given.value("offline") else own
    yield Setting("files hashed at a time", _shown(config.jobs), _of(config, "jobs"))


def _registry(given: _Given, place: Place) -> Iterator[Setting]:
    named = _in_configuration()
    origin = given.origin("registry") if given.value("registry") else named or _variable("ASSAY_REGISTRY")
    if origin == DEFAULT:
        origin = _variable("XDG_DATA_HOME")
    kind = "SQLite" if place.folder else "PostgreSQL"
    yield Setting("database", f"{kind}: {place.file or place.shown}", origin)
    yield Setting("store of dossiers", without_user(place.store), origin)


def _in_configuration() -> str:
    """The file that names the registry; empty: none does, or it cannot be read any more."""
    try:
        return configured(None).origins.get("registry", "")
    except UsageError:
        return ""


def _door(given: _Given, people: tuple[Person, ...], at: str) -> Iterator[Setting]:
    yield Setting("address", at, given.origin("port" if given.origin("host") == DEFAULT else "host"))
    yield given.row("hosts", "other names of it")
    yield given.row("prefix", "path below which it is shown")
    yield given.row("proxies", "proxies that are believed")
    yield given.row("token_file", "token of programs, in a file")
    yield given.row("people", "people, in a file")
    yield given.row("oidc", "OpenID provider")
    yield given.row("oidc_client", "client that it knows")
    yield _secret(OIDC_KEY)
    for person in people:
        known = f", to the provider {person.identity}" if person.identity else ""
        yield Setting(person.name, f"may {person.role.name.lower()}{known}", str(given.value("people")))
    yield given.row("log", "log of requests")


def _asked(given: _Given) -> Iterator[Setting]:
    yield given.row("models", "models that can be asked")
    yield given.row("threads", "threads of it (0: its own choice)")
    yield given.row("corpora", "corpora")
    for name in (KEY, CORPUS_KEY, *HUB[:1]):
        yield _secret(name)


def _secret(name: str) -> Setting:
    return Setting(name, "set, and not shown" if os.environ.get(name) else "not set", _variable(name))


def _policy(named: str) -> str:
    from assay import policy

    try:
        found = policy.load(named)
    except UsageError as cause:
        return f"{named}: cannot be read, and no audit begins: {cause}"
    return f"{found.name}, sha256:{found.sha256}" + ("" if named == found.name else f", of {named}")


def _of(config: Config, name: str) -> str:
    return config.origins.get(name, DEFAULT)


def _variable(name: str) -> str:
    return f"variable {name}" if os.environ.get(name) else DEFAULT


def _user() -> str:
    from assay.registry import user

    return user()


def _shown(value: object) -> str:
    """A value as a person reads it; an address without what is secret in it."""
    if value in (None, (), ""):
        return _NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(map(_shown, value))
    return without_user(str(value))
