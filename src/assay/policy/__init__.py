"""Which findings block, what must be answered, and which exceptions are accepted: data, never code."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from assay import files
from assay.errors import UsageError, did_you_mean
from assay.facts.artifact import Manifest, files_of, lies_in
from assay.facts.copies import told
from assay.facts.dossier import Decision, PolicyRecord, Verdict, Waiver, WaiverState
from assay.facts.finding import Effect, Finding, Kind
from assay.facts.limit import ErrorRateLimit
from assay.facts.nature import SubjectKind
from assay.lazy import dataclass, fits, regex
from assay.listing import NAME
from assay.policy.baseline import listable

SCHEMA = "assay-policy/1"
BUILTIN = ("default", "strict")
LIMITED = "error-rate.above-limit"  # the check that asks whether what was measured is within `[limit]`
MOST = 1 << 20  # bytes of a policy file
_FOLDER = Path(__file__).parent / "builtin"
_DIGEST = regex(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy as written: patterns over check ids (`pickle.*`), waivers, and the digest of the text.

    `decide` are the reviews that a person has to decide, `required_of` what has to be answered besides, by what the
    subject is (facts/nature.py). What asks for a limit is among what blocks and what is required.
    """

    name: str
    description: str
    block_fail: tuple[str, ...]
    block_review: tuple[str, ...]
    decide: tuple[str, ...]
    required: tuple[str, ...]
    required_of: tuple[tuple[str, tuple[str, ...]], ...]
    excepted: tuple[str, ...]
    off: tuple[str, ...]
    limits: tuple[ErrorRateLimit, ...]
    waivers: tuple[Waiver, ...]
    sha256: str

    def blocks(self, finding: Finding) -> bool:
        """Whether the finding, by itself, makes the verdict FAILED."""
        patterns = {Kind.FAIL: self.block_fail, Kind.REVIEW: self.block_review}.get(finding.kind, ())
        return _matches(finding.check, patterns)

    def decides(self, finding: Finding) -> bool:
        """Whether the finding waits for a person's decision."""
        return finding.kind is Kind.REVIEW and _matches(finding.check, self.decide)

    def wants(self, check: str) -> bool:
        """Whether an answer of this check is required of some kind of subject."""
        wanted = (*self.required, *(pattern for _, patterns in self.required_of for pattern in patterns))
        return _matches(check, wanted) and not _matches(check, self.excepted)

    def requires(self, finding: Finding, kind: str) -> bool:
        """Whether the finding leaves something open that is wanted of a subject of this kind.

        One that follows from that of another check is settled with it, and is not wanted by itself.
        """
        wanted = (*self.required, *dict(self.required_of).get(kind, ()))
        return (
            finding.kind is Kind.OPEN
            and not finding.follows
            and _matches(finding.check, wanted)
            and not _matches(finding.check, self.excepted)
        )

    def switched_off(self, check: str) -> bool:
        """Whether the policy leaves the check out."""
        return _matches(check, self.off)


def builtin(name: str) -> Policy:
    """The built-in policy of this name."""
    return parsed(source(name), name)


def source(name: str) -> str:
    """The text of a built-in policy, or of a file."""
    if name not in BUILTIN:
        return files.text(Path(name), MOST, "policy")
    return (_FOLDER / f"{name}.toml").read_text("utf-8")


def load(name: str) -> Policy:
    """A built-in policy by name, or one from a file (UsageError: there is no such policy, or the file is none)."""
    if name in BUILTIN:
        return builtin(name)
    if not Path(name).exists():
        raise UsageError(f"no policy {name!r}: give {', '.join(BUILTIN)} or a file")
    found = parsed(source(name), name)
    called = " ".join(unicodedata.normalize("NFKC", found.name).split()).casefold()
    if not found.name.isprintable():
        raise UsageError(f"policy {name}: its name is not printable on one line: {found.name[:80]!a}")
    if called in BUILTIN and found.sha256 != builtin(called).sha256:
        raise UsageError(
            f"policy {name} calls itself {found.name!r}, which is a policy of assay's: give it another name"
        )
    return found


