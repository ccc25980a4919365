"""The command line: parses arguments, calls one function a command, maps errors to exit codes."""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

import click

from cli_core import App, Group, say
from domain.errors import RollcallError

WRONG_USE = 2
INTERRUPTED = 130
OVERVIEW = """\
Rollcall keeps a directory of communities true: it reads their public archives,
counts who still talks, says how sure it is, and asks a curator when in doubt.

First time   demo     a working directory with made-up communities, no network
             init     make rollcall.toml and the database
Every day    status   what is running, late or broken, and what to do next
             sources  list · add URL · test URL · show · accept · pause · undo-move
             crawl    visit what is due now          (--only NAME, --dry-run)
             assess   score every community          (--as-of DATE)
             rules    which rules hold or wait · go VERSION
             health   SLUG: people, answers, trend   (--json)
             report   preview · send · show WEEK · readers
             review   how many cards wait, and which
Now and then platforms  what can be read, and what is never seen there
             recipes  list · check FILE: a site that no platform fits
             doctor   examine everything and say how to put it right   (--fix)
             backup   one moment of the database, in a file
             restore  FILE: put a backup in the place of the database  (--check)
             upgrade  backup, then the newest schema, then doctor
             export   everything as open files      (--format json, csv or opml)
             config   show · rules · path
             users    list · invite · link
             import   mbox PATH --source NAME · directory FILE · export FOLDER
             schema   the form of directory files
             mailbox  what came into the subscribed mailboxes
             attest   COMMUNITY --seen DATE --link URL --by NAME
             reparse  read a source's kept answers again, without a request
             purge    throw away kept answers that are past their time
             optout   add HOST · list: who is never visited
             forget   --address · --community SLUG: out of the database for good
             keys     change: hash what is stored under new keys
             backtest DATA: how right the scores are on real histories
Servers      run      everything, on a timetable, with the web pages
             worker   reads what is due, beside others on other machines (PostgreSQL)
             serve    the web pages alone

Examples
  rollcall sources test https://example.org/pipermail/list/

rollcall COMMAND --help says more.
"""


# Where each command is: only the one that is asked for is imported.
COMMANDS = {
    "demo": "cli_demo:demo",
    "init": "cli_settings:init",
    "status": "cli_settings:status",
    "sources": "cli_sources:sources",
    "crawl": "cli_crawl:crawl",
    "assess": "cli_crawl:assess",
    "rules": "cli_rules:rules",
    "health": "cli_scoring:health",
    "report": "cli_people:report",
    "review": "cli_people:review",
    "platforms": "cli_platforms:platforms",
    "recipes": "cli_platforms:recipes",
    "doctor": "cli_doctor:doctor",
    "backup": "cli_backup:backup",
    "restore": "cli_backup:restore",
    "upgrade": "cli_backup:upgrade",
    "export": "cli_export:export",
    "config": "cli_settings:config_group",
    "users": "cli_people:users",
    "import": "cli_export:import_group",
    "schema": "cli_directory:schema",
    "mailbox": "cli_mailbox:mailbox",
    "attest": "cli_mailbox:attest",
    "reparse": "cli_keep:reparse",
    "purge": "cli_keep:purge",
    "optout": "cli_keep:optout",
    "forget": "cli_forget:forget",
    "keys": "cli_forget:keys",
    "backtest": "cli_scoring:backtest",
    "run": "cli_serve:run",
    "worker": "cli_serve:worker",
    "serve": "cli_serve:serve",
}


class Root(Group):
    """The top of the command tree; its help is one page by hand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            # The reader of our output left (`| head`): no error, and there is nobody to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(0)

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        formatter.write(OVERVIEW + "\n")
        click.Command.format_options(self, ctx, formatter)


@click.group(cls=Root, invoke_without_command=True)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="The data folder; else ROLLCALL_DATA, else the user's own.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(package_name="rollcall", message="rollcall %(version)s")
@click.pass_context
def root(ctx: click.Context, data: Path | None, *, debug: bool) -> None:
    """Rollcall keeps a directory of communities true."""
    ctx.obj = App(data=data, debug=debug)
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


# ---- errors and exit codes ----------------------------------------------------------------


def run_command(arguments: Sequence[str]) -> int:
    """The exit code of one command; every error is one line on standard error."""
    try:
        code = root.main(args=list(arguments), prog_name="rollcall", standalone_mode=False)
    except click.ClickException as error:
        say(f"rollcall: {error.format_message()}")
        return WRONG_USE
    except RollcallError as error:
        return _report_failure(arguments, f"rollcall: {error.line}", error.exit_code)
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("Interrupted; what was stored until now stays.")
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the last stop: a bug, told in one line
        line = f"rollcall: unexpected {type(error).__name__}: {error}"
        hint = "" if "--debug" in arguments else " → run it again with `rollcall --debug …`"
        return _report_failure(arguments, line.splitlines()[0] + hint, 1)
    return code if isinstance(code, int) else 0


def _report_failure(arguments: Sequence[str], line: str, code: int) -> int:
    if "--debug" in arguments:
        traceback.print_exc()
    say(line)
    return code


def hear_the_end() -> None:
    """Nothing; from now on to be told to end is what Ctrl-C is: what is held is given back.

    Commands that run until they are told to stop take both words themselves.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_DFL:  # under nohup one of them is ignored
            signal.signal(number, signal.default_int_handler)


def main() -> None:
    """Nothing; ends the process with the exit code of the command."""
    hear_the_end()
    sys.exit(run_command(sys.argv[1:]))


if __name__ == "__main__":
    main()
