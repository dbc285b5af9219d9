"""Open a model to look into it, and look: every view that this model allows, of one token of one answer."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from assay.errors import Stopped, UsageError
from assay.facts.dossier import ENDPOINTS
from assay.facts.inside import Ablation, Attribution, Inside, Patching, Proof, Read, Trained, Unavailable
from assay.facts.uncertainty import Known, Sentence, Span, SpanKind
from assay.inside import ablation as ablating
from assay.inside import attribution as attributing
from assay.inside import lens as lenses
from assay.inside import patching as patches
from assay.inside._token import Token
from assay.lazy import dataclass
from assay.runtime import conversation
from assay.runtime.points import AFTER, ALL, BEFORE, HEADS, LAST, MIXED, PATTERN, VALUES, Inner, Text, inner
from assay.runtime.torch_ import TorchRuntime
from assay.text.span import spans
from assay.uncertainty import scoring
from assay.uncertainty.questions import GENERAL
from assay.uncertainty.support import Against, known

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from assay.progress import Progress

MOST_TRIED = 512  # tokens of a context in which values are replaced: states of all of its tokens are in memory then
MOST_NEW = 512


def open(model: str | os.PathLike[str], *, isolation: bool = True, offline: bool = False) -> Opened:
    """A model to look into: a folder or file with weights, or one on a hub (`hf://org/name[@revision]`).

    Raises UsageError where it cannot be run, and where it cannot be looked into: behind an endpoint, in a record.
    """
    runtime = None
    if not str(model).startswith(ENDPOINTS):
        runtime = scoring.open(model, isolation=isolation, offline=offline)
    if not isinstance(runtime, TorchRuntime):
        raise UsageError(
            f"{model}: an endpoint or a record shows nothing of what goes on inside; give the weights: "
            "a folder, a file or hf://org/name"
        )
    return Opened(runtime)


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked into. `prompt` as the model reads it; `text` is the answer (None: the model writes it).

    `number` is that of the token in the answer, from 1 (0: the first of the first name or number, else the first);
    `against` another prompt, as the model reads it (empty: none); `quick` leaves out all that replaces
    values; `question` is what corpora are asked about beside the answer.
    """

    prompt: str
    text: str | None = None
    number: int = 0
    most: int = 64
    against: str = ""
    tuned: bool = False
    quick: bool = False
    held: Against = Against()
    question: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen: the record, and the numbers behind it."""

    record: Inside
    tensors: dict[str, NDArray[Any]]


class Opened:
    """A model that can be looked into."""

    def __init__(self, runtime: TorchRuntime) -> None:
        self.runtime, self._inner = runtime, inner(runtime)
        self._tuned: lenses.Tuned | None = None

    def look(self, user: str = "", *, system: str = "", **asked: Any) -> Seen:
        """Look into the answer to a message, put into the model's chat template; `asked` are the fields of `Asked`.

        With `against`, another message. A prompt as the model is to read it goes to `seen`.
        """
        against = asked.pop("against", "")
        other = conversation(self.runtime, against, system) if against else ""
        prompt = conversation(self.runtime, user, system)
        return self.seen(Asked(prompt, against=other, question=user, **asked))

    def seen(self, asked: Asked, progress: Progress | None = None) -> Seen:
        """Look into one token of an answer (UsageError: there is no such token, or it does not fit the context)."""
        inside = self._inner
        prompt = inside.ids(asked.prompt)
        answer = inside.encoded(asked.text) if asked.text is not None else inside.written(prompt, asked.most)
        if not answer:
            raise UsageError("the answer is empty: there is no token to look into")
        words = inside.words(answer)
        number = asked.number or _first_of_interest(words, asked.prompt)
        if not 1 <= number <= len(answer):
            raise UsageError(f"--token {number}: the answer has {len(answer):,} tokens, numbered from 1")
        ids = [*prompt, *answer[: number - 1]]
        if len(ids) > self.runtime.context:
            raise UsageError(
                f"prompt and answer have {len(ids):,} tokens up to this one, "
                f"and the model's context {self.runtime.context:,}"
            )
        others = [*inside.ids(asked.against), *answer[: number - 1]] if asked.against else []
        if others:
            patches.parted(ids, others)
        look = _Look(inside, asked, tuple(ids), others, len(prompt), tuple(answer), number, progress)
        return look.seen(self._trained)

    def _trained(self) -> lenses.Tuned:
        """The tuned lens, fitted once."""
        if self._tuned is None:
            rows = [json.loads(row) for row in GENERAL.read_text().splitlines()]
            texts = [f"{row['question']} {row['answers'][0]}" for row in rows if row.get("answers")]
            self._tuned = lenses.tuned(self._inner, texts, f"assay's own {len(texts)} questions that have an answer")
        return self._tuned


def _first_of_interest(words: list[str], prompt: str) -> int:
    """The token with which the first name or number begins that the prompt has not; else the first name, or token."""
    text, asked = "".join(words), prompt.casefold()
    named = [(start, text[start:stop]) for kind, start, stop in spans(text) if kind is not SpanKind.WORDS]
    new = [start for start, name in named if name.casefold() not in asked]
    start = next(iter([*new, *(start for start, _ in named), 0]))
    ends = accumulate(map(len, words))
    return next((number for number, end in enumerate(ends, 1) if end > start), 1)


class _Look:
    """The views of one token, each with its proofs; what fails them is said, and not shown."""

    def __init__(
        self, inner: Inner, asked: Asked, ids: tuple[int, ...], others: list[int], prompt: int, answer: tuple[int, ...],
        number: int, progress: Progress | None,
    ) -> None:  # fmt: skip
        self._inner, self._asked, self._ids, self._others, self._prompt = inner, asked, ids, others, prompt
        self._answer, self._number, self._progress = answer, number, progress
        self._proofs: list[Proof] = []
        self._left: list[Unavailable] = []
        self._lacking = dict(inner.structure.lacking)
        self._tried = len(ids) <= MOST_TRIED and not asked.quick

    def seen(self, trained: Callable[[], lenses.Tuned]) -> Seen:
        self._shown(0)
        token = self._token()
        logs = token.logits.log_softmax(-1)
        reads = self._lens(token)
        tuned, training = self._tuned(token, trained) if self._asked.tuned and reads else ((), None)
        attribution = self._attribution(token) if reads else None
        self._shown(1)
        ablation = None if self._asked.quick else self._ablation(token)
        self._shown(2)
        patching = self._patching(token) if self._asked.against and not self._asked.quick else None
        self._shown(3)
        words = self._inner.words(list(self._ids))
        text = f"{self._asked.question or ''.join(words[: self._prompt])} {self._written()}"
        record = Inside(
            model=self._inner.runtime.model,
            sha256=self._inner.runtime.sha256,
            runtime=self._inner.runtime.name,
            layers=self._inner.layers,
            heads=self._inner.structure.heads,
            words=tuple(words),
            prompt=self._prompt,
            answer=tuple(self._inner.words(list(self._answer))),
            given=self._asked.text is not None,
            token=self._number,
            logprob=float(logs[token.id]),
            rank=int((logs > logs[token.id]).sum()) + 1,
            other=self._inner.words([token.other])[0],
            other_logprob=float(logs[token.other]),
            lens=reads,
            tuned=tuned,
            trained=training,
            attribution=attribution,
            ablation=ablation,
            patching=patching,
            support=_support(self._asked.held, text),
            supported=text if self._asked.held.corpus else "",
            proofs=tuple(self._proofs),
            unavailable=tuple(self._left),
        )
        return Seen(record, dict(_tensors(token)))

    def _shown(self, done: int) -> None:
        if self._progress is not None and self._progress("looking", done, 3, "views"):
            raise Stopped("looking", done, 3, "views")

    def _written(self) -> str:
        return "".join(self._inner.words(list(self._answer[: self._number])))

    def _token(self) -> Token:
        """The context, read once with all that the views need."""
        inner = self._inner
        stream = ALL if self._tried else LAST
        keep = {BEFORE: stream, AFTER: LAST, HEADS: LAST, PATTERN: LAST, VALUES: ALL}
        keep |= dict.fromkeys(inner.kinds, LAST)
        if len(self._ids) <= ablating.MOST_MIXED:
            keep[MIXED] = ALL
        text = inner.read(list(self._ids), keep)
        target = self._answer[self._number - 1]
        return Token(inner, text, target, _other(text, target))

    def _holds(self, *proofs: Proof) -> bool:
        """Note proofs; whether all hold."""
        self._proofs += proofs
        for row in proofs:
            if not row.holds:
                said = f"expected that {row.claim} (error at most {row.bound:.0e}), got {row.error:.1e}"
                self._left.append(Unavailable(row.view, said))
        return all(row.holds for row in proofs)

    def _lens(self, token: Token) -> tuple[Read, ...]:
        if "lens" in self._lacking:
            self._left.append(Unavailable("lens", self._lacking["lens"]))
            return ()
        rows, proof = lenses.reads(token)
        return rows if self._holds(proof) else ()

    def _tuned(self, token: Token, trained: Callable[[], lenses.Tuned]) -> tuple[tuple[Read, ...], Trained | None]:
        try:
            found = trained()
        except UsageError as cause:
            self._left.append(Unavailable("tuned", str(cause)))
            return (), None
        return found.reads(token), found.trained

    def _attribution(self, token: Token) -> Attribution | None:
        if "parts" in self._lacking:
            self._left.append(Unavailable("attribution", self._lacking["parts"]))
            return None
        found, proofs = attributing.attribution(token)
        if not self._holds(*(row for row in proofs if row.view == "attribution")):
            return None
        if "heads" in self._lacking:
            self._left.append(Unavailable("heads", self._lacking["heads"]))
        if not self._holds(*(row for row in proofs if row.view != "attribution")):
            return Attribution(found.logit, found.margin, found.constant, found.parts, (), ())
        return found

    def _ablation(self, token: Token) -> Ablation | None:
        if not self._tried:
            self._left.append(Unavailable("ablation", self._long()))
            return None
        if "heads" in self._lacking:
            self._left.append(Unavailable("tokens", self._lacking["heads"]))
        return ablating.ablation(token) if self._holds(ablating.unchanged(token)) else None

    def _long(self) -> str:
        return f"the context has {len(self._ids):,} tokens, and values are replaced in at most {MOST_TRIED:,}"

    def _patching(self, token: Token) -> Patching | None:
        inner, asked = self._inner, self._asked
        if not self._tried:
            self._left.append(Unavailable("patching", self._long()))
            return None
        text, other = patches.read(inner, list(self._ids), self._others)
        answer = int(other.run.logits[0].argmax())
        if answer == token.id:
            answer = _other(other, token.id)
        mine = Token(inner, text, token.id, answer)
        if not self._holds(*patches.proofs(mine, other)):
            return None
        try:
            return patches.patching(mine, other, asked.against)
        except UsageError as cause:
            self._left.append(Unavailable("patching", str(cause)))
            return None


def _other(text: Text, target: int) -> int:
    """The likeliest token that is not the target."""
    return next(int(id) for id in text.run.logits[0].topk(2).indices if int(id) != target)


def _support(held: Against, text: str) -> Known | None:
    """What the corpora hold of names and numbers of a text, and which of them stand together."""
    if held.corpus is None:
        return None
    found = tuple(Span(kind, start, stop, 0.0, 0.0, None) for kind, start, stop in spans(text))
    return known(held, text, found, (Sentence(0, len(text), 0.0, -1),))


def _tensors(token: Token) -> Iterator[tuple[str, NDArray[Any]]]:
    """Numbers behind the views, float32: the residual stream at the last token, what is added to it, attention."""
    inner, kept = token.inner, token.text.run.kept
    yield "stream", token.stream().float().cpu().numpy()
    yield "logits", token.logits.cpu().numpy()
    for kind in (*inner.kinds, HEADS, PATTERN):
        rows = [kept[kind, layer][0].squeeze(-2) for layer in range(inner.layers) if (kind, layer) in kept]
        if rows and len({row.shape for row in rows}) == 1:
            yield kind.replace(" ", "_"), inner.torch.stack(rows).float().cpu().numpy()
