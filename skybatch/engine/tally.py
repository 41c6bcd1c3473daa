"""What workers have stored since the start."""

from collections import Counter

from skybatch.model.page import Page
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason


class Tally:
    """Pages that were asked for, by what became of them."""

    def __init__(self) -> None:
        self.pages: Counter[tuple[PageState, Reason | SkipReason | None]] = Counter()
        self.bytes = 0  # of their bodies, decompressed, as far as read
        self.tries_again = 0  # requests for pages that had been asked for in vain

    def stored(self, page: Page) -> None:
        """A page is on disk."""
        self.pages[page.state, page.reason] += 1
        self.bytes += page.bytes or 0
        self.tries_again += max(0, page.tries - 1)
