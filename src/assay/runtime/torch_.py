"""A model in this process, on transformers and torch: networks of the library, weights that assay read, no code of the model.

Its own loop: the distribution of each token is reduced to a few numbers on the spot, where `generate` would keep every step's. The weights are
checked by asking: a network that was put together wrongly is surprised by plain English.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assay.errors import InputError, MissingExtra, UsageError
from assay.facts.text import ChatTemplate
from assay.facts.uncertainty import Alternative, Capability, Sample, TokenScore
from assay.runtime import ALTERNATIVES, Trace, _architecture, _looking, _memory, _tokens
from assay.weights import Weights

STEP = 64  # places whose distributions are in memory at a time
MOST_WHOLE = 2048  # tokens of a text whose distributions are all in memory at once
MOST_TEXT = 1 << 20  # characters of a prompt or text
MOST_SAMPLES = 64  # that are drawn side by side
_CHECK = "The sun rises in the east and sets in the west. Water freezes at zero degrees."
_LEAST = -7.0  # mean log-probability of it below which the network is not what the weights were trained as; a guess among 49,152 tokens is -10.8


class TorchRuntime:
    """A causal language model on the CPU, or on the GPU that torch finds, in 32-bit floats."""

    def __init__(self, weights: Weights, sha256: str) -> None:
        """Build the network and load the weights.

        Raises UsageError: the model cannot be run (the message says why), or what was built does not speak.
        """
        torch, transformers = _libraries()
        family, fields = _architecture.configured(weights)
        self.model, self.sha256 = weights.name, sha256
        self._torch = torch
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        _memory.checked(weights.name, sum(math.prod(weights[name].shape) for name in weights))
        with _memory.enough(weights.name):
            self._network = _built(torch, transformers, weights, family, fields).to(self._device).eval()
        self._tokens = _tokenizer(weights)
        # transformers 5.2x renamed the argument and the field of the result
        forward = inspect.signature(type(self._network).forward).parameters
        if "logits_to_keep" not in forward:
            raise UsageError(f"{weights.name}: a network of the kind {family!r} is not one that assay runs")
        self._cache = "cache" if "cache" in forward else "past_key_values"
        self._base, self._head = self._network.base_model, self._network.get_output_embeddings()
        self._split = self._is_split()
        self._context = int(getattr(self._network.config, "max_position_embeddings", 0) or 0) or 1 << 30
        self._templates: tuple[ChatTemplate, ...] = weights.facts("ChatTemplate")
        self._start, self._ends = _control(weights, fields, self._network.get_input_embeddings().weight.shape[0])
        self._first = _set_before(weights, self._tokens, self._start)
        self.name = (
            f"transformers {transformers.__version__} on torch {torch.__version__}, float32, {self._device.type}"
        )
        self._watch = self._looked()
        scored = self.score("", _CHECK)
        mean = sum(token.logprob for token in scored) / len(scored)
        if not mean > _LEAST:
            raise UsageError(
                f"{self.model}: the network that was built finds plain English as unlikely as noise ({mean:.1f} nats a token); it is not what the weights are for"
            )

    def _looked(self) -> _looking.Watch | None:
        """A watch on what goes on inside, if what it sees is what the library itself would return."""
        watch = _looking.watched(self._torch, self._network)
        ids = self._torch.tensor([self._started(_CHECK)], device=self._device)
        return watch if watch is not None and _looking.agrees(self._torch, self._network, watch, ids) else None

    def _is_split(self) -> bool:
        """Whether the last layer alone makes the logits: some networks scale or cap them afterwards, and then it must not be taken apart."""
        ids = self._torch.tensor([[1, 2, 3]], device=self._device)
        with self._torch.inference_mode():
            apart = self._head(self._base(input_ids=ids).last_hidden_state)
            return bool(self._torch.equal(apart, self._network(input_ids=ids).logits))

    @property
    def can(self) -> frozenset[Capability]:
        """Everything but a conversation where there is no template, and a look inside where the network does not allow it."""
        lacking = {*(() if self._templates else (Capability.CHAT,)), *(() if self._watch else (Capability.TRACE,))}
        return frozenset(Capability) - lacking

    def rendered(self, user: str, system: str = "") -> str:
        """A conversation of one message, by the model's own template, under assay's budget for templates."""
        from assay.runtime._chat import conversation

        return conversation(self._templates, user, system)

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """Every token of `text` after `prompt`: one pass over both."""
        return self._read(*self._encoded(prompt, text), text)

    def trace(self, prompt: str, text: str) -> Trace:
        """As `score`, with what went on inside (UsageError: this network does not allow a look)."""
        if self._watch is None:
            raise UsageError(f"{self.model}: its attention is not of a kind that assay can look into")
        before, after, places = self._encoded(prompt, text)
        with _looking.looking(self._watch, len(after), len(before) - 1):
            tokens = self._read(before, after, places, text)
            return Trace(tokens, self._watch.attention(), self._watch.state())

    def _read(
        self, before: list[int], after: list[int], places: list[tuple[int, int]], text: str
    ) -> tuple[TokenScore, ...]:
        """The tokens `after`, scored in one pass over all."""
        ids = self._torch.tensor([before + after], device=self._device)
        rows: list[TokenScore] = []
        with self._torch.inference_mode(), _memory.enough(self.model):
            if not self._split:
                if len(after) > MOST_WHOLE:
                    raise UsageError(
                        f"the text has {len(after):,} tokens; of a network that changes what its last layer says assay scores {MOST_WHOLE:,} at a time"
                    )
                whole = self._network(input_ids=ids).logits[0, len(before) - 1 : -1].float()
                return tuple(self._reduced(whole, after, places, text))
            hidden = self._base(input_ids=ids).last_hidden_state[0, len(before) - 1 : -1]
            for at in range(0, len(after), STEP):
                logits = self._head(hidden[at : at + STEP]).float()
                rows += self._reduced(logits, after[at : at + STEP], places[at : at + STEP], text)
        return tuple(rows)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """Token by token, with what was computed kept; it ends where the model ends, at `most` tokens, or at the end of the context."""
        torch = self._torch
        before = self._started(prompt)
        made: list[int] = []
        chosen = torch.Generator(device="cpu").manual_seed(seed)
        ids, cache, told = torch.tensor([before], device=self._device), None, ""
        with torch.inference_mode(), _memory.enough(self.model):
            for _ in range(min(most, self._context - len(before))):
                out = self._network(input_ids=ids, use_cache=True, logits_to_keep=1, **{self._cache: cache})
                cache = getattr(out, self._cache)
                logits = out.logits[:, -1].float()
                token = int(self._drawn(logits, temperature, chosen))
                if token in self._ends:
                    return
                made.append(token)
                whole = self._tokens.decode(made, skip_special_tokens=False)
                start = len(told)
                if not whole.endswith("\ufffd"):  # a character of several tokens is told with its last
                    told = whole
                (row,) = self._reduced(logits, [token], [(start, len(told))], told)
                yield row
                ids = torch.tensor([[token]], device=self._device)

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """Several texts side by side: the prompt is read once, and what was computed for it is shared."""
        if not 1 <= count <= MOST_SAMPLES:
            raise UsageError(f"{count} samples: assay draws 1 to {MOST_SAMPLES} at a time")
        torch = self._torch
        before = self._started(prompt)
        chosen = torch.Generator(device="cpu").manual_seed(seed)
        drafts = [_Draft() for _ in range(count)]
        with torch.inference_mode(), _memory.enough(self.model):
            out = self._network(input_ids=torch.tensor([before], device=self._device), use_cache=True, logits_to_keep=1)
            cache = getattr(out, self._cache)
            cache.batch_repeat_interleave(count)
            logits, writing = out.logits[:, -1].float().expand(count, -1), drafts
            for _ in range(min(most, self._context - len(before))):
                drawn = self._drawn(logits, temperature, chosen)
                chances = logits.gather(-1, drawn[:, None])[:, 0] - logits.logsumexp(-1)
                for draft, token, logprob in zip(writing, drawn.tolist(), chances.tolist(), strict=True):
                    draft.add(token, logprob, token in self._ends, stop, self._tokens)
                going = [at for at, draft in enumerate(writing) if not draft.ended]
                if not going:
                    break
                if len(going) < len(writing):  # what has ended is not computed any further
                    kept = torch.tensor(going, device=self._device)
                    cache.batch_select_indices(kept)
                    drawn, writing = drawn[kept], [writing[at] for at in going]
                out = self._network(input_ids=drawn[:, None], use_cache=True, logits_to_keep=1, **{self._cache: cache})
                cache, logits = getattr(out, self._cache), out.logits[:, -1].float()
        return tuple(Sample(draft.text, draft.logprob, len(draft.ids)) for draft in drafts)

    def _drawn(self, logits: Any, temperature: float, chosen: Any) -> Any:
        """A token for each row: the likeliest at temperature 0, else drawn."""
        if temperature <= 0:
            return logits.argmax(-1)
        shares = (logits / temperature).softmax(-1).cpu()
        return self._torch.multinomial(shares, 1, generator=chosen)[:, 0].to(self._device)

    def _reduced(self, logits: Any, ids: list[int], places: list[tuple[int, int]], text: str) -> list[TokenScore]:
        """The few numbers that are kept of each distribution."""
        torch = self._torch
        logs = logits.log_softmax(-1)
        target = torch.tensor(ids, device=logs.device)[:, None]
        own = logs.gather(-1, target)
        entropy = -(logs.exp() * logs).sum(-1)
        rank = (logs > own).sum(-1) + 1
        best = logs.topk(ALTERNATIVES + 1, -1)
        rows = []
        columns = (own[:, 0].tolist(), entropy.tolist(), rank.tolist(), best.values.tolist(), best.indices.tolist())
        for id, (start, stop), logprob, spread, place, values, others in zip(ids, places, *columns, strict=True):
            rest = [(value, other) for value, other in zip(values, others, strict=True) if other != id]
            rows.append(
                TokenScore(
                    text[start:stop], start, stop, logprob, spread, logprob - rest[0][0], int(place),
                    tuple(Alternative(self._tokens.decode([other], skip_special_tokens=False), value) for value, other in rest[:ALTERNATIVES]),
                )
            )  # fmt: skip
        return rows

    def _started(self, prompt: str) -> list[int]:
        """The tokens of a prompt, after the mark that this tokenizer sets before every text, if it does; an empty one is the mark with which the model was trained to begin."""
        if len(prompt) > MOST_TEXT:
            raise UsageError(
                f"the prompt is longer than assay gives to a model: {len(prompt):,} characters, at most {MOST_TEXT:,}"
            )
        ids: list[int] = self._tokens.encode(prompt, add_special_tokens=False).ids or list(self._start)
        if ids and self._first and tuple(ids[: len(self._first)]) != self._first:
            ids = [*self._first, *ids]
        if not ids:
            raise UsageError("the prompt is empty, and the model has no mark with which a text begins")
        if len(ids) >= self._context:
            raise UsageError(f"the prompt has {len(ids):,} tokens, and the model's context {self._context:,}")
        return ids

    def _encoded(self, prompt: str, text: str) -> tuple[list[int], list[int], list[tuple[int, int]]]:
        before = self._started(prompt)
        if not text:
            raise UsageError("there is no text to score")
        if len(text) > MOST_TEXT:
            raise UsageError(
                f"the text is longer than assay gives to a model: {len(text):,} characters, at most {MOST_TEXT:,}"
            )
        found = self._tokens.encode(text, add_special_tokens=False)
        if self._tokens.decode(found.ids, skip_special_tokens=False) != text:
            raise UsageError(
                "the tokenizer does not give this text back as it is, so its tokens are not those of the text"
            )
        if len(before) + len(found.ids) > self._context:
            raise UsageError(
                f"prompt and text have {len(before) + len(found.ids):,} tokens, and the model's context {self._context:,}"
            )
        return before, list(found.ids), list(found.offsets)


class _Draft:
    """One of several texts that are drawn side by side."""

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.text, self.logprob, self.ended = "", 0.0, False

    def add(self, token: int, logprob: float, end: bool, stop: str, tokens: Any) -> None:
        """Take the token, unless the text has ended; that it ends is part of what was drawn, and counts."""
        if self.ended:
            return
        self.logprob += logprob
        if end:
            self.ended = True
            return
        self.ids.append(token)
        self.text = tokens.decode(self.ids, skip_special_tokens=False)
        if stop and stop in self.text:
            self.text, self.ended = self.text.partition(stop)[0], True


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtra("torch", "running a model") from None
    return torch, transformers


def _built(torch: Any, transformers: Any, weights: Weights, family: str, fields: dict[str, Any]) -> Any:
    """The network with every weight in its place, and none left over."""
    try:
        config = transformers.AutoConfig.for_model(family, **fields)
        with _without_values(torch):
            network = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    except (ValueError, TypeError, KeyError, AttributeError) as cause:
        raise UsageError(
            f"{weights.name}: transformers does not build {family!r} from this configuration ({str(cause)[:160]})"
        ) from None
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    state: dict[str, Any] = {}
    try:
        for name, values in _architecture.tensors(weights):
            if name in expected and tuple(values.shape) != expected[name]:
                raise UsageError(
                    f"{weights.name}: {name} is {_by(values.shape)}, and the configuration makes it {_by(expected[name])}"
                )
            state[name] = torch.from_numpy(values.astype("float32", copy=False))
    except InputError as cause:
        raise UsageError(f"{weights.name}: {cause}") from None
    for names in _tied(network):
        first = next((name for name in names if state.get(name) is not None), None)
        state |= {name: state[first] for name in names if first is not None and name not in state}
    lacking, left = sorted(expected.keys() - state.keys()), sorted(state.keys() - expected.keys())
    if lacking or left:
        raise UsageError(
            f"{weights.name}: weights and network do not fit: {len(lacking)} missing ({', '.join(lacking[:3])}), {len(left)} left over ({', '.join(left[:3])})"
        )
    network.load_state_dict(state, strict=True, assign=True)
    network.tie_weights()
    return network


def _without_values(torch: Any) -> Any:
    """A context, of this thread alone, in which the parameters of new modules take no memory and are not drawn.

    Tables that a module computes for itself have their values.
    """

    class Empty(torch.overrides.TorchFunctionMode):  # type: ignore[misc]  # torch is imported when a model is run
        def __torch_function__(self, asked: Any, types: Any, args: Any = (), named: Any = None) -> Any:
            if asked in (torch.Tensor.normal_, torch.Tensor.uniform_):
                return args[0]
            more = {"device": "meta"} if asked is torch.empty else {}
            return asked(*args, **(named or {}) | more)

    return Empty()


def _tied(network: Any) -> list[list[str]]:
    """Names that stand for one parameter."""
    groups: dict[int, list[str]] = {}
    for name, value in network.named_parameters(remove_duplicate=False):
        groups.setdefault(id(value), []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _by(shape: Any) -> str:
    return " x ".join(map(str, shape))


def _tokenizer(weights: Weights) -> Any:
    files = {entry.path: entry for entry in weights.walk.entries}
    if weights.set.naming != "gguf" and "tokenizer.json" in files and weights.walk.roots:
        return _tokens.from_file(Path(weights.walk.roots[0]) / "tokenizer.json")
    vocabularies, tokenizers = weights.facts("Vocabulary"), weights.facts("Tokenizer")
    if not vocabularies or not tokenizers:
        raise UsageError(
            f"{weights.name} has no tokenizer that assay can run: give a folder with tokenizer.json, or a GGUF file"
        )
    metadata = dict(weights.set.indexes[0].metadata)
    return _tokens.from_vocabulary(vocabularies[0], tokenizers[0], metadata.get("tokenizer.ggml.pre", "default"))


def _control(weights: Weights, fields: dict[str, Any], size: int) -> tuple[tuple[int, ...], frozenset[int]]:
    """(what a text begins with, what ends one): by the metadata of a GGUF file or the configuration, and by the names that are in use."""
    metadata = dict(weights.set.indexes[0].metadata)
    tokens = {token.text: token.id for row in weights.facts("Tokenizer") for token in row.tokens}

    def stated(kind: str) -> list[int]:
        """The numbers of tokens that the files state, if the network has such tokens."""
        value = metadata.get(f"tokenizer.ggml.{kind}_token_id", fields.get(f"{kind}_token_id"))
        rows = value if isinstance(value, list) else [value]
        numbers = [int(row) for row in rows if (isinstance(row, int) and not isinstance(row, bool)) or (isinstance(row, str) and row.isdecimal() and len(row) < 12)]  # fmt: skip
        return [number for number in numbers if 0 <= number < size]

    named = [tokens[name] for name in ("<s>", "<|begin_of_text|>", "<bos>", "<|endoftext|>") if name in tokens]
    ends = ("</s>", "<|im_end|>", "<|endoftext|>", "<|eot_id|>", "<|end_of_text|>", "<eos>", "<end_of_turn>")
    return tuple((stated("bos") or named)[:1]), frozenset(
        {*stated("eos"), *(tokens[name] for name in ends if name in tokens)}
    )


def _set_before(weights: Weights, tokens: Any, start: tuple[int, ...]) -> tuple[int, ...]:
    """What the tokenizer sets before every text: as its `tokenizer.json` says, or a GGUF file's `add_bos_token`."""
    if weights.set.naming == "gguf":
        return start if dict(weights.set.indexes[0].metadata).get("tokenizer.ggml.add_bos_token") == "True" else ()
    with_, without = tokens.encode("a", add_special_tokens=True).ids, tokens.encode("a", add_special_tokens=False).ids
    at = next((at for at in range(len(with_)) if with_[at : at + len(without)] == without), 0)
    return tuple(with_[:at])
