"""The rules that are in force unless a setting overrides an entry.

Source: weights of a logistic model on 15 terms, fitted on the post histories of 666 public
communities, every origin weighing the same. Log loss out of fold, split by community: .244 for any
post in 180 days, .183 for a silence that becomes a year, .288 for functional in 180 days. With the
thresholds of the states .85 % of a living community's weeks are called dormant or inactive, and a
status changes .61 times a year (.58 with the calm seasons). `post_again_share` is from the same
data. Thresholds of the markers are working rules on thin evidence: `rewritten_followed_share`
stands between a robot (up to .34) and lists whose server rewrites senders (from .35 on).
"""

from __future__ import annotations

from scoring.rules import Rules, Season, Weights

QUIET = Weights(
    const=-4.95637,
    log_rec=1.50156,
    rec_vs_q90=-0.66168,
    rec_vs_q90_pos=0.16794,
    rec_vs_q90_pos_x_year=0.31764,
    rec_over_max_pos=0.13554,
    tail=0.07351,
    typical_gap=-0.31244,
    days365=-0.66926,
    days730=-0.04519,
    trend90=0.14785,
    quiet30_x_year=-0.20375,
    authors_known=-0.35453,
    contributors365=-0.22862,
    multi_threads=-0.01089,
    same_season=0.12977,
)

ALIVE = Weights(
    const=3.4095,
    log_rec=-1.1418,
    rec_vs_q90=0.78394,
    rec_vs_q90_pos=-0.53689,
    rec_vs_q90_pos_x_year=-0.18947,
    rec_over_max_pos=-0.08746,
    tail=-0.26881,
    typical_gap=0.34192,
    days365=0.64868,
    days730=0.00911,
    trend90=-0.06538,
    quiet30_x_year=-0.21561,
    authors_known=0.606,
    contributors365=0.10446,
    multi_threads=0.12257,
    same_season=-0.03995,
)

FUN = Weights(
    const=2.66311,
    log_rec=-1.33862,
    rec_vs_q90=1.02237,
    rec_vs_q90_pos=-0.5588,
    rec_vs_q90_pos_x_year=-0.21224,
    rec_over_max_pos=-0.05793,
    tail=-0.15824,
    typical_gap=0.37054,
    days365=0.59004,
    days730=0.12262,
    trend90=-0.0775,
    quiet30_x_year=0.00433,
    authors_known=0.59148,
    contributors365=0.17153,
    multi_threads=1.09814,
    same_season=-0.17073,
)

ALIVE90 = Weights(
    const=3.23971,
    log_rec=-1.28028,
    rec_vs_q90=0.77221,
    rec_vs_q90_pos=-0.42434,
    rec_vs_q90_pos_x_year=-0.1648,
    rec_over_max_pos=-0.09807,
    tail=-0.33081,
    typical_gap=0.36549,
    days365=0.6641,
    days730=-0.07619,
    trend90=0.01376,
    quiet30_x_year=-0.14009,
    authors_known=0.50574,
    contributors365=0.13149,
    multi_threads=0.008,
    same_season=-0.11284,
)

DEFAULT_RULES = Rules(
    version="reference-1",
    quiet=QUIET,
    alive=ALIVE,
    fun=FUN,
    alive90=ALIVE90,
    least_posts=5,
    least_active_days=3,
    inactive_after_days=365.0,
    p_quiet_dormant=0.60,
    p_quiet_stay=0.40,
    fresh_days=7.0,
    p_fun_active=0.50,
    p_fun_return=0.65,
    steps_active_slowing=4,
    steps_other=2,
    calm_seasons=(Season(first=715, last=905), Season(first=1210, last=110)),
    blind_days=365.0,
    medium_posts=20,
    high_posts=200,
    marker_threads=20,
    marker_answered_share=0.10,
    marker_known_share=0.90,
    spam_one_time_share=0.50,
    voice_authors=2,
    voice_share=0.95,
    rewritten_followed_share=0.35,
    busy_active_days=52,
    sudden_days=21.0,
    sudden_times=3.0,
    post_again_share=0.53,
)
