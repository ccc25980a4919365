"""For machines that watch: `/metrics` in the form of Prometheus, and `/healthz`.

Both answer only whom we hear directly from a private address: what came in through a proxy came
from outside.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from ipaddress import ip_address

from flask import Blueprint, Response, abort, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from domain.alerts import AlertPolicy
from store.engine import SCHEMA, reading, schema_version
from store.figures import Figures, load_figures
from web.site import Site, site

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Real-Ip")
TEXT_FORM = "text/plain; version=0.0.4; charset=utf-8"
# Posts are counted at most this often, however many machines ask.
KEPT_FOR = timedelta(seconds=30)

pages = Blueprint("metrics", __name__)


@pages.get("/metrics")
def metrics() -> Response:
    """Every figure, for Prometheus."""
    _require_neighbour()
    here = site()
    now = here.clock()
    text = here.figures.load(now, KEPT_FOR, lambda: _count(here, now))
    return Response(text, content_type=TEXT_FORM)


@pages.get("/healthz")
def healthz() -> Response:
    """200 while the pages can be served; whoever runs us in a container asks."""
    _require_neighbour()
    found = schema_version(site().engine)  # a database that is gone becomes a 503
    whole = found == SCHEMA
    return Response(
        "ok\n" if whole else f"schema {found}, this program needs {SCHEMA}\n",
        status=200 if whole else 503,
        content_type="text/plain; charset=utf-8",
    )


def _require_neighbour() -> None:
    try:
        near = ip_address(request.remote_addr or "").is_private
    except ValueError:
        near = False
    if not near or any(name in request.headers for name in FORWARDED):
        abort(404)


def _count(here: Site, now: datetime) -> bytes:
    with reading(here.engine) as session:
        figures = load_figures(session, AlertPolicy(visit_grace=here.visit_grace), now)
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(figures))
    return generate_latest(registry)


class _Figures(Collector):
    def __init__(self, figures: Figures) -> None:
        self.figures = figures

    def collect(self) -> Iterator[Metric]:
        build = (version("rollcall"), SCHEMA)
        about = "Which program this is."
        yield _gauge("rollcall_build_info", about, ("version", "schema"), [(build, 1)])
        yield from self._collect_sources()
        yield from self._collect_crawls()
        yield from self._collect_desk()

    def _collect_sources(self) -> Iterator[Metric]:
        own, reports = self.figures.sources, self.figures.reports
        visited = [source for source in own if source.platform.visited and not source.paused]
        yield _gauge(
            "rollcall_source_up",
            "1 when the last visit saw, 0 when not; absent before the first.",
            ("source", "platform"),
            [
                ((s.name, s.platform.value), int(reports[s.id].outcome.saw))
                for s in visited
                if s.id in reports
            ],
        )
        yield _gauge(
            "rollcall_source_last_success_timestamp_seconds",
            "When a visit saw for the last time.",
            ("source",),
            [
                ((s.name,), self.figures.seen_at[s.id].timestamp())
                for s in visited
                if s.id in self.figures.seen_at
            ],
        )
        yield _gauge(
            "rollcall_source_next_visit_timestamp_seconds",
            "When the next visit is due.",
            ("source",),
            [((s.name,), s.due_at.timestamp()) for s in visited if s.due_at is not None],
        )
        yield _gauge(
            "rollcall_parse_coverage_ratio",
            "Share of the posts with a date that could be read.",
            ("source",),
            [((s.name,), self.figures.dated[s.id]) for s in own if s.id in self.figures.dated],
        )
        yield _gauge(
            "rollcall_crawl_duration_seconds",
            "How long the last visit took.",
            ("source",),
            [((s.name,), reports[s.id].seconds) for s in visited if s.id in reports],
        )

    def _collect_crawls(self) -> Iterator[Metric]:
        yield _counter(
            "rollcall_crawl_requests",
            "Requests to archives, by the HTTP status of the answer.",
            ("code",),
            [((code,), count) for code, count in self.figures.codes.items()],
        )
        yield _counter(
            "rollcall_visits",
            "Visits, by how they ended.",
            ("outcome",),
            [((outcome,), count) for outcome, count in self.figures.visits.items()],
        )
        yield _counter(
            "rollcall_robots_requests",
            "Requests for robots.txt.",
            (),
            [((), self.figures.robots_requests)],
        )
        yield _counter(
            "rollcall_posts_seen",
            "Distinct posts, by platform.",
            ("platform",),
            [((platform,), count) for platform, count in self.figures.posts.items()],
        )

    def _collect_desk(self) -> Iterator[Metric]:
        yield _gauge(
            "rollcall_review_open",
            "Cards that wait for a curator.",
            ("kind",),
            [((kind,), count) for kind, count in self.figures.reviews.items()],
        )
        yield _counter(
            "rollcall_mail_sent",
            "Mails that went out, or were given up.",
            ("kind", "result"),
            list(self.figures.mails.items()),
        )
        yield _gauge(
            "rollcall_mail_waiting",
            "Mails that wait to be sent.",
            (),
            [((), self.figures.mails_waiting)],
        )
        done = [
            ((job.name,), job.last_finished_at.timestamp())
            for job in self.figures.jobs
            if job.last_finished_at is not None and not job.last_error
        ]
        yield _gauge(
            "rollcall_duty_last_success_timestamp_seconds",
            "When a duty of the timetable was done for the last time.",
            ("duty",),
            done,
        )
        late = (("duty", self.figures.late_duties), ("source", self.figures.late_sources))
        yield _gauge(
            "rollcall_late",
            "Duties, and visits, whose time went by without them.",
            ("kind",),
            [((kind,), count) for kind, count in late],
        )


Samples = Sequence[tuple[Sequence[str], float]]


def _gauge(name: str, said: str, labels: tuple[str, ...], samples: Samples) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, said, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family


def _counter(
    name: str, said: str, labels: tuple[str, ...], samples: Samples
) -> CounterMetricFamily:
    family = CounterMetricFamily(name, said, labels=labels)
    for values, value in samples:
        family.add_metric(values, value)
    return family
