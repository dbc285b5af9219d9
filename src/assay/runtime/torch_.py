"""Run a model on torch, in this process: networks of transformers, weights that assay read, no code of the model.

Its own loop reduces the distribution of each token to a few numbers at once, where `generate` would keep that of
every step. The weights are checked by asking: a network that was put together wrongly finds plain English unlikely.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from assay.errors import MissingExtra, UsageError
from assay.facts.text import ChatTemplate
from assay.facts.uncertainty import Capability, Sample, TokenScore
from assay.runtime import Answer, Trace, _architecture, _batches, _memory, _numbers, _replay, _tokens, _tracing, tried
from assay.runtime._network import Network, Written
from assay.weights import Weights

STEP = 64  # positions whose distributions are in memory at a time
MOST_WHOLE = 2048  # tokens of a text whose distributions are all in memory at once
MOST_TEXT = 1 << 20  # characters of a prompt or text
MOST_SAMPLES = 64  # of one prompt
MOST_ROWS = 64  # side by side: more gain little on a CPU, and a batch is what an interruption loses
_CHECK = "The sun rises in the east and sets in the west. Water freezes at zero degrees."
# mean log-probability below which the network is not the one that was trained; a guess among 49,152 tokens is -10.8
_LEAST = -7.0


class TorchRuntime:
    """A causal language model on the CPU in 32-bit floats, or on the GPU that torch finds in those of its file."""

    def __init__(
        self, weights: Weights, sha256: Callable[[], str], numbers: _numbers.Numbers | None = None, taken: int = 0
    ) -> None:
        """Build the network and load the weights, in `numbers` or those that `_numbers.chosen` finds best.

        `taken` is how many bytes of memory other networks take in this process.

        `sha256` computes the digest of the files: beside loading, because for a large model it takes as long.

        Raises UsageError: the model cannot be run (the message says why), or what was built does not speak.
        """
        torch, transformers = _libraries()
        family, fields = _architecture.configured(weights)
        self.model = weights.name
        self._torch = torch
        numbers = numbers or _numbers.chosen(torch, weights, taken)
        self._device = torch.device(numbers.device)
        with ThreadPoolExecutor(1) as beside, _memory.enough(weights.name):
            digest = beside.submit(sha256)
            self._network = _architecture.built(torch, transformers, weights, family, fields, numbers).eval()
            self.sha256 = digest.result()
        self._tokens = _tokens.tokenizer(weights)
        # transformers 5.2x renamed the argument and the field of the result
        forward = inspect.signature(type(self._network).forward).parameters
        if "logits_to_keep" not in forward:
            raise UsageError(f"{weights.name}: a network of the kind {family!r} is not one that assay runs")
        self._cache = "cache" if "cache" in forward else "past_key_values"
        self._base, self._head = self._network.base_model, self._network.get_output_embeddings()
        self._split = self._is_split()
        self._context = int(getattr(self._network.config, "max_position_embeddings", 0) or 0) or 1 << 30
        self._templates: tuple[ChatTemplate, ...] = weights.facts("ChatTemplate")
        self._start, self._ends = _tokens.control(weights, fields, self._network.get_input_embeddings().weight.shape[0])
        self._first = _tokens.prefixed(weights, self._tokens, self._start)
        self.name = (
            f"transformers {transformers.__version__} on torch {torch.__version__}, {numbers.type}, {numbers.device}"
        )
        self._tracer = self._traced()
        self._steps = Network(
            torch,
            self._network,
            self._base,
            self._head,
            self._tokens,
            self._device,
            self._cache,
            self._ends,
            self._context,
            self._tracer,
        )
        scored = self.score("", _CHECK)
        mean = sum(token.logprob for token in scored) / len(scored)
        if not mean > _LEAST:
            raise UsageError(
                f"{self.model}: the network that was built finds plain English as unlikely as noise "
                f"({mean:.1f} nats a token); it is not what the weights are for"
            )
        self._abreast = self._is_abreast()
        self._replay: _replay.Replay | None = None

    def _traced(self) -> _tracing.Tracer | None:
        """A tracer of the network, if its traces equal what the library itself returns."""
        tracer = _tracing.tracer(self._torch, self._network)
        ids = self._torch.tensor([self._started(_CHECK)], device=self._device)
        return tracer if tracer is not None and _tracing.agrees(self._torch, self._network, tracer, ids) else None

    def _is_abreast(self) -> bool:
        """Whether rows of one batch, of different lengths and after a shared beginning, are read as each alone."""
        whole = self._started(_CHECK)
        return _batches.agrees(self._steps, [whole, whole[:-3], whole[:-1]])

    def _is_split(self) -> bool:
        """Whether the logits are the last layer's output: some networks scale or cap them afterwards."""
        ids = self._torch.tensor([[1, 2, 3]], device=self._device)
        with self._torch.inference_mode():
            apart = self._head(self._base(input_ids=ids).last_hidden_state)
            return bool(self._torch.equal(apart, self._network(input_ids=ids).logits))

    @property
    def can(self) -> frozenset[Capability]:
        """Everything, but for conversations without a template and traces of a network that cannot be traced."""
        lacking = {*(() if self._templates else (Capability.CHAT,)), *(() if self._tracer else (Capability.TRACE,))}
        return frozenset(Capability) - lacking

    @property
    def size(self) -> int:
        """How many bytes of memory its parameters take."""
        return sum(row.numel() * row.element_size() for row in self._network.parameters())

    @property
    def context(self) -> int:
        """How many tokens it reads at most."""
        return self._context

    def rendered(self, user: str, system: str = "") -> str:
        """A conversation of one message, by the model's own template, under assay's budget for templates."""
        from assay.runtime._chat import conversation

        return conversation(self._templates, user, system)

    def score(self, prompt: str, text: str) -> tuple[TokenScore, ...]:
        """Every token of `text` after `prompt`: one pass over both."""
        return self._read(*self._encoded(prompt, text), text)

    def trace(self, prompt: str, text: str) -> Trace:
        """As `score`, with attention and a hidden state (UsageError: this network cannot be traced)."""
        if self._tracer is None:
            raise UsageError(f"{self.model}: its attention is not of a kind that assay can trace")
        before, after, offsets = self._encoded(prompt, text)
        with _tracing.tracing(self._tracer, len(after), len(before) - 1):
            tokens = self._read(before, after, offsets, text)
            return Trace(tokens, self._tracer.attention(), self._tracer.state())

    def _read(
        self, before: list[int], after: list[int], offsets: list[tuple[int, int]], text: str
    ) -> tuple[TokenScore, ...]:
        """The tokens `after`, scored in one pass over all."""
        ids = self._torch.tensor([before + after], device=self._device)
        rows: list[TokenScore] = []
        pieces = [(text[start:stop], start) for start, stop in offsets]
        with self._torch.inference_mode(), _memory.enough(self.model):
            if not self._split:
                if len(after) > MOST_WHOLE:
                    raise UsageError(
                        f"the text has {len(after):,} tokens; of a network that changes the output of its last layer "
                        f"assay scores {MOST_WHOLE:,} at a time"
                    )
                whole = self._network(input_ids=ids).logits[0, len(before) - 1 : -1].float()
                return tuple(self._steps.reduced(whole, after, pieces))
            hidden = self._base(input_ids=ids).last_hidden_state[0, len(before) - 1 : -1]
            for at in range(0, len(after), STEP):
                logits = self._head(hidden[at : at + STEP]).float()
                rows += self._steps.reduced(logits, after[at : at + STEP], pieces[at : at + STEP])
        return tuple(rows)

    def generate(self, prompt: str, most: int, temperature: float = 0.0, seed: int = 0) -> Iterator[TokenScore]:
        """Token by token with a cache, up to where the model ends, `most` tokens, or the end of the context."""
        torch, steps = self._torch, self._steps
        before = self._started(prompt)
        generator = torch.Generator(device="cpu").manual_seed(seed)
        room, written = min(most, self._context - len(before)), Written(steps)
        with torch.inference_mode(), _memory.enough(self.model), self._writing(1, len(before), room) as writing:
            logits = writing.begin([before])
            for left in range(room, 0, -1):
                tokens = steps.chosen(logits, temperature, generator)
                if int(tokens) in self._ends:
                    return
                yield from steps.reduced(logits, [int(tokens)], [written.add(int(tokens))])
                if left > 1:
                    logits = writing.step(tokens)

    @contextmanager
    def _writing(self, rows: int, before: int, more: int) -> Iterator[_batches.Steps]:
        """The steps of so many rows with room for so many tokens: recorded where that pays and the network allows."""
        size, most = _replay.room(before + more), _memory.tokens(self._network.config, self._device.type)
        if more < _replay.LEAST or self._device.type != "cuda" or rows * size > most:
            yield _batches.Eager(self._steps)
            return
        known = self._replay
        if known is None or known.rows != rows or known.room < size:
            self._replay = None  # frees the cache of the last before the next is made
            known = self._replay = _replay.made(self._steps, rows, size, self._started(_CHECK))
        if known.busy or not known.agrees:
            yield _batches.Eager(self._steps)
            return
        known.busy = True
        try:
            yield known
        finally:
            known.busy = False

    def sample(
        self, prompt: str, count: int, most: int, temperature: float, seed: int, stop: str = ""
    ) -> tuple[Sample, ...]:
        """Several texts in one batch: the prompt is read once, and its cache is shared."""
        return self.samples((prompt,), count, (most,), temperature, seed, stop)[0]

    def batches(self, prompts: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Prompts that are cheapest read together, as many as memory takes; each alone where that changes answers."""
        return self._grouped([self._started(prompt) for prompt in prompts])

    def _grouped(self, rows: list[list[int]]) -> tuple[tuple[int, ...], ...]:
        if not self._abreast:
            return tuple((at,) for at in range(len(rows)))
        return _batches.grouped(rows, MOST_ROWS, _memory.tokens(self._network.config, self._device.type))

    def answers(self, prompts: Sequence[str], most: int, stop: str = "") -> tuple[Answer, ...]:
        """What the model writes after each prompt, greedily, traced while it is written."""
        rows = [self._started(prompt) for prompt in prompts]
        with self._torch.inference_mode():
            return _memory.abreast(
                self._torch, self.model, rows, lambda some: _batches.answers(self._steps, list(some), most, stop)
            )

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Iterator[tuple[int, tuple[TokenScore, ...] | None]]:
        """As `score`, for several pairs side by side, as they are done."""
        known: dict[int, _batches.Given] = {}
        for number, (prompt, text) in enumerate(pairs):
            try:
                before, after, offsets = self._encoded(prompt, text)
            except UsageError:
                yield number, None
                continue
            known[number] = _batches.Given(before, after, [(text[start:stop], start) for start, stop in offsets])
        numbers = list(known)
        for batch in self._grouped([known[number].before + known[number].after for number in numbers]):
            chosen = [numbers[at] for at in batch]
            if not self._split or len(chosen) == 1:
                yield from ((number, tried(self, *pairs[number])) for number in chosen)
                continue
            given = [known[number] for number in chosen]
            with self._torch.inference_mode():
                found = _memory.abreast(
                    self._torch, self.model, given, lambda some: _batches.scores(self._steps, list(some), STEP)
                )
            yield from zip(chosen, found, strict=True)

    def samples(
        self,
        prompts: Sequence[str],
        count: int,
        most: Sequence[int],
        temperature: float,
        seed: int,
        stop: str = "",
    ) -> tuple[tuple[Sample, ...], ...]:
        """As `sample`, for several prompts side by side."""
        if not 1 <= count <= MOST_SAMPLES:
            raise UsageError(f"{count} samples: assay takes 1 to {MOST_SAMPLES} at a time")
        rows = [(self._started(prompt), few) for prompt, few in zip(prompts, most, strict=True)]

        def drawn(some: Sequence[tuple[list[int], int]]) -> tuple[tuple[Sample, ...], ...]:
            begun, rooms = [row for row, _ in some], [few for _, few in some]
            with self._writing(count * len(some), max(map(len, begun)), max(rooms)) as writing:
                return _batches.samples(self._steps, writing, begun, count, rooms, temperature, seed, stop)

        found, most_rows = list[tuple[Sample, ...]](), max(1, MOST_ROWS // count)
        with self._torch.inference_mode():
            for at in range(0, len(rows), most_rows):
                found += _memory.abreast(self._torch, self.model, rows[at : at + most_rows], drawn)
        return tuple(found)

    def _started(self, prompt: str) -> list[int]:
        """The tokens of a prompt, after those that this tokenizer puts before every text.

        An empty prompt is the mark with which the model was trained to begin.
        """
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
                f"prompt and text have {len(before) + len(found.ids):,} tokens, "
                f"and the model's context {self._context:,}"
            )
        return before, list(found.ids), list(found.offsets)


def _libraries() -> tuple[Any, Any]:
    try:
        import torch
        import transformers
    except ImportError:
        raise MissingExtra("torch", "running a model") from None
    return torch, transformers
