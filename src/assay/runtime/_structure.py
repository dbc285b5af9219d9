"""Find the parts of a decoder by what flows where: no name of a class is known here.

One pass over a few tokens is watched. The blocks are the longest list of modules; attention is what asks for the
attention function; what a block adds to the residual stream is what its parts put out and no other part of it takes;
by which factor, a least-squares fit says. The final norm takes what the last block put out. Each answer is compared
with the numbers of the same pass, and what does not fit is said in words (`Structure.lacking`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NamedTuple

from assay.errors import UsageError
from assay.lazy import dataclass
from assay.runtime import _attention

ATTENTION, MLP, PART = "attention", "mlp", "part"
LEAST = 4  # tokens of the pass
# share of a block's output that its parts may leave over, and of logits: rounding of 32-bit and of 16-bit floats
_CLOSE, _CLOSE_HALF = 1e-5, 2e-2


@dataclass(frozen=True, slots=True)
class Writer:
    """What adds to the residual stream: `factor` times the output of `last`, which `norms` made of `module`'s."""

    kind: str  # ATTENTION, MLP, with a number where a block has several; PART where it has no attention to know them by
    name: str  # of the module in its block
    module: Any
    norms: tuple[Any, ...]
    factor: float

    @property
    def last(self) -> Any:
        """The module whose output is added."""
        return self.norms[-1] if self.norms else self.module


@dataclass(frozen=True, slots=True)
class Block:
    """A layer: what it adds to the residual stream, and the map from its heads to what attention puts out."""

    module: Any
    writers: tuple[Writer, ...]
    attention: Any  # what calls the attention function; None: nothing does
    projection: Any  # linear, takes all heads side by side; None: there is no such map
    gap: float  # the share of its output that its parts leave over


@dataclass(frozen=True, slots=True)
class Structure:
    """The parts of a decoder. `lacking`: (what cannot be had of it, why), in words."""

    blocks: tuple[Block, ...]
    norm: Any  # None: what the last block puts out goes into the head as it is
    head: Any
    scale: float  # of what the head puts out
    cap: float  # to which a hyperbolic tangent bends the logits; 0: none does
    width: int
    heads: int
    lacking: tuple[tuple[str, str], ...]


class _Call(NamedTuple):
    name: str
    module: Any
    given: tuple[Any, ...]
    out: Any
    value: Any  # of `out` when it was given: some networks add to it in place


class _Watch:
    """What is called in one pass: the parts of each block, what lies outside them, attention and what takes its heads.

    Tensors are held until it ends, so that no other takes their place in memory.
    """

    def __init__(self, torch: Any, network: Any, blocks: Any) -> None:
        self._torch, self._network, self._blocks = torch, network, blocks
        self.calls: dict[int, list[_Call]] = {id(block): [] for block in blocks}
        self.outside: list[_Call] = []
        self.mixed: dict[int, Any] = {}  # attention module -> heads side by side
        self.takers: dict[int, Any] = {}  # attention module -> what takes them
        self._latest: Any = None

    def attended(self, module: Any, _q: Any, _k: Any, _v: Any, _mask: Any, _named: dict[str, Any], out: Any) -> None:
        self.mixed[id(module)], self._latest = out, module

    @contextmanager
    def watching(self) -> Iterator[None]:
        inside = {id(part) for block in self._blocks for part in block.modules()}
        handles = [
            module.register_forward_hook(self._noted(self.outside, name), with_kwargs=True)
            for name, module in self._network.named_modules()
            if id(module) not in inside and name
        ]
        for block in self._blocks:
            calls = self.calls[id(block)]
            for name, module in block.named_children():
                if any(True for _ in module.parameters()):  # dropout and the like hand on what they get
                    handles.append(module.register_forward_hook(self._noted(calls, name), with_kwargs=True))
            handles += [row.register_forward_pre_hook(self._taken) for row in block.modules() if is_linear(row)]
            handles.append(block.register_forward_hook(self._noted(calls, ""), with_kwargs=True))
        try:
            with _attention.watched(self._network, self.attended):
                yield
        finally:
            for handle in handles:
                handle.remove()

    def _noted(self, calls: list[_Call], name: str) -> Callable[..., None]:
        def hook(module: Any, given: Any, named: dict[str, Any], out: Any) -> None:
            tensors = tuple(row for row in (*given, *named.values()) if hasattr(row, "data_ptr"))
            held = first(out)
            held = held if hasattr(held, "data_ptr") else None
            calls.append(_Call(name, module, tensors, held, None if held is None else held.clone()))

        return hook

    def _taken(self, module: Any, given: Any) -> None:
        if self._latest is None or id(self._latest) in self.takers or not given:
            return
        mixed = self.mixed[id(self._latest)]
        if given[0].numel() == mixed.numel() and self._torch.equal(given[0].flatten(), mixed.flatten()):
            self.takers[id(self._latest)] = module


