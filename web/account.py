"""A curator's own page, and the lead's: records, browsers, language, invitations, the numbers."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

from flask import Blueprint, abort, redirect, request, session, url_for
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response

from domain.errors import UsageError
from domain.people import Role, User
from presentation.card_words import FLAG_CAUSES
from presentation.dates import describe_age
from presentation.i18n import LOCALES, say
from store import accounts, audit, outbox, rule_sets, rule_trials, users
from store.engine import reading, writing
from web.auth import Shown, current_user, invitation_url, signed_in
from web.room import ANYONE, LEADS, own_locale, render_room, told
from web.site import Site, site

RECORD_SHOWN = 100
SPAN = timedelta(days=90)
LONGEST_NAME = 100
ROLE_WORDS = {
    Role.CURATOR: "curator",
    Role.LEAD: "lead",
    Role.OPERATOR: "operator",
}

pages = Blueprint("account", __name__)


@pages.get("/me")
@signed_in(*ANYONE)
def own() -> Shown:
    """One's own decisions and which were changed later, one's browsers, one's language."""
    user, now = current_user(), site().clock()
    with reading(site().engine) as s:
        record = audit.list_own(s, user.id, RECORD_SHOWN)
        devices = accounts.list_devices(s, user.id, now)
    return render_room("own.html", record=record, devices=devices, user=user)


@pages.post("/me/language")
@signed_in(*ANYONE)
def choose_language() -> Response:
    """Keeps the language of the curators' pages for this account."""
    chosen = request.form.get("locale", "")
    if chosen not in LOCALES:
        abort(400)
    with writing(site().engine) as s:
        accounts.save_choices(s, current_user().id, locale=chosen)
    return redirect(url_for("account.own"), 303)


@pages.post("/me/devices/<int:device_id>/end")
@signed_in(*ANYONE)
def end_device(device_id: int) -> Response:
    """Signs one of one's own browsers out."""
    with writing(site().engine) as s:
        if not accounts.end_device(s, current_user().id, device_id, site().clock()):
            abort(404)
    return redirect(url_for("account.own"), 303)


@pages.get("/team")
@signed_in(*LEADS)
def team() -> Shown:
    """The queue, the people, and how often they agreed with the machine."""
    return _show_team(MultiDict())


@pages.post("/team/invite")
@signed_in(*LEADS)
def invite() -> Shown:
    """Makes an account and mails its owner a link with a button."""
    here, form = site(), request.form
    name, address = form.get("name", "").strip()[:LONGEST_NAME], form.get("address", "").strip()
    locale, role = form.get("locale", ""), form.get("role", "")
    if locale not in LOCALES or role not in set(Role):
        abort(400)
    if current_user().role is Role.LEAD and role == Role.OPERATOR:
        abort(403)
    if not name or "@" not in address or any(sign.isspace() for sign in address):
        return _show_team(form, told("Give a name and a mail address.")), 422
    now = here.clock()
    try:
        with writing(here.engine) as s:
            user = users.add_user(s, name=name, address=address, role=Role(role), now=now)
            accounts.invite(s, user.id, locale=locale, by=current_user().id, now=now)
            outbox.queue_mail(
                s,
                dedupe_key=f"invitation:{user.id}:{int(now.timestamp())}",
                kind="invitation",
                recipient=user.address,
                message=_build_invitation(here, user, locale).as_bytes(policy=SMTP),
                now=now,
            )
    except UsageError:
        return _show_team(form, told("Somebody with this address may sign in already.")), 422
    session["done"] = {"words": told("Invited {name}.", name=name)}
    return redirect(url_for("account.team"), 303)


@pages.get("/team/rules")
@signed_in(*LEADS)
def rules() -> Shown:
    """What other rules would change, as it was last worked out, before they go live."""
    return _show_rules()


@pages.post("/team/rules")
@signed_in(*LEADS)
def let_rules_go() -> Shown:
    """Puts the waiting rules in force, if they are those that the lead saw."""
    version = request.form.get("version", "")
    try:
        with writing(site().engine) as s:
            rule_sets.go_live(s, version, user_id=current_user().id, now=site().clock())
    except UsageError:
        return _show_rules(told("These rules do not wait any more: look again.")), 409
    session["done"] = {"words": told("Rule set {version} is in force.", version=version)}
    return redirect(url_for("account.rules"), 303)


def _show_rules(trouble: str = "") -> str:
    with reading(site().engine) as s:
        stands, waits = rule_sets.load_rule_set(s), rule_sets.load_waiting(s)
        tried = rule_sets.load_waiting_trial(s)
        trials = [one for one in rule_trials.list_trials(s) if one != tried]
    return render_room(
        "rules.html", stands=stands, waits=waits, tried=tried, trials=trials, trouble=trouble
    )


def _show_team(filled: MultiDict[str, str], trouble: str = "") -> str:
    now = site().clock()
    with reading(site().engine) as s:
        summary = audit.summarise_team(s, now, SPAN)
        people = users.list_users(s)
        waits = rule_sets.load_waiting(s)
    oldest = summary.oldest_opened_at
    return render_room(
        "team.html",
        team=summary,
        oldest=describe_age(oldest, now, own_locale()) if oldest else "",
        people=people,
        waits=waits,
        role_words=ROLE_WORDS,
        causes=FLAG_CAUSES,
        filled=filled,
        trouble=trouble,
    )


def _build_invitation(here: Site, user: User, locale: str) -> EmailMessage:
    by = current_user().name
    mail = EmailMessage()
    mail["Subject"] = say("{name} invites you to {site}", locale, name=by, site=here.name)
    mail["From"] = here.sender
    mail["To"] = user.address
    mail["Date"] = format_datetime(here.clock())
    mail["Message-ID"] = make_msgid(domain=here.sender.rpartition("@")[2])
    mail["Auto-Submitted"] = "auto-generated"
    lines = [
        say("Hello {name},", locale, name=user.name),
        say("{name} asks you to help as a curator of {site}.", locale, name=by, site=here.name),
        say(
            "It takes fifteen minutes a week, and there is no password: open this page and press "
            "its button. Three practice cards come first.",
            locale,
        ),
        invitation_url(here, user),
        say("The link works once, for 14 days. If you do not want to, do nothing.", locale),
    ]
    mail.set_content("\n\n".join(lines) + "\n")
    return mail
