"""Run by `benchmarks.inside_peers`, each library in a process of its own: the same numbers from inside one model."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

Given = dict[str, Any]
Work = Callable[[], dict[str, Any]]


def by_assay(given: Given) -> dict[str, Work]:
    """assay's own points, as `assay inside` uses them."""
    from assay.runtime.opening import torch_runtime
    from assay.runtime.points import AFTER, ALL, BEFORE, LAST, Inner

    inner = Inner(torch_runtime(Path(given["folder"])))
    torch, own, other = inner.torch, given["token"], given["rival"]
    before = next(at for at, pair in enumerate(zip(*given["pair"], strict=True)) if pair[0] != pair[1])

    def stream() -> dict[str, Any]:
        found = {}
        for n, ids in enumerate(given["ids"]):
            keep = dict.fromkeys((BEFORE, AFTER), LAST)
            kept = inner.read(ids, keep).run.kept
            rows = [kept[BEFORE, layer][0, -1] for layer in range(inner.layers)]
            states = torch.stack([*rows, kept[AFTER, inner.layers - 1][0, -1]])
            found[f"stream{n}"], found[f"lens{n}"] = states.numpy(), inner.logits(states).log_softmax(-1).numpy()
        return found

    def patches() -> dict[str, Any]:
        texts = [inner.read(ids, {BEFORE: ALL}, before) for ids in given["pair"]]
        rows = []
        for layer in range(inner.layers):
            base, theirs = (text.run.kept[BEFORE, layer][0] for text in texts)
            states = base.repeat(len(base), 1, 1)
            states[range(len(base)), range(len(base))] = theirs
            logits = inner.resumed(texts[0], layer, states).logits
            rows.append(logits[:, own] - logits[:, other])
        return {"patches": torch.stack(rows).numpy()}

    def gradients() -> dict[str, Any]:
        text = inner.read(given["pair"][0], {BEFORE: ALL})
        start = text.run.kept[BEFORE, 0].clone().requires_grad_()
        run = inner.resumed(text, 0, start, keep={BEFORE: ALL}, grad=True)
        points = [run.kept[BEFORE, layer] for layer in range(inner.layers)]
        found = torch.autograd.grad((run.logits[:, own] - run.logits[:, other]).sum(), points)
        pairs = zip(points, found, strict=True)
        return {"gradients": torch.stack([(p.detach() * g).sum(-1)[0] for p, g in pairs]).numpy()}

    return {"stream": stream, "patches": patches, "gradients": gradients}


def _network(given: Given) -> Any:
    import torch
    import transformers

    network: Any = transformers.AutoModelForCausalLM.from_pretrained(given["folder"], dtype=torch.float32)
    return network.eval()


def by_transformer_lens(given: Given) -> dict[str, Work]:
    """Through its bridge around the network of transformers."""
    import torch
    from transformer_lens import patching
    from transformer_lens.model_bridge import TransformerBridge

    network = _network(given)
    bridge = TransformerBridge.boot_transformers(given["folder"], hf_model=network, device="cpu", dtype=torch.float32)
    layers = network.config.num_hidden_layers

    def stream() -> dict[str, Any]:
        found = {}
        names = {f"blocks.{layer}.hook_resid_pre" for layer in range(layers)} | {f"blocks.{layers - 1}.hook_resid_post"}
        with torch.inference_mode():
            for n, ids in enumerate(given["ids"]):
                _, cache = bridge.run_with_cache(torch.tensor([ids]), names_filter=lambda name: name in names)
                states = [cache[f"blocks.{layer}.hook_resid_pre"][0, -1] for layer in range(layers)]
                states.append(cache[f"blocks.{layers - 1}.hook_resid_post"][0, -1])
                found[f"stream{n}"] = torch.stack(states).numpy()
                found[f"lens{n}"] = network.lm_head(network.model.norm(torch.stack(states))).log_softmax(-1).numpy()
        return found

    def patches() -> dict[str, Any]:
        base, theirs = (torch.tensor([ids]) for ids in given["pair"])
        with torch.inference_mode():
            _, cache = bridge.run_with_cache(theirs, names_filter=lambda name: name.endswith("hook_resid_pre"))

            def margin(logits: Any) -> Any:
                return logits[0, -1, given["token"]] - logits[0, -1, given["rival"]]

            return {"patches": patching.get_act_patch_resid_pre(bridge, base, cache, margin).numpy()}

    return {"stream": stream, "patches": patches}


def by_nnsight(given: Given) -> dict[str, Work]:
    """By tracing the network of transformers."""
    import nnsight
    import torch

    network = _network(given)
    model = nnsight.NNsight(network)

    def stream() -> dict[str, Any]:
        found = {}
        for n, ids in enumerate(given["ids"]):
            states = []
            with torch.no_grad(), model.trace(input_ids=torch.tensor([ids])):
                for layer in model.model.layers:
                    states.append(layer.input[0, -1].save())  # noqa: PERF401 - a trace runs what is written in it
                out = model.model.layers[-1].output
                states.append((out[0] if isinstance(out, tuple) else out)[0, -1].save())
            found[f"stream{n}"] = torch.stack(states).numpy()
            with torch.no_grad():
                found[f"lens{n}"] = network.lm_head(network.model.norm(torch.stack(states))).log_softmax(-1).numpy()
        return found

    return {"stream": stream}


def by_captum(given: Given) -> dict[str, Work]:
    """By its gradient times activation at the input of every layer."""
    import torch
    from captum.attr import LayerGradientXActivation

    network = _network(given).requires_grad_(False)
    embedding = network.model.embed_tokens.weight
    embedding.requires_grad_()  # what gradients start from

    def margin(ids: Any) -> Any:
        logits = network(ids, use_cache=False).logits[:, -1]
        return logits[:, given["token"]] - logits[:, given["rival"]]

    def gradients() -> dict[str, Any]:
        asked = LayerGradientXActivation(margin, list(network.model.layers))
        rows = asked.attribute(torch.tensor([given["pair"][0]]), attribute_to_layer_input=True)
        rows = [row[0] if isinstance(row, tuple) else row for row in rows]
        return {"gradients": torch.stack([row.detach()[0].sum(-1) for row in rows]).numpy()}

    return {"gradients": gradients}


def main() -> None:
    """Do the work that the JSON on standard input names, and print what it took."""
    given = json.load(sys.stdin)
    name = given["peer"]
    works = {
        "assay": by_assay,
        "transformer_lens": by_transformer_lens,
        "nnsight": by_nnsight,
        "captum": by_captum,
    }[name](given)
    work = works[given["work"]]
    if given["work"] != "patches":
        work()  # the first use of a network makes what later ones find
    loaded = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    found = work()
    spent = time.process_time() - start
    np.savez(given["to"], **found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    known = version("openassay" if name == "assay" else name.replace("_", "-"))
    print(json.dumps({"version": known, "cpu": spent, "peak": peak / 1024, "loaded": loaded / 1024}))


if __name__ == "__main__":
    main()
