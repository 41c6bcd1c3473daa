"""The streams of events that are open: how many there may be, how they end, what they share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import msgspec
from aiohttp import web

from skybatch.api import sse
from skybatch.api.context import Limits
from skybatch.api.errors import Refusal
from skybatch.api.shaping import event_shape
from skybatch.model.event import Event, PageEvent

# Encoded events, more than a commit has: streams take it within a few turns of the loop.
_KEPT = 512
_BATCHES = 1_000


@dataclass(eq=False, slots=True)
class Connection:
    """The client of a stream."""

    owner: str
    batch_id: str | None
    transport: Callable[[], "object | None"]
    abort: Callable[[], None]
    is_writing: bool = False  # it waits for the client to take something
    is_ended: bool = False  # by us
    wake: Callable[[], None] = lambda: None

    def end(self) -> None:
        """Let the stream end now, cleanly if its client listens."""
        self.is_ended = True
        self.wake()
        if self.is_writing:
            self.abort()


@dataclass(slots=True)
class Streams:
    """All of them."""

    _open: set[Connection] = field(default_factory=set)
    _encoded: dict[int, bytes] = field(default_factory=dict)
    _listed: dict[str, bool] = field(default_factory=dict)

    @contextmanager
    def opened(self, connection: Connection, limits: Limits) -> Iterator[None]:
        """Count a stream. Raises Refusal when there are enough."""
        living = [each for each in self._open if each.transport() is not None]
        if sum(each.owner == connection.owner for each in living) >= limits.streams_each:
            detail = f"{limits.streams_each} streams are open with this token: close one first"
            raise Refusal("too_many_streams", detail)
        if len(living) >= limits.streams:
            raise Refusal("too_many_streams", f"{limits.streams} streams are open: try again later")
        self._open.add(connection)
        try:
            yield
        finally:
            self._open.discard(connection)

    def end_of(self, batch_id: str) -> None:
        """End the streams of a batch: it is not there any more."""
        for connection in tuple(self._open):
            if connection.batch_id == batch_id:
                connection.end()

    async def end_all(self, _app: web.Application) -> None:
        """The daemon ends. Whoever listens has left already: what is left are those that take
        nothing."""
        for connection in tuple(self._open):
            connection.end()

    def message(self, event: Event) -> bytes:
        """An event as it is sent, made once for all streams."""
        message = self._encoded.get(event.id)
        if message is None:
            message = self._encoded[event.id] = encoded(event)
            if len(self._encoded) > _KEPT:
                del self._encoded[next(iter(self._encoded))]
        return message

    def is_listed(self, batch_id: str) -> bool | None:
        """Whether a batch is in the list of all; `None`: nobody has looked yet."""
        return self._listed.get(batch_id)

    def note_listed(self, batch_id: str, *, is_listed: bool) -> None:
        """That stays so."""
        self._listed[batch_id] = is_listed
        if len(self._listed) > _BATCHES:
            del self._listed[next(iter(self._listed))]


def encoded(event: Event | PageEvent) -> bytes:
    """An event as it is sent."""
    shape = event_shape(event)
    return sse.message(msgspec.json.encode(shape), event=shape.type, number=shape.id)


STREAMS = web.AppKey("streams", Streams)
