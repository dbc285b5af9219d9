"""What an audit has read and measured before any check is asked, and how it is kept for other rules."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from assay.errors import UsageError
from assay.facts.artifact import Trouble
from assay.facts.catalog import kind
from assay.facts.codec import Mismatch, decode, encode
from assay.files import json_value
from assay.lazy import dataclass
from assay.pipeline import code
from assay.pipeline.fact import Facts
from assay.pipeline.plan import Plan
from assay.pipeline.request import Request

SCHEMA = "assay-facts/1"
_PASSING = frozenset({Trouble.CHANGED, Trouble.LIMIT, Trouble.STOPPED})  # another time there may be more to read


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts of readers and of measures that read, in the order in which they came.

    `whole` says that what Git keeps for itself was read too, since a file of the model names some of it. `isolation`
    and `kernels` are those in which files were read and values computed.
    """

    facts: tuple[object, ...]
    whole: bool
    isolation: tuple[str, ...]
    kernels: str

    @property
    def lasting(self) -> bool:
        """Whether reading the same files again would give the same: no limit of time or size cut it short."""
        return all(kind(type(row).__name__) is type(row) for row in self.facts) and not any(
            row.trouble in _PASSING for row in Facts(self.facts).all("Obstacle")
        )


def key(request: Request, plan: Plan) -> str:
    """What it depends on, besides the files, what is gathered; empty where it depends on more than can be named here.

    The policy is no part of it, but for the measures that its checks need.
    """
    if (
        request.base
        or request.corpora
        or request.run
        or request.probes
        or request.reported
        or request.plugins
        or request.histograms
    ):
        return ""
    measures = ",".join(row.id for row in plan.reading)
    limits = f"{request.max_time} {request.max_bytes} {request.hints} {request.isolation}"
    return hashlib.sha256("\0".join((SCHEMA, code.reading(), measures, limits)).encode()).hexdigest()


def encoded(found: Gathered) -> bytes:
    """What was gathered as JSON (ValueError: it holds a number that JSON has not)."""
    rows = [[name, [encode(row) for row in rows]] for name, rows in Facts(found.facts).rows.items()]
    value = {
        "schema": SCHEMA, "facts": rows, "whole": found.whole,
        "isolation": list(found.isolation), "kernels": found.kernels,
    }  # fmt: skip
    return json.dumps(value, separators=(",", ":"), allow_nan=False).encode("ascii")


def decoded(raw: bytes) -> Gathered:
    """What `encoded` wrote (UsageError: it is not that, or of another version)."""
    try:
        value = json_value(raw)
        if value["schema"] != SCHEMA:
            raise Mismatch(f"expected schema {SCHEMA!r}")
        facts = tuple(decode(kind_of(name), row) for name, rows in value["facts"] for row in rows)
        isolation = decode(tuple[str, ...], value["isolation"])
        return Gathered(facts, decode(bool, value["whole"]), isolation, decode(str, value["kernels"]))
    except (KeyError, TypeError, ValueError, RecursionError) as cause:
        raise UsageError(f"the kept facts are none that this version reads: {cause}") from None


def kind_of(name: str) -> Any:
    """The type of fact of this name (Mismatch: there is none)."""
    found = kind(name)
    if found is None:
        raise Mismatch(f"no fact {name[:80]!r}")
    return found
