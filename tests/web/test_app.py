"""Headers, static files, budgets, failures and the start from settings."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import Engine, text

import web.app
from store.engine import migrate, open_database
from tests.web.kit import Browser, Directory
from web.app import STATIC, build_app


def test_every_page_carries_the_safety_headers(visitor: Browser, curator: Browser) -> None:
    for response in (visitor.get("/"), visitor.get("/nowhere"), curator.get("/review/next")):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_style_sheet_is_small_and_kept_for_a_year(visitor: Browser) -> None:
    [address] = re.findall(r'href="(/static/style\.\w+\.css)"', visitor.text("/"))
    with visitor.get(address) as response:
        assert response.status_code == 200
        kept = response.headers["Cache-Control"]
        found = re.match(r"max-age=(\d+), public, immutable", kept)
        assert found
        assert int(found[1]) >= 365 * 24 * 3600
        assert len(gzip.compress(response.get_data())) <= 4 * 1024


def test_the_script_is_small() -> None:
    assert len((STATIC / "review.js").read_bytes()) <= 2 * 1024


def test_an_unhashed_static_address_does_not_exist(visitor: Browser) -> None:
    assert visitor.get("/static/style.css").status_code == 404


def test_the_style_sheet_has_dark_colours_a_focus_ring_and_big_targets() -> None:
    css = (STATIC / "style.css").read_text()
    assert "prefers-color-scheme: dark" in css
    assert ":focus-visible" in css
    assert "min-height: 44px" in css
    assert "url(" not in css


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_keep_their_contrast(scheme: int) -> None:
    blocks = re.findall(r":root \{([^}]+)\}", (STATIC / "style.css").read_text())
    colours = dict(re.findall(r"--(\w+): (#\w{6})", blocks[scheme]))
    words = ("ink", "soft", "link", "active", "quiet", "inactive", "unseen", "ended")
    for ground in ("paper", "sheet"):
        for word in words:
            assert contrast(colours[word], colours[ground]) >= 4.5, (word, ground)
        assert contrast(colours["edge"], colours[ground]) >= 3, ground
    for mark in ("bar", "hatch"):
        assert contrast(colours[mark], colours["paper"]) >= 3, mark


def test_pages_have_language_title_landmarks_and_one_heading(
    made: Directory, visitor: Browser, curator: Browser
) -> None:
    review = made.flag(made.add_silent("Malaria Practice Group"))
    slug = "/c/malaria-practice-group"
    pages = [visitor.text(path) for path in ("/", slug, f"{slug}/why", "/how", "/login")]
    pages.append(curator.text(f"/review/{review.id}"))
    for page in pages:
        assert '<html lang="en">' in page
        assert re.search(r"<title>[^<]+</title>", page)
        assert all(page.count(f"<{tag}") == 1 for tag in ("main", "h1", "footer"))
        assert 'name="viewport"' in page


def test_every_field_has_a_label(made: Directory, visitor: Browser, curator: Browser) -> None:
    review = made.flag(made.add_silent("Malaria Practice Group"))
    pages = [visitor.text("/"), visitor.text("/login"), curator.text(f"/review/{review.id}")]
    for page in pages:
        outside = re.sub(r"<label.*?</label>", "", page, flags=re.DOTALL)
        fields = re.findall(r"<(?:input|select|textarea)[^>]*>", outside)
        assert all('type="hidden"' in field for field in fields)


def test_a_failing_database_is_a_plain_page_and_says_nothing_inner(
    visitor: Browser, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE communities"))
    response = visitor.get("/")
    page = response.get_data(as_text=True)
    assert response.status_code == 500
    assert "Something went wrong on our side" in page
    assert "communities" not in page.replace("All communities", "").lower().replace(
        "communities of practice", ""
    )
    assert "no such table" in caplog.text


def test_a_form_that_is_too_large_is_refused(visitor: Browser) -> None:
    response = visitor.client.post("/login", data={"address": "a" * 100_000})
    assert response.status_code == 413


def test_the_app_starts_from_the_settings_of_a_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rollcall.toml").write_text('contact = "ops@example.org"\n')
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path))
    database = open_database(f"sqlite:///{tmp_path}/rollcall.db")
    migrate(database)
    database.dispose()
    app: Flask = build_app()
    page = app.test_client().get("/how").get_data(as_text=True)
    assert "mailto:ops@example.org" in page
    assert "thrown away after 21 days" in page
    first, second = app.secret_key, build_app().secret_key
    assert first == second


def test_the_web_does_not_load_the_crawler() -> None:
    assert "scrapy" not in Path(web.app.__file__).read_text()
