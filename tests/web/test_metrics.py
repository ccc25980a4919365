"""What monitoring reads: right figures, nobody's name, and nothing for visitors from outside."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from domain.outcome import Outcome
from domain.people import Role
from domain.records import CrawlReport, Platform
from store import crawls, jobs, outbox, sources, users
from store.engine import SCHEMA, writing
from tests.web.kit import NOW

NEAR = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def at_work(engine):
    """Two sources, of which one is seen, a duty that was done, mails and a user."""
    hour = timedelta(hours=1)
    with writing(engine) as s:
        own = sources.add_community(
            s, slug="nets", name="Nets", now=NOW, owner_address="owner@example.org"
        )
        for name, outcome in (("nets", Outcome.READ), ("old-list", Outcome.TIMEOUT)):
            source = sources.add_source(
                s,
                community_id=own.id,
                name=name,
                url=f"https://lists.example.org/{name}/",
                platform=Platform.PIPERMAIL,
                now=NOW,
            )
            told = {"status": "200", "answers": "200 ×3, 404 ×1"} if name == "nets" else {}
            for ago in (5, 3):
                report = CrawlReport(
                    source_id=source.id,
                    started_at=NOW - ago * hour,
                    finished_at=NOW - ago * hour + timedelta(seconds=90),
                    outcome=outcome,
                    requests=4,
                    robots_requests=1,
                    evidence=told,
                )
                crawls.save_report(s, report)
            alone = {"status": told["status"]} if told else {}
            one = replace(report, requests=1, robots_requests=0, evidence=alone)
            crawls.save_report(s, one)
        users.add_user(s, name="Ada Obi", address="ada@example.org", role=Role.CURATOR, now=NOW)
        jobs.claim_job(s, "assess", owner="a", now=NOW, ttl=hour, first_due=NOW)
        jobs.finish_job(s, "assess", owner="a", now=NOW, due_at=NOW + hour)
        outbox.queue_mail(
            s, dedupe_key="1", kind="weekly", recipient="bo@example.org", message=b"m", now=NOW
        )


def read_figures(app) -> dict[tuple[str, ...], float]:
    answer = app.test_client().get("/metrics", environ_base=NEAR)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_the_figures_say_how_the_work_goes(app, at_work):
    found = read_figures(app)
    assert found["rollcall_source_up", "pipermail", "nets"] == 1
    assert found["rollcall_source_up", "pipermail", "old-list"] == 0
    seen = (NOW - timedelta(hours=3) + timedelta(seconds=90)).timestamp()
    assert found["rollcall_source_last_success_timestamp_seconds", "nets"] == seen
    assert ("rollcall_source_last_success_timestamp_seconds", "old-list") not in found
    assert found["rollcall_crawl_duration_seconds", "nets"] == 90
    codes = {key[1]: n for key, n in found.items() if key[0] == "rollcall_crawl_requests_total"}
    assert codes == {"200": 6 + 1, "404": 2, "unknown": 8, "none": 1}
    assert found["rollcall_visits_total", "read"] == 3
    assert found["rollcall_robots_requests_total",] == 4
    assert found["rollcall_duty_last_success_timestamp_seconds", "assess"] == NOW.timestamp()
    assert found["rollcall_mail_waiting",] == 1
    assert found["rollcall_late", "source"] == 0
    assert any(key[0] == "rollcall_build_info" and SCHEMA in key for key in found)


def test_what_is_overdue_is_a_figure_of_its_own(app, at_work, clock):
    clock.now = NOW + timedelta(days=1)
    found = read_figures(app)
    assert (found["rollcall_late", "source"], found["rollcall_late", "duty"]) == (2, 1)


def test_no_figure_names_a_person_or_an_address(app, at_work):
    answer = app.test_client().get("/metrics", environ_base=NEAR)
    for word in ("@", "Ada", "owner", "lists.example.org"):
        assert word not in answer.text


@pytest.mark.parametrize("page", ["/metrics", "/healthz"])
@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("9.9.9.9", {}),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}),
    ],
)
def test_visitors_from_outside_are_not_answered(app, page, address, headers):
    asked = app.test_client().get(page, environ_base={"REMOTE_ADDR": address}, headers=headers)
    assert asked.status_code == 404


def test_healthz_is_well_while_pages_can_be_served(app):
    answer = app.test_client().get("/healthz", environ_base=NEAR)
    assert (answer.status_code, answer.text) == (200, "ok\n")


def test_healthz_says_when_the_schema_is_another(app, engine):
    with writing(engine) as s:
        s.execute(text("UPDATE alembic_version SET version_num = '0002'"))
    answer = app.test_client().get("/healthz", environ_base=NEAR)
    assert answer.status_code == 503
    assert "0002" in answer.text
