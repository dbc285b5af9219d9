"""The family tree of kept models as text, as a picture, and as a page: who comes from whom, and what comes with it."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from assay.facts.codec import canonical
from assay.facts.dossier import Verdict
from assay.facts.kin import Families, Member
from assay.render import page as shell
from assay.render.assets import asset
from assay.render.headline import Headline, Tone
from assay.render.page import Part
from assay.render.record.descent import UNKNOWN, inherited, licences
from assay.render.record.kept import COLOURS
from assay.render.terminal import painter, wrapped
from assay.render.visible import visible
from assay.text.many import many

MOST_DRAWN = 2_000  # models in a picture
MOST_STEPS = 12  # that a line is moved to the right
LINE, STEP, CHARACTER = 22, 18, 6.2  # of the picture, in its units
_LOOKS: dict[str, str] = {Verdict.PASSED: "pass", Verdict.FAILED: "fail", Verdict.INCOMPLETE: "decide"}


def headline(found: Families) -> Headline:
    """How many families there are, and what is not known."""
    kept = sum(member.descent is not None for member in found.members)
    unknown = len(found.members) - kept
    said = f"{many(kept, 'model')} in {found.families:,} {'family' if found.families == 1 else 'families'}"
    said += f", {found.alone:,} without relatives here." if found.alone else "."
    said += f" {many(unknown, 'base')} {'is' if unknown == 1 else 'are'} not kept." if unknown else ""
    said += f" {many(found.without, 'model')} without a fingerprint." if found.without else ""
    said += f" {many(found.more, 'older model')} left out (--most)." if found.more else ""
    return Headline("FAMILIES", said, Tone.TELL)


def lines(found: Families, colour: bool = False, width: int = 100) -> Iterator[str]:
    """The tree for a terminal; what a base passes on stands below the model that it comes to."""
    paint = painter(colour)
    yield from headline(found).lines(paint, width)
    for member, (start, below) in zip(found.members, _branches(found.members), strict=True):
        verdict = _verdict(member)
        head = f"{start}{verdict}  {visible(member.name)}  {visible(_words(member))}".rstrip()
        first, *rest = wrapped(head.lstrip(), "", width - len(head) + len(head.lstrip()), "  ")
        lead = head[: len(head) - len(head.lstrip())]
        yield lead + first.replace(verdict, paint(verdict, COLOURS.get(verdict, "")), 1)
        yield from (f"{below}{row}" for row in rest)
        for said in _passed_on(member):
            yield from wrapped(visible(said), f"{below}  ", width, f"{below}    ")


def picture(found: Families) -> Markup:
    """The tree as SVG, a line for each model, for a page."""
    rows = found.members[:MOST_DRAWN]
    texts = [f"{visible(row.name)}  {visible(_words(row))}" for row in rows]
    ends = [_x(row) + CHARACTER * (len(text) + 14) for row, text in zip(rows, texts, strict=True)]
    wide, high = max(ends, default=STEP), LINE * (len(rows) + (len(rows) < len(found.members)))
    label = headline(found).sentence
    return Markup(
        '<svg class="family" viewBox="0 0 {:.0f} {}" width="{:.0f}" role="img" aria-label="{}">{}</svg>'
    ).format(wide, high, wide, label, Markup("").join(_drawn(found, rows)))


def svg(found: Families) -> bytes:
    """The picture as a file of its own, light or dark as the reader has it."""
    drawn = picture(found)
    style = asset("family.css") + "svg { background: var(--paper); font-family: system-ui, sans-serif; }"
    colours = asset("page.css").partition("* {")[0]
    head, _, rest = str(drawn).partition(">")
    start = head.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"{start}><style>{colours}{style}</style>{rest}\n".encode("utf-8", "xmlcharrefreplace")


def page(found: Families) -> bytes:
    """The page as UTF-8."""
    return shell.page(
        "family.html.j2",
        canonical(found),
        "families",
        styles=("family.css",),
        contents=(Part("verdict", "Families"), Part("tree", "Tree", f"{len(found.members):,}")),
        found=found,
        headline=headline(found),
        picture=picture(found),
        rows=[(row.name, _verdict(row), _words(row), _passed_on(row)) for row in found.members[:MOST_DRAWN]],
        more=max(0, len(found.members) - MOST_DRAWN),
    )


def _passed_on(member: Member) -> tuple[str, ...]:
    return tuple(inherited(member.descent)) if member.descent else ()


def _verdict(member: Member) -> str:
    return member.descent.audit.verdict if member.descent else UNKNOWN


def _words(member: Member) -> str:
    """What stands beside a name: its licences, and why it stands there."""
    said = licences(member.descent.licences) if member.descent else "no audit of it is kept"
    deep = f"{member.depth:,} steps below the root" if member.depth > MOST_STEPS else ""
    return "; ".join(filter(None, (said, member.how, deep)))


def _depth(member: Member) -> int:
    return min(member.depth, MOST_STEPS)


def _branches(members: tuple[Member, ...]) -> Iterator[tuple[str, str]]:
    """What stands before each line, and before those that belong to it."""
    goes_on: set[int] = set()  # the depths at which another follows below the same base
    found = []
    for member in reversed(members):
        depth = _depth(member)
        before = "".join("│  " if step in goes_on else "   " for step in range(1, depth))
        if member.depth > MOST_STEPS:  # no line leads here: the words say how deep it stands
            goes = "│" if depth in goes_on else " "
            found.append((f"{before}{goes}… ", f"{before}{goes}  "))
            continue
        end = depth not in goes_on
        goes_on = {step for step in goes_on if step < depth} | {depth}
        branch = f"{before}{'└─' if end else '├─'} ", f"{before}{'   ' if end else '│  '}"
        found.append(branch if depth else ("", ""))
    return reversed(found)


def _x(member: Member) -> int:
    return 10 + STEP * _depth(member)


def _drawn(found: Families, rows: tuple[Member, ...]) -> Iterator[Markup]:
    """Each model as a dot in the colour of its verdict, joined to its base; then its name, and what is said of it."""
    above: dict[int, int] = {}  # the line of the latest model at each depth
    for at, row in enumerate(rows):
        x, y = _x(row), LINE * at + LINE // 2
        depth = _depth(row)
        if 0 < row.depth <= MOST_STEPS:
            start = LINE * above.get(depth - 1, at) + LINE // 2
            yield Markup('<path d="M{} {}V{}H{}"/>').format(x - STEP, start + 5, y, x - 5)
        above[depth] = at
        verdict = _verdict(row)
        told = "; ".join(_passed_on(row))
        yield Markup(
            '<g><title>{}</title><circle class="f-{}" cx="{}" cy="{}" r="5"/><text x="{}" y="{}">'
            '<tspan class="strong">{}</tspan> <tspan class="f-{}">{}</tspan> {}</text></g>'
        ).format(
            visible(f"{row.name}: {verdict}. {told}"), _LOOKS.get(verdict, "open"),
            x, y, x + 10, y + 4, visible(row.name), _LOOKS.get(verdict, "open"), verdict, visible(_words(row)),
        )  # fmt: skip
    if len(rows) < len(found.members):
        more = f"and {len(found.members) - len(rows):,} more, in the text and the record"
        yield Markup('<text x="10" y="{}">{}</text>').format(LINE * len(rows) + LINE // 2 + 4, more)
