"""Every code that scoring can give has words, with the community's own numbers in them."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest

from domain.canary import Said
from domain.history import History
from domain.outcome import Outcome, Reason
from domain.records import Platform
from domain.window import Coverage
from presentation.i18n import LOCALES
from presentation.proof_words import SAID_WORDS, write_said
from presentation.reasons import EARLIER_RULES, KINDS, SENTENCES, says_only, write_reason
from scoring.codes import ReasonCode
from scoring.default_rules import DEFAULT_RULES
from scoring.status import assess

SAMPLES: dict[str, int | float | str] = {
    "text": "lists.example.org",
    "number": 12,
    "percent": 45,
    "stretch": 280,
    "day": "2026-02-14",
    "posts": 3,
    "people": 5,
    "writers": 2,
    "threads": 20,
    "sources": 1,
    "days": 2,
    "status": "inactive",
    "marker": "spam",
    "check": "old_post",
    "outcome": "login_wall",
}


def sample(code: str) -> Reason:
    fields = string.Formatter().parse(SENTENCES[code])
    return Reason(
        code=code, values={name: SAMPLES[kind or ""] for _, name, kind, _ in fields if name}
    )


@pytest.mark.parametrize("code", list(ReasonCode))
def test_every_code_of_scoring_has_a_sentence(code: ReasonCode) -> None:
    words = write_reason(sample(code))
    assert words != EARLIER_RULES
    assert words[0].isupper() or words[0].isdigit()
    assert words.endswith(".")
    assert "{" not in words


@pytest.mark.parametrize("code", list(Said))
def test_every_finding_of_a_check_has_words_in_every_language(code: Said) -> None:
    fields = string.Formatter().parse(SAID_WORDS[code])
    values = {name: SAMPLES[kind or ""] for _, name, kind, _ in fields if name}
    told = [write_said(Reason(code=code, values=values), locale) for locale in LOCALES]
    assert all(told)
    assert not any("{" in words for words in told)
    if code is not Said.TEXT:
        assert len(set(told)) == len(LOCALES)


def test_no_sentence_is_left_over() -> None:
    assert set(SENTENCES) == {code.value for code in ReasonCode}


def test_every_kind_is_used_and_has_a_sample() -> None:
    texts = (*SENTENCES.values(), *SAID_WORDS.values())
    used = {kind for text in texts for _, _, kind, _ in string.Formatter().parse(text)}
    assert used - {None} == set(KINDS) == set(SAMPLES)


def test_a_silence_is_told_with_the_communitys_own_rhythm() -> None:
    reason = Reason(
        code="silence",
        values={"silent_days": 280, "last": "2026-02-14", "usual_days": 2, "longest_days": 31},
    )
    assert write_reason(reason) == (
        "No post seen for 40 weeks, since 14 Feb 2026. Posts are usually 2 days apart; "
        "the longest silence before this one was 31 days."
    )


def test_one_is_told_in_the_singular() -> None:
    reason = Reason(code="thin", values={"posts": 1, "active_days": 1})
    assert write_reason(reason) == "Only 1 post on 1 day: too little to say more."


def test_machine_words_never_reach_the_public() -> None:
    reason = Reason(
        code="if_silent", values={"status": "slowing", "days": 30, "date": "2026-12-24"}
    )
    assert "Quiet" in write_reason(reason)
    assert "lowing" not in write_reason(reason)


def test_a_reason_of_earlier_rules_is_told_as_such() -> None:
    assert write_reason(Reason(code="phlogiston")) == EARLIER_RULES
    assert write_reason(Reason(code="thin", values={"posts": 1})) == EARLIER_RULES
    assert write_reason(Reason(code="if_post", values={"status": "undead"})) == EARLIER_RULES


def test_a_pause_within_the_rhythm_is_not_told_as_silence() -> None:
    values = {"silent_days": 3, "last": "2026-11-20", "usual_days": 0, "longest_days": 12}
    assert write_reason(Reason(code="silence", values=values)) == (
        "The last post was seen on 20 Nov 2026. Posts are usually less than a day apart, "
        "with pauses of up to 12 days."
    )


def test_going_into_doubt_is_told_as_what_the_public_would_see() -> None:
    values = {"status": "dormant", "days": 30, "date": "2026-12-24"}
    assert write_reason(Reason(code="if_silent", values=values)) == (
        "Without a post a curator is asked to look in 30 days, on 24 Dec 2026."
    )


def test_a_change_from_quiet_to_quiet_is_known_as_none() -> None:
    lift = Reason(code="if_post", values={"status": "slowing"})
    assert says_only(lift, "Quiet")
    assert not says_only(lift, "Inactive")
    assert not says_only(Reason(code="if_seen"), "Quiet")


def test_the_reasons_of_a_real_assessment_all_have_words() -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    seen = Coverage(start=now - timedelta(days=1500), end=now)
    for silent in (0, 40, 120, 400):
        ts = [int((now - timedelta(days=silent + 3 * i)).timestamp()) for i in range(1, 300)][::-1]
        history = History(
            source_id=1,
            platform=Platform.PIPERMAIL,
            ts=ts,
            author=[i % 9 for i in range(len(ts))],
            thread=[i // 3 for i in range(len(ts))],
            coverage=(seen,),
            last_outcome=Outcome.READ,
            last_visit_at=now,
        )
        found = assess(1, [history], DEFAULT_RULES, now)
        assert found.reasons
        assert EARLIER_RULES not in map(write_reason, (*found.reasons, *found.change))
