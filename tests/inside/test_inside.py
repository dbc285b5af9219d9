"""Looking into small models of many architectures: every view is proved, or said not to be available."""

from __future__ import annotations

import json
import shutil
import struct
from dataclasses import replace
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

import assay  # noqa: E402 - what runs needs torch
from assay import inside  # noqa: E402
from assay.errors import UsageError  # noqa: E402
from assay.facts.codec import canonical, decode  # noqa: E402
from assay.facts.inside import Inside, LookedInto  # noqa: E402
from assay.inside import Asked, Opened  # noqa: E402
from assay.inside.glance import glance  # noqa: E402
from assay.inside.looking import MOST_TRIED  # noqa: E402
from assay.probes.probing import planned  # noqa: E402
from assay.render.record.inside import lines  # noqa: E402
from assay.render.record.inside_page import page  # noqa: E402
from assay.render.terminal import folded  # noqa: E402
from assay.uncertainty.questions import GENERAL  # noqa: E402
from tests.builders.command import run  # noqa: E402
from tests.builders.decoders import DECODERS, PARTLY, decoder  # noqa: E402
from tests.builders.questions import capitals  # noqa: E402
from tests.builders.runtimes import Believer  # noqa: E402

pytestmark = pytest.mark.torch
QUESTION, OTHER = "Was it A", "Was it ~"
VIEWS = ("lens", "attribution", "heads", "pattern", "ablation", "patching")


def opened(folder: Path, kind: str = "llama") -> Opened:
    return inside.open(decoder(folder / kind, kind), isolation=False)


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return decoder(tmp_path_factory.mktemp("room") / "llama", "llama")


@pytest.fixture(scope="module")
def looked(llama: Path) -> Inside:
    return inside.open(llama, isolation=False).look(QUESTION, text="Grace", against=OTHER).record


@pytest.mark.parametrize("kind", sorted(DECODERS))
def test_every_view_is_proved_on_every_architecture(kind: str, tmp_path: Path) -> None:
    # its own answer beside a prompt that differs in the last token: one that a random network answers otherwise
    model = opened(tmp_path, kind)
    tried = (model.seen(Asked(QUESTION, None, 1, most=1, against=f"{QUESTION[:-1]}{last}")).record for last in "~0Zq#.")
    found = next(row for row in tried if row.patching)
    assert not found.unavailable and {row.view for row in found.proofs} == set(VIEWS)
    assert all(row.holds and row.error <= 1e-4 for row in found.proofs)
    assert found.attribution and found.ablation and found.patching
    assert found.lens[-1].rank == found.rank and found.lens[-1].logprob == pytest.approx(found.logprob, abs=1e-4)
    parts = sum(row.logit for row in found.attribution.parts)
    assert parts + found.attribution.constant == pytest.approx(found.attribution.logit, abs=1e-4)
    first = {row.place: row.real for row in found.patching.stream if row.layer == 0}
    changed = found.words.index("A")  # where the two questions differ
    assert first[changed] == pytest.approx(1.0, abs=1e-3) and all(
        value == pytest.approx(0.0, abs=1e-3) for at, value in first.items() if at != changed
    )


@pytest.mark.parametrize("kind", sorted(PARTLY))
def test_what_cannot_be_proved_is_not_shown(kind: str, tmp_path: Path) -> None:
    found = opened(tmp_path, kind).look(QUESTION, text="Grace").record
    left = {row.view for row in found.unavailable}
    assert set(PARTLY[kind]) <= left and found.lens
    assert ("attribution" in left) == (found.attribution is None)
    said = "\n".join(lines(found))
    assert all(f"{view}: not available here. expected" in said for view in PARTLY[kind])


def test_a_layer_that_adds_nothing_is_looked_into_like_any_other(llama: Path, tmp_path: Path) -> None:
    """As models begin that were made deeper (arXiv:2401.02415): what a new layer writes is zero."""
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(llama, tmp_path / "deeper")
    (file,) = folder.glob("*.safetensors")
    tensors = load_file(file)
    for name in [name for name in tensors if ".1." in name and name.endswith(("o_proj.weight", "down_proj.weight"))]:
        tensors[name] = torch.zeros_like(tensors[name])
    save_file(tensors, file, {"format": "pt"})
    found = inside.open(folder, isolation=False).look(QUESTION, text="Grace").record
    assert not found.unavailable and found.attribution and found.ablation
    assert [row.logit for row in found.attribution.parts if row.layer == 1] == [0, 0]
    assert [row.real for row in found.ablation.parts if row.layer == 1] == pytest.approx([0, 0], abs=1e-5)


