"""How the samples of googlegroups are read, and what is taken for it."""

from __future__ import annotations

from crawler.formats.googlegroups import find_newest, has_group_data
from crawler.plan import CrawlPlan
from crawler.spiders.googlegroups import GooglegroupsSpider
from domain.records import Platform
from tests.samples.shown import Cases, Sample

GROUP = "https://groups.google.com/g/child-health"
# The old forms, each of the group above.
OLD = (
    "https://groups.google.com/forum/#!forum/child-health",
    "https://groups.google.com/forum/#!topic/child-health/Ab_c-1",
    "https://groups.google.com/d/forum/child-health",
    "http://groups.google.com/group/child-health",
    "https://groups.google.com/forum/feed/child-health/msgs/rss_v2_0.xml?num=15",
    "http://groups.google.com/group/child-health/feed/atom_v1_0_msgs.xml",
)


def show_group(sample: Sample) -> dict:
    spider = GooglegroupsSpider(
        plan=CrawlPlan(
            source_id=1,
            community_id=1,
            name="sample",
            url=GROUP,
            platform=Platform.GOOGLEGROUPS,
            now=sample.fetched_at,
        )
    )
    told = spider.parse_group(sample.answer)
    newest = find_newest(sample.body, sample.fetched_at)
    facts = {
        "outcome": told.outcome.value,
        "data": has_group_data(sample.body),
        "newest": newest.isoformat() if newest else None,
    }
    return {"facts": facts, "read": {"what": told.what, "evidence": dict(told.evidence)}}


PAGE = "googlegroups/normal/group.html"
CASES = Cases(
    readers={"group": show_group},
    matches=[
        (GROUP, PAGE),
        (f"{GROUP}/c/Ab_c-1/m/De_f-2", PAGE),
        ("https://groups.google.com/a/example.org/g/nurses", PAGE),
        *((url, PAGE) for url in OLD),
    ],
    no_matches=[
        ("https://groups.google.com/", PAGE),
        ("https://groups.google.com/my-groups", PAGE),
        ("https://groups.example.org/g/child-health", PAGE),
        ("https://example.org/groups.google.com/g/x", "googlegroups/other_platform/page.html"),
    ],
    canonical={f"{GROUP}/c/Ab_c-1/m/De_f-2": GROUP} | dict.fromkeys(OLD, GROUP),
    software_hosts=frozenset({"groups.google.com", "accounts.google.com"}),
)
