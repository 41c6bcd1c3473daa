"""Events over HTTP: the list, and the stream with everything around it."""

import asyncio
import socket
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest

from skybatch.api.context import PREFIX
from skybatch.api.streams import STREAMS
from skybatch.model.clock import rfc3339
from skybatch.model.event import EventType
from skybatch.store import events as stored_events
from tests.api.conftest import LIMITS, TOKEN, Api
from tests.api.sse_reader import SseReader
from tests.api.work import claim, finish
from tests.until import until

STREAM = {"Accept": "text/event-stream"}
NO_END = {"total": None}


async def events(api: Api, query="", path="/events"):
    answer = await api.get(f"{path}{query}")
    assert answer.status == 200, answer.body
    return answer.json["items"], answer.json["next_cursor"]


async def types(api: Api, query="", path="/events"):
    items, _ = await events(api, query, path)
    return [item["type"] for item in items]


async def emit(api: Api, batch_id, count, **data):
    def unit(tx):
        for _ in range(count):
            tx.emit(EventType.JOB_CLAIMED, batch_id, **data)

    await api.store.write(unit)


async def ended(api: Api, *domains) -> str:
    """A batch that has run to its end."""
    batch_id = await api.submit(list(domains) or ["a.com"])
    for held in await claim(api.store, 100):
        await finish(api.store, held)
    return batch_id


async def test_an_event_tells_what_it_is_of(api: Api):
    batch_id = await ended(api)
    items, following = await events(api, path=f"/batch/{batch_id}/events")
    assert following is None
    assert items[0]["type"] == "batch.submitted"
    first, last = items[0], items[-1]
    assert set(first) == {"id", "type", "at", "batch_id", "job_id", "attempt", "data"}
    assert (first["batch_id"], first["job_id"], first["attempt"]) == (batch_id, None, None)
    assert first["data"] == {"jobs": 1}
    assert last["type"] == "batch.finished"
    (claimed,) = [item for item in items if item["type"] == "job.claimed"]
    assert claimed["attempt"] == 1
    assert claimed["job_id"]
    assert items == (await events(api))[0]


async def test_the_list_goes_on_where_it_ended(api: Api):
    batch_id = await api.submit(["a.com"])
    await emit(api, batch_id, 9)
    whole, _ = await events(api)
    seen, cursor = [], ""
    while cursor is not None:
        items, cursor = await events(api, f"?limit=3{f'&cursor={cursor}' if cursor else ''}")
        assert len(items) <= 3
        seen += items
    assert seen == whole
    assert [item["id"] for item in whole] == sorted(item["id"] for item in whole)
    behind, _ = await events(api, f"?last_event_id={whole[4]['id']}")
    assert behind == whole[5:]


async def test_events_by_type_and_time(api: Api):
    batch_id = await ended(api)
    only = "?type=job.finished,batch.finished"
    assert set(await types(api, only)) == {"job.finished", "batch.finished"}
    assert await types(api, only, f"/batch/{batch_id}/events") == await types(api, only)
    assert await types(api, "?type=page.fetched") == []  # they are told live only
    newest = await api.store.read(stored_events.newest)
    whole, _ = await events(api)
    since = whole[-1]["at"]
    assert [item["id"] for item in (await events(api, f"?since={since}"))[0]][-1:] == [newest]
    later = rfc3339(4_000_000_000.0)
    assert await types(api, f"?since={later}") == []


FAULTS = {
    "?type=job.finnished": "?type",
    "?limit=0": "?limit",
    "?cursor=x": "?cursor",
    "?since=yesterday": "?since",
    "?last_event_id=-1": "?last_event_id",
    "?order=desc": "?order",
}


@pytest.mark.parametrize(("query", "pointer"), FAULTS.items())
async def test_a_bad_query_is_told(api: Api, query, pointer):
    answer = await api.get(f"/events{query}")
    assert answer.status == 422
    assert [fault[0] for fault in answer.faults] == [pointer]
    answer = await api.get(f"/events{query}", headers=STREAM)
    assert (answer.status, answer.headers["Content-Type"]) == (422, "application/problem+json")


