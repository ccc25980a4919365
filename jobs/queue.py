"""The queue of hosts that wait to be read, on Procrastinate, beside our tables in PostgreSQL.

It only dispatches: what is due, and who holds it, stands in our own tables. So the queue may be
thrown away at any moment, and is, when a newer Procrastinate wants other tables.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, text
from sqlalchemy.engine import make_url

from domain.errors import ConfigError

if TYPE_CHECKING:
    from procrastinate import App

log = logging.getLogger("rollcall.worker")
QUEUE = "hosts"
TASK = "read_host"
# Tables of its own, out of the way of ours, of our backups and of our migrations.
QUEUE_SCHEMA = "rollcall_queue"
QUEUE_LOCK = 7_226_652_256
DISPATCH_LOCK = 7_226_652_257
# Finished jobs that failed are kept so long, for whoever asks why.
KEEP_HOURS = 7 * 24
# Its own list of jobs gives all of each, which takes long while many wait.
_TAKEN: Final = """
    SELECT lock FROM procrastinate_jobs
    WHERE queue_name = %(queue)s AND status IN ('todo', 'doing')
"""
ReadHost = Callable[[str, Sequence[int]], Awaitable[None]]


def require_queue(engine: Engine) -> str:
    """The version of Procrastinate that is installed.

    Raises: ConfigError where it is not, or the database is not PostgreSQL.
    """
    if engine.dialect.name != "postgresql":
        raise ConfigError(
            "workers need PostgreSQL",
            where=str(engine.url.database),
            to_do="set database_url, or let `rollcall run` do the crawling",
        )
    try:
        return version("procrastinate")
    except PackageNotFoundError as error:
        raise ConfigError(
            "Procrastinate is not installed", to_do='install it: pip install "rollcall[workers]"'
        ) from error


def prepare_queue(engine: Engine) -> None:
    """Nothing, once the queue's tables are there as the installed Procrastinate wants them.

    Raises: ConfigError where a newer one made them.
    """
    wanted = require_queue(engine)
    with engine.begin() as connection:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({QUEUE_LOCK})"))
        found = connection.scalar(
            text("SELECT obj_description(to_regnamespace(:name), 'pg_namespace')"),
            {"name": QUEUE_SCHEMA},
        )
        if found == wanted:
            return
        if found is not None and _parts(found) > _parts(wanted):
            raise ConfigError(
                f"the queue was made by Procrastinate {found}, this is {wanted}",
                to_do="install the same version on every machine",
            )
        _make_tables(connection, wanted)


def _make_tables(connection: Connection, made_by: str) -> None:
    from procrastinate.schema import SchemaManager

    connection.execute(text(f"DROP SCHEMA IF EXISTS {QUEUE_SCHEMA} CASCADE"))
    connection.execute(text(f"CREATE SCHEMA {QUEUE_SCHEMA}"))
    connection.execute(text(f"COMMENT ON SCHEMA {QUEUE_SCHEMA} IS '{made_by}'"))
    connection.execute(text(f"SET LOCAL search_path TO {QUEUE_SCHEMA}"))
    raw = connection.connection.driver_connection
    assert raw is not None
    with raw.cursor() as cursor:
        cursor.execute(SchemaManager.get_schema())


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".") if part.isdecimal())


def build_queue(database_url: str, read_host: ReadHost) -> App:
    """Procrastinate's view of the queue; its only task awaits `read_host`."""
    from procrastinate import App, PsycopgConnector
    from psycopg_pool import AsyncConnectionPool

    def make_pool(**facts: Any) -> AsyncConnectionPool:
        # Asking each connection first whether it lives doubles what goes to the server: one that
        # does not is an error like any other, after which the worker begins anew.
        return AsyncConnectionPool(**{**facts, "check": None})

    address = make_url(database_url).set(drivername="postgresql")
    queue = App(
        connector=PsycopgConnector(
            conninfo=address.render_as_string(hide_password=False),
            kwargs={"options": f"-c search_path={QUEUE_SCHEMA}"},
            min_size=1,
            max_size=4,
            pool_factory=make_pool,
        )
    )

    @queue.task(name=TASK, queue=QUEUE)
    async def read(host: str, source_ids: list[int]) -> None:
        await read_host(host, source_ids)

    return queue


async def put_hosts(queue: App, hosts: Mapping[str, Sequence[int]]) -> int:
    """How many of the hosts were put in the queue; those that wait or are read stay as they are.

    One at a time may do this: see `DISPATCH_LOCK`.
    """
    from procrastinate.exceptions import AlreadyEnqueued
    from procrastinate.jobs import Job

    rows = await queue.connector.execute_query_all_async(_TAKEN, queue=QUEUE)
    known = {row["lock"] for row in rows}
    new = [
        Job(
            id=None,
            queue=QUEUE,
            lock=host,
            queueing_lock=host,
            task_name=TASK,
            task_kwargs={"host": host, "source_ids": list(source_ids)},
        )
        for host, source_ids in hosts.items()
        if host not in known
    ]
    if not new:
        return 0
    try:
        await queue.job_manager.batch_defer_jobs_async(new)
    except AlreadyEnqueued:
        return 0  # the next look sees what is left
    return len(new)


async def close_stalled(queue: App, lease_seconds: float) -> int:
    """How many jobs of workers that are gone were closed as failed; none is tried again.

    Their sources become due by themselves when the claims on them lapse.
    """
    from procrastinate.jobs import Status

    stalled = await queue.job_manager.get_stalled_jobs(
        queue=QUEUE, seconds_since_heartbeat=lease_seconds
    )
    closed: Iterable[str | None] = [job.lock for job in stalled]
    for job in stalled:
        await queue.job_manager.finish_job(job, Status.FAILED, delete_job=False)
    for host in closed:
        log.warning("the worker that read %s is gone; its sources become due", host)
    await queue.job_manager.delete_old_jobs(nb_hours=KEEP_HOURS, include_failed=True)
    return len(list(closed))
