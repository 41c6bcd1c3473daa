"""What became of a page: an answer or a failure turned into its row, purely."""

from dataclasses import replace

from skybatch.crawl.fetcher import FetchError, Response, StatusError
from skybatch.crawl.frontier import Entry
from skybatch.crawl.visitor import Visit
from skybatch.extract import diagnosis
from skybatch.model.facts import PageFacts
from skybatch.model.page import Earlier, Page
from skybatch.model.state import PageState, SkipReason


def of_visit(entry: Entry, visit: Visit, *, now: float) -> Page:
    """The row of a page that was answered with success."""
    response, reading = visit.response, visit.reading
    return Page(
        url=entry.url,
        depth=entry.depth,
        state=PageState.SKIPPED if reading is None else PageState.FETCHED,
        reason=SkipReason.TYPE if reading is None else None,
        tries=entry.tries + 1,
        status=response.status,
        final_url=response.url,
        content_type=response.content_type,
        charset=reading.charset if reading else None,
        bytes=reading.size if reading else None,
        truncated=reading.truncated if reading else False,
        elapsed_ms=round(response.elapsed_s * 1_000),
        fetched_at=now,
        sha256=reading.sha256 if reading else None,
        facts=reading.facts if reading else None,
        etag=response.etag,
        last_modified=response.last_modified,
    )


def of_unchanged(entry: Entry, visit: Visit, earlier: Earlier, *, now: float) -> Page:
    """The row of a page that is as it was: fetched, with the facts of then."""
    response = visit.response
    return replace(
        earlier.page,
        depth=entry.depth,
        tries=entry.tries + 1,
        status=response.status,
        final_url=response.url,
        elapsed_ms=round(response.elapsed_s * 1_000),
        fetched_at=now,
        etag=response.etag or earlier.page.etag,
        last_modified=response.last_modified or earlier.page.last_modified,
    )


def of_failure(entry: Entry, error: FetchError, *, now: float) -> Page:
    """The row of a page that is lost."""
    response = error.response if isinstance(error, StatusError) else None
    return Page(
        url=entry.url,
        depth=entry.depth,
        state=PageState.FAILED,
        reason=error.reason,
        tries=entry.tries + 1,
        status=response.status if response else None,
        final_url=error.url,
        content_type=response.content_type if response else None,
        elapsed_ms=round(response.elapsed_s * 1_000) if response else None,
        fetched_at=now,
        facts=_told(response) if response else None,
        detail=error.detail,
    )


def _told(response: Response) -> PageFacts | None:
    """What an answer that is no success says of the site."""
    diagnosed = diagnosis.of_refusal(response.status, response.signs)
    return PageFacts(diagnosis=diagnosed) if diagnosed else None


def of_duplicate(entry: Entry, held_url: str, *, requests: int) -> Page:
    """The row of a page that turned out to be one that is held already."""
    return _skipped(entry, SkipReason.DUPLICATE, requests, held_url)


def of_forbidden(entry: Entry, detail: str, *, requests: int, target: str | None = None) -> Page:
    """The row of a page that robots.txt forbids, or the target that it redirects to."""
    return _skipped(entry, SkipReason.ROBOTS, requests, target, detail)


def _skipped(
    entry: Entry,
    reason: SkipReason,
    requests: int,
    final_url: str | None,
    detail: str | None = None,
) -> Page:
    return Page(
        url=entry.url,
        depth=entry.depth,
        state=PageState.SKIPPED,
        reason=reason,
        tries=entry.tries + requests,
        final_url=final_url,
        detail=detail,
    )
