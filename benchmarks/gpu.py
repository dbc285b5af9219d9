"""Measure running models on a GPU: agreement with the CPU, questions side by side, and a network of the shape of a 7B.

    python -m benchmarks.gpu SMOLLM2.gguf [--scratch DIR] [--most N]

Under five minutes on one card, and 14 GB under DIR. The large network is SmolLM2 inside matrices of 4096 x 4096 and
4096 x 11008 in 32 layers: what it computes is what SmolLM2 computes (but for rounding), because nothing else reaches
the residual stream; every other weight is random, so that it costs what a trained one costs. Wall-clock seconds, the
device waited for.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from assay.runtime._numbers import Numbers
from assay.runtime.opening import torch_runtime
from assay.runtime.torch_ import TorchRuntime
from assay.uncertainty import calibration, questions

WIDTH, INNER, LAYERS, HEAD = 4096, 11008, 32, 64
TEXT = (
    "The capital of France is Paris, and 1823 was a year. ",
    "def f(x):\n    return x + 1\n",
    "Water boils at a lower temperature on a high mountain, because the pressure of the air is less. ",
)
SCORED, WRITTEN, SAMPLES, REPEATS = 360, 64, 16, 5
ALONE = 40  # questions that are also asked one at a time


def took(torch: Any, call: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds, what the call gave)."""
    torch.cuda.synchronize()
    start = time.perf_counter()
    given = call()
    torch.cuda.synchronize()
    return time.perf_counter() - start, given


def agreement(name: str, one: TorchRuntime, other: TorchRuntime) -> None:
    """The largest and the mean gap between two runtimes' log-probabilities of given texts."""
    gaps = []
    for text in TEXT:
        rows = zip(one.score("A text:", text), other.score("A text:", text), strict=True)
        gaps += [abs(left.logprob - right.logprob) for left, right in rows]
    print(f"{name}: {len(gaps)} tokens, largest gap {max(gaps):.1e} nats, mean {statistics.mean(gaps):.1e}")


def asked(torch: Any, runtime: TorchRuntime, most: int) -> dict[str, str]:
    """The answers to the questions that assay brings along, and how long they took side by side and one at a time."""
    pack = questions.load((questions.GENERAL,), most)
    seconds, rows = took(torch, lambda: calibration.asked(runtime, pack))
    few = pack.questions[:ALONE]
    alone, single = took(torch, lambda: [calibration.answered(runtime, question) for question in few])
    whole = alone / len(few) * len(rows)
    same = sum(left.text == right.text for left, right in zip(single, rows, strict=False))
    wrong = sum(not row.right for row in rows)
    print(
        f"{runtime.name}: {len(rows)} questions side by side {seconds:.1f} s, one at a time {whole:.1f} s "
        f"(from {len(few)}; {same} answers the same); {wrong} wrong"
    )
    return {row.id: row.text for row in rows}


class Wide:
    """Parts of SmolLM2 as parts of a network of the shape of a 7B, in bfloat16 on its device."""

    def __init__(self, torch: Any, small: TorchRuntime) -> None:
        config = small._network.config
        self._torch, self._device, self._width = torch, small._device, config.hidden_size
        self._group = config.num_attention_heads // config.num_key_value_heads
        self._none = torch.zeros(0, 0)

    def inside(self, value: Any, rows: int, columns: int) -> Any:
        """A matrix whose other inputs and outputs are random; they meet nothing but zeros."""
        made = self._torch.randn(rows, columns, device=self._device, dtype=self._torch.bfloat16) * 0.02
        made[: value.shape[0], : value.shape[1]] = value
        return made

    def out(self, value: Any, rows: int, columns: int) -> Any:
        """A matrix beside whose values there are zeros: what it writes is what SmolLM2 writes."""
        made = self._torch.zeros(rows, columns, device=self._device, dtype=self._torch.bfloat16)
        made[: value.shape[0], : value.shape[1]] = value
        return made

    def normed(self, value: Any) -> Any:
        """The mean square is over more channels, all of them zero: the factor makes up for it."""
        return self.out(value[None] * (self._width / WIDTH) ** 0.5, 1, WIDTH)[0]

    def layer(self, own: dict[str, Any]) -> dict[str, Any]:
        """The tensors of one layer; of a layer that SmolLM2 has not, one that adds nothing."""
        made = {}
        for role in ("q", "k", "v"):
            value = own.get(f"self_attn.{role}_proj.weight", self._none)
            if role != "q" and value.numel():  # each head gets keys and values of its own
                heads = value.view(-1, HEAD, value.shape[1]).repeat_interleave(self._group, 0)
                value = heads.reshape(-1, value.shape[1])
            made[f"self_attn.{role}_proj.weight"] = self.inside(value, WIDTH, WIDTH)
        for role in ("gate", "up"):
            value = own.get(f"mlp.{role}_proj.weight", self._none)
            made[f"mlp.{role}_proj.weight"] = self.inside(value, INNER, WIDTH)
        for name, columns in (("self_attn.o_proj.weight", WIDTH), ("mlp.down_proj.weight", INNER)):
            made[name] = self.out(own.get(name, self._none), WIDTH, columns)
        for name in ("input_layernorm.weight", "post_attention_layernorm.weight"):
            made[name] = self.normed(own.get(name, self._none.reshape(0)))
        return made