async def test_what_is_for_the_other_form_or_the_other_list_is_a_fault(api: Api):
    batch_id = await api.submit(["a.com"])
    assert (await api.get("/events?limit=5", headers=STREAM)).faults == [("?limit", "invalid")]
    since = await api.get(f"/batch/{batch_id}/events?since=2026-01-01T00:00:00Z")
    assert since.faults == [("?since", "unknown")]
    header = await api.get("/events", headers={**STREAM, "Last-Event-ID": "x"})
    assert header.faults == [("Last-Event-ID", "invalid")]


@pytest.mark.parametrize("path", ["/events", "/batch/{}/events"])
@pytest.mark.parametrize("headers", [{}, STREAM])
async def test_methods_forms_and_tokens(api: Api, path, headers):
    path = path.format(await api.submit(["a.com"]))
    for method in ("HEAD", "POST", "DELETE"):
        answer = await api.request(method, path, headers=headers)
        assert (answer.status, answer.headers["Allow"]) == (405, "GET")
    answer = await api.get(path, headers={"Accept": "text/csv"})
    assert answer.status == 406
    assert "application/json or text/event-stream" in answer.json["detail"]
    assert (await api.get(path, headers=headers, token="")).status == 401
    for batch_id in ("x", "01a217e4-85a6-7db9-98ae-64e44dd9a985"):
        assert (await api.get(f"/batch/{batch_id}/events", headers=headers)).status == 404


class Stream:
    """A stream that a test reads."""

    def __init__(self, response):
        self.response, self.reader, self.is_ended = response, SseReader(), False

    async def read(self):
        async for chunk in self.response.content.iter_any():
            self.reader.feed(chunk)
        self.is_ended = True


@asynccontextmanager
async def stream(api: Api, path="/events", headers=None):
    sent = {"Authorization": f"Bearer {TOKEN}", **STREAM, **(headers or {})}
    async with api.client.get(api.url + PREFIX + path, headers=sent) as response:
        assert response.status == 200, await response.read()
        made = Stream(response)
        reading = asyncio.create_task(made.read())
        yield made
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_a_stream_carries_the_right_headers(api: Api):
    async with stream(api) as made:
        headers = made.response.headers
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Connection"] == "close"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "Content-Encoding" not in headers
        await until(lambda: made.reader.retry_ms == [2000])


async def test_a_stream_of_all_begins_now_and_one_of_a_batch_at_its_beginning(api: Api):
    batch_id = await api.submit(["a.com"])
    async with stream(api) as now, stream(api, f"/batch/{batch_id}/events") as whole:
        await emit(api, batch_id, 2, domain="bücher.de\n")
        await until(lambda: len(whole.reader.messages) == 3)
        await until(lambda: len(now.reader.messages) == 2)
        assert whole.reader.messages[0].type == "batch.submitted"
        items, _ = await events(api)
        assert [message.json for message in whole.reader.messages] == items
        assert [message.json for message in now.reader.messages] == items[1:]
        for message in whole.reader.messages:
            assert (message.last_id, message.type) == (
                str(message.json["id"]),
                message.json["type"],
            )


async def test_the_header_goes_before_the_query_as_an_eventsource_sends_both(api: Api):
    batch_id = await api.submit(["a.com"])
    await emit(api, batch_id, 5)
    ids = [item["id"] for item in (await events(api))[0]]
    async with stream(api, "/events?last_event_id=0") as made:
        await until(lambda: made.reader.ids == ids)
    header = {"Last-Event-ID": str(ids[2])}
    async with stream(api, "/events?last_event_id=0", header) as made:
        await until(lambda: made.reader.ids == ids[3:])
    async with stream(api, "/events", {"Last-Event-ID": "999999999"}) as made:  # before a restore
        await emit(api, batch_id, 1)
        await until(lambda: len(made.reader.ids) == 1)


async def test_the_stream_of_a_batch_that_is_over_ends_and_is_not_asked_for_again(api: Api):
    batch_id = await ended(api)
    path = f"/batch/{batch_id}/events"
    async with stream(api, path) as made:
        await until(lambda: made.is_ended)
        assert made.reader.messages[-1].type == "batch.finished"
        last = made.reader.last_id
    answer = await api.get(path, headers={**STREAM, "Last-Event-ID": last})
    assert (answer.status, answer.body) == (204, b"")
    async with stream(api, path, {"Last-Event-ID": str(int(last) - 1)}) as made:
        await until(lambda: made.is_ended)
        assert made.reader.ids == [int(last)]


