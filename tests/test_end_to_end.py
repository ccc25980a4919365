"""The whole main job with real processes: archives on loopback, crawl, score, report, pages."""

from __future__ import annotations

import json
import os
import re
import selectors
import signal
import subprocess
import sys
import urllib.request
from email import message_from_bytes
from pathlib import Path

import pytest

from store.assessments import latest_assessments
from store.engine import open_database, reading
from store.rule_sets import load_rule_set

PATIENCE = 100.0


def start_demo(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    environ = {k: v for k, v in os.environ.items() if not k.startswith("ROLLCALL_")}
    # What is set for a real folder must not reach the demo, nor the other way round.
    environ["ROLLCALL_DATABASE_URL"] = "sqlite:////nowhere/at-all.db"
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", "--data", str(folder), "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # a line that lies in a buffer would not wake the selector
        env=environ,
    )


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """One demo that ended after its report: its folder, exit code and records."""
    folder = tmp_path_factory.mktemp("end-to-end") / "demo"
    process = start_demo(folder, "--no-serve", "--json")
    out, err = process.communicate(timeout=PATIENCE)
    assert err == b""
    return folder, process.returncode, [json.loads(line) for line in out.splitlines()]


def test_every_made_up_community_is_found_as_the_truth_says(demo):
    _, code, records = demo
    assert [record for record in records if not record["ok"]] == []
    assert len(records) >= 12
    assert code == 0


def test_the_report_lies_there_in_each_form(demo):
    folder, _, records = demo
    reports = {file.suffix: file for file in (folder / "reports").iterdir()}
    assert set(reports) == {".html", ".txt", ".eml", ".json", ".csv"}
    mail = message_from_bytes(reports[".eml"].read_bytes())
    assert {part.get_content_type() for part in mail.walk()} >= {"text/plain", "text/html"}
    assert records


def test_the_rules_it_scored_by_are_those_in_force(demo):
    folder, *_ = demo
    engine = open_database(f"sqlite:///{folder / 'rollcall.db'}")
    with reading(engine) as session:
        stands, scored = load_rule_set(session), latest_assessments(session).values()
    engine.dispose()
    assert stands is not None
    assert {one.rules_version for one in scored} == {stands.version}


def test_a_demo_is_made_anew_in_its_own_folder_and_in_nobody_elses(demo, tmp_path):
    folder, *_ = demo
    (folder / "left-over").write_text("")
    process = start_demo(folder)
    pages = wait_for_addresses(process)
    assert not (folder / "left-over").exists()
    with urllib.request.urlopen(pages[0], timeout=PATIENCE) as answer:
        assert "Newborn" in answer.read().decode()
    with urllib.request.urlopen(pages[1], timeout=PATIENCE) as answer:
        assert answer.status == 200
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0
    mine = tmp_path / "letters"
    mine.mkdir()
    (mine / "letter").write_text("Dear Ada")
    refused = start_demo(mine, "--no-serve")
    _, err = refused.communicate(timeout=PATIENCE)
    assert refused.returncode == 2
    assert "something else than a demo" in err.decode()
    assert (mine / "letter").read_text() == "Dear Ada"


def wait_for_addresses(process: subprocess.Popen[bytes]) -> list[str]:
    """The addresses that the demo prints, once they are served."""
    assert process.stderr
    text = ""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stderr, selectors.EVENT_READ)
        while "web pages on" not in text:
            assert selector.select(PATIENCE), text
            line = process.stderr.readline().decode()
            assert line, text
            text += line
    return re.findall(r"http://\S+", text.partition("Open")[2])
