"""Attempts that carry on where an earlier one ended."""

from collections import Counter

import pytest

from skybatch.crawl.stop import Stop
from skybatch.model.outcome import Ended
from skybatch.model.page import Known, PageWrite, Progress
from skybatch.model.reason import Reason
from skybatch.model.state import PageState
from tests.crawl.scene import HOST, START, Memory, Scene, links, web_of
from tests.site import Answer, Asked, Page, Site

LEAF = Page(links())


def tree(asked: Asked) -> Answer:
    """Every page leads to three others, to its own parent, and out of the site."""
    path = asked.path.rstrip("/")
    children = [f"{path}/{number}" for number in "abc"] if len(path) < 6 else []
    return Page(links(*children, "/", f"http://other.example{path}/out", title=asked.path))


class Cutter:
    """Drains a crawl with every fifth page that is stored."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.stored = 0

    async def __call__(self, _write: PageWrite) -> None:
        self.stored += 1
        if self.stored % 5 == 0:
            self.scene.stop.ask(Ended.DRAINED)


async def test_a_crawl_that_is_cut_short_again_and_again_fetches_nothing_twice() -> None:
    async with Site({HOST: {"*": tree}}) as site, web_of(site) as web:
        whole = Scene(web, max_pages=40)
        await whole.run()
        expected = Counter(site.paths)
        site.log.clear()

        cut = Scene(web, max_pages=40)
        cut.sink = Memory(before_store=Cutter(cut))
        reports = [await cut.run()]
        while reports[-1].ended is Ended.DRAINED:
            cut.stop = Stop()
            reports.append(await cut.run(cut.sink.progress()))
    assert len(reports) > 5
    assert (reports[-1].ended, reports[-1].fetched) == (Ended.DRY, 40)
    assert Counter(site.paths) == expected
    assert set(cut.sink.rows) == set(whole.sink.rows)
    assert cut.sink.outside == whole.sink.outside
    assert cut.sink.skipped == whole.sink.skipped


async def test_no_start_page_is_looked_for_again() -> None:
    known = (
        Known(START, 0, PageState.FETCHED, None, 1, START),
        Known(START + "a", 1, PageState.QUEUED, None, 0),
    )
    async with Site({HOST: {"*": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run(Progress(known=known, start_url=START))
    assert (report.ended, report.fetched) == (Ended.DRY, 2)
    assert site.paths == ["/a"]
    assert scene.sink.stages == ["crawl"]
    assert scene.sink.start_url is None
    assert site.asked("/robots.txt")


async def test_the_budget_holds_over_all_attempts() -> None:
    fetched = tuple(Known(f"{START}{n}", 1, PageState.FETCHED, None, 1) for n in range(9))
    queued = tuple(Known(f"{START}q{n}", 1, PageState.QUEUED, None, 0) for n in range(9))
    progress = Progress(known=fetched + queued, start_url=START)
    async with Site({HOST: {"*": LEAF}}) as site, web_of(site) as web:
        report = await Scene(web, max_pages=10).run(progress)
    assert (report.ended, report.fetched) == (Ended.BUDGET, 10)
    assert site.paths == ["/q0"]


@pytest.mark.parametrize(
    ("reason", "lost"),
    [(Reason.HTTP_5XX, Reason.HTTP_5XX), (Reason.TIMEOUT, Reason.TIMEOUT), (Reason.HTTP_4XX, None)],
)
async def test_what_earlier_attempts_have_lost_stays_lost(
    reason: Reason, lost: Reason | None
) -> None:
    known = (
        Known(START, 0, PageState.FETCHED, None, 1),
        Known(START + "a", 1, PageState.FAILED, reason.value, 3),
    )
    async with Site({}) as site, web_of(site) as web:
        report = await Scene(web).run(Progress(known=known, start_url=START))
    assert (report.ended, report.fetched, report.lost) == (Ended.DRY, 1, lost)
    assert site.log == []


async def test_a_goal_that_is_met_already_ends_at_once() -> None:
    contact = Page("<title>x</title><a href=mailto:info@shop.example>x</a><a href=/a>x</a>")
    async with Site({HOST: {"/": contact, "*": LEAF}}) as site, web_of(site) as web:
        first = Scene(web, until={"email": 1})
        report = await first.run()
        assert (report.ended, report.fetched) == (Ended.GOAL, 1)
        again = await Scene(web, until={"email": 1}).run(first.sink.progress())
    assert (again.ended, again.fetched) == (Ended.GOAL, 1)
    assert site.paths == ["/"]


async def test_a_start_page_that_was_put_back_is_looked_for_again() -> None:
    known = (Known(START, 0, PageState.QUEUED, None, 1),)
    async with Site({HOST: {"/": LEAF}}) as site, web_of(site) as web:
        scene = Scene(web)
        report = await scene.run(Progress(known=known))
    assert (report.ended, report.fetched) == (Ended.DRY, 1)
    assert site.paths == ["/"]


async def test_a_start_page_that_is_stored_as_lost_is_not_asked_for_again() -> None:
    """The daemon was killed after it had stored that, and before it had ended the job."""
    async with Site({HOST: {"/": Page(status=404)}}) as site, web_of(site) as web:
        scene = Scene(web)
        first = await scene.run()
        site.log.clear()
        again = await scene.run(scene.sink.progress())
    assert (again.ended, again.reason, again.detail) == (
        Ended.NO_START,
        Reason.HTTP_4XX,
        first.detail,
    )
    assert site.log == []
    assert len(scene.sink.writes) == 1
