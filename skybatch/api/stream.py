"""One stream of events: what is stored behind an id, then what happens, without a gap or a double.

The store is the truth, the bus is fast. A stream takes from the bus what follows the last id that
it has seen; whenever something is missing there (it was too slow for its queue, or a commit
succeeded that SQLite had called failed), it goes back to the store, and joins again.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from skybatch.api import sse
from skybatch.api.context import Context
from skybatch.api.glance import Glance
from skybatch.api.streams import Connection, Streams, encoded
from skybatch.bus import Subscription
from skybatch.model.event import Event, EventType, PageEvent
from skybatch.store import events

SLICE = 200  # events of one read, and of one write: some 60 KB
QUEUE = 500  # events that wait for one client; beyond that it reads them from the store
RETRY_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events: of a batch or of all, of all types or some."""

    batch_id: str | None = None
    types: tuple[StrEnum, ...] = ()  # none = all
    since: float | None = None

    @property
    def stored(self) -> Sequence[EventType] | None:
        """The types to look for in the store; `None` = all."""
        return [each for each in self.types if isinstance(each, EventType)] if self.types else None

    def has(self, event: Event | PageEvent) -> bool:
        """Whether it is one of them; of a batch that is in no list, see `Stream`."""
        return (
            (self.batch_id is None or event.batch_id == self.batch_id)
            and (not self.types or event.type in self.types)
            and (self.since is None or event.at >= self.since)
        )


class Stream:
    """What one client is sent."""

    def __init__(
        self,
        context: Context,
        streams: Streams,
        connection: Connection,
        wanted: Wanted,
        *,
        after: int,
    ) -> None:
        """`after` is the last id that the client has."""
        self._context = context
        self._streams = streams
        self._connection = connection
        self._wanted = wanted
        self._position = after  # everything up to here has been sent, or is not wanted
        self._now = asyncio.get_running_loop().time
        self._glance = Glance(wanted.has)
        self._glance.wake = self._cut_short
        self._rest: asyncio.Timeout | None = None  # while it waits for something to happen
        self._beat_at = 0.0
        self._look_at: float | None = None  # when to look whether the batch is over
        self._is_over = False

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Whole messages. Ends when the daemon does, and some time after the batch."""
        yield sse.retry(RETRY_SECONDS)
        bus = self._context.bus
        with bus.watch(self._glance.hear):
            while not (self._connection.is_ended or self._is_over):
                with bus.subscribe(QUEUE) as live:
                    self._connection.wake = live.end
                    async for chunk in self._stored():
                        yield chunk
                    async for chunk in self._live(live):
                        yield chunk
                if bus.is_closed:
                    return

    async def _stored(self) -> AsyncGenerator[bytes, None]:
        """What the store has behind our position, a slice at a time."""
        is_last = False
        while not is_last and not self._connection.is_ended:
            found = await self._context.store.read(
                partial(
                    events.after,
                    position=self._position,
                    batch_id=self._wanted.batch_id,
                    types=self._wanted.stored,
                    since=self._wanted.since,
                    limit=SLICE,
                )
            )
            if found.events:
                yield b"".join(map(encoded, found.events))
            self._position, is_last = found.position, found.is_last
        self._beat_at = self._now() + self._context.limits.beat_seconds
        self._linger()

    async def _live(self, live: Subscription) -> AsyncGenerator[bytes, None]:
        """What happens, as long as nothing is missing."""
        while True:
            happened = await self._next(live)
            is_joined = True
            chunk = b""
            for event in happened or ():
                is_joined = event.id <= self._position + 1
                if not is_joined:
                    break
                chunk += await self._passed(event)
            chunk += await self._shown()
            if not chunk and self._now() >= self._beat_at:
                # And a look at the store, should the last event have been committed untold.
                chunk, is_joined = sse.BEAT, False
            if chunk:
                self._beat_at = self._now() + self._context.limits.beat_seconds
                yield chunk
            await self._look()
            if not is_joined or happened is None or self._is_over:
                return

    async def _next(self, live: Subscription) -> list[Event] | None:
        """Those that have happened, none when it is time for something else, `None` at the end."""
        times = (self._beat_at, self._glance.due_at, self._look_at)
        with suppress(TimeoutError):
            async with asyncio.timeout_at(min(at for at in times if at is not None)) as self._rest:
                try:
                    event = await live.next()
                    return None if event is None else [event, *live.take()]
                finally:
                    self._rest = None
        return []

    def _cut_short(self) -> None:
        """There is a page to be shown: do not wait longer than until then."""
        due_at, rest = self._glance.due_at, self._rest
        if due_at is not None and rest is not None and not rest.expired():
            rest.reschedule(min(due_at, rest.when() or due_at))

    async def _passed(self, event: Event) -> bytes:
        """What the client is sent of an event: all of it, or nothing."""
        if event.id <= self._position:
            return b""  # the store had it
        self._position = event.id
        if event.type is EventType.BATCH_FINISHED and event.batch_id == self._wanted.batch_id:
            self._linger()
        if not self._wanted.has(event) or not await self._is_listed(event.batch_id):
            return b""
        return self._streams.message(event)

    async def _shown(self) -> bytes:
        page = self._glance.take(self._now())
        if page is None or not await self._is_listed(page.batch_id):
            return b""
        return encoded(page)

    async def _is_listed(self, batch_id: str) -> bool:
        """A batch that was named has been looked up; among all there are no self-checks."""
        if self._wanted.batch_id is not None:
            return True
        known = self._streams.is_listed(batch_id)
        if known is not None:
            return known
        found = await self._context.store.read(partial(events.is_listed, batch_id=batch_id))
        if found is not None:  # else deleted: its id may be given again
            self._streams.note_listed(batch_id, is_listed=found)
        return bool(found)

    def _linger(self) -> None:
        if self._wanted.batch_id is not None:
            self._look_at = self._now() + self._context.limits.linger_seconds

    async def _look(self) -> None:
        """Find out whether the batch is over, once after each thing that may have been its end."""
        if self._wanted.batch_id is None or self._look_at is None or self._now() < self._look_at:
            return
        self._look_at = None
        self._is_over = await self._context.store.read(
            partial(events.is_over, batch_id=self._wanted.batch_id)
        )
