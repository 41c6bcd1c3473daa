"""Deletes what nobody sees any more: submissions that were cut off, batches that were forgotten."""

from skybatch.store import staging
from skybatch.store.database import Store

ROUND_SECONDS = 5.0


class Discarder:
    """A service: a slice a round, without rest as long as there is one. What a trouble or a kill
    leaves, a later round deletes."""

    name = "discarder"

    def __init__(self, store: Store) -> None:
        self._store = store

    async def run_once(self) -> float:
        """Delete a slice."""
        await self._store.make_up()
        if await self._store.write_freeing(staging.discard):
            return 0.0
        await self._store.give_back_space()
        return ROUND_SECONDS
