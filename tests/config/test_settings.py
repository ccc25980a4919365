from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from config.values import READERS

MONDAY_SIX = config.WeeklyTime(weekday=0, hour=6, minute=0)


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        ("2026-11-22T12:00", "UTC", "2026-11-23T06:00"),
        ("2026-11-23T05:59", "UTC", "2026-11-23T06:00"),
        ("2026-11-23T06:00", "UTC", "2026-11-30T06:00"),
        ("2026-11-23T02:00", "Africa/Nairobi", "2026-11-23T03:00"),
        ("2026-11-23T03:30", "Africa/Nairobi", "2026-11-30T03:00"),
        # Clocks in Berlin go back on 25 October 2026: six in the morning is an hour later in UTC.
        ("2026-10-20T12:00", "Europe/Berlin", "2026-10-26T05:00"),
        ("2026-10-18T12:00", "Europe/Berlin", "2026-10-19T04:00"),
    ],
)
def test_the_weekly_moment_keeps_to_the_wall_clock_of_its_zone(now, zone, due):
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = datetime.fromisoformat(due).replace(tzinfo=UTC)
    assert MONDAY_SIX.next_after(moment, ZoneInfo(zone)) == expected


@given(
    now=st.integers(1_577_836_800, 2_208_988_800).map(lambda s: datetime.fromtimestamp(s, UTC)),
    weekday=st.integers(0, 6),
    hour=st.integers(0, 23),
    zone=st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Kathmandu"]),
)
def test_the_weekly_moment_is_later_and_at_most_a_week_and_a_shift_away(now, weekday, hour, zone):
    due = config.WeeklyTime(weekday=weekday, hour=hour, minute=30).next_after(now, ZoneInfo(zone))
    assert now < due
    assert (due - now).total_seconds() <= (7 * 24 + 1) * 3600


def test_a_new_file_holds_the_contact_and_every_other_setting_commented_out(tmp_path):
    text = config.render_starter('"quoted"@example.org')
    table = tomllib.loads(text)
    assert table.pop("contact") == '"quoted"@example.org'
    assert all(section == {} for section in table.values())
    for name in READERS:
        assert f"{name.rpartition('.')[2]} = " in text


def test_a_new_file_with_every_comment_removed_gives_the_defaults(tmp_path):
    lines = config.render_starter("a@example.org").splitlines()
    keys = tuple(f"# {name.rpartition('.')[2]} = " for name in READERS)
    text = "\n".join(line.removeprefix("# ") if line.startswith(keys) else line for line in lines)
    (tmp_path / config.FILE_NAME).write_text(text, encoding="utf-8")
    settings = config.load(tmp_path, {})
    plain = config.load(tmp_path / "other", {})
    assert settings.schedule == plain.schedule
    assert settings.crawl == plain.crawl
    assert settings.web == plain.web


def test_single_scoring_rules_may_be_set(tmp_path):
    text = "[scoring]\np_quiet_dormant = 0.7\n[scoring.quiet]\nlog_rec = 2\n"
    (tmp_path / config.FILE_NAME).write_text(text, encoding="utf-8")
    settings = config.load(tmp_path, {})
    assert settings.scoring == {"p_quiet_dormant": 0.7, "quiet.log_rec": 2.0}
    assert [s.name for s in config.list_settings(settings)][-2:] == [
        "scoring.p_quiet_dormant",
        "scoring.quiet.log_rec",
    ]
