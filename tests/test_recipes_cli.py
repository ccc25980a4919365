"""What an operator does with a recipe: check it, look, watch the site, crawl and read it again."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib.resources import files
from urllib.parse import urlsplit

import pytest

from cli import run_command
from demo.answer import Answer
from domain.records import Platform
from tests.samples.recipe.cases import EXAMPLE, archive

HOST = "127.77.6.1"
MINE = (files("config") / "recipes" / f"{EXAMPLE}.toml").read_text(encoding="utf-8")


@pytest.fixture
def rollcall(capsys, monkeypatch, tmp_path):
    """Runs a command on a folder of its own: exit code, standard output, standard error."""
    monkeypatch.setenv("ROLLCALL_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    assert run("init", "--contact", "ada@example.org")[0] == 0
    settings = 'contact = "ada@example.org"\nallow_private = true\ndelay_seconds = 0\n'
    (tmp_path / "data" / "rollcall.toml").write_text(settings, encoding="utf-8")
    return run


@pytest.fixture
def site(archive_server):
    """The made-up questions, served on this machine: the address of their list."""
    table = archive(datetime.now(UTC))
    url = ""
    for address, page in table.pages.items():
        parts = urlsplit(address)
        path = f"{parts.path}?{parts.query}" if parts.query else parts.path
        answer = Answer(body=page.body)
        served = archive_server.put(path, lambda times, answer=answer: answer, host=HOST)
        url = served if address == table.url else url
    return url


def write(tmp_path, name: str, text: str) -> str:
    folder = tmp_path / "data" / "recipes"
    folder.mkdir(exist_ok=True)
    file = folder / f"{name}.toml"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_a_recipe_is_checked_tried_watched_and_read_again(rollcall, site, tmp_path):
    file = write(tmp_path, "nutrition", MINE)
    code, out, err = rollcall("recipes", "check", file)
    assert (code, out) == (0, "nutrition: fine, for a list of threads by last post\n")
    assert "--url URL" in err

    code, out, err = rollcall("recipes", "check", file, "--url", site)
    assert code == 0, (out, err)
    assert out.startswith("nutrition: read: ")
    assert len(out.splitlines()) == 6
    assert "Question 10" in out
    assert f"rollcall sources add {site} --recipe nutrition" in err

    code, _, err = rollcall("sources", "add", site, "--recipe", "nutrition", "--name", "questions")
    assert code == 0
    assert "as questions (recipe)" in err
    done = json.loads(rollcall("crawl", "--json")[1])
    assert (done["outcome"], done["posts_new"]) == ("read", 31)

    # A repaired recipe reads the kept answers again, without a request.
    write(tmp_path, "nutrition", MINE.replace('author = ".author"', 'author = "time"'))
    code, out, err = rollcall("reparse", "questions", "--json")
    assert code == 0, err
    # A broken one ends its own visits only, and says where.
    write(tmp_path, "nutrition", MINE.replace('each = "ol', 'each = "ol['))
    code, out, _ = rollcall("crawl", "--only", "questions", "--json")
    done = json.loads(out.splitlines()[0])
    assert code == 4
    assert done["outcome"] == "unparseable"
    assert "nutrition.toml, line 5: `each`" in done["detail"]
    assert done["requests"] == 0


def test_the_list_of_recipes_tells_what_is_wrong_in_each(rollcall, tmp_path):
    write(tmp_path, "mine", '[list]\neach = "li"\n')
    assert rollcall("recipes", "list", "--json")[0] == 0
    rows = [json.loads(line) for line in rollcall("recipes", "list", "--json")[1].splitlines()]
    problems = {row["recipe"]: row["problem"] for row in rows}
    assert problems[EXAMPLE] == ""
    assert "mine.toml, line 1: [list] does not say `shows`" in problems["mine"]


def test_a_wrong_recipe_is_refused_before_anything_is_watched(rollcall, tmp_path):
    url = "https://questions.example.org/questions"
    code, _, err = rollcall("sources", "add", url, "--recipe", "nobody")
    assert code == 3
    assert "there is no recipe 'nobody'" in err
    assert rollcall("sources", "add", url, "--platform", "recipe")[0] == 2
    file = write(tmp_path, "bad", MINE.replace("shows =", "show ="))
    code, _, err = rollcall("recipes", "check", file)
    assert code == 3
    assert f"{file}, line 6: [list] has no `show` → write `shows`, or leave it out" in err
    assert rollcall("recipes", "check", str(tmp_path / "none.toml"))[0] == 3


def test_platforms_tells_of_each_what_it_sees_and_what_never(rollcall):
    code, out, _ = rollcall("platforms", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row["platform"] for row in rows] == [str(platform) for platform in Platform]
    assert all(row["history"] and row["idle_visit"] and row["never_seen"] for row in rows)
    plain = rollcall("platforms")[1]
    assert plain.count("  never seen  ") == len(rows)
