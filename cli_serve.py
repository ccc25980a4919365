"""Commands for servers: the whole service, or its web pages alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli_core import App, pass_app, say

if TYPE_CHECKING:
    from config import Settings


@click.command()
@click.option("--no-web", is_flag=True, help="Only the timetable, no web pages.")
@click.option("--no-crawl", is_flag=True, help="Leave the crawling to workers.")
@pass_app
def run(app: App, *, no_web: bool, no_crawl: bool) -> None:
    """Run everything on its timetable until SIGTERM or Ctrl-C."""
    from cli_log import start_log
    from scheduler import run_service

    settings = app.settings()
    start_log(settings.log.format)
    engine = app.engine(settings)
    click.get_current_context().exit(
        run_service(settings, engine, with_web=not no_web, with_crawl=not no_crawl)
    )


@click.command()
@click.option("--hosts", type=click.IntRange(1, 1_000), help="How many hosts to read at once.")
@pass_app
def worker(app: App, hosts: int | None) -> None:
    """Read what is due, together with other workers, until SIGTERM or Ctrl-C."""
    from cli_core import utc_now
    from cli_log import start_log
    from jobs.working import run_worker

    settings = app.settings({"workers.hosts_at_once": hosts})
    start_log(settings.log.format)
    engine = app.engine(settings)
    click.get_current_context().exit(run_worker(settings, engine, utc_now))


@click.command()
@click.option("--host", help="The address to listen on.")
@click.option("--port", type=click.IntRange(1, 65_535), help="The port to listen on.")
@click.option("--parent", type=int, hidden=True)
@pass_app
def serve(app: App, host: str | None, port: int | None, parent: int | None) -> None:
    """Serve the web pages."""
    from folder import die_with_parent

    if parent is not None:
        die_with_parent(parent)
    settings = app.settings({"web.host": host, "web.port": port})
    app.engine(settings).dispose()
    _serve(settings)


def _serve(settings: Settings) -> None:
    from gunicorn.app.base import BaseApplication

    # Before the processes part, so that they have it in memory once.
    from web.app import build_app
    from web.shared import SharedText

    figures = SharedText()
    host, port = settings.web.host, settings.web.port

    class Pages(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            self.cfg.set("bind", f"{host}:{port}")
            self.cfg.set("worker_class", "gthread")
            self.cfg.set("workers", settings.web.processes)
            self.cfg.set("threads", 4)
            self.cfg.set("loglevel", "warning")
            self.cfg.set("proc_name", "rollcall-web")
            # A socket in the home folder, by which any program of the same user may stop us.
            self.cfg.set("control_socket_disable", True)
            self.cfg.set("when_ready", lambda _: say(f"web pages on http://{host}:{port}/"))

        def load(self) -> object:
            return build_app(settings, figures)

    _check_port(settings)
    Pages().run()


def _check_port(settings: Settings) -> None:
    """Nothing, if we can listen there; gunicorn itself would try for seconds and say it ten times.

    Raises: ConfigError.
    """
    import socket

    from domain.errors import ConfigError

    host, port = settings.web.host, settings.web.port
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port}: {error.strerror}",
            where=f"web.port ({settings.origins['web.port']})",
            to_do="choose another: rollcall serve --port, or port in the section [web]",
        ) from error
