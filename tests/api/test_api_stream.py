"""What is stored and what happens, joined: each event once, in order, whatever gets in between."""

import asyncio
import random
from contextlib import aclosing
from types import SimpleNamespace

import pytest

from skybatch.api import stream as streaming
from skybatch.api import streams as shared
from skybatch.api.context import Limits
from skybatch.api.errors import Refusal
from skybatch.api.stream import Stream, Wanted
from skybatch.api.streams import Connection, Streams
from skybatch.bus import Bus
from skybatch.model.clock import SystemClock
from skybatch.model.event import EventType, PageEvent, PageEventType
from skybatch.store import events
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from tests.api.sse_reader import SseReader
from tests.store.seeds import submit
from tests.until import until

LIMITS = Limits(beat_seconds=0.02, linger_seconds=0.02)
ALL = Wanted()
TYPES = (EventType.JOB_CLAIMED, EventType.JOB_RELEASED)


class Scene:
    """A store and a bus that may lose what it should tell."""

    def __init__(self, folder, limits=LIMITS):
        self.bus = Bus()
        self.lost = lambda: False
        self.store = Store(folder / FILE, SystemClock(), self.publish)
        self.context = SimpleNamespace(store=self.store, bus=self.bus, limits=limits)
        self.streams = Streams()
        self.tasks = []

    def publish(self, event):
        if not self.lost():
            self.bus.publish(event)

    def stream(self, wanted, *, after=0):
        connection = Connection("owner", wanted.batch_id, lambda: self, lambda: None)
        return Stream(self.context, self.streams, connection, wanted, after=after), connection

    async def emit(self, batch_id, count=1, kind=EventType.JOB_CLAIMED, **data):
        def unit(tx):
            for _ in range(count):
                tx.emit(kind, batch_id, **data)

        await self.store.write(unit)

    async def stored(self, **rest):
        position, is_last, seen = 0, False, []
        while not is_last:
            found = await self.store.read(
                lambda db, p=position: events.after(db, p, limit=100, **rest)
            )
            seen += [event.id for event in found.events]
            position, is_last = found.position, found.is_last
        return seen

    def start(self, client):
        self.tasks.append(asyncio.create_task(client.read()))
        return self.tasks[-1]


@pytest.fixture
async def scene(tmp_path):
    made = Scene(tmp_path)
    await made.store.open()
    yield made
    for task in made.tasks:
        await cancelled(task)
    made.bus.close()
    await made.store.close()


class Client:
    """Reads a stream into a reader that outlives it."""

    def __init__(self, scene, wanted=ALL, after=0):
        self.scene, self.wanted, self.after = scene, wanted, after
        self.reader = SseReader()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self.connection = None

    async def read(self):
        after = int(self.reader.last_id or self.after)
        stream, self.connection = self.scene.stream(self.wanted, after=after)
        async with aclosing(stream.chunks()) as chunks:
            async for chunk in chunks:
                self.reader.feed(chunk)
                await self.may_read.wait()


