"""What is known of a site, what comes next, and what the budgets allow."""

import pytest

from skybatch.crawl.frontier import MAX_OTHERS, MAX_OUTSIDE, Entry, Frontier, Skip
from skybatch.model.facts import Link
from skybatch.model.page import Known, Page, Progress
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason

A = "http://a.test/"


def judge(url: str, depth: int, _is_full: object) -> Skip | None:
    if not url.startswith(A):
        return Skip(SkipReason.SCOPE)
    return Skip(SkipReason.TYPE) if url.endswith(".pdf") else None


def frontier(max_pages: int = 100, progress: Progress | None = None) -> Frontier:
    return Frontier(max_pages, progress or Progress(), judge)


def taken(queue: Frontier, now: float = 0.0) -> str | None:
    entry = queue.take(now)
    return entry.url.removeprefix(A) if entry else None


def page(path: str, state: PageState, tries: int = 1) -> Page:
    return Page(A + path, 1, state, tries=tries)


def to(*urls: str) -> list[Link]:
    return [Link(url) for url in urls]


def urls(*paths: str) -> list[Link]:
    return to(*(A + path for path in paths))


def test_pages_nearer_to_the_start_come_first() -> None:
    queue = frontier()
    queue.add(urls("a", "b"), depth=1)
    assert taken(queue) == "a"
    queue.add(urls("a/1", "a/2"), depth=2)
    queue.add(urls("c"), depth=1)
    assert [taken(queue) for _ in range(5)] == ["b", "c", "a/1", "a/2", None]


def test_pages_that_are_likely_to_matter_come_first_and_also_after_a_restart() -> None:
    queue = frontier()
    links = [Link(A + "a"), Link(A + "imprint", 85), Link(A + "contact", 90), Link(A + "b")]
    rows = queue.add(links, depth=1).rows
    queue.add([Link(A + "deep/team", 55)], depth=2)
    assert [row.score for row in rows] == [0, 85, 90, 0]
    assert [taken(queue) for _ in range(5)] == ["contact", "imprint", "deep/team", "a", "b"]
    known = tuple(
        Known(row.url, row.depth, PageState.QUEUED, None, 0, score=row.score) for row in rows
    )
    again = frontier(progress=Progress(known))
    assert [taken(again) for _ in range(4)] == ["contact", "imprint", "a", "b"]


def test_a_link_is_found_once_whatever_its_tracking_parameters() -> None:
    queue = frontier()
    found = queue.add(to(A + "x?utm_source=1", A + "x", A + "x#y", A + "x?sid=9"), depth=1)
    assert [row.url for row in found.rows] == [A + "x"]
    assert queue.add(urls("x"), depth=2).rows == ()


def test_links_that_need_no_request_are_rows_but_not_queued() -> None:
    queue = frontier()
    found = queue.add(urls("a.pdf"), depth=3)
    assert [(row.url, row.depth, row.skipped) for row in found.rows] == [
        (A + "a.pdf", 3, SkipReason.TYPE)
    ]
    assert taken(queue) is None


def test_links_of_a_page_that_asks_to_be_left_alone_are_not_queued() -> None:
    queue = frontier()
    found = queue.add(to(A + "x", A + "y.pdf", "http://b.test/"), depth=1, may_follow=False)
    assert [row.skipped for row in found.rows] == [SkipReason.ROBOTS, SkipReason.TYPE]
    assert [row.detail for row in found.rows] == ["nofollow", None]
    assert [reason for _, reason in found.outside] == [SkipReason.SCOPE]
    assert taken(queue) is None


def test_links_out_of_scope_are_counted_once_and_are_no_rows() -> None:
    queue = frontier()
    found = queue.add(to("http://b.test/", "http://b.test/?gclid=1", "http://c.test/"), depth=1)
    assert found.rows == ()
    keys = [key for key, _ in found.outside]
    assert len(set(keys)) == 2
    assert all(-(2**63) <= key < 2**63 for key in keys)
    assert {reason for _, reason in found.outside} == {SkipReason.SCOPE}
    assert queue.add(to("http://b.test/"), depth=2).outside == ()


def test_what_an_earlier_attempt_has_counted_is_not_counted_again() -> None:
    first = frontier().add(to("http://b.test/"), depth=1)
    keys = frozenset(key for key, _ in first.outside)
    again = frontier(progress=Progress(outside=keys)).add(to("http://b.test/"), depth=1)
    assert again.outside == ()


@pytest.mark.parametrize(("max_pages", "rows"), [(10, 1_000), (200, 1_000), (300, 1_500)])
def test_links_past_the_row_limit_only_count(max_pages: int, rows: int) -> None:
    queue = frontier(max_pages)
    found = queue.add(urls(*map(str, range(rows + 7))), depth=1)
    assert len(found.rows) == rows
    assert [reason for _, reason in found.outside] == [SkipReason.BUDGET] * 7
    assert queue.add(urls(*map(str, range(rows + 7))), depth=1) == queue.add([], depth=1)


def test_past_the_row_limit_every_link_on_the_site_is_one_past_the_budget() -> None:
    queue = frontier()
    queue.add(urls(*map(str, range(1_000))), depth=1)
    found = queue.add(to(A + "x.pdf", "http://b.test/"), depth=1)
    assert [reason for _, reason in found.outside] == [SkipReason.BUDGET, SkipReason.SCOPE]


