"""The exception tree: facts about the world, mistakes of a person, and nothing else.

    RollcallError               carries what happened, where, and what to do
    ├── SourceError             a visit that did not see: becomes an outcome and a report
    │   ├── Unreachable         later: time-outs, server errors, DNS, TLS, our own network
    │   ├── Refused             not before a date: robots, 401/403, login, bot check, rate limit
    │   ├── Gone                a person looks: not found, gone, moved, parked
    │   └── Unparseable         a developer looks: layout changed, broken or over-long answers
    ├── HostBusy                another run reads this host now: no visit, the source stays due
    ├── ClaimLost               another run has the source now: the late result is refused
    ├── ConfigError             settings are wrong; the start stops (exit code 3)
    ├── UsageError              a bad address, file or name given by a person (exit code 2)
    ├── FolderBusy              another run holds the data folder (exit code 5)
    ├── StorageFailed           disk full, read-only, database unreachable (exit code 75)
    ├── MailFailed              the mail server is down or refuses us (exit code 75)
    └── StaleDecision           the curator saw an older version of the card

Anything else that rises is a bug.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from domain.outcome import Outcome


class RollcallError(Exception):
    """A failure a person can act on: `what` happened, `where`, and what `to_do` about it."""

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", to_do: str = "") -> None:
        self.what = what
        self.where = where
        self.to_do = to_do
        super().__init__(self.line)

    @property
    def line(self) -> str:
        """One line for a terminal or a log: what, where, what to do."""
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head} → {self.to_do}" if self.to_do else head


class SourceError(RollcallError):
    """A visit that did not see what it went for. `outcome` is never a seeing one."""

    exit_code = 4
    allowed: frozenset[Outcome] = frozenset()

    def __init__(
        self,
        outcome: Outcome,
        what: str,
        *,
        where: str = "",
        to_do: str = "",
        evidence: Mapping[str, str] | None = None,
        not_before: datetime | None = None,
        new_url: str | None = None,
    ) -> None:
        if outcome not in self.allowed:
            raise ValueError(f"{outcome} is not an outcome of {type(self).__name__}")
        self.outcome = outcome
        self.evidence = dict(evidence or {})
        self.not_before = not_before
        self.new_url = new_url
        super().__init__(what, where=where, to_do=to_do)


class Unreachable(SourceError):
    """Nobody answered, or the server failed: try again later."""

    allowed = frozenset(
        {Outcome.TIMEOUT, Outcome.UNREACHABLE, Outcome.SERVER_ERROR, Outcome.OUR_NETWORK_DOWN}
    )


class Refused(SourceError):
    """The host answered and does not let us in; `not_before` when it said until when."""

    allowed = frozenset(
        {Outcome.REFUSED, Outcome.LOGIN_WALL, Outcome.CHALLENGE, Outcome.RATE_LIMITED}
    )


class Gone(SourceError):
    """What we looked for is not at this address; `new_url` when the answer names another."""

    allowed = frozenset({Outcome.GONE, Outcome.NOT_FOUND, Outcome.MOVED, Outcome.PARKED})


class Unparseable(SourceError):
    """An answer came and is not what this platform gives."""

    allowed = frozenset({Outcome.LAYOUT_CHANGED, Outcome.UNPARSEABLE, Outcome.TOO_LARGE})


class HostBusy(RollcallError):
    """Another run holds the lease of this host: there was no visit, and the source stays due."""

    exit_code = 4

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__("another run reads this host now", where=host)


class ClaimLost(RollcallError):
    """This run's claim of the source ended and another has it now: what comes late is refused."""

    exit_code = 4

    def __init__(self, source: str) -> None:
        super().__init__("another run has this source now", where=source)


class ConfigError(RollcallError):
    """Settings that cannot be used; names the file and key."""

    exit_code = 3


class UsageError(RollcallError):
    """A bad address, name or file given by a person."""

    exit_code = 2


class FolderBusy(RollcallError):
    """Another run holds the data folder."""

    exit_code = 5


class StorageFailed(RollcallError):
    """The disk is full or read-only, or the database does not answer: nothing was written."""

    exit_code = 75


class MailFailed(RollcallError):
    """The mail server does not answer or refuses us: every mail stays queued for later."""

    exit_code = 75


class StaleDecision(RollcallError):
    """A decision on a card that somebody has decided meanwhile."""
