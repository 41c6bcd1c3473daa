"""What a crawl tells of itself while it goes on."""

from contextlib import AbstractContextManager, nullcontext
from typing import Protocol


class Watch(Protocol):
    """Told of every step; costs next to nothing and never fails."""

    def stage(self, name: str) -> None:
        """Where the crawl stands now."""

    def asking(self, url: str) -> None:
        """A request for a page goes out now."""

    def knocking(self, url: str) -> None:
        """A request goes out now for what is no row of the frontier: robots.txt, a sitemap, or
        where a redirect leads."""

    def missed(self, url: str, why: str) -> None:
        """It came to nothing; perhaps it is asked for again."""

    def reading(self, url: str) -> AbstractContextManager[object]:
        """A page is read inside this block: if the process dies there, it was that page."""


class Unwatched:
    """Nobody looks, and nothing was fetched before."""

    async def earlier(self, _url: str) -> None:
        """There is no earlier batch."""

    def stage(self, name: str) -> None:
        """Is not noted."""

    def asking(self, url: str) -> None:
        """Is not noted."""

    def knocking(self, url: str) -> None:
        """Is not noted."""

    def missed(self, url: str, why: str) -> None:
        """Is not noted."""

    def reading(self, _url: str) -> AbstractContextManager[object]:
        """Is not marked."""
        return nullcontext()
