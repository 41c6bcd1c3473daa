"""Looks for damage in the database, soon after the start and then every few hours."""

from skybatch.store.database import Store

FIRST_SECONDS = 3.0  # the start has better things to do
EVERY_SECONDS = 6 * 3_600.0
AFTER_ERROR_SECONDS = 60.0


class Inspector:
    """A service: a look at the whole file, which is read once, beside the work."""

    name = "inspector"

    def __init__(self, store: Store) -> None:
        self._store = store
        self._is_first = True

    async def run_once(self) -> float:
        """Look. Raises StoreUnavailable, which pauses all work, when there is damage."""
        if self._is_first:
            self._is_first = False
            return FIRST_SECONDS
        if self._store.damage is None:
            await self._store.inspect()
        return EVERY_SECONDS
