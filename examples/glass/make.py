"""Make glass: a model of the Mistral architecture whose every source is known, and all that belongs to an open release.

    python examples/glass/make.py DIR [--steps N]      some ten minutes on two cores; with a GPU that torch finds, less

DIR then holds weights, configuration, tokenizer, card, licences, training data, the code that made it, the log of its training and its evaluation. Needs the extra [torch] and safetensors.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import corpus as data  # noqa: E402 - beside this file

SEED = 7
VOCABULARY, WIDTH, LAYERS, HEADS, INNER, CONTEXT = 2048, 128, 4, 4, 352, 256
BATCH, STEPS, RATE, WARM, DECAY = 16, 400, 4e-3, 40, 0.05
END = "<|end|>"


def tokenizer(texts: list[str]) -> Any:
    """Byte-level BPE, trained on the corpus alone."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY, special_tokens=[END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip
    made.train_from_iterator(texts, trainer)
    return made


def trained(rows: list[dict[str, Any]], tokens: Any, steps: int) -> tuple[Any, list[dict[str, float]]]:
    """(the network, its losses): documents one after the other, each ended by the mark, in a new order in every epoch."""
    import torch
    from transformers import MistralConfig, MistralForCausalLM

    torch.manual_seed(SEED)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config = MistralConfig(
        vocab_size=VOCABULARY, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=1, intermediate_size=INNER, head_dim=WIDTH // HEADS,
        max_position_embeddings=CONTEXT, sliding_window=None, tie_word_embeddings=True, bos_token_id=0, eos_token_id=0, pad_token_id=None,
    )  # fmt: skip
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
        if step % 50 == 0 or step == steps - 1:
            log.append({"step": step, "loss": round(loss.item(), 4)})
            print(f"step {step} of {steps}, loss {loss.item():.3f}", file=sys.stderr, flush=True)
    return network.to("cpu").eval(), log


def evaluated(network: Any, tokens: Any, held: list[dict[str, Any]]) -> float:
    """Nats a token on documents that it was not trained on."""
    import torch

    total, count, end = 0.0, 0, tokens.token_to_id(END)
    with torch.inference_mode():
        for row in held:
            ids = torch.tensor([[end, *tokens.encode(row["text"]).ids][:CONTEXT]])
            total += float(network(input_ids=ids, labels=ids).loss) * (ids.shape[1] - 1)
            count += ids.shape[1] - 1
    return total / count


def main() -> None:
    """Make everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=STEPS)
    given = parser.parse_args()
    folder, counts = given.folder, data.made(given.folder / "data")
    rows, held = (_read(folder / "data" / f"{name}.jsonl") for name in ("corpus", "held-out"))
    tokens = tokenizer([str(row["text"]) for row in rows])
    network, log = trained(rows, tokens, given.steps)
    loss = evaluated(network, tokens, held)
    network.save_pretrained(folder)
    tokens.save(str(folder / "tokenizer.json"))
    parameters = sum(value.numel() for value in network.parameters())
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": END, "bos_token": END}, indent=1) + "\n")  # fmt: skip
    (folder / "training-log.json").write_text(json.dumps(log, indent=1) + "\n")
    (folder / "evaluation").mkdir(exist_ok=True)
    (folder / "evaluation" / "results.json").write_text(json.dumps({"held_out_nats_per_token": round(loss, 4), "documents": len(held)}, indent=1) + "\n")  # fmt: skip
    (folder / "training").mkdir(exist_ok=True)
    for name in ("corpus.py", "make.py"):
        shutil.copy(HERE / name, folder / "training" / name)
    shutil.copy(HERE.parents[1] / "LICENSE", folder / "LICENSE")
    shutil.copy(HERE / "DATA-LICENSE.md", folder / "data" / "LICENSE.md")
    card = (HERE / "card.md").read_text("utf-8")
    numbers = {"documents": f"{counts['corpus']:,}", "unique": f"{len({row['text'] for row in rows}):,}", "held": str(counts["held-out"]), "parameters": f"{parameters:,}", "steps": f"{given.steps:,}", "loss": f"{loss:.3f}", "tokens": f"{given.steps * BATCH * CONTEXT:,}"}  # fmt: skip
    for name, value in numbers.items():
        card = card.replace(f"@{name}@", value)
    (folder / "README.md").write_text(card, "utf-8")
    print(f"{folder}: {parameters:,} parameters, {loss:.3f} nats a token on {len(held)} held-out documents")


def _read(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


if __name__ == "__main__":
    main()
