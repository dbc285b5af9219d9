"""The page of the browser audit, served and opened in Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

LONG = 120_000  # ms: a loaded machine takes its time to compile 10 MB of WebAssembly


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder to any page that asks, and notes who asked for what."""

    def do_GET(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """The address at which a folder is served, and the paths that were asked for."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.asked = []  # type: ignore[attr-defined]
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", server.asked  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()


class Visit:
    """The page, opened once, with every request of it and everything that it complains about."""

    def __init__(self, browser: Any, address: str) -> None:
        self.address = address
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.requests: list[str] = []
        self.trouble: list[str] = []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.trouble.append(message.text))
        self.page.on("pageerror", lambda error: self.trouble.append(str(error)))
        self.opened()

    def opened(self) -> None:
        self.page.goto(self.address)
        self.page.locator("html[data-ready]").wait_for(timeout=LONG)

    def shown(self, model: Path) -> str:
        """What the page says of a model that is chosen."""
        self.page.evaluate("delete document.documentElement.dataset.seconds")
        self.page.set_input_files("#folder" if model.is_dir() else "#files", model)
        self.page.locator("html[data-seconds]").wait_for(timeout=LONG)
        return str(self.page.inner_text("#result-title"))

    def downloaded(self, format: str) -> bytes:
        self.page.select_option("#format", format)
        with self.page.expect_download() as found:
            self.page.click("#save")
        return Path(found.value.path()).read_bytes()
