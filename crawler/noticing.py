"""What a visit notices beside its posts, told in the evidence of its report.

Dates that cannot be, an archive of which nothing is known any more, a page that is built otherwise:
each may mean that we read it wrongly. The monitors (`domain.monitors`) say when it is odd.
"""

from __future__ import annotations

from dataclasses import dataclass

from crawler.base import Fetched
from crawler.canaries import DATED_SHARE, LAYOUT_MARK, LAYOUT_NOW_MARK
from crawler.formats.layout import fingerprint
from crawler.plan import CrawlPlan
from crawler.redact import keep_sane_date
from domain.monitors import FEWEST_POSTS, Evidence
from domain.records import DateBasis, Mark, Page

FEWEST_SHOWN = 10


@dataclass(slots=True, kw_only=True)
class Shown:
    """How many posts a visit was shown, how many of them without a date that can be."""

    posts: int = 0
    undated: int = 0

    def add(self, page: Page, plan: CrawlPlan) -> None:
        """Counts the posts of one page."""
        self.posts += len(page.posts)
        sane = (keep_sane_date(post, plan.now) for post in page.posts)
        self.undated += sum(post.at is None or post.basis is DateBasis.PERIOD for post in sane)

    def tell(self, plan: CrawlPlan, *, new: int) -> dict[str, str]:
        """The evidence of what is not as it should be."""
        told: dict[str, str] = {}
        if self.posts < FEWEST_SHOWN:
            return told
        if self.posts - self.undated < DATED_SHARE * self.posts:
            told[Evidence.DATES] = f"{self.undated} of {self.posts} have none that can be believed"
        if new == self.posts and plan.posts_known >= FEWEST_POSTS:
            told[Evidence.KNOWN] = f"none of the {self.posts} posts that it showed"
        return told


def compare_layout(
    plan: CrawlPlan, entry: Fetched | None, *, read: bool, new: int
) -> tuple[tuple[Mark, ...], str]:
    """What to remember of how the entry page is built, and what is odd about it.

    It is right at visits that see posts come. A new design at another may hide what is written.
    """
    known, last = plan.mark(LAYOUT_MARK), plan.mark(LAYOUT_NOW_MARK)
    then = (known.label if known else "") or ""
    now = (last.label if last else then) or ""
    layout = fingerprint(entry.body) if read and entry and not entry.not_modified else ""
    wanted: dict[str, str] = {}
    if layout and (new or not then):
        wanted = {LAYOUT_MARK: layout} if then != layout else {}
        then = layout
    if layout and layout != now and (last or then != layout):
        wanted[LAYOUT_NOW_MARK] = layout
    marks = tuple(Mark(name=name, label=label) for name, label in wanted.items())
    changed = then and then != (layout or now)
    told = "built otherwise than when posts last came" if changed else ""
    return marks, told
