"""The pages of one crawl that are on their way: no two visits ask for the same one."""

from collections.abc import Callable

from skybatch.crawl.url import identity


class AlreadyHeld(Exception):
    """A page is fetched already, or on its way; that of a redirect, or the one to be asked for."""

    def __init__(self, url: str, *, requests: int) -> None:
        super().__init__(url)
        self.url = url
        self.requests = requests  # made until that was known


class Underway:
    """Where visits have asked, or are about to ask. Only when a request goes out is it known that
    nobody else was led to its page meanwhile."""

    def __init__(self, holds: Callable[[str], bool]) -> None:
        """`holds` tells whether the page behind a URL is fetched."""
        self._holds = holds
        self._visits: dict[str, str] = {}  # identity of a page -> URL that its visit began with

    def ask(self, url: str, *, by: str, requests: int) -> None:
        """The visit that began with `by`, and has made so many requests, is about to ask for a
        page. Raises AlreadyHeld."""
        if self._holds(url) or self._visits.setdefault(identity(url), by) != by:
            raise AlreadyHeld(url, requests=requests)

    def end(self, by: str) -> None:
        """A visit is over; what it fetched is held by whoever wanted it."""
        for url in [url for url, visit in self._visits.items() if visit == by]:
            del self._visits[url]
