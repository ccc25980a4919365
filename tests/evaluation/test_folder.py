"""Reading a folder of histories: what it holds, and what is said when it does not."""

from __future__ import annotations

import pytest

from domain.errors import UsageError
from evaluation.folder import read_folder

COMMUNITIES = "community_id,origin,obs_end\nb,lists,1000\na,boards,2000\nnobody,lists,9\n"
EVENTS = "community_id,ts,author_hash,thread_hash\na,30,p1,t1\nb,10,,\na,20,p2,t1\na,2500,p1,t2\n"


def make(folder, communities=COMMUNITIES, events=EVENTS):
    if communities is not None:
        (folder / "communities.csv").write_text(communities, encoding="utf-8")
    if events is not None:
        (folder / "events.csv").write_text(events, encoding="utf-8")
    return folder


def test_communities_come_with_their_posts_in_order_of_time(tmp_path) -> None:
    first, second = read_folder(make(tmp_path))
    assert (first.name, first.origin, first.until) == ("a", "boards", 2000)
    assert first.posts.ts.tolist() == [20, 30]
    assert first.posts.thread[0] == first.posts.thread[1]
    assert first.posts.author[0] != first.posts.author[1]
    assert (second.name, second.posts.author.tolist()) == ("b", [-1])
    assert second.posts.thread[0] < 0


@pytest.mark.parametrize(
    ("communities", "events", "said"),
    [
        pytest.param(None, EVENTS, "cannot be read", id="no table of communities"),
        pytest.param(COMMUNITIES, None, "cannot be read", id="no events"),
        pytest.param(
            "community_id,origin\n", EVENTS, "no column obs_end", id="a column is missing"
        ),
        pytest.param(
            COMMUNITIES, "ts\n", "no column community_id", id="an event column is missing"
        ),
        pytest.param(
            "community_id,origin,obs_end\na,x,soon\n", EVENTS, "not a number", id="no number"
        ),
        pytest.param(COMMUNITIES, EVENTS + "c,1,,\n", "not a community", id="unknown community"),
        pytest.param(COMMUNITIES, EVENTS + "a,now,,\n", "not a number", id="no second"),
    ],
)
def test_a_folder_that_cannot_be_read_says_where_and_why(tmp_path, communities, events, said):
    with pytest.raises(UsageError, match=said) as told:
        read_folder(make(tmp_path, communities, events))
    assert str(tmp_path) in told.value.line
