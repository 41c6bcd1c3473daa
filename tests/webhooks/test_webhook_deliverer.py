"""The deliverer: an error of ours is an attempt like any other, not a loop."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from skybatch.errors import StoreUnavailable
from skybatch.model.clock import SystemClock
from skybatch.model.event import EventType
from skybatch.model.ids import uuid7
from skybatch.model.message import DeliveryState
from skybatch.store import deliveries, submissions
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from skybatch.store.outbox import Outbox
from skybatch.webhooks.deliverer import AT_A_TIME, AT_A_URL, Deliverer
from skybatch.webhooks.post import Taken
from tests.store import seeds
from tests.until import until


class Scene:
    """A message that is due, and a deliverer that sends as a test says."""

    def __init__(self, store, send):
        self.store = store
        self.sent = 0

        async def counted(*_):
            self.sent += 1
            return await send()

        self.deliverer = Deliverer(
            store, Outbox(), counted, SystemClock(), [b"key"], first_retry_s=60.0
        )

    async def message(self):
        (found,) = await self.store.read(
            lambda db: deliveries.listing(db, states=(), batch_id=None, before=None, limit=10)
        )
        return found


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / FILE, SystemClock(), lambda _: None, before_commit=Outbox().fill)
    await store.open()
    wanted = replace(seeds.submission(), webhook_url="http://hooks.example/a")
    await submissions.submit(store, wanted, seeds.slices_of([seeds.accepted(0, "a.example")]))
    await store.write(lambda tx: tx.emit(EventType.BATCH_STUCK, wanted.batch_id, detail="x"))
    yield store
    await store.close()


async def test_a_bug_in_an_attempt_counts_and_waits(store):
    async def broken():
        raise RuntimeError("a bug")

    scene = Scene(store, broken)
    await scene.deliverer.run_once()

    async def is_counted():
        return (await scene.message()).attempt == 1

    await until(is_counted)
    message = await scene.message()
    assert message.state is DeliveryState.PENDING
    assert message.detail.startswith("internal")
    assert await scene.deliverer.run_once() > 30  # seconds: nothing is due before
    assert scene.sent == 1
    await scene.deliverer.close()


async def test_what_cannot_be_recorded_is_not_sent_again_at_once(store, monkeypatch):
    async def good():
        return Taken(200)

    recording = asyncio.Event()

    def broken(*_, **__):
        recording.set()
        raise RuntimeError("a bug")

    monkeypatch.setattr(deliveries, "end", broken)
    scene = Scene(store, good)
    await scene.deliverer.run_once()
    await recording.wait()
    for _ in range(3):
        await scene.deliverer.run_once()
    assert scene.sent == 1
    assert (await scene.message()).state is DeliveryState.PENDING
    await scene.deliverer.close()


async def told(store, url, count, *, first=0):
    """So many batches, each of which has something to tell."""
    for number in range(first, first + count):
        wanted = replace(
            seeds.submission(batch_id=uuid7(1_900_000_000.0 + number)), webhook_url=url
        )
        await submissions.submit(store, wanted, seeds.slices_of([seeds.accepted(0, "a.example")]))
        await store.write(
            lambda tx, b=wanted.batch_id: tx.emit(EventType.BATCH_STUCK, b, detail="x")
        )


async def test_a_url_that_is_slow_holds_up_no_other(store):
    sent = Counter()

    async def send(url, *_):
        sent[url] += 1
        if "slow" in url:
            await asyncio.Event().wait()
        return Taken(200)

    await told(store, "http://slow.example/", 3 * AT_A_TIME)
    await told(store, "http://quick.example/", 2 * AT_A_URL)
    deliverer = Deliverer(store, Outbox(), send, SystemClock(), [b"key"], first_retry_s=60.0)
    deliverer.wake = (turn := asyncio.Event()).set
    while sent["http://quick.example/"] < 2 * AT_A_URL:
        await deliverer.run_once()
        async with asyncio.timeout(10):
            await turn.wait()
        turn.clear()
    assert sent["http://slow.example/"] == AT_A_URL
    await deliverer.close()


async def test_a_message_under_way_is_not_begun_anew_by_who_asks_for_it(store):
    async def hang():
        await asyncio.Event().wait()

    scene = Scene(store, hang)
    await scene.deliverer.run_once()
    await until(lambda: scene.sent)
    before = await scene.message()
    again = await store.write(lambda tx: deliveries.send_again(tx, before.delivery_id))
    assert again == before
    await scene.deliverer.run_once()
    assert scene.sent == 1
    await scene.deliverer.close()


async def test_each_event_with_messages_is_known_as_one(tmp_path):
    """Also while the messages of the next transaction are written already."""
    outbox_, heard = Outbox(), []
    store = Store(
        tmp_path / FILE,
        SystemClock(),
        lambda event: heard.append((event.type, outbox_.has_messages_of(event))),
        before_commit=outbox_.fill,
    )
    await store.open()
    wanted = replace(seeds.submission(), webhook_url="http://hooks.example/a")
    await submissions.submit(store, wanted, seeds.slices_of([seeds.accepted(0, "a.example")]))
    emit = lambda kind: lambda tx: tx.emit(kind, wanted.batch_id, detail="x")  # noqa: E731
    await store.write(emit(EventType.BATCH_STUCK))
    await store.write(emit(EventType.BATCH_PAUSED))
    await store.write(emit(EventType.BATCH_STUCK))
    await store.close()
    assert heard[-3:] == [
        (EventType.BATCH_STUCK, True),
        (EventType.BATCH_PAUSED, False),
        (EventType.BATCH_STUCK, True),
    ]


async def test_messages_that_cannot_be_recorded_hold_no_place(store, monkeypatch):
    """They waited in their places, for up to hours, and those to good receivers behind them."""
    sent = Counter()

    async def send(url, *_):
        sent[url] += 1
        return Taken(200)

    end = deliveries.end

    def partly(tx, delivery, *rest, **more):
        if "bad" in delivery.url:
            raise StoreUnavailable("the disk is full")
        end(tx, delivery, *rest, **more)

    monkeypatch.setattr(deliveries, "end", partly)
    for number in range(2 * AT_A_TIME):
        await told(store, f"http://bad-{number}.example/", 1, first=number)
    deliverer = Deliverer(store, Outbox(), send, SystemClock(), [b"key"], first_retry_s=60.0)
    deliverer.wake = (turn := asyncio.Event()).set
    await deliverer.run_once()
    await told(store, "http://good.example/", 1, first=1_000)
    while not sent["http://good.example/"]:
        async with asyncio.timeout(10):
            await turn.wait()
        turn.clear()
        await deliverer.run_once()
    assert 0 < await deliverer.run_once() <= 60
    assert all(count == 1 for count in sent.values())
    await deliverer.close()