def listing() -> dict[str, Any]:
    """The tables of each built-in policy, by the SHA-256 of its text: what a start would take 5 ms to parse."""
    return {_sha256(text): files.toml_value(text) for text in map(source, BUILTIN)}


def _tables(text: str, origin: str) -> dict[str, Any]:
    if origin in BUILTIN and (found := json.loads((_FOLDER / NAME).read_bytes()).get(_sha256(text))):
        tables: dict[str, Any] = found
        return tables
    try:
        return files.toml_value(text)
    except ValueError as cause:
        raise UsageError(f"policy {origin} is not TOML: {cause}") from None


def parsed(text: str, origin: str) -> Policy:
    """A policy from its TOML text; UsageError names the key and the line if it is not one."""
    value = _tables(text, origin)
    tables = {"block", "require", "limit", "off", "waiver"}
    files.known_keys(value, {"schema", "name", "description", "decide", *tables}, f"policy {origin}")
    if value.get("schema") != SCHEMA:
        raise UsageError(f"policy {origin}: expected schema = {SCHEMA!r}, got {value.get('schema')!r}")
    block, require, limit, off = (_table(value, key, origin) for key in ("block", "require", "limit", "off"))
    files.known_keys(block, {"fail", "review"}, f"policy {origin} [block]")
    files.known_keys(require, {"answered", "except", "of"}, f"policy {origin} [require]")
    kinds = _table(require, "of", f"{origin} [require]")
    files.known_keys(kinds, set(SubjectKind), f"policy {origin} [require.of]")
    files.known_keys(limit, {"error-rate"}, f"policy {origin} [limit]")
    files.known_keys(off, {"checks"}, f"policy {origin} [off]")
    limits = tuple(_limit(limit, origin) for _ in limit)
    asking = (LIMITED,) if limits else ()
    excepted, left = _patterns(require, "except", origin), _patterns(off, "checks", origin)
    if limits and _matches(LIMITED, (*excepted, *left)):
        raise UsageError(f"policy {origin} limits the error rate and leaves out {LIMITED}, which asks for it: drop one")
    waivers = value.get("waiver", [])
    if not isinstance(waivers, list):
        raise UsageError(f"policy {origin}: waivers are written as [[waiver]]")
    return Policy(
        name=_text(value, "name", origin),
        description=_text(value, "description", origin) if value.get("description", "") != "" else "",
        block_fail=(*_patterns(block, "fail", origin), *asking),
        block_review=_patterns(block, "review", origin),
        decide=_patterns(value, "decide", origin),
        required=(*_patterns(require, "answered", origin), *asking),
        required_of=tuple((kind, _patterns(kinds, kind, origin)) for kind in kinds),
        excepted=excepted,
        off=left,
        limits=limits,
        waivers=tuple(_waiver(entry, f"{origin} waiver {number}") for number, entry in enumerate(waivers, 1)),
        sha256=_sha256(text),
    )


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def problems(policy: Policy, check_ids: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns and waivers that match no check, each as a sentence with the nearest id."""
    patterns = (
        *policy.block_fail,
        *policy.block_review,
        *policy.decide,
        *policy.required,
        *(pattern for _, patterns in policy.required_of for pattern in patterns),
        *policy.excepted,
        *policy.off,
    )
    unknown = {pattern for pattern in patterns if not any(fits(id, pattern) for id in check_ids)}
    unknown |= {waiver.check for waiver in policy.waivers if waiver.check not in check_ids}  # one each, no pattern
    return tuple(f"{pattern!r} matches no check{did_you_mean(pattern, check_ids)}" for pattern in sorted(unknown))


@dataclass(frozen=True, slots=True)
class Judged:
    """What is judged: its files, its kind, and the checks for which more than reading was asked."""

    files: Manifest
    kind: str
    wanted: frozenset[str] = frozenset()


def judged(
    findings: tuple[Finding, ...], policy: Policy, what: Judged, known: frozenset[str], as_of: date
) -> tuple[tuple[Finding, ...], tuple[Waiver, ...], PolicyRecord, Decision]:
    """The findings with the policy's effect on each, the waivers with their state, and the verdict.

    Args:
        findings: what the checks said.
        what: the subject; waivers are bound to its files.
        known: fingerprints of a baseline; known fails and reviews no longer block, open findings still count.
        as_of: the date that waivers are judged by; recorded only if one for this subject exists.
    """
    covering = _Covering(what.files)
    states = [_state(waiver, findings, covering, as_of) for waiver in policy.waivers]
    applied = [waiver for waiver, state in zip(policy.waivers, states, strict=True) if state is WaiverState.APPLIED]

    def waived(finding: Finding) -> bool:
        return any(covering.covers(waiver, finding) for waiver in applied)

    after = tuple(
        replace(finding, effect=Effect.WAIVED if waived(finding) else _effect(finding, policy, what, known))
        for finding in findings
    )
    waivers = tuple(replace(waiver, state=state) for waiver, state in zip(policy.waivers, states, strict=True))
    dated = any(map(covering.bound, policy.waivers))
    record = PolicyRecord(policy.name, policy.sha256, as_of.isoformat() if dated else None)
    return after, waivers, record, _decision(after, policy, what.files)


def _decision(findings: tuple[Finding, ...], policy: Policy, files_: Manifest) -> Decision:
    blocking = [finding for finding in findings if finding.effect is Effect.BLOCKS]
    missing = [finding for finding in findings if finding.effect is Effect.INCOMPLETE]
    decisions = [finding for finding in findings if finding.effect is Effect.DECIDES]
    digests = {resource.name: resource.sha256 for resource in files_.resources}
    if blocking:
        many = len(told(tuple(blocking), digests))
        count = f"{many:,} findings" if many > 1 else "one finding"
        return Decision(
            Verdict.FAILED, _prints(blocking), f"policy {policy.name!r} does not accept {count}: {_checks(blocking)}"
        )
    if missing or decisions:
        said = []
        if decisions:
            many = len(told(tuple(decisions), digests))
            count = f"{many:,} decision{'s' if many > 1 else ''}"
            said.append(f"{count}: {_checks(decisions)}, which policy {policy.name!r} leaves to a person")
        if missing:
            said.append(f"policy {policy.name!r} requires answers that are still open: {_checks(missing)}")
        return Decision(Verdict.INCOMPLETE, _prints([*decisions, *missing]), "; ".join(said))
    because = f"policy {policy.name!r} blocks nothing that was found, and all that it requires was examined"
    return Decision(Verdict.PASSED, (), because)


def _effect(finding: Finding, policy: Policy, what: Judged, known: frozenset[str]) -> Effect:
    asked = finding.kind is Kind.OPEN and finding.check in what.wanted
    if finding.kind in (Kind.FAIL, Kind.REVIEW) and finding.fingerprint in known and listable(finding.check):
        return Effect.KNOWN
    if policy.blocks(finding):
        return Effect.BLOCKS
    if policy.decides(finding):
        return Effect.DECIDES
    return Effect.INCOMPLETE if asked or policy.requires(finding, what.kind) else Effect.NONE


def _state(waiver: Waiver, findings: tuple[Finding, ...], covering: _Covering, as_of: date) -> WaiverState:
    if not covering.bound(waiver):
        return WaiverState.OTHER_SUBJECT
    if date.fromisoformat(waiver.expires) < as_of:
        return WaiverState.EXPIRED
    return (
        WaiverState.APPLIED if any(covering.covers(waiver, finding) for finding in findings) else WaiverState.UNMATCHED
    )


class _Covering:
    """Which findings about these files a waiver is for."""

    def __init__(self, files: Manifest) -> None:
        self._digest, self._named, self._closed = files.digest, files.named, bool(files.closed)
        self._paths = frozenset(row.name for row in files.files)
        self._uncovered = files.excluded

    def bound(self, waiver: Waiver) -> bool:
        """Whether it is for this subject: these bytes, and under these names where it says so.

        The digest of a closed model is that of no files, which every such model has: its waiver says which it is for.
        """
        named = waiver.manifest == self._named or (not waiver.manifest and not self._closed)
        return waiver.subject == self._digest and named

    def covers(self, waiver: Waiver, finding: Finding) -> bool:
        """Whether it is for this finding.

        One that names no artifact is for findings without a place, or for any if it is bound to the names of the files:
        else a file could be given a name under which it is loaded, and stay accepted. One for a file that signatures
        leave out has to be bound so as well, since the other digest says nothing of that file.
        """
        if waiver.check != finding.check or finding.kind not in (Kind.FAIL, Kind.REVIEW, Kind.OPEN):
            return False
        if not waiver.artifact:
            return not finding.evidence or bool(waiver.manifest)
        if not waiver.manifest and lies_in(waiver.artifact, self._uncovered):
            return False
        return any(self._lies_in(evidence.artifact, waiver.artifact) for evidence in finding.evidence)

    def _lies_in(self, place: str, artifact: str) -> bool:
        """Whether a place is the artifact or lies in it; a place that may lie in two files lies in neither."""
        found = files_of(place, self._paths)
        within = place == artifact or place.startswith(f"{artifact} > ")
        if not found:
            return place == artifact
        return within and len(found) == 1 and (artifact == found[0] or artifact.startswith(f"{found[0]} > "))


def _waiver(value: Any, origin: str) -> Waiver:
    if not isinstance(value, dict):
        raise UsageError(f"{origin} is not a table")
    files.known_keys(
        value, {"check", "artifact", "subject", "manifest", "reason", "owner", "expires"}, f"policy {origin}"
    )
    expires = value.get("expires")
    day = isinstance(expires, date) and not isinstance(expires, datetime)
    if not day or not _DIGEST.match(_text(value, "subject", origin)):
        raise UsageError(
            f"{origin} needs subject = the manifest's SHA-256 in hex, and expires = a date such as 2027-06-30"
        )
    names = _text(value, "manifest", origin) if "manifest" in value else ""
    if names and not _DIGEST.match(names):
        raise UsageError(f"{origin}: manifest = {names[:80]!r}: expected a SHA-256 in hex, as reports print it")
    return Waiver(
        check=_text(value, "check", origin),
        artifact=_text(value, "artifact", origin) if "artifact" in value else "",
        subject=_text(value, "subject", origin),
        reason=_text(value, "reason", origin),
        owner=_text(value, "owner", origin),
        expires=str(expires),
        manifest=names,
        state=WaiverState.UNMATCHED,
    )


def _table(value: dict[str, Any], key: str, origin: str) -> dict[str, Any]:
    table = value.get(key, {})
    if not isinstance(table, dict):
        raise UsageError(f"policy {origin}: [{key}] is not a table")
    return table


def _text(value: dict[str, Any], key: str, origin: str) -> str:
    text = value.get(key)
    if not isinstance(text, str) or not text.strip():
        raise UsageError(f"{origin} needs {key} = a text")
    return text


def _limit(table: dict[str, Any], origin: str) -> ErrorRateLimit:
    most = table["error-rate"]
    if isinstance(most, bool) or not isinstance(most, int | float) or not 0 < most < 1:
        raise UsageError(f"policy {origin} [limit]: error-rate = {most!r}: expected a share such as 0.2, for 20 %")
    return ErrorRateLimit(float(most))


def _patterns(table: dict[str, Any], key: str, origin: str) -> tuple[str, ...]:
    rows = table.get(key, [])
    if not isinstance(rows, list) or not all(isinstance(row, str) for row in rows):
        raise UsageError(f"policy {origin}: {key} is not a list of check ids or patterns")
    return tuple(rows)


def _matches(check: str, patterns: tuple[str, ...]) -> bool:
    return any(fits(check, pattern) for pattern in patterns)


def _prints(findings: list[Finding]) -> tuple[str, ...]:
    return tuple(finding.fingerprint for finding in findings)


def _checks(findings: list[Finding]) -> str:
    names = list(dict.fromkeys(finding.check for finding in findings))
    return ", ".join(names[:4]) + (f" and {len(names) - 4} more checks" if len(names) > 4 else "")
