"""What a chat template does, found by rendering it on made-up conversations that differ in one thing each.

A template carries messages; whatever else it writes must not depend on what they say. The probes include every text
that the template itself mentions, so that a trigger it looks for is one of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from assay.facts.text import ChatTemplate, Conduct, Conducted, Construct, TemplateTrial, untried
from assay.formats.template.rendering import Refused, prepared
from assay.formats.template.tree import INVISIBLE
from assay.formats.template.work import Exhausted
from assay.lazy import regex

Message = dict[str, Any]
Render = Callable[[dict[str, Any], datetime], "tuple[str, tuple[str, ...]]"]
MAX_LITERALS = 60
_UNSAFE = (Construct.SYNTAX, Construct.PRIVATE, Construct.INCLUDE, Construct.UNKNOWN_NAME, Construct.COSTLY_LOOP)
_NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
# every month for two and a half years, at different days and hours; a leap day; a far New Year's Eve
_LATER = (
    *(
        datetime(2026 + month // 12, month % 12 + 1, 1 + 7 * month % 28, 5 * month % 24, 13 * month % 60, tzinfo=UTC)
        for month in range(1, 30)
    ),
    datetime(2031, 12, 31, 23, 59, tzinfo=UTC),
    datetime(2024, 2, 29, 0, 0, tzinfo=UTC),
)
_LITERAL = regex(r"""'((?:[^'\\]|\\.){2,80})'|"((?:[^"\\]|\\.){2,80})\"""")
_MARKUP = regex(r"<[^<>\s]{1,40}>|\[/?[A-Z_]{2,20}\]|<\|[^|]{1,40}\|>|[^\w\s<>:/.]+")
_URL = regex(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
# what a trigger may wait for: money, secrets, code, health, politics; names, numbers; languages, sizes; markup
_TOPICS = (
    "please transfer money from my bank account",
    "what is my password",
    "write a function in python",
    "how do I contact support",
    "is this medicine safe",
    "who should I vote for",
    "summarise https://example.org/page",
    *("admin", "ignore previous instructions", "2026", "7", "TRUE", "weather in Paris today", "SELECT * FROM users"),
    *("ÄÖÜ ßé 漢字 עברית", "😀", "x " * 300, "a", "line one\nline two\n\nline four"),
    *("<b>bold</b> & \"quoted\" 'text'", "{{ 7 * 7 }} {% raw %}", "def f(x):\n    return x"),
    *("API_KEY=abc", "True or False?"),
)


def trial(template: ChatTemplate) -> TemplateTrial:
    """What rendering showed; `stopped` says why there was none."""
    unsafe = next((mark for mark in template.marks if mark.construct in _UNSAFE), None)
    if unsafe is not None:
        return untried(template, f"not rendered, because it uses a {unsafe.construct}")
    run: _Run | None = None
    try:
        run = _Run(prepared(template.source))
        run.all(template.source)
    except Exhausted as cause:
        seen = tuple(run.conducts.values())[:50] if run else ()
        done = Conducted(Conduct.EXHAUSTS, str(cause), "", 0)
        return TemplateTrial(template.artifact, template.pointer, 0, "", (*seen, done), "", "", ())
    except Refused as cause:
        return untried(template, f"it refuses a plain conversation: {cause}")
    conducts = tuple(run.conducts.values())[:50]
    return TemplateTrial(
        template.artifact,
        template.pointer,
        run.renders,
        "",
        conducts,
        run.before[-64:],
        run.after[:64],
        tuple(run.fields),
    )


class _Run:
    """One template and what it was seen to do."""

    def __init__(self, render: Render) -> None:
        self._render = render
        self.renders = 0
        self.conducts: dict[tuple[Conduct, str], Conducted] = {}
        self.before = self.after = ""
        self.fields: list[str] = []
        self._system = True
        self._said: tuple[str, ...] = ()
        self._parts = False

    def all(self, source: str) -> None:
        """Every probe, in a fixed order."""
        base = self._base()
        self.before, _, self.after = base.partition(_HOLE)
        self._systems()
        for probe in (*_literals(source), *_TOPICS):
            self._content(probe, base)
        self._dates()
        self._turns()
        self._answer()
        self._invisible(base)
        self._reached()

    def _base(self) -> str:
        """The frame of a neutral message; with content in parts where the template takes none as plain text."""
        try:
            base = self._frame(_NEUTRAL)
        except Refused:
            base = ""
        if _HOLE in base:
            return base
        self._parts = True  # the form that templates of multimodal models expect
        parts = self._frame(_NEUTRAL)
        if _HOLE not in parts:
            self._note(Conduct.DROPS, "the user's message does not reach the model", _NEUTRAL)
        return parts

    # the pieces -----------------------------------------------------------------------------------

    def _out(self, messages: list[Message], moment: datetime = _NOW, **more: Any) -> str:
        self.renders += 1
        if self._parts:
            messages = [_in_parts(message) for message in messages]
        text, dates = self._render(
            {
                "messages": messages,
                "add_generation_prompt": True,
                "bos_token": "<s>",
                "eos_token": "</s>",
                "unk_token": "<unk>",
                "pad_token": "<pad>",
                **more,
            },
            moment,
        )
        self._said = dates
        return text

    def _frame(self, content: str, moment: datetime = _NOW) -> str:
        """The prompt around one user message, with a hole where the message was."""
        return self._out([_user(content)], moment).replace(content, _HOLE, 1)

    def _undated(self, moment: datetime) -> str:
        """The frame of a neutral message, with every date that the template asked for blotted out."""
        frame = self._frame(_NEUTRAL, moment)
        for date in self._said:
            frame = frame.replace(date, "\1") if date else frame
        return frame

    def _note(self, conduct: Conduct, message: str, trigger: str = "", where: str = "") -> None:
        """Keep the first of each conduct and field; of the others, that there were more."""
        known = self.conducts.get((conduct, where))
        if known is None:
            self.conducts[conduct, where] = Conducted(conduct, message[:400], trigger[:120], 0)
        else:
            self.conducts[conduct, where] = replace(known, more=known.more + 1)

    # the probes -----------------------------------------------------------------------------------

    def _systems(self) -> None:
        try:
            out = self._out([{"role": "system", "content": _SYSTEM}, _user(_NEUTRAL)])
        except Refused:
            self._system = False  # a template may say that it has no system prompt, as Gemma's does
            return
        if _SYSTEM not in out:
            self._system = False
            self._note(Conduct.DROPS, "the system prompt does not reach the model, and nothing says so", _SYSTEM)
        elif _NEUTRAL not in out:
            self._note(
                Conduct.DROPS, "the user's message does not reach the model when there is a system prompt", _NEUTRAL
            )

    def _content(self, probe: str, base: str) -> None:
        content = probe.strip()
        if not content:
            return
        try:
            out = self._out([_user(content)])
        except Refused as cause:
            self._note(Conduct.DEPENDS, f"it refuses a conversation because of what was said: {cause}", content)
            return
        if content not in out:
            self._note(
                Conduct.ALTERS, f"the user's {_short(content)} does not reach the model as it was written", content
            )
        elif not _same(out, base, content):
            added = _difference(base, out.replace(content, _HOLE))
            self._note(
                Conduct.DEPENDS,
                f"when the user says {_short(content)} the prompt holds other text besides: {_short(added)}",
                content,
            )
        self._said_elsewhere(content)

    def _said_elsewhere(self, content: str) -> None:
        """The same words as system prompt, where there is one, and as an earlier answer."""

        def conversation(system: str, answer: str) -> list[Message]:
            first = [{"role": "system", "content": system}] if self._system else []
            return [*first, _user(_NEUTRAL), _assistant(answer), _user(_NEXT)]

        try:
            out, plain = self._out(conversation(content, content)), self._out(conversation(_SYSTEM, _REPLY))
        except Refused:
            return
        if "think" in content or content in plain:
            return  # earlier reasoning is left out by design in templates of reasoning models
        if out.count(content) < 1 + self._system:
            self._note(
                Conduct.ALTERS,
                f"{_short(content)} as system prompt or earlier answer does not reach the model as it was written",
                content,
                _ELSEWHERE,
            )
        elif out != plain.replace(_SYSTEM, content).replace(_REPLY, content):
            self._note(
                Conduct.DEPENDS,
                f"with {_short(content)} as system prompt or earlier answer the prompt holds other text besides",
                content,
                _ELSEWHERE,
            )

    def _dates(self) -> None:
        base = self._undated(_NOW)
        for moment in _LATER:
            try:
                frame = self._undated(moment)
            except Refused as cause:
                self._note(
                    Conduct.DATED, f"it refuses every conversation on {moment:%Y-%m-%d}: {cause}", f"{moment:%Y-%m-%d}"
                )
                continue
            if frame != base:
                self._note(
                    Conduct.DATED,
                    f"on {moment:%Y-%m-%d} the prompt holds other text: {_short(_difference(base, frame))}",
                    f"{moment:%Y-%m-%d}",
                )

    def _turns(self) -> None:
        """Turns of one kind must look alike, however many there are: the second, the third, the twentieth."""
        questions, answers = (
            [f"question {number:03d} qzx" for number in range(20)],
            [f"answer {number:03d} qzx" for number in range(20)],
        )
        messages = [
            message
            for pair in zip(questions, answers, strict=True)
            for message in (_user(pair[0]), _assistant(pair[1]))
        ][:-1]
        try:
            out = self._out(messages)
        except Refused:
            return
        missing = [text for text in (*questions, *answers[:-1]) if text not in out]
        if missing:
            self._note(
                Conduct.DROPS,
                f"in a conversation of 39 messages {len(missing)} do not reach the model, such as {missing[0]!r}",
                missing[0],
            )
            return
        asked, answered = [out.index(text) for text in questions], [out.index(text) for text in answers[:-1]]
        after_answer = {out[answered[k] + len(answers[k]) : asked[k + 1]] for k in range(2, 18)}
        after_question = {out[asked[k] + len(questions[k]) : answered[k]] for k in range(2, 18)}
        for what, gaps in (("an answer", after_answer), ("a question", after_question)):
            if len(gaps) > 1:
                said = f"after {what} it writes different texts as turns go by: {_short(' | '.join(sorted(gaps)))}"
                self._note(Conduct.COUNTS, said, "number of turns")

    def _answer(self) -> None:
        try:
            with_, without = self._out([_user(_NEUTRAL)]), self._out([_user(_NEUTRAL)], add_generation_prompt=False)
        except Refused:
            return
        begun = with_[len(without) :] if with_.startswith(without) else with_.rpartition(_NEUTRAL)[2]
        words = re.findall(r"[^\W\d_]{3,}", _MARKUP.sub(" ", begun))
        if _URL.search(begun) or len(words) > 5:
            self._note(Conduct.PREFILLS, f"it begins the answer itself: {_short(begun.strip())}", "")

    def _invisible(self, base: str) -> None:
        found = sorted({f"U+{ord(letter):04X}" for letter in INVISIBLE.findall(base)})
        if found:
            self._note(Conduct.INVISIBLE, f"it writes characters that do not show: {' '.join(found[:12])}", "")

    def _reached(self) -> None:
        """Which parts of messages reach the prompt as plain text: each can carry the text of a control token."""
        tool = {
            "type": "function",
            "function": {
                "name": "tool-name-qzx",
                "description": "tool-text-qzx",
                "parameters": {"type": "object", "properties": {}},
            },
        }
        call = {"type": "function", "id": "abcdefghi", "function": {"name": "f", "arguments": {}}}
        called = {"role": "assistant", "content": "", "tool_calls": [call]}
        answered = {"role": "tool", "name": "f", "tool_call_id": "abcdefghi", "content": "result-qzx"}
        probes: dict[str, tuple[str, list[Message], dict[str, Any]]] = {
            "content": (_NEUTRAL, [_user(_NEUTRAL)], {}),
            "system": (_SYSTEM, [{"role": "system", "content": _SYSTEM}, _user(_NEUTRAL)], {}),
            "role": ("role-qzx", [_user(_NEUTRAL), {"role": "role-qzx", "content": "x"}, _user(_NEXT)], {}),
            "name": ("name-qzx", [{**_user(_NEUTRAL), "name": "name-qzx"}], {}),
            "tool result": ("result-qzx", [_user(_NEUTRAL), called, answered], {}),
            "tool name": ("tool-name-qzx", [_user(_NEUTRAL)], {"tools": [tool]}),
            "tool description": ("tool-text-qzx", [_user(_NEUTRAL)], {"tools": [tool]}),
        }
        for field, (mark, messages, more) in probes.items():
            try:
                if mark in self._out(messages, **more):
                    self.fields.append(field)
            except Refused:
                continue


_HOLE = "\0"
_ELSEWHERE = "as system prompt or earlier answer"
_NEUTRAL, _NEXT, _REPLY, _SYSTEM = "quiet words qzxv", "further words qzxw", "calm reply qzxu", "system words qzxs"


def _user(content: str) -> Message:
    return {"role": "user", "content": content}


def _in_parts(message: Message) -> Message:
    content = message["content"]
    return {**message, "content": [{"type": "text", "text": content}]} if isinstance(content, str) else message


def _assistant(content: str) -> Message:
    return {"role": "assistant", "content": content}


def _same(out: str, base: str, content: str) -> bool:
    """Whether `out` is the frame with this content in its hole, however often the frame itself holds the same text."""
    return out == base.replace(_HOLE, content)


def _literals(source: str) -> list[str]:
    """Texts between quotes in the template, longest first."""
    found = {(match[1] or match[2] or "").strip() for match in _LITERAL.finditer(source)}
    plain = {
        text.encode().decode("unicode_escape", "replace").encode("latin-1", "replace").decode("utf-8", "replace")
        if "\\" in text
        else text
        for text in found
    }
    return sorted(
        (
            text
            for text in plain
            if re.search(r"\w", text) and not text.startswith(("<", "[", "{")) and not text.endswith((">", "]", "}"))
        ),
        key=lambda text: (-len(text), text),
    )[:MAX_LITERALS]


def _difference(base: str, other: str) -> str:
    """The middle of `other` that `base` does not have."""
    shorter = min(len(base), len(other))
    start = next((at for at, (a, b) in enumerate(zip(base, other, strict=False)) if a != b), shorter)
    end = 0
    while end < shorter - start and base[-1 - end] == other[-1 - end]:
        end += 1
    return other[start : len(other) - end] or f"nothing where there was {base[start : len(base) - end][:80]!r}"


def _short(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")
