"""The deliverer: an error of ours is an attempt like any other, not a loop."""

import asyncio
from dataclasses import replace

import pytest

from skybatch.model.clock import SystemClock
from skybatch.model.event import EventType
from skybatch.model.message import DeliveryState
from skybatch.store import outbox, submissions
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from skybatch.store.outbox import Outbox
from skybatch.webhooks.deliverer import Deliverer
from skybatch.webhooks.post import Taken
from tests.store import seeds
from tests.until import until

FAR = 4e9


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
            lambda db: outbox.listing(db, states=(), batch_id=None, before=None, limit=10)
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

    monkeypatch.setattr(outbox, "end", broken)
    scene = Scene(store, good)
    await scene.deliverer.run_once()
    await recording.wait()
    for _ in range(3):
        await scene.deliverer.run_once()
    assert scene.sent == 1
    assert (await scene.message()).state is DeliveryState.PENDING
    await scene.deliverer.close()