async def cancelled(task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("seed", range(24))
async def test_each_event_once_in_order(scene, monkeypatch, seed):  # noqa: C901 - many turns
    """Clients that stop, leave and come back, tiny queues and slices, events nobody is told."""
    dice = random.Random(seed)  # noqa: S311 - of a test
    monkeypatch.setattr(streaming, "SLICE", dice.randint(1, 5))
    monkeypatch.setattr(streaming, "QUEUE", dice.choice([1, 2, 5, 100]))
    monkeypatch.setattr(events, "WINDOW", dice.choice([1, 3, 5_000]))
    monkeypatch.setattr(shared, "_KEPT", 2)
    if dice.random() < 0.5:
        scene.lost = lambda: dice.random() < 0.1
    batches = [await submit(scene.store, "a.example") for _ in range(2)]
    check = await submit(scene.store, "b.example")
    await scene.store.write(
        lambda tx: tx.execute("UPDATE batches SET hidden = 1 WHERE id = ?", (check,))
    )
    wishes = [
        Wanted(),
        Wanted(types=TYPES[:1]),
        Wanted(batches[0]),
        Wanted(batches[1], types=TYPES[1:]),
    ]
    clients = [Client(scene, wanted) for wanted in wishes]
    tasks = [scene.start(client) for client in clients]
    for _ in range(60):
        number = dice.randrange(len(clients))
        match dice.randrange(8):
            case 0:
                clients[number].may_read.clear()
            case 1:
                clients[number].may_read.set()
            case 2:
                await cancelled(tasks[number])
                tasks[number] = scene.start(clients[number])
            case 3:
                for _ in range(dice.randrange(20)):
                    await asyncio.sleep(0)
            case _:
                batch_id = dice.choice([*batches, check])
                await scene.emit(batch_id, dice.randint(1, 6), dice.choice(TYPES))
    for client, wanted in zip(clients, wishes, strict=True):
        client.may_read.set()
        expected = await scene.stored(batch_id=wanted.batch_id, types=wanted.stored)
        await until(lambda c=client, e=expected: len(c.reader.ids) >= len(e))
        assert client.reader.ids == expected
    for task in tasks:
        await cancelled(task)


async def test_an_event_is_encoded_once_for_all_who_listen(scene, monkeypatch):
    batch_id = await submit(scene.store, "a.example")
    clients = [Client(scene, after=10**6) for _ in range(20)]
    made, encoded = [], shared.encoded

    def counting(event):
        made.append(event.id)
        return encoded(event)

    newest = await scene.store.read(events.newest)
    monkeypatch.setattr(shared, "encoded", counting)
    for client in clients:
        client.after = newest
    tasks = [scene.start(client) for client in clients]
    await until(lambda: len(scene.bus._subscriptions) == 20)
    await until(lambda: all(client.reader.comments for client in clients))
    await scene.emit(batch_id, 50)
    await until(lambda: all(len(client.reader.ids) == 50 for client in clients))
    assert len(set(made)) == 50
    assert len(made) == 50
    for task in tasks:
        await cancelled(task)


async def test_a_stream_with_nothing_to_tell_beats_and_one_among_strangers_too(scene):
    batch_id, other = [await submit(scene.store, "a.example") for _ in range(2)]
    client = Client(scene, Wanted(batch_id))
    task = scene.start(client)
    while client.reader.comments < 3:
        await scene.emit(other)
    assert client.reader.retry_ms == [2000]
    assert len(client.reader.ids) == 1
    await cancelled(task)


async def test_the_stream_of_a_batch_ends_after_it_and_goes_on_when_it_is_tried_again(scene):
    batch_id = await submit(scene.store, "a.example")

    async def state(word):
        await scene.store.write(
            lambda tx: tx.execute("UPDATE batches SET state = ? WHERE id = ?", (word, batch_id))
        )

    client = Client(scene, Wanted(batch_id, types=TYPES))  # the end itself is not asked for
    task = scene.start(client)
    await until(lambda: client.reader.comments)
    await scene.emit(batch_id, kind=EventType.BATCH_FINISHED)  # and at once tried again
    await until(lambda: client.reader.comments >= 4)
    assert not task.done()
    await state("complete")
    await scene.emit(batch_id, kind=EventType.BATCH_FINISHED)
    await asyncio.wait_for(task, 5)


async def test_the_end_of_the_bus_ends_a_stream_that_has_told_what_is_stored(scene):
    batch_id = await submit(scene.store, "a.example")
    client = Client(scene)
    task = scene.start(client)
    await until(lambda: client.reader.ids)
    scene.bus.close()
    await asyncio.wait_for(task, 5)
    await scene.emit(batch_id)
    await asyncio.wait_for(client.read(), 5)
    assert client.reader.ids == await scene.stored()


def page(batch_id, number=0, kind=PageEventType.PAGE_FETCHED):
    return PageEvent(1.0, kind, batch_id, "job", 1, {"bytes": number})


async def test_pages_are_shown_live_a_few_a_second_and_without_an_id(scene):
    batch_id, other, check = [await submit(scene.store, "a.example") for _ in range(3)]
    await scene.store.write(
        lambda tx: tx.execute("UPDATE batches SET hidden = 1 WHERE id = ?", (check,))
    )
    wishes = [Wanted(batch_id), Wanted(types=(PageEventType.PAGE_FAILED,)), Wanted(types=TYPES)]
    clients = [Client(scene, wanted) for wanted in wishes]
    tasks = [scene.start(client) for client in clients]
    await until(lambda: all(client.reader.comments for client in clients))
    before = [client.reader.last_id for client in clients]
    for number in range(1_000):
        scene.bus.show(page(batch_id, number))
        scene.bus.show(page(other, number))
    scene.bus.show(page(other, kind=PageEventType.PAGE_FAILED))
    await until(lambda: [m for m in clients[0].reader.messages if m.type == "page.fetched"])
    await until(lambda: clients[1].reader.messages)
    scene.bus.show(page(batch_id, 1_000))
    await until(lambda: [m for m in clients[0].reader.messages if m.type == "page.fetched"][1:])
    scene.bus.show(page(check, kind=PageEventType.PAGE_FAILED))
    first, second = [m.json for m in clients[0].reader.messages if m.type == "page.fetched"]
    assert (first["id"], first["data"]) == (None, {"bytes": 999, "left_out": 999})
    assert second["data"] == {"bytes": 1_000}
    beats = [client.reader.comments for client in clients]
    await until(lambda: all(c.reader.comments > b + 2 for c, b in zip(clients, beats, strict=True)))
    (failed,) = clients[1].reader.messages
    assert failed.json["batch_id"] == other
    assert [client.reader.last_id for client in clients] == before
    assert all(message.json["id"] for message in clients[2].reader.messages)
    for task in tasks:
        await cancelled(task)
    assert not scene.bus.is_watched


def test_the_daemon_has_an_end_of_streams_too_and_those_that_are_gone_do_not_count():
    limits, streams = Limits(streams=2, streams_each=2), Streams()
    one, gone, other, late = (
        Connection(owner, None, transport, lambda: None)
        for owner, transport in [
            ("a", lambda: 1), ("b", lambda: None), ("c", lambda: 1), ("d", lambda: 1)
        ]
    )  # fmt: skip
    with (
        streams.opened(one, limits),
        streams.opened(gone, limits),
        streams.opened(other, limits),
        pytest.raises(Refusal, match="2 streams are open"),
        streams.opened(late, limits),
    ):
        pass
    with streams.opened(late, limits):
        pass
