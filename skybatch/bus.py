"""In-process events, published after the commit; a slow subscriber is dropped, never waited for."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog

from skybatch.model.event import Event, PageEvent

log = structlog.get_logger()

E = TypeVar("E", Event, PageEvent)


class Subscription:
    """The events since it began, in order; iteration ends when it was too slow, or at closing."""

    def __init__(self, capacity: int) -> None:
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(capacity + 1)
        self.is_ended = False

    def offer(self, event: Event) -> bool:
        """Take the event, or be dropped when full; returns whether it is taken."""
        if self._queue.qsize() >= self._queue.maxsize - 1:
            self.end()
        if not self.is_ended:
            self._queue.put_nowait(event)
        return not self.is_ended

    def end(self) -> None:
        """No more events will come."""
        if not self.is_ended:
            self.is_ended = True
            self._queue.put_nowait(None)

    def take(self) -> list[Event]:
        """Those that have come already, without waiting."""
        taken: list[Event] = []
        while not self._queue.empty():
            event = self._queue.get_nowait()
            if event is None:
                self._queue.put_nowait(None)  # iteration ends, now or later
                break
            taken.append(event)
        return taken

    async def next(self) -> Event | None:
        """The next one, `None` when there will be no more."""
        event = await self._queue.get()
        if event is None:
            self._queue.put_nowait(None)  # for whoever asks again
        return event

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self.next()) is not None:
            yield event


class Bus:
    """Hands each event to every subscriber."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._listeners: list[Callable[[Event], None]] = []
        self._watchers: set[Callable[[PageEvent], None]] = set()
        self._is_closed = False
        self.missed = 0  # events that slow subscribers did not get
        self.failures = 0  # of listeners

    @property
    def is_closed(self) -> bool:
        """Whether every subscription has ended, and will."""
        return self._is_closed

    @property
    def is_watched(self) -> bool:
        """Whether anybody wants to know of pages, of which there may be hundreds a second."""
        return bool(self._watchers)

    def listen(self, listener: Callable[[Event], None]) -> None:
        """Call a function for every event, at once: logs, wake-ups. It must not block."""
        self._listeners.append(listener)

    def publish(self, event: Event) -> None:
        """Tell everybody; called in the loop's thread, after the commit."""
        for listener in self._listeners:
            self._tell(listener, event)
        for subscription in self._subscriptions:
            self.missed += not subscription.offer(event)

    @property
    def subscribers(self) -> int:
        """Who listens from a queue of its own."""
        return len(self._subscriptions)

    def _tell(self, listener: Callable[[E], None], event: E) -> None:
        """A listener that fails keeps the event from nobody else."""
        try:
            listener(event)
        except Exception:
            self.failures += 1
            log.exception("bus.listener_failed", type=event.type)

    def show(self, page: PageEvent) -> None:
        """Tell those who watch of a page; called in the loop's thread, after the commit."""
        for watcher in tuple(self._watchers):
            self._tell(watcher, page)

    @contextmanager
    def watch(self, watcher: Callable[[PageEvent], None]) -> Iterator[None]:
        """Call a function for every page, as long as this lasts. It must be quick."""
        self._watchers.add(watcher)
        try:
            yield
        finally:
            self._watchers.discard(watcher)

    @contextmanager
    def subscribe(self, capacity: int = 1000) -> Iterator[Subscription]:
        """The events from now on."""
        subscription = Subscription(capacity)
        self._subscriptions.add(subscription)
        if self._is_closed:
            subscription.end()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every subscription, and those that come late."""
        self._is_closed = True
        for subscription in self._subscriptions:
            subscription.end()
