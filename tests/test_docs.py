"""The documentation cannot fall behind: what the program knows, the pages name."""

from __future__ import annotations

import re
import shlex
import subprocess
from datetime import timedelta
from pathlib import Path

import click
import pytest

from cli import COMMANDS, OVERVIEW, root
from config.loading import ALL_VARIABLES
from config.values import READERS
from crawler.plan import OUTCOME_RULES, OutcomeRule
from domain.alerts import AlertKind, AlertState
from domain.errors import Gone, Refused, SourceError, Unparseable, Unreachable
from domain.outcome import Confidence, FlagKind, Marker, Outcome, Status
from domain.records import Platform

TREE = Path(__file__).parent.parent
DOCS = TREE / "docs"
TABLE_HEAD = "| Outcome | Error | Coverage | Next visit | Who is told | The public reads |"


def read(name: str) -> str:
    return (TREE / name).read_text(encoding="utf-8")


def find_command(path: str) -> click.Command:
    """The command of that path, like "sources add"."""
    command: click.Command = root
    for name in path.split():
        assert isinstance(command, click.Group)
        found = command.get_command(click.Context(command), name)
        assert found is not None, path
        command = found
    return command


def list_commands() -> list[str]:
    found = []
    for name in COMMANDS:
        command = find_command(name)
        if isinstance(command, click.Group):
            found += [f"{name} {sub}" for sub in command.commands]
        else:
            found.append(name)
    return found


def list_options() -> list[tuple[str, str]]:
    return [
        (path, option.opts[0])
        for path in list_commands()
        for option in find_command(path).params
        if isinstance(option, click.Option) and not option.hidden
    ]


@pytest.mark.parametrize("command", list_commands())
def test_each_command_has_a_line_in_the_reference(command):
    assert f"| `rollcall {command}" in read("docs/reference.md")


@pytest.mark.parametrize(("command", "option"), list_options())
def test_each_option_stands_in_the_line_of_its_command(command, option):
    lines = read("docs/reference.md").splitlines()
    line = next(line for line in lines if line.startswith(f"| `rollcall {command}"))
    assert f"`{option}" in line


def test_the_overview_names_each_command_and_no_other():
    words = set(re.findall(r"[a-z]+(?:-[a-z]+)*", OVERVIEW))
    for command in list_commands():
        assert set(command.split()) <= words, command
    table = OVERVIEW[OVERVIEW.index("First time") : OVERVIEW.index("\nExamples")]
    assert [line[13:].split()[0] for line in table.splitlines()] == list(COMMANDS)


def test_each_setting_stands_in_the_defaults_below_a_comment():
    section = ""
    documented: set[str] = set()
    commented = False
    for line in read("config/defaults.toml").splitlines():
        if line.startswith("["):
            section = line.strip("[]") + "."
        elif line.startswith("#"):
            commented = True
        elif match := re.match(r"([a-z_]+) = ", line):
            assert commented, line
            documented.add(section + match[1])
        elif not line:
            commented = False
    assert documented == set(READERS)


@pytest.mark.parametrize("variable", ALL_VARIABLES)
def test_each_environment_variable_is_in_the_reference(variable):
    assert f"`{variable}`" in read("docs/reference.md")


@pytest.mark.parametrize(
    "word", [*Status, *Marker, *Confidence, *FlagKind, *Platform, *AlertKind, *AlertState]
)
def test_each_word_of_a_closed_set_is_in_the_glossary(word):
    assert f"\n| `{word}` |" in read("docs/glossary.md")


@pytest.mark.parametrize("outcome", list(Outcome))
def test_each_outcome_stands_in_the_table_as_the_program_has_it(outcome):
    assert render_row(outcome, OUTCOME_RULES[outcome]) in read("docs/outcomes.md")


def test_the_table_of_outcomes_holds_nothing_else():
    page = read("docs/outcomes.md")
    assert TABLE_HEAD in page
    assert len(re.findall(r"^\| `", page, flags=re.MULTILINE)) == len(Outcome)