async def test_deleting_a_batch_ends_its_streams_at_once(api: Api, monkeypatch):
    batch_id, other = await ended(api), await api.submit(["b.com"])
    monkeypatch.setattr("skybatch.store.events.is_over", lambda db, batch_id: False)
    async with (
        stream(api, f"/batch/{batch_id}/events") as made,
        stream(api, f"/batch/{other}/events") as of_other,
    ):
        await until(lambda: made.reader.ids and of_other.reader.ids)
        assert (await api.request("DELETE", f"/batch/{batch_id}")).status == 204
        await until(lambda: made.is_ended, 2)
        assert not of_other.is_ended
    assert (await api.get(f"/batch/{batch_id}/events", headers=STREAM)).status == 404


async def test_the_end_of_the_bus_ends_every_stream_cleanly(api: Api):
    async with stream(api) as one, stream(api, "/events?last_event_id=0") as two:
        await until(lambda: one.reader.retry_ms and two.reader.retry_ms)
        api.bus.close()
        await until(lambda: one.is_ended and two.is_ended, 2)
    async with stream(api) as late:  # it is told to try again
        await until(lambda: late.is_ended, 2)
        assert late.reader.retry_ms == [2000]


async def test_so_many_streams_with_one_token_and_one_that_is_gone_makes_room(api: Api):
    async with stream(api), stream(api), stream(api):
        async with stream(api):
            answer = await api.get("/events", headers=STREAM)
            assert answer.status == 429
            assert answer.json["type"] == "urn:skybatch:problem:too_many_streams"
            assert (
                f"{LIMITS.streams_each} streams are open with this token" in answer.json["detail"]
            )
            assert answer.headers["Retry-After"] == "10"
            assert (await api.get("/events")).status == 200

        async def has_room():
            return (await api.get("/events?type=x", headers=STREAM)).status == 422 and await _open(
                api
            )

        await until(has_room)


async def _open(api: Api) -> bool:
    sent = {"Authorization": f"Bearer {TOKEN}", **STREAM}
    async with api.client.get(f"{api.url}{PREFIX}/events", headers=sent) as response:
        return response.status == 200


def deaf(api: Api) -> socket.socket:
    """A client that asks for a stream and takes nothing of it."""
    address = urlsplit(api.url)
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.connect((address.hostname, address.port))
    made.sendall(
        f"GET {PREFIX}/events?last_event_id=0 HTTP/1.1\r\nHost: x\r\n"
        f"Authorization: Bearer {TOKEN}\r\nAccept: text/event-stream\r\n\r\n".encode()
    )
    return made


async def test_a_client_that_takes_nothing_is_dropped_and_a_fast_one_goes_on(api: Api):
    batch_id = await api.submit(["a.com"])
    slow = deaf(api)
    subscriptions = api.bus._subscriptions
    try:
        async with stream(api, f"/batch/{batch_id}/events") as fast:
            await until(lambda: len(subscriptions) == 2)
            sent, most = 0, 0
            while len(subscriptions) == 2:
                await emit(api, batch_id, 100, detail="x" * 1000)
                sent += 100
                await until(lambda n=sent: len(fast.reader.ids) == n + 1)
                most = max(most, *(each._queue.qsize() for each in subscriptions))
                assert sent < 200_000
            assert most <= 501
            await emit(api, batch_id, 100)
            await until(lambda: len(fast.reader.ids) == sent + 101)
    finally:
        slow.close()


async def test_whoever_takes_nothing_does_not_hold_up_the_end(api: Api, monkeypatch):
    batch_id = await api.submit(["a.com"])
    await emit(api, batch_id, 20_000, detail="x" * 1000)
    app = api.app
    slow = deaf(api)
    try:
        await until(lambda: any(each.is_writing for each in app[STREAMS]._open))
        api.bus.close()
        await app[STREAMS].end_all(app)
        await until(lambda: not app[STREAMS]._open, LIMITS.stall_seconds / 2)
    finally:
        slow.close()
