"""The outbox: messages are there with what they tell of, and go in their order."""

import json
from dataclasses import replace

import pytest

from skybatch.config import Config, Webhooks
from skybatch.delivering import outbox_of
from skybatch.errors import NotFound
from skybatch.model.clock import SystemClock
from skybatch.model.event import EventType
from skybatch.model.message import DeliveryState, Hook, MessageType
from skybatch.store import deliveries, submissions
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from skybatch.store.outbox import Outbox
from tests.store import seeds

URL, ALL = "http://hooks.example/a", "http://hooks.example/all"
FAR = 4e9


@pytest.fixture
async def store(tmp_path):
    everywhere = Hook(ALL, (MessageType.BATCH_STUCK,))
    store = Store(
        tmp_path / FILE, SystemClock(), lambda _: None, before_commit=Outbox(everywhere).fill
    )
    await store.open()
    yield store
    await store.close()


async def submit(store, domain, **hook):
    """A batch of one domain, with its webhook."""
    wanted = replace(seeds.submission(), **hook)
    await submissions.submit(store, wanted, seeds.slices_of([seeds.accepted(0, domain)]))
    return wanted.batch_id


async def told(store, batch_id, *details):
    """A batch that is stuck again and again, each in a transaction of its own."""
    for detail in details:
        await store.write(lambda tx, d=detail: tx.emit(EventType.BATCH_STUCK, batch_id, detail=d))


async def due(store):
    return await store.read(lambda db: deliveries.due(db, now=FAR, limit=100))


def details(deliveries):
    return [json.loads(each.body)["data"]["detail"] for each in deliveries]


async def end(store, delivery, state=DeliveryState.DELIVERED):
    await store.write(lambda tx: deliveries.end(tx, delivery, state, status=200, detail=None))


async def test_a_batch_with_a_url_is_told_and_so_is_who_is_told_of_all(store):
    with_url = await submit(store, "a.example", webhook_url=URL)
    without = await submit(store, "b.example")
    await told(store, with_url, "one")
    await told(store, without, "two")
    assert sorted((each.url, each.batch_id) for each in await due(store)) == sorted(
        [(URL, with_url), (ALL, with_url), (ALL, without)]
    )


async def test_a_url_that_both_name_is_told_once(store):
    batch_id = await submit(store, "a.example", webhook_url=ALL)
    await told(store, batch_id, "one")
    assert [each.url for each in await due(store)] == [ALL]


def test_the_url_of_all_has_the_form_of_those_of_batches():
    hooks = Webhooks(url="HTTP://Hooks.Example:80", events=("batch.stuck",))
    assert outbox_of(Config(webhooks=hooks)).everywhere == Hook(
        "http://hooks.example/", (MessageType.BATCH_STUCK,)
    )


async def test_a_state_that_is_named_twice_is_one(store):
    await told(store, await submit(store, "a.example", webhook_url=URL), "one", "two")
    states = (DeliveryState.PENDING, DeliveryState.PENDING)
    found = await store.read(lambda db: deliveries.listing(db, states=states, limit=9))
    assert len({each.seq for each in found}) == len(found) == 4


async def test_a_list_by_state_or_batch_reads_an_index(store):
    plans = []

    def planned(db, **wanted):
        db.set_trace_callback(plans.append)
        deliveries.listing(db, limit=10, **wanted)
        db.set_trace_callback(None)

    some = (DeliveryState.FAILED, DeliveryState.PENDING)
    for wanted in ({"states": some}, {"batch_id": "x"}, {"states": some, "batch_id": "x"}, {}):
        await store.read(lambda db, w=wanted: planned(db, **w))
    for query in plans:
        if query.startswith("SELECT * FROM deliveries"):
            plan = await store.read(
                lambda db, q=query: db.execute(f"EXPLAIN QUERY PLAN {q}").fetchall()
            )
            told = " ".join(row["detail"] for row in plan)
            assert "TEMP B-TREE" not in told, (query, told)
            assert "SCAN" not in told or " WHERE" not in query, (query, told)