def layers(torch: Any, network: Any) -> Any:
    """The blocks of a network: the longest list of modules in it (UsageError: it has none)."""
    lists = [row for row in network.modules() if isinstance(row, torch.nn.ModuleList)]
    if not lists:
        raise UsageError("this network has no list of layers: assay looks into decoders that are made of blocks")
    return max(lists, key=len)


def structure(torch: Any, network: Any, ids: Any) -> Structure:
    """The structure of a causal network, from one pass over `ids` (int64[1, tokens], `LEAST` tokens or more).

    Raises UsageError where it has no list of blocks that hand a residual stream on.
    """
    modules = layers(torch, network)
    watch = _Watch(torch, network, modules)
    with torch.no_grad():
        with watch.watching():
            logits = network(input_ids=ids, use_cache=False).logits
        return _found(torch, network, modules, watch, logits)


def _found(torch: Any, network: Any, modules: Any, watch: _Watch, logits: Any) -> Structure:
    """The structure, by what was seen."""
    if any(not calls or not calls[-1].given or calls[-1].out is None for calls in watch.calls.values()):
        raise UsageError("the layers of this network do not hand one residual stream on, so assay cannot look into it")
    blocks = tuple(_block(torch, module, watch) for module in modules)
    close = _CLOSE if network.dtype == torch.float32 else _CLOSE_HALF
    end = watch.calls[id(modules[-1])][-1].out
    norm, head, scale, cap, why = _ending(torch, network, watch.outside, end, logits, close)
    lacking = [*_parts_lacking(blocks, close), *_heads_lacking(blocks), *((("lens", why),) if why else ())]
    heads = next((row.shape[2] for row in watch.mixed.values()), 0)
    return Structure(blocks, norm, head, scale, cap, end.shape[-1], heads, tuple(lacking))


def _parts_lacking(blocks: tuple[Block, ...], close: float) -> Iterator[tuple[str, str]]:
    at = max(range(len(blocks)), key=lambda n: blocks[n].gap)
    if not blocks[at].gap < close:
        names = " plus ".join(row.name for row in blocks[at].writers) or "nothing"
        yield (
            "parts",
            f"expected layer {at} to give its input plus {names} (at most {close:.0e} of it left over), "
            f"got {blocks[at].gap:.1e} left over",
        )


def _heads_lacking(blocks: tuple[Block, ...]) -> Iterator[tuple[str, str]]:
    without = [n for n, block in enumerate(blocks) if block.projection is None]
    if without:
        yield (
            "heads",
            f"expected attention to end in a linear map of its heads, got none in layer {without[0]}",
        )


def first(out: Any) -> Any:
    """The tensor that a module puts out; of several the first."""
    return out[0] if isinstance(out, tuple) else out


def is_linear(module: Any) -> bool:
    """Whether a module is one matrix."""
    weight = getattr(module, "weight", None)
    return weight is not None and weight.dim() == 2 and not hasattr(module, "num_embeddings")


def matrix(torch: Any, linear: Any) -> Any:
    """[out, in] of a linear module; GPT-2 stores it the other way round."""
    return linear.weight if isinstance(linear, torch.nn.Linear) else linear.weight.T


def _same(one: Any, other: Any) -> bool:
    return bool(one.data_ptr() == other.data_ptr() and one.shape == other.shape)


