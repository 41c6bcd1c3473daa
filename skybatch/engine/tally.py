"""What workers have stored since the start."""

from collections import Counter

from skybatch.model.page import Page
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason

Outcome = tuple[PageState, Reason | SkipReason | None]


class Tally:
    """Pages that were asked for, by what became of them."""

    def __init__(self) -> None:
        self.pages: Counter[Outcome] = Counter({(PageState.FETCHED, None): 0})
        # From the start: the rate of a counter that appears misses what it begins with.
        self.pages.update({(PageState.FAILED, reason): 0 for reason in Reason})
        self.bytes = 0  # of their bodies, decompressed, as far as read
        self.tries_again = 0  # requests for pages that had been asked for in vain

    def stored(self, page: Page) -> None:
        """A page is on disk."""
        self.pages[page.state, page.reason] += 1
        if page.bytes is not None:
            self.bytes += page.bytes
        if page.tries > 1:
            self.tries_again += page.tries - 1
