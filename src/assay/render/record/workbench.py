"""Pages of the workbench: the kept models, findings over all of them, the audits of one, and what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

from assay.facts.finding import Effect, Kind
from assay.facts.kept import FoundFinding, KeptAudit, Since
from assay.render import page as shell
from assay.render.answer import SHORT
from assay.render.headline import Headline, Tone
from assay.render.page import Link
from assay.render.record.kept import NONE, look, numbers, on_a_page, since_words
from assay.render.record.kept import listed as heading
from assay.render.words import KIND_WORDS
from assay.text.many import many

PAGES = (
    ("/", "Library"),
    ("/findings", "Findings"),
    ("/ask", "Ask"),
    ("/trace", "Trace"),
    ("/waivers", "Waivers"),
    ("/jobs", "Jobs"),
    ("/settings", "Settings"),
)
_FORM = {"form-action": "'self'"}  # in place of the shell's 'none'
# what a finding can be asked for by, in the order of the list: its effect on the verdict
EFFECTS = (Effect.BLOCKS, Effect.DECIDES, Effect.INCOMPLETE, Effect.WAIVED, Effect.KNOWN, Effect.NONE)
KINDS = (Kind.FAIL, Kind.REVIEW, Kind.OPEN, Kind.INFORMATIONAL)
ANY = "any"  # as a kind: findings of every kind; without one, those that a person has to look at
PARTS = {"weights": "Weights", "behaviour": "Behaviour", "openness": "Openness"}  # pages of an audit
FORMATS = {  # that an audit is offered in, beside its page
    "json": "JSON",
    "sarif": "SARIF",
    "cyclonedx": "CycloneDX",
    "spdx": "SPDX",
    "markdown": "Markdown",
    "junit": "JUnit",
}


def links(here: str = "") -> tuple[Link, ...]:
    """The pages that every page leads to; `here` is the one that is shown."""
    return tuple(Link(href, title, href == here) for href, title in PAGES)


def of_audit(audit: KeptAudit, before: KeptAudit | None, here: str = "") -> tuple[Link, ...]:
    """Where the page of an audit leads to: its history, the audit before it, and other formats of it.

    `here` is the page of PARTS that is shown.
    """
    rows = [
        *links(),
        *(Link(f"{at(audit)}/{name}", title, name == here) for name, title in PARTS.items()),
        Link(f"/models?{urlencode({'name': audit.name})}", "History"),
    ]
    if before:
        rows.append(Link(comparing(before, audit), "What changed"))
    return (*rows, *(Link(f"{at(audit)}/{name}", title) for name, title in FORMATS.items()))


def at(audit: KeptAudit, fingerprint: str = "") -> str:
    """The address of an audit, or of a finding in it."""
    return f"/audits/{audit.dossier}" + (f"#f-{quote(fingerprint)}" if fingerprint else "")


def comparing(before: KeptAudit, after: KeptAudit) -> str:
    """The address of a comparison."""
    return f"/compare?{urlencode({'old': before.dossier, 'new': after.dossier})}"


def library(
    rows: Sequence[KeptAudit], since: Mapping[int, Since], asked: str, *, more: bool, place: str, may: bool
) -> bytes:
    """The latest audit of each kept model that fits the words `asked`, newest first.

    Args:
        since: by the id of an audit, what became of the model since the one before.
        may: whoever looks may start audits.
    """
    return page(
        "workbench_library.html.j2",
        "/",
        headline=heading(rows, more) if rows else NONE,
        rows=[(row, look(row), numbers(row), since.get(row.id)) for row in rows],
        asked=asked,
        place=place,
        may=may,
        at=at,
        short=SHORT,
        since_words=since_words,
        comparing=comparing,
    )


def history(name: str, rows: Sequence[KeptAudit], *, more: bool) -> bytes:
    """The audits of one model, newest first, each beside what it can be compared with."""
    pairs = [(row, look(row), numbers(row), older) for row, older in zip(rows, [*rows[1:], None], strict=False)]
    return page(
        "workbench_history.html.j2",
        "",
        headline=Headline(rows[0].verdict, f"{many(len(rows), 'audit')} of {name}{_beyond(more)}.", on_a_page(rows[0])),
        name=name,
        rows=pairs,
        at=at,
        comparing=comparing,
    )


def findings(rows: Sequence[FoundFinding], asked: dict[str, str], after: int | None, *, may: bool) -> bytes:
    """Findings of the latest audits, newest first; `asked` is what they were narrowed down by.

    Args:
        after: the id that the next page begins after; None: this is the last.
        may: whoever looks may accept one.
    """
    said = f"{many(len(rows), 'finding')} on this page{', and more on the next' if after is not None else ''}."
    following = {**{key: value for key, value in asked.items() if value}, "after": str(after)}
    return page(
        "workbench_findings.html.j2",
        "/findings",
        headline=Headline("FOUND", said, Tone.TELL) if rows else Headline("NONE", "No finding fits.", Tone.TELL),
        rows=[(row, _look(row), _accepting(row) if may else "") for row in rows],
        asked=asked,
        next=f"/findings?{urlencode(following)}" if after is not None else "",
        kinds=[("", "fail and review"), (ANY, "every kind"), *((kind.value, KIND_WORDS[kind]) for kind in KINDS)],
        effects=[effect.value for effect in EFFECTS],
        at=at,
    )


def link(address: str) -> bytes:
    """The page with a link for one more browser."""
    said = "This link lets one more browser in, once."
    return page("workbench_link.html.j2", "", headline=Headline("LINK", said, Tone.TELL), address=address)


def sign_in(why: str, issuer: str = "") -> bytes:
    """The page with the form for a token, and the way to an OpenID provider; `why` the last try did not let in."""
    way = f"With {issuer}, or with your token." if issuer else "With your token."
    headline = Headline("NOT LET IN", why, Tone.CARE) if why else Headline("SIGN IN", way, Tone.TELL)
    return page("workbench_sign_in.html.j2", "", headline=headline, issuer=issuer)


def signed_in(name: str) -> bytes:
    """The page that leads on whom an OpenID provider vouched for."""
    return page("workbench_signed_in.html.j2", "", headline=Headline("SIGNED IN", f"As {name}.", Tone.TELL))


def trouble(status: int, sentence: str) -> bytes:
    """The page for what cannot be shown, and why."""
    return page("workbench_trouble.html.j2", "", headline=Headline(str(status), sentence, Tone.CARE))


def page(
    template: str,
    here: str,
    *,
    styles: tuple[str, ...] = (),
    scripts: tuple[str, ...] = (),
    policy: Mapping[str, str] | None = None,
    more: tuple[Link, ...] = (),
    **values: Any,
) -> bytes:
    """A page of the workbench.

    Args:
        styles: names of style sheets of its own.
        here: its address where it is one of those that every page leads to.
        more: where it leads to, if not to these alone.
    """
    return shell.page(
        template,
        b"",
        "",
        styles=("record.css", "workbench.css", *styles),
        scripts=scripts,
        links=more or links(here),
        policy={**_FORM, **(policy or {})},
        **values,
    )


def accepting(audit: str, check: str = "", artifact: str = "") -> str:
    """The address at which findings of an audit are accepted."""
    rows = {"audit": audit, "check": check, "artifact": artifact}
    return f"/waivers/new?{urlencode({name: value for name, value in rows.items() if value})}"


def _accepting(row: FoundFinding) -> str:
    """Where a finding can be accepted; empty where nothing is left to accept."""
    settled = row.effect in (Effect.WAIVED, Effect.KNOWN) or row.kind not in (Kind.FAIL, Kind.REVIEW)
    return "" if settled else accepting(row.audit.dossier, row.check, row.artifact)


def _look(row: FoundFinding) -> str:
    if row.effect in (Effect.WAIVED, Effect.KNOWN):
        return "none"
    if row.kind == Kind.FAIL:
        return "fail" if row.effect == Effect.BLOCKS else "decide"
    return {Kind.REVIEW: "decide", Kind.OPEN: "unknown"}.get(Kind(row.kind), "none")


def _beyond(more: bool) -> str:
    return ", and earlier ones" if more else ""
