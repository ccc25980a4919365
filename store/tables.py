"""The schema: typed tables without behaviour, one for SQLite and PostgreSQL.

Three families that never write into one another: facts (posts, counts, coverage, crawl reports),
judgements (assessments, reviews as flags), decisions. Around them: sources, manners, people, mail.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from store.columns import Base


class CommunityRow(Base):
    __tablename__ = "communities"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    url: Mapped[str] = mapped_column(default="")
    description: Mapped[str] = mapped_column(default="")
    languages: Mapped[list[Any]] = mapped_column(default=list)
    topics: Mapped[list[Any]] = mapped_column(default=list)
    regions: Mapped[list[Any]] = mapped_column(default=list)
    membership: Mapped[str] = mapped_column(default="unknown")
    owner_address: Mapped[str] = mapped_column(default="")
    host: Mapped[str] = mapped_column(default="", server_default=text("''"))
    founded: Mapped[int | None]
    scope: Mapped[str] = mapped_column(default="", server_default=text("''"))
    observable: Mapped[str] = mapped_column(default="unknown", server_default=text("'unknown'"))
    follows: Mapped[str] = mapped_column(default="", server_default=text("''"))
    followed_by: Mapped[str] = mapped_column(default="", server_default=text("''"))
    evidence: Mapped[list[Any] | None]
    added_at: Mapped[datetime]
    # Makes keys of this community comparable among themselves and with nothing else.
    secret_key: Mapped[bytes]


class SourceRow(Base):
    __tablename__ = "sources"
    __table_args__ = (Index(None, "due_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    name: Mapped[str] = mapped_column(unique=True)
    url: Mapped[str]
    platform: Mapped[str]
    added_at: Mapped[datetime]
    paused: Mapped[bool] = mapped_column(default=False)
    due_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    # While a run reads the source: who, and until when nobody else may take it.
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    # Grows with every claim: whoever comes with an older one has lost the source meanwhile.
    claim: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    mailbox: Mapped[str] = mapped_column(default="", server_default=text("''"))
    recipe: Mapped[str] = mapped_column(default="", server_default=text("''"))
    # What its posts and writers are hashed with, where that is not the key of its community.
    own_key: Mapped[bytes | None]


class SourceMoveRow(Base):
    """Each change of a source's address, by a permanent redirect or by a decision; undoable."""

    __tablename__ = "source_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    old_url: Mapped[str]
    new_url: Mapped[str]
    moved_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    # What was decided; empty for a redirect.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))
    old_platform: Mapped[str | None]


