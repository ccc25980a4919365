"""Records are edited with their differences kept, checked by criteria, joined and parted."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from sqlalchemy import Engine

from domain.outcome import FlagKind
from domain.people import Role
from store import edits, sources
from store.engine import reading
from tests.web.kit import Browser, Directory

PATH = "/record/malaria-circle"
FIELDS = {
    "name": "Malaria Circle",
    "url": "https://malaria.example.org/",
    "host": "",
    "languages": "en, fr",
    "regions": "",
    "founded": "",
    "follows": "",
    "followed_by": "",
    "owner_address": "",
    "description": "",
    "membership": "unknown",
    "observable": "unknown",
    "source": "",
}


@pytest.fixture
def circle(made: Directory) -> int:
    source = made.add_active(
        "Malaria Circle", url="https://malaria.example.org/", languages=("en", "fr")
    )
    return source.community_id


@pytest.fixture
def lead(sign_in: Callable[..., Browser]) -> Browser:
    return sign_in("Lea Diallo", Role.LEAD)


def test_only_changed_fields_are_kept_with_what_they_were_and_their_source(
    circle: int, curator: Browser, engine: Engine
) -> None:
    where = "https://malaria.example.org/about"
    sent = FIELDS | {"host": "Example School", "membership": "open", "source": where}
    assert curator.send(PATH, page=PATH, **sent).status_code == 303
    page = curator.text(PATH)
    assert "Kept: Run by, Who can join." in page
    assert "Run by: <del>(empty)</del> → <ins>Example School</ins>" in page
    assert f'href="{where}"' in page
    with reading(engine) as s:
        [edit] = edits.list_edits(s, circle)
    assert (set(edit.changes), edit.curator) == ({"host", "membership"}, "Amina Okello")
    assert curator.send(PATH, page=PATH, **sent).status_code == 303
    assert "Nothing was changed." in curator.text(PATH)
    why = curator.text("/c/malaria-circle/why")
    assert "Run by: <del>(empty)</del> → <ins>Example School</ins>" in why
    assert "Amina" not in why.partition('id="changes"')[2].partition("<footer>")[0]


def test_a_managers_address_is_kept_but_never_told_in_the_history(
    circle: int, curator: Browser, engine: Engine
) -> None:
    sent = FIELDS | {"owner_address": "owner@malaria.example.org"}
    curator.send(PATH, page=PATH, **sent)
    with reading(engine) as s:
        [edit] = edits.list_edits(s, circle)
        community = sources.load_community(s, "malaria-circle")
    assert edit.changes == {"owner_address": ("", "known")}
    assert community is not None
    assert community.owner_address == "owner@malaria.example.org"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": " "}, "A community needs a name."),
        ({"url": "javascript:alert(1)"}, "The address must start with https://"),
        (
            {"languages": "Klingonish"},
            "“Klingonish” is no language, region or country",
        ),
        ({"regions": "Middle Earth"}, "“Middle Earth” is no language"),
        ({"founded": "1200"}, "four digits"),
        ({"owner_address": "nobody"}, "This is not a mail address."),
        ({"source": "my aunt"}, "The source must be the address of a web page."),
    ],
)
def test_what_cannot_be_kept_comes_back_filled_in(
    wrong: dict[str, str], said: str, circle: int, curator: Browser, engine: Engine
) -> None:
    response = curator.send(PATH, page=PATH, **(FIELDS | {"host": "Kept here"} | wrong))
    assert response.status_code == 422
    page = response.get_data(as_text=True)
    assert said in page
    assert 'value="Kept here"' in page
    with reading(engine) as s:
        assert edits.list_edits(s, circle) == []


def test_a_community_that_fails_a_criterion_leaves_the_list_and_can_come_back(
    circle: int, curator: Browser, visitor: Browser
) -> None:
    names = ("open", "functional", "subject", "free", "not_staff_only")
    answers = dict.fromkeys(names, "yes") | {"free_source": "https://malaria.example.org/join"}
    assert "Malaria Circle" in visitor.text("/")
    curator.send(f"{PATH}/criteria", page=PATH, **(answers | {"free": "no"}))
    assert "Malaria Circle" not in visitor.text("/")
    assert "Malaria Circle" in visitor.text("/outside")
    page = curator.text(PATH)
    assert 'name="free" value="no" checked' in page
    assert 'href="https://malaria.example.org/join"' in page
    curator.send(f"{PATH}/criteria", page=PATH, **answers)
    assert "Malaria Circle" in visitor.text("/")


def test_duplicates_are_suggested_by_address_and_title(
    circle: int, made: Directory, curator: Browser
) -> None:
    made.add("The Malaria List", url="http://www.malaria.example.org")
    made.add("Nursing Circle", url="https://nursing.example.org/")
    page = curator.text(PATH)
    assert "The Malaria List</a> – the same address" in page
    assert "Nursing Circle" not in page


def test_a_merge_leads_readers_to_the_other_record_and_can_be_taken_back(
    circle: int, made: Directory, lead: Browser, visitor: Browser, engine: Engine
) -> None:
    other = made.add("The Malaria List", url="https://malaria.example.org")
    response = lead.send(f"{PATH}/merge", page=PATH, other="the-malaria-list")
    assert response.status_code == 303
    for page in ("/c/{}", "/c/{}/why", "/c/{}/badge.svg", "/c/{}/embed", "/api/v1/communities/{}"):
        moved = visitor.get(page.format("the-malaria-list"))
        assert (moved.status_code, moved.location) == (301, page.format("malaria-circle"))
    assert "The Malaria List" not in visitor.text("/?activity=all")
    with reading(engine) as s:
        urls = [(one.url, one.paused) for one in sources.list_sources(s, of=[circle])]
        assert sources.list_sources(s, of=[other.community_id]) == []
    assert (other.url, False) in urls
    assert "The Malaria List is shown as Malaria Circle" in lead.text(PATH)
    found = re.search(rf'action="({PATH}/merge/\d+/undo)"', lead.text(PATH))
    assert found is not None
    assert lead.send(found[1], page=PATH).status_code == 303
    assert visitor.get("/c/the-malaria-list").status_code == 200
    assert "It was taken back." in lead.text(PATH)
    again = lead.send(found[1], page=PATH)
    assert (again.status_code, "cannot be taken back" in again.get_data(as_text=True)) == (
        409,
        True,
    )


def test_a_split_makes_a_community_of_some_sources(
    circle: int, made: Directory, lead: Browser, visitor: Browser
) -> None:
    made.add("The Malaria List", url="https://malaria.example.org")
    lead.send(f"{PATH}/merge", page=PATH, other="the-malaria-list")
    page = lead.text(PATH)
    numbers = re.findall(r'name="source" value="(\d+)"', page)
    assert len(numbers) == 2
    where = f"{PATH}/split"
    assert lead.send(where, page=PATH, name="Vector Circle").status_code == 422
    sent = lead.send(where, page=PATH, name="Vector Circle", source=numbers[1])
    assert (sent.status_code, sent.location) == (303, "/record/vector-circle")
    assert visitor.get("/c/vector-circle").status_code == 200
    page = lead.text(PATH)
    assert "Vector Circle was split off from Malaria Circle" in page
    found = re.search(rf'action="({PATH}/merge/\d+/undo)"', page)
    assert found is not None
    assert lead.send(found[1], page=PATH).status_code == 303
    assert visitor.get("/c/vector-circle").location == "/c/malaria-circle"
    assert len(re.findall(r'name="source" value="(\d+)"', lead.text(PATH))) == 2


def test_only_leads_join_and_part(circle: int, made: Directory, curator: Browser) -> None:
    made.add("The Malaria List", url="https://malaria.example.org")
    assert "Merge it into this one" not in curator.text(PATH)
    assert curator.send(f"{PATH}/merge", page=PATH, other="the-malaria-list").status_code == 403
    assert curator.send(f"{PATH}/split", page=PATH, name="New").status_code == 403


def test_the_card_leads_to_the_record(made: Directory, curator: Browser) -> None:
    review = made.flag(made.add_silent("Silent Circle"), FlagKind.SPAM)
    assert 'href="/record/silent-circle"' in curator.text(f"/review/{review.id}")


def marked(page: str) -> dict[str, str]:
    """What stood before, by field, of those that are marked as changed."""
    found = re.findall(r'<small class="changed" id="was-(\w+)"( hidden)?>(.*?)</small>', page)
    assert len(found) >= 12
    told = {name: words for name, hidden, words in found if not hidden}
    return {name: re.sub(r".*<del>(.*)</del>.*", r"\1", words) for name, words in told.items()}


def test_each_changed_field_is_marked_with_what_it_was_before_anything_is_kept(
    circle: int, curator: Browser, engine: Engine
) -> None:
    assert marked(curator.text(PATH)) == {}
    sent = FIELDS | {
        "name": "Malaria Circle of Care",
        "languages": "en,  fr",
        "membership": "open",
        "topics": "wash",
        "source": "https://malaria.example.org/about",
    }
    page = curator.send(PATH, page=PATH, look="1", **sent).get_data(as_text=True)
    assert marked(page) == {
        "name": "Malaria Circle",
        "membership": "not known",
        "topics": "(empty)",
    }
    assert "3 fields would change. Nothing is kept yet." in page
    assert 'value="https://malaria.example.org/about"' in page
    assert 'aria-describedby="was-name"' in page
    with reading(engine) as s:
        assert edits.list_edits(s, circle) == []
    page = curator.send(PATH, page=PATH, look="1", **FIELDS).get_data(as_text=True)
    assert "Nothing would change." in page


def test_what_could_not_be_kept_is_marked_too(circle: int, curator: Browser) -> None:
    sent = FIELDS | {"host": "Example School", "founded": "1200"}
    page = curator.send(PATH, page=PATH, **sent).get_data(as_text=True)
    assert marked(page) == {"host": "(empty)", "founded": "(empty)"}


def test_languages_and_regions_are_known_by_their_names_in_any_of_our_languages(
    circle: int, curator: Browser, engine: Engine
) -> None:
    sent = {"languages": "en, français, Swahili", "regions": "África oriental, kenya, World"}
    curator.send(PATH, page=PATH, **(FIELDS | sent))
    with reading(engine) as s:
        community = sources.load_community(s, "malaria-circle")
    assert community is not None
    assert community.languages == ("en", "fr", "sw")
    assert community.regions == ("Eastern Africa", "Kenya", "Global")


def test_what_a_record_says_already_may_stay(
    made: Directory, curator: Browser, engine: Engine
) -> None:
    made.add("Old Circle", regions=("Commonwealth",), languages=("tlh-x-old",))
    sent = FIELDS | {"name": "Old Circle", "url": "", "languages": "tlh-x-old"}
    sent |= {"regions": "Commonwealth, Peru"}
    page = "/record/old-circle"
    assert curator.send(page, page=page, **sent).status_code == 303
    with reading(engine) as s:
        community = sources.load_community(s, "old-circle")
    assert community is not None
    assert community.regions == ("Commonwealth", "Peru")