def widened(torch: Any, small: TorchRuntime, folder: Path) -> int:
    """Write SmolLM2 inside a network of the shape of a 7B; its parameters."""
    from safetensors.torch import save_file

    torch.manual_seed(0)
    config, wide = small._network.config, Wide(torch, small)
    known = {name: value.float() for name, value in small._network.state_dict().items()}
    table = known["model.embed_tokens.weight"]
    state = {
        "model.embed_tokens.weight": wide.out(table, table.shape[0], WIDTH),
        "model.norm.weight": wide.normed(known["model.norm.weight"]),
    }
    for layer in range(LAYERS):
        prefix = f"model.layers.{layer}."
        own = {name.removeprefix(prefix): value for name, value in known.items() if name.startswith(prefix)}
        state |= {f"{prefix}{name}": value for name, value in wide.layer(own).items()}
    parameters = sum(int(value.numel()) for value in state.values())
    save_file({name: value.cpu() for name, value in state.items()}, folder / "model.safetensors", {"format": "pt"})
    values = config.to_diff_dict() | {
        "model_type": "llama",
        "hidden_size": WIDTH,
        "intermediate_size": INNER,
        "num_hidden_layers": LAYERS,
        "num_attention_heads": WIDTH // HEAD,
        "num_key_value_heads": WIDTH // HEAD,
        "head_dim": HEAD,
        "rms_norm_eps": config.rms_norm_eps * config.hidden_size / WIDTH,
    }
    type(config)(**values).save_pretrained(folder)
    small._tokens.save(str(folder / "tokenizer.json"))
    for template in small._templates[:1]:
        (folder / "chat_template.jinja").write_text(template.source)
    return parameters


def large(torch: Any, folder: Path, numbers: Numbers, small: TorchRuntime) -> None:
    """Loading, scoring, writing and sampling with the large network."""
    file = folder / "model.safetensors"
    plain, _ = took(torch, lambda: _read(file))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds, runtime = took(torch, lambda: torch_runtime(folder, numbers=numbers))
    host = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / (1 << 20)
    print(f"{runtime.name}: loaded in {seconds:.1f} s ({plain:.1f} s to read its file), host memory +{host:.1f} GiB")
    text = " ".join(TEXT * 40)
    ids = runtime._tokens.encode(text, add_special_tokens=False).ids[:SCORED]
    text = runtime._tokens.decode(ids)
    runtime.score("", text)
    scored = statistics.median(took(torch, lambda: runtime.score("", text))[0] for _ in range(REPEATS))
    prompt = "Once upon a time"
    list(runtime.generate(prompt, WRITTEN))
    rates = []
    for _ in range(REPEATS):
        spent, made = took(torch, lambda: list(runtime.generate(prompt, WRITTEN)))
        rates.append(len(made) / spent)
    replayed = runtime._replay is not None and runtime._replay.agrees
    runtime.sample(prompt, SAMPLES, WRITTEN, 1.0, 0)
    spent, drawn = took(torch, lambda: runtime.sample(prompt, SAMPLES, WRITTEN, 1.0, 1))
    print(
        f"  {len(ids)} tokens scored in {scored:.3f} s; {statistics.median(rates):.0f} tokens/s written"
        f"{' by replay' if replayed else ''}; {SAMPLES} samples side by side "
        f"{sum(row.tokens for row in drawn) / spent:.0f} tokens/s"
    )
    agreement("  the large network against SmolLM2", small, runtime)


def _read(file: Path) -> None:
    buffer = bytearray(1 << 24)
    with file.open("rb", buffering=0) as source:
        while source.readinto(buffer):
            pass


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--scratch", type=Path)
    parser.add_argument("--most", type=int, default=0)
    given = parser.parse_args()
    import torch

    if not torch.cuda.is_available():
        raise SystemExit("torch finds no GPU here: this measures one")
    print(torch.cuda.get_device_name(), "torch", torch.__version__)
    cpu = torch_runtime(given.model, numbers=Numbers("float32", "cpu"))
    exact = torch_runtime(given.model, numbers=Numbers("float32", "cuda"))
    half = torch_runtime(given.model, numbers=Numbers("bfloat16", "cuda"))
    agreement("GPU, float32, against the CPU", cpu, exact)
    agreement("GPU, bfloat16, against the CPU", cpu, half)
    answers = [asked(torch, runtime, given.most) for runtime in (exact, half)]
    same = sum(answers[1][id] == text for id, text in answers[0].items())
    print(f"bfloat16 gives {same} of {len(answers[0])} answers as float32 does")
    with tempfile.TemporaryDirectory(dir=given.scratch) as scratch:
        parameters = widened(torch, exact, Path(scratch))
        print(f"the large network: {parameters / 1e9:.2f} G parameters")
        for kind in ("bfloat16", "float32"):
            large(torch, Path(scratch), Numbers(kind, "cuda"), exact)
            torch.cuda.empty_cache()


if __name__ == "__main__":
    main()