class PostRow(Base):
    """A distinct post at a source. Every key is a keyed hash inside its community."""

    __tablename__ = "posts"
    __table_args__ = (Index(None, "community_id", "day"), Index(None, "source_id", "at"))

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    key: Mapped[bytes] = mapped_column(LargeBinary(16), primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    at: Mapped[datetime | None]
    day: Mapped[date | None]
    basis: Mapped[str]
    author_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    reply_key: Mapped[bytes | None] = mapped_column(LargeBinary(16))
    filed_start: Mapped[datetime | None]
    filed_end: Mapped[datetime | None]


class DailyCountRow(Base):
    """Distinct dated posts of a community on one UTC day, over all its sources."""

    __tablename__ = "daily_counts"

    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    posts: Mapped[int]


class RecentSubjectRow(Base):
    """At most three subjects of a public archive per source, for the curator's "see it"."""

    __tablename__ = "recent_subjects"

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    at: Mapped[datetime]
    subject: Mapped[str]
    url: Mapped[str | None]


class CoverageRow(Base):
    """A stretch of time seen at a source, half-open; kept merged per kind."""

    __tablename__ = "coverage"
    __table_args__ = (UniqueConstraint("source_id", "kind", "start"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)
    kind: Mapped[str]
    start: Mapped[datetime]
    end: Mapped[datetime]


class MarkRow(Base):
    """What we remember of a fetched page, to ask for it conditionally."""

    __tablename__ = "marks"

    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    label: Mapped[str | None]


class CrawlReportRow(Base):
    __tablename__ = "crawl_reports"
    __table_args__ = (Index(None, "source_id", "finished_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime]
    outcome: Mapped[str]
    detail: Mapped[str]
    to_do: Mapped[str]
    posts_total: Mapped[int]
    posts_new: Mapped[int]
    requests: Mapped[int]
    robots_requests: Mapped[int]
    bytes: Mapped[int]
    new_url: Mapped[str | None]
    not_before: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any]]


class HostRow(Base):
    """One host: its lease, the earliest moment of its next request, and its robots.txt."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str | None]
    token: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None]
    not_before: Mapped[datetime | None]


class RobotsRow(Base):
    """The cached robots.txt of one scheme, host and port."""

    __tablename__ = "robots"

    origin: Mapped[str] = mapped_column(primary_key=True)
    fetched_at: Mapped[datetime]
    status: Mapped[int | None]
    body: Mapped[str]


class OptOutRow(Base):
    """A host or address prefix that asked not to be visited; holds for ever."""

    __tablename__ = "optouts"

    target: Mapped[str] = mapped_column(primary_key=True)
    added_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(default="")


class AssessmentRow(Base):
    __tablename__ = "assessments"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    assessed_at: Mapped[datetime]
    observed_until: Mapped[datetime | None]
    status: Mapped[str]
    markers: Mapped[list[Any]]
    since: Mapped[datetime | None]
    confidence: Mapped[str]
    p_quiet: Mapped[float | None]
    p_any_180: Mapped[float | None]
    p_fun_180: Mapped[float | None]
    last_post_at: Mapped[datetime | None]
    posts_seen: Mapped[int]
    reasons: Mapped[list[Any]]
    change: Mapped[list[Any]]
    rules_version: Mapped[str]


class ReviewRow(Base):
    """A flag that a curator should look at. Open while `closed_at` is empty."""

    __tablename__ = "reviews"
    __table_args__ = (Index(None, "closed_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"), index=True)
    kind: Mapped[str]
    opened_at: Mapped[datetime]
    reasons: Mapped[list[Any]]
    version: Mapped[int] = mapped_column(default=1)
    closed_at: Mapped[datetime | None]


class ProposalRow(Base):
    """What a visit found and only a person may act on: a move, an end, a parked domain."""

    __tablename__ = "proposals"
    __table_args__ = (Index(None, "source_id", "kind"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    kind: Mapped[str]
    new_url: Mapped[str | None]
    sentence: Mapped[str]
    seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    # What settled it; empty where the sign went away by itself.
    decision_id: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))


class CanaryRow(Base):
    """What one check of a source found when its silence had to prove itself."""

    __tablename__ = "canaries"
    __table_args__ = (Index(None, "source_id", "checked_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"))
    checked_at: Mapped[datetime]
    check: Mapped[str]
    result: Mapped[str]
    # Only of rows of an earlier release, which have no `reason`.
    said: Mapped[str]
    reason: Mapped[dict[str, Any] | None]


class DecisionRow(Base):
    """Append-only: undo is a row of its own that names the row it undoes."""

    __tablename__ = "decisions"
    __table_args__ = (Index(None, "community_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    review_id: Mapped[int | None] = mapped_column(ForeignKey("reviews.id"))
    community_id: Mapped[int] = mapped_column(ForeignKey("communities.id"))
    answer: Mapped[str]
    decided_at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(default="")
    new_url: Mapped[str | None]
    until: Mapped[datetime | None]
    undoes: Mapped[int | None] = mapped_column(ForeignKey("decisions.id"))


class UserRow(Base):
    """A curator or operator who may sign in. There are no passwords."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    address: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    added_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class SignInRow(Base):
    """A six-digit code on its way to a user; kept hashed, used once."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    code_hash: Mapped[bytes]
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class OutboxRow(Base):
    """A mail to be sent once. `dedupe_key` refuses the second of the same kind, reader and week."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(primary_key=True)
    dedupe_key: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    recipient: Mapped[str]
    message: Mapped[bytes]
    queued_at: Mapped[datetime]
    not_before: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")


class WeeklyReportRow(Base):
    """The built report of one ISO week, kept so that every form of it shows the same numbers."""

    __tablename__ = "weekly_reports"

    week: Mapped[str] = mapped_column(primary_key=True)
    built_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]


class JobRow(Base):
    """The timetable: when each job is next due, and who runs it now."""

    __tablename__ = "jobs"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime]
    claimed_by: Mapped[str | None]
    claimed_until: Mapped[datetime | None]
    last_started_at: Mapped[datetime | None]
    last_finished_at: Mapped[datetime | None]
    last_error: Mapped[str] = mapped_column(default="")
    # The time that it failed to keep, until it is done.
    owed_since: Mapped[datetime | None]


class AlertRow(Base):
    """Something that broke, from the moment operators were to hear of it to the moment it mended.

    `name` is a source's name or a duty's; of each there is at most one open alert.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index(
            None,
            "kind",
            "name",
            unique=True,
            sqlite_where=text("closed_at IS NULL"),
            # The migration says so for PostgreSQL too; here it would load that dialect, always.
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    source_id: Mapped[int | None] = mapped_column(ForeignKey("sources.id"))
    state: Mapped[str]
    since: Mapped[datetime]
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    failures: Mapped[int]
    notified_at: Mapped[datetime | None]
    recovery_notified_at: Mapped[datetime | None]


class SecretRow(Base):
    """Random keys made at `init`, such as the one that signs sessions."""

    __tablename__ = "secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[bytes]
