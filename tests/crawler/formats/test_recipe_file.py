"""Recipes as people write them: what is read, and what is said of each mistake, with its line."""

from __future__ import annotations

import pickle

import pytest

from crawler.formats.recipe import DateForm, Rows
from crawler.formats.recipe_file import KEYS, read_recipe
from domain.errors import ConfigError
from tests.samples.recipe.cases import POSTS_ONLY, load_example

THREADS = """\
[list]
each = "li.row"
shows = "threads by last post"
must_have = "#forum"

[row]
link = "a"
date = "time"

[date]
zone = "Africa/Nairobi"
day_first = true

[thread]
each = "article"
must_have = "#thread"

[post]
id = "@id"
date = "time"
"""

# What somebody wrote in place of a line, on which line it is told, what is said, what to write.
MISTAKES = [
    ("a text without quotes", ('each = "li.row"', "each = li.row"), "line 2", "not TOML", "quotes"),
    (
        "an unknown table",
        ("[post]", "[posts]"),
        "line 18",
        "no `posts` at the top",
        "write [post]; there are [list], [row]",
    ),
    ("a key above the tables", ("[list]", 'each = "x"\n[list]'), "line 1", "`each`", "[date]"),
    ("an unknown key", ("must_have =", "musthave ="), "line 4", "no `musthave`", "`must_have`"),
    ("a key left out", ('must_have = "#forum"\n', ""), "line 1", "`must_have`", "main#forum"),
    ("no date", ('date = "time"\n\n[date]', "[date]"), "line 6", "`date`", "::attr(datetime)"),
    ("neither id nor link", ('id = "@id"\n', ""), "line 18", "neither `id` nor `link`", "data-id"),
    ("a number as text", ('each = "li.row"', "each = 5"), "line 2", "`each` is 5", "text, like"),
    ("an empty text", ('each = "li.row"', 'each = ""'), "line 2", "`each` is ''", "text, like"),
    ("a broken selector", ('"li.row"', '"li["'), "line 2", "no selector (Expected", "CSS like"),
    ("an unknown ending", ('"li.row"', '"li::foo"'), "line 2", "::foo is unknown", "CSS like"),
    ("a broken path", ('"li.row"', '"//li["'), "line 2", "no selector", "XPath"),
    ("another order", ("by last post", "by answers"), "line 3", "by answers", '"threads by start"'),
    ("an unknown zone", ("Africa/Nairobi", "EAT"), "line 11", "no time zone", "Africa/Nairobi"),
    ("yes for true", ("day_first = true", 'day_first = "yes"'), "line 12", "'yes'", "true or"),
    ("an unknown form", ("day_first = true", 'form = "us"'), "line 12", "'us'", '"text" or "unix"'),
    ("a broken pattern", ("day_first = true", "pattern = '('"), "line 12", "expression", "single"),
    ("no group", ("day_first = true", "pattern = 'on .+'"), "line 12", "0 groups", "(brackets)"),
    (
        "threads that nothing opens",
        ('[thread]\neach = "article"\nmust_have = "#thread"\n', ""),
        "line 3",
        "shows no posts itself",
        "add [thread] and [post]",
    ),
    (
        "a thread step for posts",
        ("threads by last post", "posts"),
        "line 3",
        "the list shows posts",
        'shows = "threads by last post"',
    ),
    ("no link to follow", ('link = "a"', 'id = "@id"'), "line 6", "does not say `link`", "href"),
    (
        "no way to older rows",
        ("[thread]", "[older]\nfirst = 2\n[thread]"),
        "line 14",
        "either",
        "a",
    ),
    (
        "two ways to older rows",
        ("[thread]", '[older]\nnext = "a"\naddress = "?p={n}"\n[thread]'),
        "line 14",
        "either `next` or `address`",
        "rel=next",
    ),
    (
        "an address without a place",
        ("[thread]", '[older]\naddress = "?p=2"\n[thread]'),
        "line 15",
        "without the place of the number",
        "{n} once",
    ),
]


def read(text: str):
    return read_recipe(text, name="forum", where="forum.toml")


@pytest.mark.parametrize(
    ("change", "line", "what", "to_do"),
    [pytest.param(*row[1:], id=row[0]) for row in MISTAKES],
)
def test_a_mistake_is_told_with_its_line_and_what_to_write(change, line, what, to_do):
    assert change[0] in THREADS
    with pytest.raises(ConfigError) as caught:
        read(THREADS.replace(change[0], change[1], 1))
    error = caught.value
    # TOML's own errors name the line themselves.
    assert line in (error.where if "TOML" not in error.what else error.what)
    assert error.where.startswith("forum.toml")
    assert what in error.what
    assert to_do in error.to_do


def test_posts_of_a_thread_that_nothing_opens_are_told():
    with pytest.raises(ConfigError, match="nothing opens one"):
        read(POSTS_ONLY + '[post]\nid = "@id"\ndate = "time"\n')


def test_the_shortest_recipe_takes_the_usual_for_the_rest():
    recipe = read(POSTS_ONLY.replace('[date]\nform = "unix"', ""))
    assert recipe.rows is Rows.POSTS
    assert recipe.shows_all
    assert recipe.date.form is DateForm.TEXT
    assert recipe.date.zone == ""
    assert recipe.date.day_first is None
    assert recipe.page.ends_with == "</html>"
    assert recipe.thread is None


def test_a_list_of_threads_by_their_start_hides_replies():
    recipe = read(POSTS_ONLY.replace('shows = "posts"', 'shows = "threads by start"'))
    assert not recipe.shows_all


def test_posts_of_a_thread_are_dated_as_the_list_unless_they_are_dated_otherwise():
    same = read(THREADS)
    assert same.thread.date == same.date
    other = read(THREADS + '[post_date]\nform = "unix"\n')
    assert other.thread.date.form is DateForm.UNIX
    assert other.date.form is DateForm.TEXT


def test_a_recipe_reaches_another_process_as_a_value():
    recipe = load_example()
    assert pickle.loads(pickle.dumps(recipe)) == recipe


def test_the_example_uses_every_table():
    recipe = load_example()
    assert recipe.older is not None
    assert recipe.thread is not None
    assert recipe.thread.date.zone == "Africa/Nairobi"
    assert set(KEYS) == {"list", "row", "date", "older", "thread", "post", "post_date"}