def _block(torch: Any, module: Any, watch: _Watch) -> Block:
    """What one block adds, by its calls, of which the last is its own."""
    *parts, whole = watch.calls[id(module)]
    attention = next((row for row in module.modules() if id(row) in watch.mixed), None)
    before = whole.given[0]
    ends = [
        call
        for call in parts
        if call.out is not None
        and call.out.shape == before.shape
        and not any(_same(call.out, given) for other in parts for given in other.given if other is not call)
    ]
    # on the CPU: the only solver of CUDA gives no numbers where a part is zero or two parts are alike
    added = (whole.out - before).double().flatten().cpu()
    factors, left = [], added
    if ends:
        columns = torch.stack([call.value.double().flatten() for call in ends], 1).cpu()
        solved = torch.linalg.lstsq(columns, added[:, None]).solution[:, 0]
        solved[(columns == 0).all(0)] = 1.0  # no factor can be seen on what is zero, and 0 could not be taken back
        factors, left = solved.tolist(), columns @ solved - added
    gap = float(left.norm() / whole.out.double().norm())
    rows = [_writer(call, parts, attention, by) for call, by in zip(ends, factors, strict=True)]
    return Block(module, _numbered(rows), attention, watch.takers.get(id(attention)), gap)


def _numbered(rows: list[Writer]) -> tuple[Writer, ...]:
    """Each with a kind of its own: of several the second has a 2."""
    before = [sum(other.kind == row.kind for other in rows[:at]) for at, row in enumerate(rows)]
    return tuple(
        replace(row, kind=f"{row.kind} {n + 1}" if n else row.kind) for row, n in zip(rows, before, strict=True)
    )


def _writer(call: _Call, parts: list[_Call], attention: Any, factor: float) -> Writer:
    """Follow an output back to the part with matrices that it began in."""
    norms: list[Any] = []
    name = call.name
    while not any(row.dim() > 1 for row in call.module.parameters()):
        before = next((row for row in parts if row.out is not None and _same(row.out, call.given[0])), None)
        if before is None or before is call:
            break
        norms.insert(0, call.module)
        call, name = before, before.name
    attends = attention is not None and any(row is attention for row in call.module.modules())
    # 1 where it was meant to be 1, up to the rounding of 16-bit floats
    kind = PART if attention is None else ATTENTION if attends else MLP
    return Writer(kind, name, call.module, tuple(norms), 1.0 if abs(factor - 1) < 0.01 else factor)


def _ending(
    torch: Any, network: Any, outside: list[_Call], end: Any, logits: Any, close: float
) -> tuple[Any, Any, float, float, str]:
    """(final norm, head, scale of the logits, cap of the logits, why they cannot be had from the last state)."""
    head = network.get_output_embeddings()
    calls = [call for call in outside if call.out is not None]
    normed = next((c for c in calls if any(_same(end, g) for g in c.given) and c.module is not head), None)
    norm = normed.module if normed else None
    state = norm(end) if norm is not None else end
    if state.shape[-1] != end.shape[-1] or head is None:
        return norm, head, 1.0, 0.0, "expected one norm between the last layer and the head, got something else"
    raw = head(state).double()
    given, size = logits.double(), logits.double().norm()
    for scale, cap in _bends(raw, given, getattr(network.config, "final_logit_softcapping", None)):
        bent = bend(torch, raw, scale, cap)
        if float((bent - given).norm() / size) < close:
            return norm, head, scale, cap, ""
    gap = float((raw - given).norm() / size)
    said = (
        f"expected the head after the final norm to give the logits, as they are, scaled or capped; got {gap:.1e} off"
    )
    return norm, head, 1.0, 0.0, said


def _bends(raw: Any, given: Any, cap: Any) -> Iterator[tuple[float, float]]:
    """What may be done to a head's output: nothing, a factor, a cap."""
    yield 1.0, 0.0
    if isinstance(cap, float | int) and cap > 0:
        yield 1.0, float(cap)
    yield float((raw * given).sum() / (raw * raw).sum()), 0.0


def bend(torch: Any, raw: Any, scale: float, cap: float) -> Any:
    """Logits of what the head puts out."""
    raw = raw * scale
    return cap * torch.tanh(raw / cap) if cap else raw
