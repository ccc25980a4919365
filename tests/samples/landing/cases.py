"""How the samples of landing are read, and what is taken for it."""

from __future__ import annotations

from crawler.plan import CrawlPlan
from crawler.spiders.landing import LandingSpider
from domain.records import Platform
from tests.samples.shown import Cases, Sample

KEY = "46412d73-e4f2-4abc-83be-9887a0cf006a"
HIGHER_LOGIC = f"https://members.example.org/communities/community-home?CommunityKey={KEY}"
PAGE = "landing/normal/telegram.html"


def show_landing(sample: Sample) -> dict:
    spider = LandingSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=sample.url,
            platform=Platform.LANDING,
            now=sample.fetched_at,
        )
    )
    told = spider.parse_landing(sample.answer)
    return {
        "facts": {
            "outcome": told.outcome.value,
            "service": told.evidence.get("service"),
            "title": told.evidence.get("title"),
            "members": told.evidence.get("members"),
        },
        "read": {"what": told.what},
    }


CASES = Cases(
    readers={"landing": show_landing},
    matches=[
        ("https://www.linkedin.com/groups/8123456/", PAGE),
        ("https://www.facebook.com/groups/childhealth", PAGE),
        ("https://chat.whatsapp.com/AbCdEfGhIjKlMnOpQrStUv", PAGE),
        ("https://childhealth.slack.com/", PAGE),
        ("https://join.slack.com/t/childhealth/shared_invite/zt-1", PAGE),
        ("https://t.me/childhealth", PAGE),
        ("https://childhealth.mn.co/", PAGE),
        ("https://childhealth.circle.so/c/general", PAGE),
        ("https://childhealth.mobilize.io/main/groups/43511/lounge", PAGE),
        ("https://childhealth.hivebrite.com/", PAGE),
        (HIGHER_LOGIC, "landing/normal/higher_logic.html"),
        ("https://members.example.org/home", "landing/normal/higher_logic.html"),
        ("https://network.example.org/", "landing/normal/mighty.html"),
    ],
    no_matches=[
        ("https://www.linkedin.com/pulse/child-health", PAGE),
        ("https://www.facebook.com/", PAGE),
        ("https://www.example.org/", PAGE),
        ("https://notlinkedin.com/groups/1/", PAGE),
        ("https://slack.example.org/", PAGE),
        ("https://www.example.org/news", "landing/other_platform/news.html"),
        ("https://lists.example.org/pipermail/x/", "pipermail/normal/index.html"),
    ],
    software_hosts=frozenset(
        {
            "t.me",
            "www.linkedin.com",
            "higherlogicdownload.s3.amazonaws.com",
            "media1-production-mightynetworks.imgix.net",
        }
    ),
)