def render_row(outcome: Outcome, rule: OutcomeRule) -> str:
    """The line of the table in docs/outcomes.md; print it to write the page anew."""
    kinds: tuple[type[SourceError], ...] = (Unreachable, Refused, Gone, Unparseable)
    error = next((f"`{kind.__name__}`" for kind in kinds if outcome in kind.allowed), "–")
    wait = f"{span(rule.first_wait)}, doubling to {span(rule.longest_wait)}"
    if rule.first_wait == rule.longest_wait:
        wait = span(rule.first_wait)
    if outcome.saw:
        wait = f"at its own rhythm, {span(rule.first_wait)} to {span(rule.longest_wait)}"
    cells = (f"`{outcome}`", error, rule.coverage, wait, rule.tells, rule.public)
    return "| " + " | ".join(cells) + " |"


def span(length: timedelta) -> str:
    return f"{length.days} d" if length.days else f"{length.seconds // 3600} h"


def test_exit_codes_of_errors_are_in_the_run_book():
    from domain import errors

    book = read("docs/runbook.md")
    codes = {kind.exit_code for kind in vars(errors).values() if hasattr(kind, "exit_code")}
    for code in codes | {0, 130}:
        assert f"\n| {code} |" in book


def list_told() -> list[str]:
    """Every command line that a page tells to type, in a sentence or in a block."""
    pages = [TREE / "README.md", *DOCS.glob("*.md"), *(TREE / "deploy").rglob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    blocks = re.findall(r"^```(?:sh|console)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^(?:\$ )?((?:rollcall|make) .*)", "\n".join(blocks), re.MULTILINE)
    return sorted({*lines, *re.findall(r"`((?:rollcall|make) [^`\n]*)`", text)})


@pytest.mark.parametrize("line", list_told())
def test_a_command_line_that_a_page_tells_to_type_is_understood(line):
    program, *words = shlex.split(line, comments=True)
    if program == "make":
        goals = [word for word in words if "=" not in word]
        assert all(f"\n{goal}:" in read("Makefile") for goal in goals)
        return
    path = ""
    while (
        words
        and words[0].islower()
        and words[0].isalpha()
        and isinstance(find_command(path), click.Group)
    ):
        path += f" {words.pop(0)}"
    check_words(find_command(path), words)


def check_words(command: click.Command, words: list[str]) -> None:
    """Nothing, if the command has these options and room for the other words."""
    known = {word: one for one in command.params for word in one.opts}
    room = [one.nargs for one in command.params if isinstance(one, click.Argument)]
    plain, left = 0, iter(words)
    for word in left:
        if not word.startswith("-"):
            plain += 1
        elif word != "--help":
            option = known[word]
            if isinstance(option, click.Option) and not option.is_flag:
                next(left)
    assert isinstance(command, click.Group) or -1 in room or plain <= sum(room)


def test_links_between_pages_lead_somewhere():
    for page in [TREE / "README.md", *DOCS.rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_each_decision_record_has_its_four_parts_and_a_number():
    records = sorted((DOCS / "adr").glob("*.md"))
    assert [int(record.name[:4]) for record in records] == list(range(1, len(records) + 1))
    for record in records:
        text = record.read_text(encoding="utf-8")
        for part in ("## Context", "## Decision", "## Consequences", "Bad:"):
            assert part in text, f"{record.name}: {part}"


def test_each_dependency_has_a_line_in_the_decision_record():
    import tomllib

    project = tomllib.loads(read("pyproject.toml"))
    record = read("docs/adr/0002-dependencies.md")
    groups = project["dependency-groups"]
    texts = [*project["project"]["dependencies"], *groups["build"]]
    texts += [text for text in groups["dev"] if isinstance(text, str)]
    for text in texts:
        name = re.split(r"[<>=!~ ]", text)[0]
        assert f"\n| {name} |" in record, name


def test_no_file_names_a_machine_or_a_registry():
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=TREE,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    # Written in pieces, so that this file does not contain what it looks for.
    unwanted = re.compile(
        "|".join(
            [
                "/wo" + "rk/",
                # Not within a web address, where it is an ordinary word.
                r"(?<!\w)/ho" + r"me/\w",
                "/op" + r"t/\w",
                "/ro" + "ot/",
                "py" + r"pi\.",
                "pythonhosted" + r"\.",
                "--(extra-)?index" + "-url ",
            ]
        )
    )
    for name in listed:
        file = TREE / name
        if file.is_file() and file.suffix not in {".mo", ".png", ".gz", ".bz2"}:
            found = unwanted.search(file.read_text(encoding="utf-8", errors="replace"))
            assert found is None, f"{name}: {found}"
