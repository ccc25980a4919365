"""The command line as people and programs use it: output, messages, exit codes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli import run_command
from demo.answer import Answer
from domain.proposal import ProposalKind
from domain.records import Platform
from folder import hold
from jobs.crawling import NOT_REACHED_WAIT
from store.engine import open_database, writing
from store.moves import change_address
from store.proposals import propose
from store.sources import load_source

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Bednets</title>
<link>http://x.example.org/</link><description>d</description>
<item><guid isPermaLink="false">1</guid><title>Nets</title>
<pubDate>Thu, 01 Oct 2026 10:00:00 GMT</pubDate></item></channel></rss>"""
MBOX = b"""From ada@example.org Thu Oct  1 10:00:00 2026
From: Ada <ada@example.org>
Message-ID: <1@example.org>
Date: Thu, 01 Oct 2026 10:00:00 +0000
Subject: Nets

Hello.
"""


@pytest.fixture(autouse=True)
def own_environment(tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("ROLLCALL_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path / "data"))


@pytest.fixture
def rollcall(capsys):
    """Runs a command in this process: exit code, standard output, standard error."""

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return run


@pytest.fixture
def folder(tmp_path, rollcall):
    """A folder made by `init`."""
    assert rollcall("init", "--contact", "ada@example.org")[0] == 0
    return tmp_path / "data"


def start(*arguments: str, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "cli", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def run_process(*arguments: str, **options) -> tuple[int, str, str]:
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def records(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def write_settings(folder: Path, text: str) -> None:
    (folder / "rollcall.toml").write_text(text, encoding="utf-8")


# ---- help ---------------------------------------------------------------------------------


def test_alone_it_prints_one_page_and_ends_well(rollcall):
    code, out, err = rollcall()
    assert (code, err) == (0, "")
    assert "First time   demo" in out
    assert len(out.splitlines()) < 48


def test_help_imports_nothing_heavy(record_property):
    script = (
        "import sys; from cli import run_command; code = run_command(sys.argv[1:]);"
        "print(sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)"
    )
    for arguments in (["--help"], ["crawl", "--help"], ["status", "--help"], ["run", "--help"]):
        began = time.perf_counter()
        ended = subprocess.run(
            [sys.executable, "-P", "-c", script, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        record_property("rollcall " + " ".join(arguments), time.perf_counter() - began)
        heavy = {"scrapy", "sqlalchemy", "flask", "rich", "numpy", "apscheduler", "twisted"}
        assert not {f"'{name}'" for name in heavy} & set(ended.stderr.strip("[]\n").split(", "))


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["crawll"], "did you mean `rollcall crawl`?"),
        (["sources", "lst"], "did you mean `rollcall sources list`?"),
        (["zzz"], "`rollcall --help` lists them"),
    ],
)
def test_a_mistyped_command_is_told_the_nearest_one(rollcall, arguments, hint):
    code, out, err = rollcall(*arguments)
    assert (code, out) == (2, "")
    assert hint in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [["crawl", "--zzz"], ["sources", "add"], ["serve", "--port", "0"], ["--data"]]
)
def test_wrong_use_is_one_line_and_exit_code_2(rollcall, arguments):
    code, out, err = rollcall(*arguments)
    assert (code, out, len(err.splitlines())) == (2, "", 1)


def test_the_version_is_told(rollcall):
    assert rollcall("--version")[1].startswith("rollcall 0.")


# ---- init and settings --------------------------------------------------------------------


def test_init_makes_settings_and_database_and_says_what_to_type_next(tmp_path, rollcall):
    code, out, err = rollcall("init", "--contact", "ada@example.org")
    assert (code, out) == (0, "")
    assert "Made " in err
    assert "rollcall sources add URL" in err
    file = tmp_path / "data" / "rollcall.toml"
    assert 'contact = "ada@example.org"' in file.read_text()
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "data" / "rollcall.db").is_file()


def test_init_again_overwrites_nothing(folder, rollcall):
    write_settings(folder, 'contact = "grace@example.org"\n')
    code, _, err = rollcall("init", "--contact", "ada@example.org")
    assert code == 0
    assert "Kept " in err
    assert (folder / "rollcall.toml").read_text() == 'contact = "grace@example.org"\n'


def test_init_without_a_terminal_and_without_contact_asks_for_the_option():
    code, _, err = run_process("init", stdin=subprocess.DEVNULL)
    assert code == 2
    assert "rollcall init --contact you@example.org" in err


def test_init_refuses_a_contact_that_nobody_can_use(rollcall, tmp_path):
    code, _, err = rollcall("init", "--contact", "nobody")
    assert code == 3
    assert "must be a mail address or a web page" in err
    assert not (tmp_path / "data" / "rollcall.toml").exists()


def test_an_unknown_key_stops_every_command_with_exit_code_3(folder, rollcall):
    write_settings(folder, "contcat = 1\n")
    for command in (["status"], ["crawl"], ["config", "show"], ["run"]):
        code, out, err = rollcall(*command)
        assert (code, out) == (3, "")
        assert err == (
            f"rollcall: {folder}/rollcall.toml:1: there is no setting 'contcat'"
            " → did you mean 'contact'?\n"
        )


def test_settings_are_shown_with_their_origin_and_without_secrets(folder, rollcall, monkeypatch):
    monkeypatch.setenv("ROLLCALL_SMTP_PASSWORD", "hunter2")
    code, out, _ = rollcall("config", "show", "--origin", "--json")
    shown = {record["setting"]: record for record in records(out)}
    assert code == 0
    assert shown["contact"]["value"] == "ada@example.org"
    assert str(shown["contact"]["origin"]).endswith("rollcall.toml:6")
    assert "hunter2" not in out + rollcall("config", "show", "--plain")[1]


def test_rules_are_shown_with_what_the_settings_change_once_it_is_in_force(folder, rollcall):
    plain = rollcall("config", "rules")[1]
    write_settings(folder, '[scoring]\np_quiet_dormant = 0.75\n"quiet.log_rec" = 3\n')
    assert rollcall("config", "rules")[1] == plain
    waiting = json.loads(rollcall("rules", "--json")[1])["waiting"]
    assert rollcall("rules", "go", waiting)[0] == 0
    changed = rollcall("config", "rules")[1]
    assert "p_quiet_dormant = 0.75\n" in changed
    assert '"quiet.log_rec" = 3\n' in changed
    assert plain.splitlines()[0] != changed.splitlines()[0]


def test_a_rule_that_does_not_exist_is_refused(folder, rollcall):
    write_settings(folder, "[scoring]\nzzz = 1\n")
    assert rollcall("config", "rules")[0] == 3


def test_a_folder_without_a_rollcall_says_how_to_make_one(rollcall):
    code, _, err = rollcall("status")
    assert code == 3
    assert "rollcall init" in err


# ---- sources ------------------------------------------------------------------------------


def allow_loopback(folder: Path) -> None:
    write_settings(folder, 'contact = "ada@example.org"\nallow_private = true\ndelay_seconds = 0\n')


def test_a_source_is_added_listed_paused_and_shown(folder, rollcall):
    url = "https://lists.example.org/pipermail/bed-nets/"
    code, _, err = rollcall("sources", "add", url, "--platform", "pipermail")
    assert code == 0
    assert "rollcall crawl --only bed-nets" in err
    assert rollcall("sources", "pause", "bed-nets")[0] == 0
    listed = records(rollcall("sources", "list", "--json")[1])
    assert [(r["source"], r["platform"], r["paused"]) for r in listed] == [
        ("bed-nets", "pipermail", True)
    ]
    assert rollcall("sources", "pause", "bed-nets", "--off")[0] == 0
    assert not records(rollcall("sources", "list", "--json")[1])[0]["paused"]
    assert "bed-nets\tpipermail\tnot visited yet\t" in rollcall("sources", "list", "--plain")[1]
    assert url in rollcall("sources", "show", "bed-nets")[1]


def test_two_sources_of_one_community_get_names_of_their_own(folder, rollcall):
    for url in ("https://a.example.org/pipermail/nets/", "https://b.example.org/nets.rss"):
        code, *_ = rollcall("sources", "add", url, "--platform", "feed", "--community", "Bed nets")
        assert code == 0
    listed = records(rollcall("sources", "list", "--json")[1])
    assert [record["source"] for record in listed] == ["bed-nets", "bed-nets-2"]
    assert rollcall("assess", "--json")[1].count('"community": "bed-nets"') == 1


def test_an_address_is_watched_only_once(folder, rollcall):
    add = ("sources", "add", "https://a.example.org/feed.xml", "--platform", "feed")
    assert rollcall(*add)[0] == 0
    code, _, err = rollcall(*add)
    assert code == 2
    assert "watched already" in err


@pytest.mark.parametrize("url", ["lists.example.org", "ftp://example.org/", "https:///x"])
def test_what_is_no_address_of_a_page_is_refused(folder, rollcall, url):
    code, _, err = rollcall("sources", "add", url)
    assert (code, len(err.splitlines())) == (2, 1)


def test_an_unknown_source_is_told_the_nearest_name(folder, rollcall):
    rollcall("sources", "add", "https://a.example.org/nets/", "--platform", "feed")
    for command in (["sources", "show"], ["sources", "pause"], ["crawl", "--only"]):
        code, _, err = rollcall(*command, "netz")
        assert code == 2
        assert "did you mean 'nets'?" in err


def test_an_address_is_tried_without_being_watched(folder, rollcall, archive_server):
    allow_loopback(folder)
    url = archive_server.put("/nets.rss", Answer(body=FEED.encode(), content_type="text/xml"))
    code, out, _ = rollcall("sources", "test", url, "--json")
    found = records(out)[0]
    assert (code, found["platform"], found["posts_read"]) == (0, "feed", 1)
    assert found["newest"] == [{"at": "2026-10-01T10:00:00Z", "subject": "Nets"}]
    assert found["history"].startswith("the last items")
    assert rollcall("sources", "list", "--json")[1] == ""


def test_an_address_that_is_no_archive_is_exit_code_2(folder, rollcall, archive_server):
    allow_loopback(folder)
    url = archive_server.put("/page", Answer(body=b"<html><body><p>Hello</p></body></html>"))
    assert rollcall("sources", "test", url)[0] == 2
    code, _, err = rollcall("sources", "add", url)
    assert code == 2
    assert url in err
    assert rollcall("sources", "list", "--json")[1] == ""


# ---- crawling -----------------------------------------------------------------------------


def test_crawl_without_a_contact_is_refused(folder, rollcall):
    write_settings(folder, "")
    rollcall("sources", "add", "https://a.example.org/nets/", "--platform", "feed")
    code, _, err = rollcall("crawl")
    assert code == 3
    assert "contact" in err


def test_a_private_address_is_refused_unless_allowed(folder, rollcall, archive_server):
    url = archive_server.put("/nets.rss", Answer(body=FEED.encode(), content_type="text/xml"))
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    code, out, _ = rollcall("crawl", "--json")
    assert code == 4
    assert records(out)[0]["outcome"] == "refused"
    assert archive_server.log == []


def test_a_crawl_tells_each_source_by_the_agreed_fields(folder, rollcall, archive_server):
    allow_loopback(folder)
    url = archive_server.put("/nets.rss", Answer(body=FEED.encode(), content_type="text/xml"))
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    code, out, err = rollcall("crawl", "--json")
    assert (code, err) == (0, "")
    record = records(out)[0]
    assert list(record) == [
        "source", "platform", "outcome", "detail", "posts_total", "posts_new", "requests",
        "bytes", "seconds", "next_due",
    ]  # fmt: skip
    assert (record["source"], record["outcome"], record["posts_new"]) == ("nets", "read", 1)
    assert rollcall("crawl")[2].startswith("Nothing was due")
    again = rollcall("crawl", "--only", "nets", "--plain")[1].split("\t")
    assert again[:2] == ["nets", "feed"]
    assert len(again) == 10


def test_a_source_that_was_not_seen_is_exit_code_4_and_never_zero_posts(
    folder, rollcall, archive_server
):
    allow_loopback(folder)
    url = archive_server.put("/nets.rss", Answer(status=503, body=b"no"))
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    code, out, err = rollcall("crawl")
    assert code == 4
    assert out.startswith("x nets")
    assert "0 posts" not in out + err
    assert "0 of 1 seen" in err


def test_a_dry_run_visits_nothing(folder, rollcall, archive_server):
    allow_loopback(folder)
    url = archive_server.put("/nets.rss", Answer(body=FEED.encode(), content_type="text/xml"))
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    assert records(rollcall("crawl", "--dry-run", "--json")[1])[0]["source"] == "nets"
    assert archive_server.log == []


def test_a_folder_that_another_run_holds_is_exit_code_5(folder, rollcall):
    with hold(folder):
        for command in (["crawl"], ["run", "--no-web"], ["import", "mbox", "x", "--source", "y"]):
            code, _, err = run_process(*command)
            assert code == 5
            assert f"process {os.getpid()}" in err


@pytest.mark.parametrize(
    ("end", "number"),
    [
        # In a session of its own, as on a terminal: Ctrl-C reaches the crawl subprocess too.
        (os.killpg, signal.SIGINT),
        (os.kill, signal.SIGTERM),
        (os.kill, signal.SIGHUP),
    ],
)
def test_a_crawl_that_is_told_to_end_gives_back_what_it_did_not_read(
    folder, rollcall, archive_server, end, number
):
    allow_loopback(folder)
    import threading

    asked, enough = threading.Event(), threading.Event()

    def hang(_times: int) -> None:
        asked.set()
        enough.wait(30)

    url = archive_server.put("/nets.rss", hang)
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    process = start("crawl", start_new_session=True)
    assert asked.wait(30)
    end(process.pid, number)
    _, err = process.communicate(timeout=30)
    enough.set()
    assert process.returncode == 130
    assert "Interrupted" in err
    assert "Traceback" not in err
    (source,) = records(rollcall("sources", "list", "--json")[1])
    assert datetime.fromisoformat(source["next_due"]) <= datetime.now(UTC) + NOT_REACHED_WAIT


# ---- importing, scoring, reporting --------------------------------------------------------


def test_an_mbox_is_imported_once(folder, rollcall, tmp_path):
    file = tmp_path / "nets.mbox"
    file.write_bytes(MBOX)
    rollcall("sources", "add", "https://a.example.org/nets", "--platform", str(Platform.MBOX))
    first = records(rollcall("import", "mbox", str(file), "--source", "nets", "--json")[1])[0]
    again = records(rollcall("import", "mbox", str(file), "--source", "nets", "--json")[1])[0]
    assert (first["posts_new"], first["posts_total"]) == (1, 1)
    assert (again["posts_new"], again["posts_total"]) == (0, 1)


@pytest.mark.parametrize("content", [b"\x00\x01\x02\x03" * 100, b"<html>hello</html>"])
def test_a_file_that_is_no_mbox_is_exit_code_2(folder, rollcall, tmp_path, content):
    file = tmp_path / "nets.mbox"
    file.write_bytes(content)
    rollcall("sources", "add", "https://a.example.org/nets", "--platform", "mbox")
    code, out, err = rollcall("import", "mbox", str(file), "--source", "nets")
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert str(file) in err


def test_scoring_tells_each_community_by_the_agreed_fields(folder, rollcall):
    rollcall("sources", "add", "https://a.example.org/nets/", "--platform", "feed")
    code, out, _ = rollcall("assess", "--json")
    record = records(out)[0]
    assert code == 0
    assert list(record) == [
        "community", "status", "markers", "since", "confidence", "p_quiet", "p_any_180",
        "p_fun_180", "reasons",
    ]  # fmt: skip
    # Never looked at: unknown, with no chance put on anything.
    assert (record["status"], record["p_any_180"]) == ("unverifiable", None)
    assert rollcall("assess", "--as-of", "2020-01-01", "--json")[0] == 0
    assert rollcall("assess", "--as-of", "yesterday")[0] == 2


# ---- status -------------------------------------------------------------------------------


def test_status_of_a_new_folder_is_fine_and_says_what_to_type(folder, rollcall):
    code, out, _ = rollcall("status")
    assert code == 0
    assert out.splitlines()[-1].startswith("Next:  rollcall sources test URL")


def test_status_is_exit_code_1_when_a_person_is_needed(folder, rollcall, archive_server):
    allow_loopback(folder)
    url = archive_server.put("/nets.rss", Answer(status=410, body=b"gone"))
    rollcall("sources", "add", url, "--platform", "feed", "--name", "nets")
    rollcall("crawl")
    code, out, _ = rollcall("status")
    assert code == 1
    assert "rollcall sources show nets" in out.splitlines()[-1]
    assert out.splitlines()[-1].count("rollcall") <= 3
    assert json.loads(rollcall("status", "--json")[1])["troubles"][0]["outcome"] == "gone"


# ---- failures -----------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made_is_exit_code_75(rollcall, tmp_path):
    (tmp_path / "file").write_text("")
    code, _, err = rollcall("--data", str(tmp_path / "file" / "x"), "init", "--contact", "a@b.org")
    assert (code, len(err.splitlines())) == (75, 1)


def limit_files(size: int) -> Callable[[], None]:
    """Makes files of that size the largest a process can write, as if the disk were full."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def test_a_full_disk_at_init_leaves_no_half_file_and_is_exit_code_75(tmp_path):
    code, _, err = run_process("init", "--contact", "a@example.org", preexec_fn=limit_files(100))
    assert (code, len(err.splitlines())) == (75, 1)
    assert list((tmp_path / "data").iterdir()) == []


def test_a_full_disk_during_an_import_loses_nothing_already_stored(folder, rollcall, tmp_path):
    file = tmp_path / "nets.mbox"
    file.write_bytes(MBOX)
    rollcall("sources", "add", "https://a.example.org/nets", "--platform", "mbox")
    rollcall("import", "mbox", str(file), "--source", "nets")
    many = b"\n".join(MBOX.replace(b"<1@", b"<%d@" % n) for n in range(2, 3000))
    (tmp_path / "more.mbox").write_bytes(many)
    command = ("import", "mbox", str(tmp_path / "more.mbox"), "--source", "nets")
    code, out, err = run_process(*command, preexec_fn=limit_files(100_000))
    assert (code, out) == (75, "")
    assert "Traceback" not in err
    assert len(err.splitlines()) == 1
    assert "1 posts, +0" in rollcall("import", "mbox", str(file), "--source", "nets")[1]
    assert "2999 posts, +2998" in rollcall(*command)[1]


def test_a_file_that_is_no_database_is_one_line(folder, rollcall):
    for file in folder.glob("rollcall.db*"):
        file.unlink()
    (folder / "rollcall.db").write_bytes(b"not a database at all" * 100)
    code, _, err = rollcall("status")
    assert code == 75
    assert len(err.splitlines()) == 1
    assert "Traceback" not in err


def test_a_fault_of_ours_is_one_line_and_a_traceback_only_with_debug(folder, rollcall, monkeypatch):
    import cli_status

    def fail(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(cli_status, "read_standing", fail)
    code, _, err = rollcall("status")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "rollcall --debug" in err
    assert "Traceback" in rollcall("--debug", "status")[2]


def test_a_reader_that_leaves_is_no_error(folder):
    process = start("config", "show")
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == ""
    process.stderr.close()
    assert process.wait(30) == 0


def test_results_go_to_standard_output_without_colours_or_moving_parts(folder):
    code, out, err = run_process("status", env={**os.environ, "TERM": "dumb", "NO_COLOR": "1"})
    assert code == 0
    assert "\x1b" not in out + err


def test_a_source_shows_what_is_proposed_and_where_it_lived_and_its_move_is_taken_back(
    folder, rollcall
):
    old, new = "https://old.example.org/pipermail/nets/", "https://new.example.org/pipermail/nets/"
    rollcall("sources", "add", old, "--platform", "pipermail", "--name", "nets")
    engine = open_database(f"sqlite:///{folder / 'rollcall.db'}")
    now = datetime.now(UTC)
    with writing(engine) as s:
        source = load_source(s, "nets")
        change_address(s, source.id, new, now)
        kind, said = ProposalKind.CLOSED, "This list has been archived."
        propose(s, source.id, kind, new_url=None, sentence=said, now=now)
    engine.dispose()
    shown = rollcall("sources", "show", "nets")[1]
    assert "proposal: closed, waits for a curator" in shown
    assert said in shown
    assert f"from {old}" in shown
    assert "Proposals  nets (closed): a curator decides" in rollcall("status")[1]
    lines = rollcall("sources", "show", "nets", "--json")[1].splitlines()
    kinds = [json.loads(line)["kind"] for line in lines]
    assert kinds == ["proposal", "move"]
    code, _, err = rollcall("sources", "undo-move", "nets")
    assert (code, f"nets is watched at {old} again." in err) == (0, True)
    assert rollcall("sources", "undo-move", "nets")[0] == 2
