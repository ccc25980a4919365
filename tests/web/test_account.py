"""Invitations, browsers, languages and practice; one's own record and the numbers of the team."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import Engine

from domain.outcome import Answer, FlagKind, Status
from domain.people import Role, User
from presentation.i18n import LOCALES
from store import accounts, rule_sets, rule_trials, users
from store.engine import reading, writing
from store.rule_trials import RuleTrial, TrialChange, TrialContradiction
from tests.web.kit import NOW, Browser, Clock, Directory
from web.auth import TRIES_PER_HOUR

ReadMail = Callable[[], list[str]]
SignIn = Callable[..., Browser]
NEW = {"name": "Rosa Lima", "address": "Rosa@example.org", "locale": "pt", "role": "curator"}


@pytest.fixture
def lead(sign_in: SignIn) -> Browser:
    return sign_in("Lea Diallo", Role.LEAD)


def invited_link(lead: Browser, read_mail: ReadMail) -> str:
    assert lead.send("/team/invite", page="/team", **NEW).status_code == 303
    [mail] = read_mail()
    found = re.search(r"http://localhost(/invitation/\S+)", mail)
    assert found is not None
    assert mail.startswith("Lea Diallo convida-o")
    return found[1]


def test_an_invitation_signs_in_once_by_its_button_and_practice_comes_first(
    lead: Browser, visitor: Browser, app: Flask, read_mail: ReadMail
) -> None:
    link = invited_link(lead, read_mail)
    for _ in range(3):
        assert visitor.get(link).status_code == 200
    response = visitor.send(link, page=link)
    assert (response.status_code, response.location) == (303, "/review/practice/1")
    assert "Ficha de treino 1 de 3" in visitor.text("/review/practice/1")
    other = Browser(app.test_client())
    assert other.send(link, page=link).status_code == 410


def test_an_invitation_ends_after_14_days(
    lead: Browser, visitor: Browser, read_mail: ReadMail, clock: Clock
) -> None:
    link = invited_link(lead, read_mail)
    clock.now = NOW + timedelta(days=14)
    assert visitor.get(link).status_code == 410


def test_only_leads_invite_and_only_operators_make_operators(
    lead: Browser, curator: Browser, engine: Engine
) -> None:
    assert curator.send("/team/invite", page="/me", **NEW).status_code == 403
    assert (
        lead.send("/team/invite", page="/team", **(NEW | {"role": "operator"})).status_code == 403
    )
    assert lead.send("/team/invite", page="/team", **(NEW | {"address": "x"})).status_code == 422
    with reading(engine) as s:
        assert len(users.list_users(s)) == 2


def test_practice_comes_until_it_was_seen_and_stores_nothing_else(
    curator: Browser, engine: Engine
) -> None:
    page = curator.text("/review/practice/1?try=inactive")
    assert "Not the safest one." in page
    assert "Yes." in curator.text("/review/practice/2?try=moved")
    where = "/review/practice/done"
    assert curator.send(where, page="/review/practice/3").location == "/review/next"
    with reading(engine) as s:
        assert accounts.load_choices(s, 1).practised_at == NOW


def test_one_browser_is_signed_out_and_the_other_stays(
    app: Flask, make_user: Callable[..., User], engine: Engine
) -> None:
    user = make_user()
    browsers = []
    for label in ("Firefox, Android", "Chrome, Windows"):
        client = app.test_client()
        with writing(engine) as s:
            key = accounts.add_device(s, user.id, label, NOW)
        with client.session_transaction() as session:
            session["device"] = key
        browsers.append(Browser(client))
    phone, desk = browsers
    page = desk.text("/me")
    assert "Firefox, Android" in page
    assert desk.send("/me/devices/1/end", page="/me").status_code == 303
    assert phone.get("/me").status_code == 303
    assert desk.get("/me").status_code == 200


def test_nobody_ends_anothers_session(sign_in: SignIn) -> None:
    amina, joan = sign_in("Amina Okello"), sign_in("Joan Reyes")
    assert joan.send("/me/devices/1/end", page="/me").status_code == 404
    assert amina.get("/me").status_code == 200


def test_a_session_ends_after_90_days(
    app: Flask, make_user: Callable[..., User], engine: Engine, clock: Clock
) -> None:
    client, user = app.test_client(), make_user()
    with writing(engine) as s:
        key = accounts.add_device(s, user.id, "Firefox", NOW)
    with client.session_transaction() as session:
        session["device"] = key
    clock.now = NOW + timedelta(days=90, seconds=-1)
    assert client.get("/me").status_code == 200
    clock.now = NOW + timedelta(days=90)
    assert client.get("/me").status_code == 303


def test_a_network_has_so_many_tries_an_hour(
    app: Flask, clock: Clock, read_mail: ReadMail, make_user: Callable[..., User]
) -> None:
    make_user()
    for number in range(TRIES_PER_HOUR):
        browser = Browser(app.test_client())
        sent = browser.send("/login", page="/login", address=f"guess{number}@example.org")
        assert sent.status_code == 303
    browser = Browser(app.test_client())
    address = "amina.okello@example.org"
    assert browser.send("/login", page="/login", address=address).status_code == 429
    assert read_mail() == []
    clock.now = NOW + timedelta(hours=1, seconds=1)
    assert browser.send("/login", page="/login", address=address).status_code == 303


@pytest.mark.parametrize("locale", LOCALES)
def test_every_page_is_in_the_curators_language(
    locale: str, made: Directory, lead: Browser
) -> None:
    made.flag(made.add_silent("Silent Circle"))
    lead.send("/me/language", page="/me", locale=locale)
    next_one = {"en": "Next card", "fr": "Carte suivante", "es": "Siguiente ficha"}
    for path in ("/review", "/review/1", "/me", "/team", "/team/rules", "/record/silent-circle"):
        page = lead.text(path)
        assert f'<html lang="{locale}">' in page
        assert next_one.get(locale, "Próxima ficha") in page


def test_a_form_that_met_a_lost_session_comes_back_unsent(
    made: Directory, sign_in: SignIn, make_user: Callable[..., User], engine: Engine
) -> None:
    review = made.flag(made.add_silent("Silent Circle"))
    amina = sign_in()
    page = f"/review/{review.id}"
    amina.get(page)
    with writing(engine) as s:
        accounts.end_device(s, 1, 1, NOW)
    sent = amina.client.post(page, data={"answer": "inactive", "version": "1", "note": "Kept."})
    assert (sent.status_code, sent.location) == (303, f"/login?next={page}")
    assert "What you wrote is kept" in amina.text("/login")
    with writing(engine) as s:
        key = accounts.add_device(s, 1, "Firefox", NOW)
    with amina.client.session_transaction() as session:
        session["device"] = key
    shown = amina.text(page)
    assert ">Kept.</textarea>" in shown
    assert "nothing was stored" in shown
    assert "nothing was stored" not in amina.text(page)


def test_everyone_sees_their_decisions_and_which_were_changed(
    made: Directory, sign_in: SignIn, lead: Browser
) -> None:
    review = made.flag(made.add_silent("Silent Circle"))
    page = f"/review/{review.id}"
    amina = sign_in("Amina Okello")
    amina.send(page, page=page, answer="inactive")
    assert "changed later" not in amina.text("/me")
    lead.send("/review/undo/1", page=page)
    lead.send(page, page=page, answer="alive:low")
    assert "changed later by Lea Diallo: Undone" in amina.text("/me")


def test_the_team_page_tells_load_age_and_agreement(
    made: Directory, curator: Browser, lead: Browser, clock: Clock
) -> None:
    for number, answer in enumerate(("inactive", "inactive", "alive:low"), 1):
        made.flag(made.add_silent(f"List {number}"))
        page = f"/review/{number}"
        curator.send(page, page=page, answer=answer)
    made.flag(made.add_silent("Waiting List"), FlagKind.SPAM)
    clock.now = NOW + timedelta(days=15)
    page = lead.text("/team")
    assert "1 card is waiting; the oldest was opened 15 days ago." in page
    assert "1 waits longer than 14 days." in page
    row = "Amina Okello – Cards: 3 · Asked: 0 · Changed later: 0"
    assert row in page
    assert '<th scope="row">went quiet</th><td class="n">2</td><td class="n">3</td>' in page
    assert curator.get("/team").status_code == 403


def test_the_lead_reads_what_other_rules_would_change(lead: Browser, engine: Engine) -> None:
    assert "Nothing was tried yet." in lead.text("/team/rules")
    trial = RuleTrial(
        made_at=NOW,
        stands="7",
        other="7+local.1",
        communities=58,
        changes=(
            TrialChange(
                slug="silent-circle",
                name="Silent Circle",
                stands=Status.DORMANT,
                would=Status.INACTIVE,
                opens=(FlagKind.WENT_QUIET,),
            ),
        ),
        contradictions=(
            TrialContradiction(
                slug="course-list",
                name="Course List",
                answer=Answer.ALIVE,
                decided_at=NOW,
                curator="Amina Okello",
                said=Status.INACTIVE,
            ),
        ),
    )
    with writing(engine) as s:
        rule_trials.save_trial(s, trial)
    with reading(engine) as s:
        assert rule_trials.list_trials(s) == [trial]
    page = lead.text("/team/rules")
    assert "1 community would change" in page
    assert "Silent Circle</a>: Quiet (dormant) → Inactive (inactive) · card: went quiet" in page
    assert "1 past decision speaks against it" in page


def test_waiting_rules_go_live_by_a_press_of_a_lead_who_saw_what_they_change(
    lead: Browser, curator: Browser, engine: Engine
) -> None:
    def meet(version: str) -> None:
        with writing(engine) as s:
            rule_sets.meet_rules(s, version, {}, NOW)

    meet("7")
    assert "waits" not in lead.text("/team")
    meet("8")
    assert "Rule set 8 waits for a lead’s go." in lead.text("/team")
    assert "being worked out" in lead.text("/team/rules")
    assert "<button>Let it go live" not in lead.text("/team/rules")
    trial = RuleTrial(
        made_at=NOW, stands="7", other="8", communities=58, changes=(), contradictions=()
    )
    with writing(engine) as s:
        rule_trials.save_trial(s, trial)
    assert "Let it go live: 0 communities change" in lead.text("/team/rules")
    assert curator.send("/team/rules", page="/me", version="8").status_code == 403
    assert lead.send("/team/rules", page="/team/rules", version="9").status_code == 409
    assert lead.send("/team/rules", page="/team/rules").status_code == 303
    page = lead.text("/team/rules")
    assert "Rule set 8 is in force." in page
    assert "Lea Diallo said go." in page
    with reading(engine) as s:
        assert rule_sets.load_waiting(s) is None
