"""What the service writes in its log: one line a visit, one a proof, one a failure."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from domain.errors import RollcallError
from domain.outcome import Outcome
from jobs.crawling import Visited
from jobs.proving import Proved
from presentation.proof_words import write_said

log = logging.getLogger("rollcall.service")


def log_visit(done: Visited) -> None:
    """Nothing; a visit is one line of the log, a warning when it is work for somebody."""
    fields: Mapping[str, object] = {"source": done.source.name}
    if done.report is None:
        log.info("%s not visited: %s", done.source.name, done.why_not, extra=fields)
        return
    level = logging.INFO if done.report.outcome.saw else logging.WARNING
    if done.report.outcome is Outcome.OUR_NETWORK_DOWN:
        level = logging.INFO
    log.log(
        level,
        "%s %s: %d posts, +%d, %d requests, %.1f s%s",
        done.source.name,
        done.report.outcome,
        done.report.posts_total,
        done.report.posts_new,
        done.report.requests,
        done.report.seconds,
        f" ({done.report.detail})" if done.report.detail else "",
        extra=fields,
    )


def log_proof(done: Proved) -> None:
    """Nothing; a silence that is not proved is work for the operator."""
    failed = done.proof.failed
    log.log(
        logging.WARNING if failed else logging.INFO,
        "%s: silence %s%s",
        done.source.name,
        "not proved" if failed else "proved",
        f" ({write_said(failed[0].said)})" if failed else "",
        extra={"source": done.source.name},
    )


def log_failure(name: str, error: Exception) -> None:
    """Nothing; a fault of ours comes with its traceback."""
    if isinstance(error, RollcallError):
        log.error("%s: %s", name, error.line)
    else:
        log.error("%s failed", name, exc_info=error)
