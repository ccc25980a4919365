"""The public rooms say what was seen, and never make silence of what was not."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest
from sqlalchemy import Connection, Engine, event

from domain.outcome import Answer, Marker, Outcome, Reason, Status
from domain.people import Role
from domain.records import FactLink, Membership, Platform
from store import reviews, sources, users
from store.engine import writing
from tests.web.kit import NOW, SECRET, Browser, Clock, Directory
from web.app import create_app

# Data for search engines stands in such a block; no browser runs it.
LINKED = '<script type="application/ld+json">'
PUBLIC = (
    "/",
    "/ended",
    "/outside",
    "/data",
    "/c/child-health-exchange",
    "/c/child-health-exchange/why",
    "/how",
    "/nowhere",
)


def names(page: str) -> list[str]:
    return re.findall(r'<h2><a href="/c/([^"]+)">', page)


def decide(made: Directory, review_id: int, answer: Answer, new_url: str | None = None) -> None:
    with writing(made.engine) as s:
        user = users.find_user(s, "joan@example.org") or users.add_user(
            s, name="Joan Reyes", address="joan@example.org", role=Role.CURATOR, now=NOW
        )
        reviews.decide(
            s,
            review_id=review_id,
            version=1,
            user_id=user.id,
            answer=answer,
            note="Heard from a member.",
            new_url=new_url,
            now=NOW,
        )


def test_an_empty_directory_says_so(visitor: Browser) -> None:
    assert "No community is listed yet." in visitor.text("/")


def test_the_list_shows_word_date_bars_and_facts(made: Directory, visitor: Browser) -> None:
    made.add_active("Child Health Exchange", languages=["en", "fr"], topics=["nutrition"])
    page = visitor.text("/")
    assert '<strong class="word">Active</strong>' in page
    assert "last post 22 Nov 2026" in page
    assert "Nutrition · English, French · mailing list" in page
    assert '<svg class="bars"' in page


def test_inactive_and_closed_are_hidden_at_first_and_counted(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("Living List")
    old = made.add_silent("Old List", days=500)
    made.judge(old, Status.INACTIVE, last_post_at=NOW - timedelta(days=500))
    page = visitor.text("/")
    assert names(page) == ["living-list"]
    assert "1 inactive or closed is not shown." in page
    assert names(visitor.text("/?activity=all")) == ["living-list", "old-list"]
    assert names(visitor.text("/?activity=inactive")) == ["old-list"]


def test_seen_recently_comes_first_then_unseen_then_ended(
    made: Directory, visitor: Browser
) -> None:
    old = made.add_silent("A Old List", days=500)
    made.judge(old, Status.INACTIVE, last_post_at=NOW - timedelta(days=500))
    made.add("B New List")
    made.add_active("C Last Week", last=NOW - timedelta(days=7))
    made.add_active("D Yesterday", last=NOW - timedelta(days=1))
    spam = made.add_active("E Spam Board", last=NOW - timedelta(hours=3))
    made.judge(
        spam,
        Status.ACTIVE,
        last_post_at=NOW - timedelta(hours=3),
        markers=frozenset({Marker.SPAM}),
    )
    assert names(visitor.text("/?activity=all")) == [
        "d-yesterday",
        "c-last-week",
        "e-spam-board",
        "b-new-list",
        "a-old-list",
    ]


def test_search_ignores_accents_and_capitals_and_wants_every_word(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("Réseau Exemple Santé", languages=["fr"])
    made.add_active("Eye Health", topics=["ncd"])
    assert names(visitor.text("/?q=SANTE+reseau")) == ["r-seau-exemple-sant"]
    assert names(visitor.text("/?q=noncommunicable")) == ["eye-health"]
    assert names(visitor.text("/?q=maladies+non+transmissibles")) == ["eye-health"]
    assert "No community fits all of this." in visitor.text("/?q=sante+eye")


def test_options_count_what_the_other_fields_leave(made: Directory, visitor: Browser) -> None:
    made.add_active("One", languages=["es"], topics=["nutrition"])
    made.add_active("Two", languages=["es"], topics=["wash"])
    made.add_active("Three", languages=["en"], topics=["wash"])
    page = visitor.text("/?language=es")
    assert ">Spanish (2)</option>" in page
    assert ">English (1)</option>" in page
    assert ">Water, sanitation and hygiene (1)</option>" in page
    assert '<option value="es" selected>' in page


def test_every_fact_narrows_the_list_and_can_be_shared_as_an_address(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("One", regions=["Africa"], membership=Membership.OPEN)
    made.add_active("Two", regions=["Europe"], platform=Platform.DISCOURSE)
    assert names(visitor.text("/?region=Africa")) == ["one"]
    assert names(visitor.text("/?platform=forum")) == ["two"]
    assert names(visitor.text("/?membership=open")) == ["one"]
    page = visitor.text("/?region=Africa&platform=forum")
    assert "No community fits all of this." in page
    assert '<option value="Africa" selected>Africa (0)</option>' in page
    assert ">mailing list (1)</option>" in page


@pytest.mark.parametrize("typed", ["imunization", "vacinas", "vacunacion", "Imunisation"])
def test_a_misspelt_search_finds_what_was_meant_and_says_so(
    made: Directory, visitor: Browser, typed: str
) -> None:
    made.add_active("Cold Chain", topics=["immunization"])
    made.add_active("Eye Health")
    page = visitor.text(f"/?q={typed}")
    assert names(page) == ["cold-chain"]
    assert ("Nothing has" in page) == (typed in {"imunization", "Imunisation"})
    assert "Nothing has" not in visitor.text("/?q=immunization")


def test_what_nobody_checked_yet_is_not_called_what_we_cannot_see(
    made: Directory, visitor: Browser
) -> None:
    made.add("Waiting")
    shut = made.add("Shut")
    made.visit(shut, Outcome.LOGIN_WALL)
    made.judge(shut, Status.UNVERIFIABLE, observed_until=None, posts_seen=0)
    little = made.add("Little")
    made.judge(little, Status.UNVERIFIABLE, posts_seen=2)
    page = visitor.text("/")
    assert (
        "3 communities: 1 with too little talk to say, 1 we cannot see into, 1 not checked yet."
        in page
    )
    assert ">Not checked yet (1)</option>" in page
    assert ">Cannot see inside (1)</option>" in page
    assert names(visitor.text("/?activity=unchecked")) == ["waiting"]
    assert names(visitor.text("/?activity=unseen")) == ["shut"]
    assert names(visitor.text("/?activity=little")) == ["little"]


@pytest.mark.parametrize("page", ["", "/why"])
def test_what_a_page_says_of_a_community_is_of_one_moment(
    made: Directory, visitor: Browser, page: str
) -> None:
    made.add_active("Child Health Exchange")
    visitor.text(f"/c/child-health-exchange{page}")
    begun: list[Connection] = []
    event.listen(made.engine, "begin", begun.append)
    visitor.text(f"/c/child-health-exchange{page}")
    # The first asks only whether the record was merged into another.
    assert len(begun) == 2


def test_what_stays_outside_is_on_a_page_of_its_own_only(made: Directory, visitor: Browser) -> None:
    made.add("Members Club", membership=Membership.PAID)
    made.add("Open List")
    assert names(visitor.text("/?activity=all")) == ["open-list"]
    assert "1 community: 1 not checked yet." in visitor.text("/")
    assert names(visitor.text("/outside")) == ["members-club"]
    assert visitor.get("/c/members-club").status_code == 200


def test_closed_and_moved_ones_stay_to_be_found(made: Directory, visitor: Browser) -> None:
    for name, answer, url in (
        ("Closed List", Answer.CLOSED, None),
        ("Moved List", Answer.MOVED, "https://new.example.org/"),
    ):
        review = made.flag(made.add_silent(name))
        decide(made, review.id, answer, url)
    made.add_active("Living List")
    page = visitor.text("/ended")
    assert set(names(page)) == {"closed-list", "moved-list"}
    assert "now at https://new.example.org/" in page


def test_facts_point_to_the_pages_that_show_them(made: Directory, visitor: Browser) -> None:
    shown = FactLink(url="https://paper.example.org/a", supports=("host", "founded"))
    made.add("One", host="Example Institute", founded=2006, evidence=[shown])
    page = visitor.text("/c/one")
    assert 'Example Institute <a class="cited" href="#source-1" aria-label="source 1">' in page
    assert '<li id="source-1"><a href="https://paper.example.org/a"' in page
    assert "paper.example.org</a>: who runs it, since when" in page


def test_a_place_for_members_is_told_as_such_and_never_as_silence(
    made: Directory, visitor: Browser
) -> None:
    with writing(made.engine) as s:
        sources.add_community(s, slug="inner", name="Inner", now=NOW, observable="no")
        sources.add_community(s, slug="new", name="New", now=NOW)
    inner, new = visitor.text("/c/inner"), visitor.text("/c/new")
    assert "Cannot see inside</strong> – its talk is for members only" in inner
    assert "so no program of ours can look. That is not silence." in inner
    assert "Not checked yet</strong> – added 23 Nov 2026" in new
    assert "We know no place yet where its talk could be seen." in new


def test_a_community_leads_on_to_its_past_its_future_and_its_neighbours(
    made: Directory, visitor: Browser
) -> None:
    made.add("Old", followed_by="one")
    made.add("One", follows="old", followed_by="next", topics=["wash"], regions=["Africa"])
    made.add("Next")
    made.add("Near", topics=["wash"], regions=["Africa"])
    made.add("Far", topics=["wash"], regions=["Europe"])
    page = visitor.text("/c/one")
    near = page[page.index('id="near"') :]
    assert re.findall(r'href="/c/([^"]+)"', near) == ["old", "next", "near"]


def test_pages_hold_25_and_lead_on_with_the_filter(made: Directory, visitor: Browser) -> None:
    for number in range(27):
        made.add(f"List {number:02}", topics=["wash"])
    first = visitor.text("/?topic=wash")
    assert len(names(first)) == 25
    assert "Page 1 of 2" in first
    assert 'href="/?topic=wash&amp;page=2"' in first
    assert names(visitor.text("/?topic=wash&page=2")) == ["list-25", "list-26"]
    assert names(visitor.text("/?page=99")) == ["list-25", "list-26"]


@pytest.mark.parametrize("query", ["page=0", "page=-1", "page=x", "page=²", "activity=drop+table"])
def test_nonsense_in_the_address_shows_the_first_page(
    query: str, made: Directory, visitor: Browser
) -> None:
    made.add_active("One")
    assert names(visitor.text(f"/?{query}")) == ["one"]


def test_a_decision_is_on_the_list_with_the_next_request(made: Directory, visitor: Browser) -> None:
    review = made.flag(made.add_silent("Malaria Practice Group"))
    assert names(visitor.text("/")) == ["malaria-practice-group"]
    decide(made, review.id, Answer.CLOSED)
    assert names(visitor.text("/")) == []
    assert names(visitor.text("/?activity=closed")) == ["malaria-practice-group"]


def test_a_new_visit_is_on_the_list_within_five_minutes(
    made: Directory, visitor: Browser, clock: Clock
) -> None:
    source = made.add("Círculo de Farmacia")
    assert "Not checked yet" in visitor.text("/")
    made.visit(source, Outcome.LOGIN_WALL)
    clock.now = NOW + timedelta(minutes=5)
    assert "Cannot see inside</strong> – its archive asks for a login" in visitor.text("/")


def test_the_page_of_a_living_community(made: Directory, visitor: Browser) -> None:
    made.add_active("Child Health Exchange", url="https://child.example.org/join")
    page = visitor.text("/c/child-health-exchange")
    assert "posts in every one of the last 24 months" in page
    join, chart = page.index("https://child.example.org/join"), page.index("<svg")
    assert join < chart
    assert "Talk last seen 22 Nov 2026 (how: we read the public archive up to 23 Nov 2026)" in page
    assert "Its archive was last read on 23 Nov 2026." in page
    assert "Our rules are sure: they have 200 posts to go by." in page


def test_in_doubt_is_still_quiet_in_public_with_the_last_post(
    made: Directory, visitor: Browser
) -> None:
    made.flag(made.add_silent("Malaria Practice Group"))
    page = visitor.text("/c/malaria-practice-group")
    assert '<strong class="word">Quiet</strong> – no post seen since 16 Feb 2026' in page
    assert "A curator has been asked to look." in page
    assert "dormant" not in page.lower()


def test_a_failing_visit_is_told_and_not_called_silence(made: Directory, visitor: Browser) -> None:
    source = made.add_active("Water Forum")
    made.visit(source, Outcome.LAYOUT_CHANGED, ago=timedelta(hours=1))
    page = visitor.text("/c/water-forum")
    assert '<strong class="word">Active</strong>' in page
    assert "looks different now and we cannot read it yet. That is not silence." in page
    assert "archive unreadable since 23 Nov 2026: it looks different now" in page


def test_months_nobody_saw_are_named_and_not_zero_in_the_table(
    made: Directory, visitor: Browser
) -> None:
    source = made.add("Young List")
    made.post(source, NOW - timedelta(days=3))
    made.see(source, NOW - timedelta(days=53))
    made.visit(source, Outcome.READ)
    made.judge(source, Status.UNVERIFIABLE, posts_seen=1, last_post_at=NOW - timedelta(days=3))
    page = visitor.text("/c/young-list")
    assert "22 months were not seen and hatched: Dec 2024 – Sep 2026." in page
    assert page.count('<td class="n">not seen</td>') == 22
    assert 'class="hatch"' in page
    assert "Too little talk to say</strong> – 1 post seen, the last on 20 Nov 2026" in page


def test_a_move_links_the_new_address(made: Directory, visitor: Browser) -> None:
    review = made.flag(made.add_silent("TB Care Exchange"))
    decide(made, review.id, Answer.MOVED, "https://new.example.org/tb")
    page = visitor.text("/c/tb-care-exchange")
    assert "Moved</strong> – now at" in page
    assert '<a href="https://new.example.org/tb" rel="nofollow">' in page
    assert "A curator looked on 23 Nov 2026: moved." in page


def test_an_inactive_archive_that_still_stands_is_said_to(
    made: Directory, visitor: Browser
) -> None:
    review = made.flag(made.add_silent("Old List"))
    decide(made, review.id, Answer.INACTIVE)
    line = "Inactive</strong> – no new posts seen since 16 Feb 2026; the archive is still there"
    assert line in visitor.text("/c/old-list")


def test_why_gives_reasons_change_chances_in_words_and_history(
    made: Directory, visitor: Browser
) -> None:
    review = made.flag(made.add_silent("Malaria Practice Group"))
    page = visitor.text("/c/malaria-practice-group/why")
    assert "No post seen for 40 weeks, since 16 Feb 2026." in page
    assert "One post makes it Active the same day." in page
    assert "That somebody posts within six months: unlikely (about 3 in 10)." in page
    words, number = page.index("unlikely"), page.index("31%")
    assert words < page.index("<details>") < number
    assert "Said by our rules, set 7, from what was seen until 23 Nov 2026." in page
    decide(made, review.id, Answer.INACTIVE)
    page = visitor.text("/c/malaria-practice-group/why")
    assert "Decided on 23 Nov 2026 by a curator. Every decision can be undone." in page
    assert "A curator looked on 23 Nov 2026 and decided: inactive." in page
    assert "One new post: then the rules speak again." in page
    assert "<td>Inactive</td><td>a curator</td>" in page


def test_curators_names_and_notes_stay_out_of_public_pages(
    made: Directory, visitor: Browser
) -> None:
    review = made.flag(made.add_silent("Old List"))
    decide(made, review.id, Answer.INACTIVE)
    pages = visitor.text("/c/old-list") + visitor.text("/c/old-list/why")
    assert "Joan" not in pages
    assert "Heard from" not in pages


def test_subjects_and_owner_addresses_stay_out_of_public_pages(
    made: Directory, visitor: Browser
) -> None:
    made.add_active("Child Health Exchange", owner_address="owner@example.org")
    pages = "".join(visitor.get(path).get_data(as_text=True) for path in PUBLIC)
    assert "A question" not in pages
    assert "owner@" not in pages


def test_foreign_text_is_escaped(made: Directory, visitor: Browser) -> None:
    made.add("Evil <script>alert(1)</script> List", description='"><img src=x>', url="javascript:1")
    pages = visitor.text("/") + visitor.text("/c/evil-script-alert-1-script-list")
    assert "<script" not in pages.replace(LINKED, "")
    assert "<img" not in pages
    assert 'href="javascript' not in pages


def test_a_name_in_another_language_says_which(made: Directory, visitor: Browser) -> None:
    made.add("Réseau Santé", languages=["fr"])
    assert '<span lang="fr">Réseau Santé</span>' in visitor.text("/")


@pytest.mark.parametrize("path", PUBLIC)
def test_the_public_gets_no_cookie_no_script_and_nothing_from_elsewhere(
    path: str, made: Directory, visitor: Browser
) -> None:
    made.add_active("Child Health Exchange")
    response = visitor.get(path)
    page = response.get_data(as_text=True)
    assert "Set-Cookie" not in response.headers
    assert "<script" not in page.replace(LINKED, "")
    assert " style=" not in page
    fetched = re.sub(r'<link rel="alternate"[^>]*>', "", page)
    loaded = re.findall(r'<(?:link|img|script|iframe)[^>]+(?:href|src)="([^"]+)"', fetched)
    assert len([address for address in loaded if not address.startswith("data:")]) == 1
    assert all(address.startswith(("/static/", "data:")) for address in loaded)


def test_a_full_list_stays_under_ten_kilobytes(made: Directory, visitor: Browser) -> None:
    for number in range(25):
        made.add_active(
            f"Example Network for Practice Number {number}",
            last=NOW - timedelta(days=number % 9, hours=number),
            languages=["en", "fr", "es"][: 1 + number % 3],
            topics=["nutrition", "wash", "ncd"][: 1 + number % 3],
        )
    page = visitor.get("/").get_data()
    assert len(gzip.compress(page)) <= 10 * 1024


def test_pages_are_asked_for_again_by_their_mark(made: Directory, visitor: Browser) -> None:
    source = made.add_active("Child Health Exchange")
    first = visitor.get("/c/child-health-exchange")
    mark = first.headers["ETag"]
    again = visitor.get("/c/child-health-exchange", headers={"If-None-Match": mark})
    assert (again.status_code, again.get_data()) == (304, b"")
    made.judge(source, Status.SLOWING, reasons=(Reason(code="if_seen"),))
    changed = visitor.get("/c/child-health-exchange", headers={"If-None-Match": mark})
    assert changed.status_code == 200


def test_how_we_look_names_the_robots_line_and_the_contact(visitor: Browser) -> None:
    page = visitor.text("/how")
    assert "User-agent: Rollcall\nDisallow: /" in page
    assert 'href="mailto:curators@example.org"' in page


def test_how_we_look_speaks_of_kept_answers_only_where_they_are_kept(
    visitor: Browser, engine: Engine, clock: Clock
) -> None:
    assert 'id="repair"' not in visitor.text("/how")
    keeping = create_app(
        engine, public_url="http://localhost", clock=clock, secret=SECRET, raw_days=14
    )
    page = Browser(keeping.test_client()).text("/how")
    assert "one exception, which ends by itself" in page
    assert "thrown away after 14 days" in page


def test_an_unknown_community_is_a_page_of_its_own(visitor: Browser) -> None:
    response = visitor.get("/c/nobody")
    assert response.status_code == 404
    assert "There is no such page" in response.get_data(as_text=True)
