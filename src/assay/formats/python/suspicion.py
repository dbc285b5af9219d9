"""What a call passes on, and where marked values end: decoded or fetched texts run, credentials sent."""

from __future__ import annotations

import ast
import re

from assay.facts.program import Capability, Shape
from assay.formats.python.following import Follows
from assay.formats.python.value import INERT, Constant, Held, Mark, Name, Thing, Values, joined, marks, texts
from assay.formats.script.shape import in_command
from assay.lazy import regex

_SECRET = regex(r"TOKEN|SECRET|PASSW|CREDENTIAL|API_?KEY|ACCESS_KEY|PRIVATE_KEY", re.IGNORECASE)
_CREDENTIALS = regex(
    r"\.ssh\b|id_(?:rsa|ed25519)\b|\.aws(?:/|\\|\b.*credentials)|\.netrc\b|huggingface/(?:token|stored_tokens)"
    r"|\.git-credentials|\.docker/config\.json|\.kube/config|\.pypirc\b|/etc/shadow|Login Data|cookies\.sqlite"
    r"|\.config/gcloud",
)
# keywords by which a credential is given to the service that it is for
_OWN = regex(r"token|key|secret|auth|password|headers|cookies|cred|cert", re.IGNORECASE)
_SENDERS = regex(r"(?:requests|httpx|urllib|urllib2|urllib3|aiohttp|http\.client|websockets?|socket|smtplib)\b.*")
CONNECTIONS = regex(
    r"socket\.(?:socket|create_connection)|http\.client\.HTTPS?Connection|smtplib\.\w+|ftplib\.\w+"
    r"|(?:requests\.[Ss]ession|httpx\.\w*Client|aiohttp\.ClientSession)"
)
SENDING = frozenset({"send", "sendall", "sendto", "request", "post", "put", "sendmail", "storbinary"})
_SHELL = regex(r"(?:/\w+/)*(?:ba|z|da|k)?sh(?:\s+-i)?|(?:cmd|powershell)(?:\.exe)?", re.IGNORECASE)
# no name of a repository begins so (huggingface_hub utils/_validators.py, REPO_ID_REGEX)
_FOLDER = regex(r"\.{1,2}(?:/|\Z)|/|~/")


class Given:
    """What a call passes: by position and by keyword."""

    def __init__(self, positional: list[Values], keywords: dict[str, Values], rest: Values = ()) -> None:
        self.positional, self.keywords, self.rest = positional, keywords, rest

    @property
    def all(self) -> Values:
        """Everything passed."""
        return joined(*self.positional, *self.keywords.values(), self.rest)

    def at(self, index: int, keyword: str = "") -> Values:
        """One argument, by position or keyword; empty if it is not passed."""
        if index < len(self.positional):
            return self.positional[index]
        return self.keywords.get(keyword, ())


def secret(keys: Values) -> Thing:
    """What a variable of the environment holds, by its name."""
    found = any(_SECRET.search(text) for text in texts(keys))
    return Thing(True, frozenset({Mark.SECRET})) if found else INERT


def harmless(name: str, given: Given) -> bool:
    """Whether a loader of pickles is told to take values only."""
    if name.endswith("torch.load") or name == "torch.serialization.load":
        return given.keywords.get("weights_only") == (Constant(True),)
    if name == "numpy.load":
        return (
            given.keywords.get("allow_pickle", (Constant(False),)) == (Constant(False),) and len(given.positional) < 3
        )
    if name in ("yaml.load", "yaml.load_all"):
        loader = given.at(1, "Loader")
        return bool(loader) and all(isinstance(v, Name) and v.qualified.endswith("SafeLoader") for v in loader)
    return False


def in_folder(name: str, given: Given) -> bool:
    """Whether a loader that takes a folder or the name of a repository is given a folder, and runs no code of it."""
    if name.rpartition(".")[2] != "from_pretrained" or given.rest:
        return False
    if given.keywords.get("trust_remote_code", (Constant(False),)) != (Constant(False),):
        return False
    places = given.at(0, "pretrained_model_name_or_path")
    return bool(places) and all(
        isinstance(place, Constant) and isinstance(place.value, str) and _FOLDER.match(place.value) for place in places
    )


def marks_of(given: Given, own: bool = False) -> frozenset[Mark]:
    """The marks of what is passed; with `own`, without what is a credential given to the service that it is for."""
    rows = [*given.positional, given.rest]
    rows += [values for name, values in given.keywords.items() if not (own and _OWN.search(name))]
    found = marks(value for values in rows for value in values)
    if any(len(text) < 300 and _CREDENTIALS.search(text) for values in rows for text in texts(values)):
        found |= {Mark.SECRET}
    return found


def sink(f: Follows, node: ast.AST, what: Capability, name: str, given: Given) -> None:
    """Note what has the shape of an attack: where marked values end."""
    runs = what in (Capability.EXECUTE, Capability.PROCESS) and not name.startswith(("transformers.", "webbrowser."))
    if runs:
        first = marks(given.at(0)) if not any(isinstance(value, Held) for value in given.at(0)) else frozenset()
        if Mark.DECODED in marks(given.at(0)):
            f.shape(node, Shape.DECODES_AND_RUNS)
        elif Mark.FETCHED in first:
            f.shape(node, Shape.DOWNLOADS_AND_RUNS)
        for text in texts(given.all):
            for kind in in_command(text):
                f.shape(node, kind)
    if what is Capability.PROCESS:
        if name == "pty.spawn" or any(_SHELL.fullmatch(text.strip()) for text in texts(given.all)):
            f.trait(node, "shell")
        if Mark.SOCKET in marks(v for key in ("stdin", "stdout") for v in given.keywords.get(key, ())):
            f.shape(node, Shape.REMOTE_SHELL)
    if what is Capability.NETWORK:
        if name.startswith("socket."):
            f.trait(node, "socket")
        if _SENDERS.fullmatch(name) and Mark.SECRET in marks_of(given, own=True):
            f.shape(node, Shape.SENDS_SECRETS)
