"""The rules in force unless a setting overrides an entry. Written by `make fit`.

What each entry means, its unit and where it comes from is told in `scoring.rules`.
Source of the weights: 1,789,812 posts of 666 public communities,
every origin weighing the same, full histories and windows of 10, 30 and 50 items.
Log loss out of 5 folds by community: 0.2383 for any post in
180 days, 0.1762 for a silence that becomes a year, and
0.2643 for functional in 180 days. docs/scoring.md has the rest.
"""

from __future__ import annotations

from scoring.rules import Rules, Season, Weights

QUIET = Weights(
    const=-5.6854,
    log_rec=0.4177,
    beyond_usual=0.5655,
    beyond_nine_months=6.2415,
    beyond_longest_x_busy=0.2786,
    typical_pause=-0.3247,
    typical_pause_x_busy=-0.1959,
    pace=-1.0146,
    pace_x_silence=-0.0671,
    pace_x_unknown=0.0646,
    people=-0.6157,
    people_x_silence=0.0587,
)

ALIVE = Weights(
    const=4.8221,
    log_rec=-0.4441,
    beyond_usual=-0.447,
    beyond_nine_months=0.0,
    beyond_longest_x_busy=-0.1894,
    typical_pause=0.0223,
    typical_pause_x_busy=0.2398,
    pace=1.1881,
    pace_x_silence=-0.0519,
    pace_x_unknown=-0.2232,
    people=0.6429,
    people_x_silence=-0.0921,
)

FUN = Weights(
    const=1.9041,
    log_rec=0.0,
    beyond_usual=-0.4256,
    beyond_nine_months=0.0,
    beyond_longest_x_busy=-0.2226,
    typical_pause=-0.1328,
    typical_pause_x_busy=0.2375,
    pace=0.9889,
    pace_x_silence=-0.007,
    pace_x_unknown=-0.348,
    people=1.1755,
    people_x_silence=-0.1688,
)

ALIVE90 = Weights(
    const=4.5434,
    log_rec=-0.6782,
    beyond_usual=-0.3276,
    beyond_nine_months=0.0,
    beyond_longest_x_busy=-0.1346,
    typical_pause=0.0057,
    typical_pause_x_busy=0.2184,
    pace=1.2131,
    pace_x_silence=-0.0947,
    pace_x_unknown=-0.2485,
    people=0.6936,
    people_x_silence=-0.1081,
)

DEFAULT_RULES = Rules(
    version="fit-f166578b",
    quiet=QUIET,
    alive=ALIVE,
    fun=FUN,
    alive90=ALIVE90,
    least_posts=5,
    least_active_days=3,
    inactive_after_days=365.0,
    p_quiet_dormant=0.58,
    p_quiet_stay=0.4,
    fresh_days=7.0,
    p_fun_active=0.5,
    p_fun_return=0.7,
    steps_to_slowing=8,
    steps_to_active=4,
    steps_other=2,
    calm_seasons=(Season(first=715, last=905), Season(first=1210, last=110)),
    hiding_days=14.0,
    blind_days=365.0,
    medium_posts=20,
    high_posts=200,
    marker_threads=20,
    marker_answered_share=0.1,
    spam_answered_share=0.15,
    marker_known_share=0.9,
    spam_one_time_share=0.5,
    voice_authors=2,
    voice_share=0.95,
    voice_posts=8,
    voice_regular_share=0.8,
    voice_reply_minutes=5.0,
    notices_answered_share=0.25,
    rewritten_followed_share=0.35,
    busy_active_days=52,
    sudden_days=21.0,
    sudden_times=3.0,
    post_again_share=0.53,
)