def test_contributions_of_tokens_and_heads_are_those_of_attention(looked: Inside) -> None:
    assert looked.attribution is not None
    attention = sum(row.logit for row in looked.attribution.parts if row.part == "attention")
    rest = sum(row.logit for row in looked.attribution.parts if row.part != "attention")
    assert sum(map(sum, looked.attribution.heads)) == pytest.approx(attention, abs=1e-4)
    assert sum(looked.attribution.tokens) == pytest.approx(attention + rest, abs=1e-4)


def test_the_last_token_has_nobody_who_could_miss_it(looked: Inside) -> None:
    assert looked.ablation is not None
    assert looked.ablation.tokens[-1].real == pytest.approx(0.0, abs=1e-4)
    assert len(looked.ablation.tokens) == len(looked.words) == len(looked.ablation.rollout)
    assert sum(looked.ablation.rollout) == pytest.approx(1.0, abs=1e-3)


def test_a_record_is_read_back_and_is_the_same_each_time(llama: Path, looked: Inside) -> None:
    assert decode(Inside, json.loads(canonical(looked))) == looked
    again = inside.open(llama, isolation=False).look(QUESTION, text="Grace", against=OTHER)
    assert canonical(again.record) == canonical(looked)
    assert again.tensors["stream"].shape == (4, 32) and again.tensors["pattern"].shape[:2] == (3, 4)


@pytest.mark.parametrize("width", [40, 60, 100, 200])
def test_lines_fit_and_say_what_each_view_cannot_tell(looked: Inside, width: int) -> None:
    from assay.facts.inside import LIMITS

    rows = [part for row in lines(looked, width=width) for part in folded(row, width)]
    assert max(map(len, rows)) <= width and not any("\x1b" in row for row in rows)
    flat = " ".join(" ".join(rows).split())
    for view in ("lens", "attribution", "tokens", "parts", "patching", "estimate", "rollout"):
        assert LIMITS[view] in flat
    assert all(row.isascii() or width > 40 for row in lines(looked, width=width, plain=True) if "|" in row)


def test_the_page_shows_hostile_text_as_text(looked: Inside) -> None:
    nasty = "</script><script>alert(1)</script>\u202e"
    shown = page(replace(looked, model=nasty, other=nasty, words=(nasty, *looked.words[1:]))).decode()
    assert "<script>alert" not in shown and "\u202e" not in shown and '<svg class="heat"' in shown


def test_only_what_one_pass_gives(llama: Path) -> None:
    found = inside.open(llama, isolation=False).look(QUESTION, text="Grace", quick=True).record
    assert found.lens and found.attribution and found.ablation is None


