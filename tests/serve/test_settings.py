"""What the workbench says about itself: each value, where it comes from, and nothing that is secret."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sqlalchemy")
pytest.importorskip("starlette")
pytest.importorskip("uvicorn")

from assay import registry
from assay.cli import _settings
from assay.cli.serve import COMMAND
from assay.serve.people import people
from assay.serve.settings import Set
from tests.builders.browser import CHROMIUM, amiss
from tests.builders.workbench import Workbench, workbench
from tests.serve.conftest import TOKEN

BEARER = {"Authorization": f"Bearer {TOKEN}"}
PEOPLE = "view ada 0f2c9d7e5b1a4c38\nwaive eve 5d1e8f0a7c3b2964\n"


def values(*options: str) -> Set:
    """What a command with these options says of itself."""
    context = COMMAND.make_context("serve", list(options))
    file, named = context.params["people"], context.params["registry"] or ""
    found = people(file) if file else ()
    return Set(partial(_settings.settings, context, registry.place(named), found, "http://127.0.0.1:8443"))


def told(read: Set) -> dict[str, tuple[str, str]]:
    """Each value and its origin, by its name."""
    groups = json.loads(read.listed(None)[0])["settings"]
    return {row["name"]: (row["value"], row["origin"]) for group in groups for row in group["rows"]}


def test_each_value_says_where_it_comes_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("ASSAY_REGISTRY", str(tmp_path / "kept"))
    monkeypatch.delenv("ASSAY_API_KEY", raising=False)
    (tmp_path / "people").write_text(PEOPLE)
    usual = told(values())
    assert usual["policy"][0].startswith("default, sha256:") and usual["policy"][1] == "default"
    assert usual["database"] == (f"SQLite: {tmp_path / 'kept' / 'registry.db'}", "variable ASSAY_REGISTRY")
    assert usual["cache"] == (str(tmp_path / "cache" / "assay"), "variable XDG_CACHE_HOME")
    assert usual["ASSAY_API_KEY"] == ("not set", "default")
    assert usual["audits at a time, a process each"] == ("2", "default")
    assert usual["audits that wait"] == ("100", "fixed")
    (tmp_path / "ours.toml").write_text('schema = "assay-policy/1"\nname = "ours"\ndescription = "x"\n')
    (tmp_path / "assay.toml").write_text('policy = "ours.toml"\nregistry = "there"\noffline = true\n')
    file = str(tmp_path / "assay.toml")
    written = told(values("--people", "people", "--at-once", "3", "--read-only", "--log"))
    assert written["policy"] == (written["policy"][0], file) and written["policy"][0].startswith("ours, sha256:")
    assert written["database"][1] == file and written["offline"] == ("yes", file)
    assert written["audits at a time, a process each"] == ("3", "option --at-once")
    assert written["people, in a file"] == ("people", "option --people")
    assert written["ada"] == ("may view", "people") and written["eve"] == ("may waive", "people")
    assert written["what can be audited"] == ("nothing: what would change something is refused", "option --read-only")
    assert written["log of requests"] == ("yes", "option --log")
    assert told(values("--registry", "here"))["database"][1] == "option --registry"
    assert told(values("--offline"))["offline"] == ("yes", "option --offline")


def test_what_an_audit_would_be_stopped_by_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "assay.toml").write_text('policy = "gone.toml"\n')
    assert "gone.toml: cannot be read, and no audit begins: no policy" in told(values())["policy"][0]
    (tmp_path / "assay.toml").write_text("policy =\n")
    assert "cannot be read, and no audit begins" in told(values())["configuration"][0]


def test_nothing_secret_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secret = "hunter2hunter2"
    for name in ("ASSAY_API_KEY", "ASSAY_CORPUS_KEY", "ASSAY_OIDC_SECRET", "HF_TOKEN"):
        monkeypatch.setenv(name, f"{secret}{name}")
    (tmp_path / "people").write_text(PEOPLE)
    (tmp_path / "token").write_text(secret)
    place = f"postgresql://assay:{secret}@db.example/kept?store=s3://key:{secret}@box/kept&password={secret}"
    options = ("--registry", place, "--run", f"openai+http://u:{secret}@h/v1", "--corpus", f"https://u:{secret}@c/x")
    known = ("--oidc", "https://id.example.org", "--oidc-client", "workbench")
    read = values(*options, *known, "--people", "people", "--token-file", "token")
    page, rows = read.page(None)[0].decode(), told(read)
    assert rows["database"] == (
        "PostgreSQL: postgresql+psycopg://***@db.example/kept?password=***",
        "option --registry",
    )
    assert rows["ASSAY_API_KEY"][0] == rows["ASSAY_OIDC_SECRET"][0] == "set, and not shown"
    assert rows["OpenID provider"] == ("https://id.example.org", "option --oidc")
    assert rows["client that it knows"] == ("workbench", "option --oidc-client")
    for said in (page, str(rows)):
        assert secret not in said and not any(line.split()[2] in said for line in PEOPLE.splitlines())


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_a_browser_shows_them(
    kept: str, browser: Any, scheme: str, width: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    people_file = tmp_path / "<b onclick=alert(1)>"
    people_file.write_text(PEOPLE)
    with workbench(kept, TOKEN, settings=values("--people", str(people_file), "--run", "m" * 200)) as bench:
        page = browser.new_context(
            bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 800}
        ).new_page()
        trouble: list[str] = []
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.on("console", lambda message: trouble.append(message.text))
        page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
        link = page.locator("nav.links >> text=Settings")
        link.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/settings")
        assert page.locator("nav.links [aria-current]").inner_text() == "Settings"
        row = page.locator("tr", has_text="people, in a file")
        assert str(people_file) in row.inner_text() and "option --people" in row.inner_text()
        assert page.locator("tr", has_text="may waive").locator("td").first.inner_text().endswith("eve")
        chosen, usual = page.locator("td strong").first, page.locator("td", has_text="default").first
        weight = "row => getComputedStyle(row).fontWeight"
        assert int(chosen.evaluate(weight)) > int(usual.evaluate(weight)), "chosen values are told by more than colour"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not amiss(page) and not trouble


def test_whoever_is_not_let_in_is_told_nothing(bench: Workbench) -> None:
    for path in ("/settings", "/api/v1/settings"):
        assert bench.ask(path).status == 401
        assert bench.ask(path, "POST", **BEARER).status == 405
        assert bench.ask(path, **BEARER).status == 200