async def test_only_what_a_batch_wants_is_told(store):
    wanted = (MessageType.DOMAIN_FINISHED,)
    batch_id = await submit(store, "a.example", webhook_url=URL, webhook_events=wanted)
    await told(store, batch_id, "one")
    await store.write(
        lambda tx: tx.emit(
            EventType.JOB_FINISHED, batch_id, job_id="j", domain="a.example", state="failed",
            reason="nxdomain",
        )
    )  # fmt: skip
    (message,) = [each for each in await due(store) if each.url == URL]
    body = json.loads(message.body)
    assert body["type"] == "domain.finished"
    assert body["data"] == {
        "batch_id": batch_id, "label": None, "metadata": None, "job_id": "j",
        "domain": "a.example", "status": "failed", "reason": "nxdomain",
    }  # fmt: skip


async def test_a_transaction_that_fails_leaves_no_message(store):
    batch_id = await submit(store, "a.example", webhook_url=URL)

    def unit(tx):
        tx.emit(EventType.BATCH_STUCK, batch_id)
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.write(unit)
    assert await due(store) == []


async def test_messages_of_a_batch_go_one_after_the_other(store):
    batch_id = await submit(store, "a.example", webhook_url=URL)
    await told(store, batch_id, "one", "two", "three")
    seen = []
    for state in (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.DELIVERED):
        (first,) = [each for each in await due(store) if each.url == URL]
        seen.append(first)
        await end(store, first, state)
    assert details(seen) == ["one", "two", "three"]
    assert [each for each in await due(store) if each.url == URL] == []


async def test_who_is_slow_holds_up_no_other_url(store):
    batch_id = await submit(store, "a.example", webhook_url=URL)
    await told(store, batch_id, "one", "two")
    (mine,) = [each for each in await due(store) if each.url == URL]
    await store.write(
        lambda tx: deliveries.put_back(tx, mine, delay_s=9e9, status=500, detail="no")
    )
    (other,) = await due(store)
    assert other.url == ALL
    await end(store, other)
    assert details(await due(store)) == ["two"]


async def test_an_answer_that_comes_late_counts_once(store):
    batch_id = await submit(store, "a.example", webhook_url=URL)
    await told(store, batch_id, "one", "two")
    (first,) = [each for each in await due(store) if each.url == URL]
    await end(store, first)
    await end(store, first, DeliveryState.FAILED)
    listed = await store.read(lambda db: deliveries.listing(db, limit=10))
    (kept,) = [each for each in listed if each.delivery_id == first.delivery_id]
    assert (kept.state, kept.attempt) == (DeliveryState.DELIVERED, 1)


async def test_a_message_is_sent_again_when_somebody_asks(store):
    batch_id = await submit(store, "a.example", webhook_url=URL)
    await told(store, batch_id, "one", "two")
    (first,) = [each for each in await due(store) if each.url == URL]
    await end(store, first, DeliveryState.FAILED)
    again = await store.write(lambda tx: deliveries.send_again(tx, first.delivery_id))
    assert (again.state, again.attempt, again.run_after) == (DeliveryState.PENDING, 0, None)
    (second,) = [each for each in await due(store) if each.url == URL]
    assert details([second]) == ["two"]  # that one is under way already
    await end(store, second)
    (last,) = [each for each in await due(store) if each.url == URL]
    assert last.delivery_id == first.delivery_id
    with pytest.raises(NotFound):
        await store.write(lambda tx: deliveries.send_again(tx, "none"))


async def test_what_ended_long_ago_is_forgotten(store, monkeypatch):
    batch_id = await submit(store, "a.example", webhook_url=URL)
    await told(store, batch_id, "one", "two")
    (first,) = [each for each in await due(store) if each.url == URL]
    await end(store, first)
    monkeypatch.setattr(deliveries, "KEPT_SECONDS", -1.0)
    assert await store.write(deliveries.prune)
    assert not await store.write(deliveries.prune)
    listed = await store.read(lambda db: deliveries.listing(db, batch_id=batch_id, limit=10))
    assert first.delivery_id not in {each.delivery_id for each in listed}
    assert len(listed) == 3
