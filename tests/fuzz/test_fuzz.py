"""Whatever a server answers, a reader reads it or says what is wrong: it never falls over."""

from __future__ import annotations

from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import mutated
from tests.fuzz.origin import list_invented
from tests.fuzz.seeds import shrink, steps_of
from tests.fuzz.targets import list_targets

# Of an odd page or recipe other libraries warn whoever develops with them.
pytestmark = [
    pytest.mark.filterwarnings("ignore::bs4.XMLParsedAsHTMLWarning"),
    pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning"),
]
TARGETS = list_targets()
PLATFORMS = sorted({name.partition("/")[0] for name in TARGETS})


@pytest.mark.parametrize("name", TARGETS)
def test_what_a_fuzzer_found_once_is_read_or_refused(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].try_on(seed)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_spoilt_answers_are_read_or_refused(platform):
    targets = [one for name, one in TARGETS.items() if name.partition("/")[0] == platform]

    @settings(max_examples=15, suppress_health_check=list(HealthCheck), database=None)
    @given(st.data())
    def spoil(data: st.DataObject) -> None:
        target = data.draw(st.sampled_from(targets))
        target.try_on(data.draw(mutated(target.seeds)))

    spoil()


def test_a_post_that_is_not_in_the_answer_is_noticed():
    answer = b"<b>Wells &amp; pum<i>ps</i></b> =?utf-8?b?QW1pbmE=?= https://example.org/1"
    assert not list_invented("Wells & pumps", "Amina", url="https://example.org/x", answer=answer)
    invented = list_invented("Wells again", "Nobody", url="https://example.net/1", answer=answer)
    assert invented == ["again", "nobody"]


def test_a_small_seed_goes_every_step_of_the_long_one():
    target = TARGETS["discourse/topics"]
    seed = max(target.seeds, key=len)
    small = shrink(target.try_on, seed, monotonic() + 2)
    assert len(small) < len(seed) / 2
    assert steps_of(target.try_on, small) >= steps_of(target.try_on, seed)