def test_a_long_context_keeps_no_whole_attention(tmp_path: Path) -> None:
    model = inside.open(decoder(tmp_path / "m", "llama", max_position_embeddings=2 * MOST_TRIED), isolation=False)
    found = model.seen(Asked("a" * (MOST_TRIED + 8), "b")).record
    assert [row.view for row in found.unavailable] == ["ablation"] and found.attribution
    assert found.unavailable[0].why == (
        f"the context has {MOST_TRIED + 8} tokens, and values are replaced in at most {MOST_TRIED}"
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((), "give the question as --user, or as the model is to read it as --prompt"),
        (("--user", "x", "--prompt", "y"), "give the question as --user"),
        (("--user", "x", "--token", "9", "--text", "ab"), "--token 9: the answer has 2 tokens, numbered from 1"),
        (("--user", "x", "--token", "0", "--text", "ab"), "'--token': 0 is not in the range x>=1"),
        (("--user", "x", "--text", ""), "the answer is empty: there is no token to look into"),
        (("--user", "x" * 300, "--text", "a"), "the prompt has 301 tokens, and the model's context 256"),
        (("--user", "x", "--text", "a" * 300, "--token", "280"), "and the model's context 256"),
        (("--user", "abc", "--text", "a", "--against", "abcd"), "the two prompts have 4 and 5 tokens"),
        (("--user", "abc", "--text", "a", "--against", "abc"), "the two prompts are the same"),
        (("--user", "x", "-o", "tensors"), "-o tensors needs a file"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(llama: Path, more: tuple[str, ...], said: str) -> None:
    done = run("inside", str(llama), *more)
    assert done.returncode == 2 and said in done.stderr and not done.stdout
    assert [row for row in done.stderr.splitlines() if not row.startswith(" ")][-1].startswith("assay: ")


def test_an_endpoint_cannot_be_looked_into(llama: Path) -> None:
    done = run("inside", "openai+http://127.0.0.1:9/v1#m", "--user", "x")
    assert done.returncode == 2 and "shows nothing of what goes on inside; give the weights" in done.stderr


def test_a_template_that_fails_is_said(tmp_path: Path) -> None:
    model = decoder(tmp_path / "m", "llama", "{{ messages[7].content }}{{ 1 // 0 }}")
    done = run("inside", str(model), "--user", "x")
    assert done.returncode == 2 and "chat template cannot be rendered" in done.stderr


def test_a_context_of_a_few_tokens_is_refused_or_looked_into(tmp_path: Path) -> None:
    model = decoder(tmp_path / "m", "llama", max_position_embeddings=96)
    done = run("inside", str(model), "--user", "x" * 92, "--text", "ab", "-q")
    assert done.returncode == 0, done.stderr
    with pytest.raises(UsageError, match="context"):
        inside.open(model, isolation=False).look("x" * 97)


def test_the_command_writes_every_format(llama: Path, tmp_path: Path) -> None:
    targets = [f"{name}={tmp_path}/{name}" for name in ("json", "html", "tensors")]
    asked = ("--user", QUESTION, "--text", "Grace", "--token", "1", "--against", OTHER)
    done = run("inside", str(llama), *asked, *(word for row in ("text", *targets) for word in ("-o", row)))
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith(' LOOKED  "G", token 1 of 5, at ')
    found = decode(Inside, json.loads((tmp_path / "json").read_text()))
    assert found.answer == ("G", "r", "a", "c", "e") and found.given and found.patching
    raw = (tmp_path / "tensors").read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    header = json.loads(raw[8 : 8 + size])
    assert header["stream"]["shape"] == [4, 32] and len(raw) == 8 + size + max(
        row["data_offsets"][1] for row in header.values()
    )


def test_a_corpus_says_what_the_training_data_holds(llama: Path, tmp_path: Path) -> None:
    pytest.importorskip("numpy")
    (tmp_path / "t.jsonl").write_text('{"text": "Ada met Grace in London, and Grace met Ada again."}\n')
    assert run("corpus", "build", str(tmp_path / "t.jsonl"), "-o", str(tmp_path / "c")).returncode == 0
    asked = ("--user", "Whom did Ada meet?", "--text", " Grace", "--quick", "--token", "6")
    done = run("inside", str(llama), *asked, "--corpus", str(tmp_path / "c"))
    assert done.returncode == 0, done.stderr
    rows = [row.strip() for row in done.stdout.splitlines()]
    assert '"Ada": 2 times in 1 document' in rows and '"Ada" with "Grace": 1 document' in rows


def test_a_tuned_lens_says_what_it_was_fitted_to_and_where_it_is_better(llama: Path) -> None:
    found = inside.open(llama, isolation=False).look(QUESTION, text="Grace", quick=True, tuned=True).record
    answered = sum(bool(json.loads(row).get("answers")) for row in GENERAL.read_text().splitlines())
    assert found.trained and found.trained.text == f"assay's own {answered} questions that have an answer"
    better = [n for n, (a, b) in enumerate(zip(found.trained.plain, found.trained.tuned, strict=True)) if b < a]
    assert list(found.trained.better) == better == [row.layer for row in found.tuned] and better


def test_an_audit_that_runs_a_model_looks_into_one_token_of_it(tmp_path: Path) -> None:
    pack = [capitals(tmp_path / "capitals.jsonl")]
    model = decoder(tmp_path / "llama", "llama")
    found = assay.audit(model, isolation=False, probes=planned(["determinism"], pack))
    looked = found.section("inside")
    assert isinstance(looked, LookedInto) and looked.found is not None and looked.found.ablation is None
    assert {row.view for row in looked.found.proofs} == {"lens", "attribution", "heads", "pattern"}
    assert all(row.error in (0.0, *(float(f"1e{n}") for n in range(-9, -3))) for row in looked.found.proofs)
    assert all(row.logprob == round(row.logprob, 3) for row in looked.found.lens)
    said = found.render("text")
    assert '"What is the capital of France?":' in said and "proved on this model first: lens, attribution" in said
    page = found.render("html")
    assert "svg.heat" in page and "What each head adds to the logit" in page and "Contributions are arithmetic" in page
    again = assay.audit(model, isolation=False, probes=planned(["determinism"], pack))
    assert canonical(again.section("inside")) == canonical(looked)


def test_what_shows_nothing_of_its_inside_is_said_to_show_none() -> None:
    looked = glance(Believer())
    assert looked.found is None and looked.reason.endswith("shows nothing of what goes on inside: it takes the weights")
