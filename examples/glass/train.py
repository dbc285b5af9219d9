"""Train glass, a model of the Mistral architecture, on the data that `prepare.py` wrote.

    python examples/glass/train.py DIR [--steps N]     some ten minutes on two cores; with a GPU that torch finds, less

Writes model.safetensors, config.json, checkpoints on the way, and training-log.json. Needs the extra [torch] and
safetensors.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

SEED = 7
VOCABULARY, WIDTH, LAYERS, HEADS, INNER, CONTEXT = 2048, 128, 4, 4, 352, 256
BATCH, STEPS, RATE, WARM, DECAY = 16, 400, 4e-3, 40, 0.05
END = "<|end|>"


def trained(
    rows: list[dict[str, Any]], tokens: Any, steps: int, keep: Callable[[int, Any], None] | None = None
) -> tuple[Any, list[dict[str, float]]]:
    """(the network, its losses), trained on documents in a new order in every epoch, each ended by the mark.

    `keep` gets the network after every step.
    """
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = MistralConfig(
        vocab_size=VOCABULARY,
        hidden_size=WIDTH,
        num_hidden_layers=LAYERS,
        num_attention_heads=HEADS,
        num_key_value_heads=1,
        intermediate_size=INNER,
        head_dim=WIDTH // HEADS,
        max_position_embeddings=CONTEXT,
        sliding_window=None,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=None,
    )
    network: Any = MistralForCausalLM(config)
    network.to(device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY, betas=(0.9, 0.95))
    end = tokens.token_to_id(END)
    encoded = [[end, *row.ids] for row in tokens.encode_batch([str(row["text"]) for row in rows])]
    order, stream, log = torch.Generator().manual_seed(SEED), list[int](), list[dict[str, float]]()
    for step in range(steps):
        while len(stream) < BATCH * (CONTEXT + 1):
            for at in torch.randperm(len(encoded), generator=order).tolist():
                stream += encoded[at]
        block, stream = stream[: BATCH * CONTEXT], stream[BATCH * CONTEXT :]
        ids = torch.tensor(block, device=device).view(BATCH, CONTEXT)
        rate = RATE * min((step + 1) / WARM, 0.5 * (1 + math.cos(math.pi * step / steps)) + 0.02)
        for group in optimiser.param_groups:
            group["lr"] = rate
        loss = network(input_ids=ids, labels=ids).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if keep:
            keep(step, network)
        if step % 50 == 0 or step == steps - 1:
            log.append({"step": step, "loss": round(loss.item(), 4)})
            print(f"step {step} of {steps}, loss {loss.item():.3f}", file=sys.stderr, flush=True)
    return network.to("cpu").eval(), log


def main() -> None:
    """Train, and write the network."""
    from tokenizers import Tokenizer

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--every", type=int, default=100, help="steps between two checkpoints")
    given = parser.parse_args()

    def keep(step: int, made: Any) -> None:
        if step and step % given.every == 0:
            made.save_pretrained(given.folder / f"checkpoint-{step}")

    rows = [json.loads(line) for line in (given.folder / "data" / "train.jsonl").read_text("utf-8").splitlines()]
    tokens = Tokenizer.from_file(str(given.folder / "tokenizer.json"))
    network, log = trained(rows, tokens, given.steps, keep)
    network.save_pretrained(given.folder)
    (given.folder / "training-log.json").write_text(json.dumps(log, indent=1) + "\n")
    sizes = {
        "steps": given.steps,
        "batch": BATCH,
        "context": CONTEXT,
        "learning_rate": RATE,
        "warm_up": WARM,
        "weight_decay": DECAY,
        "seed": SEED,
    }
    (given.folder / "hyperparameters.json").write_text(json.dumps(sizes, indent=1) + "\n")


if __name__ == "__main__":
    main()
