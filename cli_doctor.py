"""The command that examines everything and says how to put it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cli_core import App, json_option, pass_app, print_json, say, utc_now
from domain.errors import ConfigError, RollcallError

if TYPE_CHECKING:
    from config import Settings
    from jobs.doctor import Finding, Patient


@click.command()
@click.option("--fix", is_flag=True, help="Repair what can be repaired without losing anything.")
@json_option
@pass_app
def doctor(app: App, *, as_json: bool, fix: bool) -> None:
    """Examine everything and say what to do; exit code 1 when a person is needed."""
    click.get_current_context().exit(examine(app, as_json=as_json, fix=fix))


def examine(app: App, *, as_json: bool, fix: bool) -> int:
    """The exit code, once everything was examined and told."""
    from jobs.doctor import Finding, Grade
    from jobs.doctor import examine as look

    try:
        settings = app.settings()
    except ConfigError as error:
        finding = Finding(
            check="settings",
            grade=Grade.FAIL,
            said=error.what,
            where=error.where,
            to_do=error.to_do,
        )
        _tell(finding, as_json=as_json)
        return 1
    found = []
    for finding in look(_admit(app, settings), fix=fix):
        found.append(finding)
        _tell(finding, as_json=as_json)
    if not as_json:
        _sum_up(found, fix=fix)
    return 1 if any(finding.needs_person for finding in found) else 0


def _admit(app: App, settings: Settings) -> Patient:
    from jobs.doctor import Patient

    try:
        engine = app.engine(settings, any_schema=True)
    except RollcallError as error:
        return Patient(settings=settings, now=utc_now(), engine=None, trouble=error)
    return Patient(settings=settings, now=utc_now(), engine=engine)


def _tell(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "check": finding.check,
                "grade": finding.grade,
                "said": finding.said,
                "where": finding.where or None,
                "to_do": finding.to_do or None,
                "fixable": finding.repair is not None,
                "fixed": finding.fixed,
            }
        )
        return
    mark = "FIXED" if finding.fixed else finding.grade.upper()
    where = f"  ({finding.where})" if finding.where else ""
    click.echo(f"{mark:6}{finding.check}: {finding.said}{where}")
    if finding.to_do and not finding.fixed:
        click.echo(f"        → {finding.to_do}")


def _sum_up(found: list[Finding], *, fix: bool) -> None:
    failed = sum(finding.needs_person for finding in found)
    warned = sum(finding.grade == "warn" and not finding.fixed for finding in found)
    fixed = sum(finding.fixed for finding in found)
    repairable = sum(finding.repair is not None and not finding.fixed for finding in found)
    changed = f"{fixed} repaired." if fix else "Nothing was changed."
    again = f" Again with --fix for the {repairable} that can be repaired." if repairable else ""
    say(f"{failed} failed, {warned} to look at. {changed}{again}")
