"""The tables of a registry, the same in SQLite and PostgreSQL.

An audit is a row for each dossier; who kept it when stands beside it, so that the same files under the same rules stay
one audit however often they are looked at. What is asked for across models (files, findings, licences, relations,
waivers) is rows; everything else is in the dossier, which lies under its digest in the store.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

HEAD = "0004"  # the last migration that makes the tables below; a test holds the two together

METADATA = MetaData()
_SHA256 = String(64)
_KEY = Text().with_variant(Text(collation="C"), "postgresql")  # sorts by code point in both: a prefix is a range


_IS_LATEST = text("latest = 1")


def _of_audit() -> Column[int]:
    return Column("audit_id", Integer, ForeignKey("audit.id", ondelete="CASCADE"), nullable=False)


def _latest() -> Column[int]:
    """1: of the latest audit of its model, which most questions are about: what older ones have costs those nothing."""
    return Column("latest", Integer, nullable=False, default=0)


def _of_latest(name: str, column: str) -> Index:
    return Index(name, column, "audit_id", sqlite_where=_IS_LATEST, postgresql_where=_IS_LATEST)


AUDIT = Table(
    "audit",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("dossier", _SHA256, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("key", _KEY, nullable=False),  # the name, whatever the case of its letters
    Column("reference", Text, nullable=False),
    Column("subject", _SHA256, nullable=False),
    Column("files", _SHA256, nullable=False),
    Column("kind", Text, nullable=False),
    Column("family", Text, nullable=False),
    Column("parameters", BigInteger),
    Column("bytes", BigInteger, nullable=False),
    Column("verdict", String(16), nullable=False),
    Column("blocking", Integer, nullable=False),
    Column("first", Integer, nullable=False),
    Column("decide", Integer, nullable=False),
    Column("unknown", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("passed", Integer, nullable=False),
    Column("policy", Text, nullable=False),
    Column("policy_sha256", _SHA256, nullable=False),
    Column("baseline", Text),
    Column("assay", Text, nullable=False),
    Column("first_kept", String(20), nullable=False),  # UTC, 2026-11-27T03:05:07Z: text that sorts as time does
    Column("last_kept", String(20), nullable=False),
    Column("by", Text, nullable=False),
    Column("times", Integer, nullable=False),
    _latest(),
    Column("answers", Text, nullable=False),  # [question, look, word] of each, as JSON; empty: not recorded
    Index("audit_by_key", "key", "last_kept"),
    Index("audit_by_time", "last_kept", "id"),
    Index("audit_by_verdict", "verdict", "last_kept", "id"),
    Index("audit_by_subject", "subject"),
)

KEEPING = Table(
    "keeping",
    METADATA,
    Column("token", String(32), primary_key=True),  # drawn by whoever keeps: trying again is no second time
    _of_audit(),
    Column("at", String(20), nullable=False),
    Column("by", Text, nullable=False),
    Index("keeping_of_audit", "audit_id", "at"),
)

MODEL = Table(
    "model",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("key", _KEY, nullable=False),
    Column("audit_id", Integer, ForeignKey("audit.id"), nullable=False),  # its latest
    Column("last_kept", String(20), nullable=False),
    Column("verdict", String(16), nullable=False),
    Index("model_by_key", "key"),
    Index("model_by_time", "last_kept", "name"),
    Index("model_by_verdict", "verdict", "last_kept", "name"),
    Index("model_of_audit", "audit_id"),
)

FINDING = Table(
    "finding",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("check", _KEY, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("effect", Text, nullable=False),
    Column("fingerprint", String(16), nullable=False),
    Column("artifact", Text, nullable=False),
    Column("message", Text, nullable=False),
    _latest(),
    Index("finding_by_check", "check", "audit_id"),
    _of_latest("finding_latest", "check"),
    Index("finding_by_fingerprint", "fingerprint", "audit_id"),
    _of_latest("finding_latest_fingerprint", "fingerprint"),
    Index("finding_of_audit", "audit_id"),
)

ARTIFACT = Table(
    "artifact",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("path", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("sha256", _SHA256, nullable=False),  # empty: the audit's limits kept it from being read
    Column("format", Text, nullable=False),
    _latest(),
    Index("artifact_by_digest", "sha256", "audit_id"),
    _of_latest("artifact_latest", "sha256"),
    Index("artifact_of_audit", "audit_id"),
)

LICENCE = Table(
    "licence",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("key", _KEY, nullable=False),
    Column("name", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("basis", Text, nullable=False),  # stated, or text
    _latest(),
    Index("licence_by_key", "key", "audit_id"),
    _of_latest("licence_latest", "key"),
    Index("licence_of_audit", "audit_id"),
)

RELATION = Table(
    "relation",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("key", _KEY, nullable=False),
    Column("base", Text, nullable=False),
    Column("base_sha256", String(64), nullable=False),  # of a base that was compared; else empty
    Column("relation", Text, nullable=False),
    Column("basis", Text, nullable=False),  # stated, or measured
    _latest(),
    Index("relation_by_key", "key", "audit_id"),
    _of_latest("relation_latest", "key"),
    Index("relation_of_audit", "audit_id"),
)

WAIVER = Table(
    "waiver",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("check", _KEY, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("expires", String(10), nullable=False),
    Column("state", Text, nullable=False),
    _latest(),
    Index("waiver_by_check", "check", "audit_id"),
    _of_latest("waiver_latest", "check"),
    Index("waiver_of_audit", "audit_id"),
)

BLOB = Table(
    "blob",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    _of_audit(),
    Column("role", String(16), nullable=False),  # as of `keeping.ROLES`
    Column("sha256", _SHA256, nullable=False),
    Column("size", BigInteger, nullable=False),
    UniqueConstraint("audit_id", "role", name="blob_once"),
    Index("blob_by_digest", "sha256"),
)

SEEN = Table(
    "seen",
    METADATA,
    Column("key", _SHA256, primary_key=True),  # of what was asked: the reference and the rules
    _of_audit(),
    Column("state", _SHA256, nullable=False),  # of the files as the system lists them: sizes, times, numbers
    Index("seen_of_audit", "audit_id"),
)

CODE = Table(
    "code",  # of a fingerprint: what relatives are found by; made again from the fingerprint in the store
    METADATA,
    Column("audit_id", Integer, ForeignKey("audit.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("layers", Integer, nullable=False),
    Column("fixed", LargeBinary, nullable=False),
    Column("free", LargeBinary, nullable=False),
)

TASK = Table(
    "task",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("run", String(32), nullable=False),  # of which fleet audit it is a part
    Column("number", Integer, nullable=False),  # in that run
    Column("part", Integer, nullable=False),  # 1: it reads files for another task, and is none of those asked for
    Column("fleet", _SHA256, nullable=False),  # of what the run is to do
    Column("assay", Text, nullable=False),  # the version that is to do it: others have other rules
    Column("begun", BigInteger, nullable=False),  # times are ms of the epoch, by the clock of the database
    Column("closed", Integer, nullable=False),  # 1: its run is over
    Column("size", BigInteger, nullable=False),
    Column("state", String(8), nullable=False),
    Column("taking", Integer, nullable=False),  # how often it was taken: only the last who did may finish it
    Column("worker", Text, nullable=False),
    Column("until", BigInteger, nullable=False),  # for so long it is held
    Column("token", String(32), nullable=False),  # under which its audit is kept, once
    Column("payload", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    UniqueConstraint("run", "number", name="task_once"),
    Index("task_to_take", "closed", "state", "size"),
    Index("task_of_fleet", "fleet", "closed"),
    Index("task_of_worker", "worker", "state"),
)

ACCEPTED = Table(
    "accepted",  # waivers that people recorded; they are of files, not of audits, and are never removed
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("model", Text, nullable=False),  # its name when it was recorded
    Column("check", Text, nullable=False),
    Column("artifact", Text, nullable=False),
    Column("subject", _SHA256, nullable=False),
    Column("manifest", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("expires", String(10), nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(20), nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_at", String(20), nullable=False),  # empty: it counts
    Index("accepted_by_model", "model"),
)

BASELINE = Table(
    "baseline",  # known findings that people recorded; they are of models, not of audits, and are never removed
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("model", Text, nullable=False),
    Column("dossier", _SHA256, nullable=False),  # whose findings they are
    Column("known", Text, nullable=False),  # JSON: fingerprints, with the words beside them
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", String(20), nullable=False),
    Column("ended_by", Text, nullable=False),
    Column("ended_at", String(20), nullable=False),  # empty: it counts, if it is the latest of its model
    Index("baseline_by_model", "model", "at"),
)

JOB = Table(
    "job",  # audits that were started from a workbench; who asked for each, and which server holds it
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("token", String(32), nullable=False),  # under which its audit is kept, once
    Column("model", Text, nullable=False),  # a path, or as a hub's is named
    Column("by", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked", String(20), nullable=False),
    Column("ended", String(20), nullable=False),  # empty: it waits or runs, if its server lives
    Column("ended_by", Text, nullable=False),  # who cancelled it
    Column("said", Text, nullable=False),  # why there is no audit
    Column("server", String(32), nullable=False),
    Column("until", BigInteger, nullable=False),  # for so long the server is believed to live: ms, the database's clock
    UniqueConstraint("token", name="job_once"),
    Index("job_of_server", "server", "ended"),
)

ASKED = (FINDING, ARTIFACT, LICENCE, RELATION, WAIVER)  # what models are found by
PARTS = (*ASKED, BLOB)  # what goes with an audit