def test_the_memory_of_counted_links_has_an_end() -> None:
    queue = frontier()
    many = [f"http://b.test/{number}" for number in range(MAX_OUTSIDE + 100)]
    assert len(queue.add(to(*many), depth=1).outside) == MAX_OUTSIDE


def test_a_counted_link_does_not_become_a_row() -> None:
    def too_deep(url: str, depth: int, _is_full: object) -> Skip | None:
        return Skip(SkipReason.SCOPE) if depth > 2 else None

    queue = Frontier(10, Progress(), too_deep)
    assert len(queue.add(urls("x"), depth=3).outside) == 1
    assert queue.add(urls("x"), depth=2) == queue.add([], depth=1)


def test_a_url_that_is_too_long_is_a_trap_and_only_counts() -> None:
    found = frontier().add(urls("x" * 3_000), depth=1)
    assert found.rows == ()
    assert [reason for _, reason in found.outside] == [SkipReason.TRAP]


def test_pages_in_flight_count_against_the_budget() -> None:
    queue = frontier(max_pages=2)
    queue.add(urls("a", "b", "c", "d"), depth=1)
    assert (taken(queue), taken(queue), taken(queue)) == ("a", "b", None)
    queue.settle(page("a", PageState.FAILED))
    assert (taken(queue), taken(queue)) == ("c", None)
    queue.settle(page("b", PageState.FETCHED))
    assert taken(queue) is None
    assert not queue.is_done
    queue.settle(page("c", PageState.FETCHED))
    assert queue.is_done
    assert queue.is_spent
    assert queue.has_waiting


def test_pages_that_end_otherwise_have_a_budget_of_their_own() -> None:
    queue = frontier(max_pages=900)
    queue.add(urls(*map(str, range(100))), depth=1)
    requests = 0
    while entry := queue.take(0.0):
        requests += 1
        queue.settle(Page(entry.url, 1, PageState.FAILED, Reason.HTTP_4XX))
    assert requests == MAX_OTHERS
    assert queue.is_done


def test_a_page_that_was_never_asked_for_uses_no_budget() -> None:
    queue = frontier(max_pages=900)
    queue.add(urls(*map(str, range(100))), depth=1)
    while entry := queue.take(0.0):
        queue.settle(Page(entry.url, 1, PageState.SKIPPED, SkipReason.ROBOTS, tries=0))
    assert not queue.has_waiting


def test_a_page_that_was_put_back_comes_when_it_is_due() -> None:
    queue = frontier()
    queue.add(urls("a", "b"), depth=1)
    entry = queue.take(0.0)
    assert entry is not None
    queue.put_back(Entry(entry.url, entry.depth, 1), due_at=5.0)
    assert taken(queue, 4.0) == "b"
    assert taken(queue, 4.0) is None
    assert not queue.is_done
    assert queue.pause_s(4.0) == 1.0
    again = queue.take(5.0)
    assert again is not None
    assert (again.url, again.tries) == (A + "a", 1)
    assert queue.pause_s(5.0) is None


def test_nothing_is_due_while_the_budget_is_in_flight() -> None:
    queue = frontier(max_pages=2)
    queue.add(urls("a", "b", "c"), depth=1)
    first, second = queue.take(0.0), queue.take(0.0)
    assert first is not None
    assert second is not None
    queue.put_back(first, due_at=7.0)
    assert taken(queue, 0.0) == "c"
    assert queue.pause_s(9.0) is None
    queue.put_back(second, due_at=8.0)
    assert queue.pause_s(4.0) == 3.0


def test_a_page_is_held_under_both_of_its_addresses() -> None:
    queue = frontier()
    queue.hold(A + "old", A + "new?utm_source=x")
    assert queue.holds(A + "new#part")
    assert queue.holds(A + "old")
    assert not queue.holds(A + "other")
    found = queue.add(urls("new"), depth=1)
    assert [row.skipped for row in found.rows] == [SkipReason.DUPLICATE]
    assert taken(queue) is None


def known(path: str, state: PageState, *, tries: int = 1, final: str | None = None) -> Known:
    return Known(A + path, 1, state, None, tries, final)


def test_an_attempt_carries_on_where_the_last_one_ended() -> None:
    rows = (
        known("", PageState.FETCHED, final="http://www.a.test/"),
        known("b", PageState.QUEUED, tries=0),
        known("c", PageState.FAILED),
        known("d", PageState.QUEUED, tries=2),
        known("e.pdf", PageState.SKIPPED, tries=0),
    )
    queue = frontier(max_pages=2, progress=Progress(known=rows))
    assert queue.fetched == 1
    assert queue.holds("http://www.a.test/")
    assert queue.add(to(*(row.url for row in rows)), depth=1).rows == ()
    entry = queue.take(0.0)
    assert entry == Entry(A + "b", 1)
    assert queue.take(0.0) is None
    queue.settle(page("b", PageState.FAILED))
    assert queue.take(0.0) == Entry(A + "d", 1, 2)


def test_the_budgets_hold_over_all_attempts() -> None:
    failed = tuple(known(str(number), PageState.FAILED) for number in range(MAX_OTHERS - 1))
    rows = (*failed, known("x", PageState.QUEUED, tries=0), known("y", PageState.QUEUED, tries=0))
    queue = frontier(progress=Progress(known=rows))
    assert taken(queue) == "x"
    assert taken(queue) is None
