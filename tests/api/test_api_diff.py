"""GET /batch/{id}/diff: what changed since another batch."""

import msgspec
import pytest

from skybatch.model.outcome import Finished
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from tests.api.work import claim, fetch, finish


async def submit(api, *domains: str) -> str:
    return (await api.post("/batch", {"domains": domains})).json["batch_id"]


async def crawled(api, *domains: str) -> str:
    batch_id = await submit(api, *domains)
    for held in await claim(api.store, len(domains)):
        await fetch(api.store, held)
        await finish(api.store, held)
    return batch_id


@pytest.fixture
async def batches(api) -> tuple[str, str]:
    """Two batches: a domain is as it was, one has failed, one is new, one is gone."""
    older = await crawled(api, "a.example", "b.example", "gone.example")
    newer = await submit(api, "new.example", "b.example", "a.example")
    new, failing, same = await claim(api.store, 3)
    await fetch(api.store, new)
    await finish(api.store, new)
    await finish(api.store, failing, Finished(JobState.FAILED, Reason.NXDOMAIN))
    await fetch(api.store, same)
    await finish(api.store, same)
    return older, newer


async def test_domains_come_in_the_order_of_the_newer_batch_then_those_that_are_gone(api, batches):
    older, newer = batches
    items = (await api.get(f"/batch/{newer}/diff?against={older}")).json["items"]
    assert [(item["domain"], item["change"]) for item in items] == [
        ("new.example", "new"),
        ("b.example", "changed"),
        ("gone.example", "gone"),
    ]
    fields = {field["field"]: field for field in items[1]["fields"]}
    assert (fields["status"]["before"], fields["status"]["after"]) == ("complete", "failed")
    assert set(fields) == {"status", "reason"}


async def test_lines_tell_the_same(api, batches):
    older, newer = batches
    document = await api.get(f"/batch/{newer}/diff?against={older}")
    lines = await api.get(f"/batch/{newer}/diff?against={older}&format=ndjson")
    assert lines.headers["Content-Type"] == "application/x-ndjson"
    assert [msgspec.json.decode(line) for line in lines.body.splitlines()] == document.json["items"]


async def test_a_batch_that_is_run_again_is_held_against_the_one_it_repeats(api):
    older = await crawled(api, "a.example")
    newer = (await api.post(f"/batch/{older}/again")).json["batch_id"]
    assert (await api.get(f"/batch/{newer}/diff")).json == {"items": []}  # not crawled yet
    (held,) = await claim(api.store)
    await finish(api.store, held, Finished(JobState.FAILED, Reason.NXDOMAIN))
    (item,) = (await api.get(f"/batch/{newer}/diff")).json["items"]
    assert item["domain"] == "a.example"


async def test_nothing_is_different_of_a_batch_and_itself(api, batches):
    older, _ = batches
    assert (await api.get(f"/batch/{older}/diff?against={older}")).json == {"items": []}
    assert (await api.get(f"/batch/{older}/diff?against={older}&format=ndjson")).body == b""


async def test_long_lists_are_compared_slice_by_slice(api):
    older = await submit(api, *(f"a{n}.example" for n in range(450)))
    newer = await submit(api, *(f"a{n}.example" for n in range(5, 455)))
    items = (await api.get(f"/batch/{newer}/diff?against={older}")).json["items"]
    assert [item["domain"] for item in items if item["change"] == "new"] == [
        f"a{n}.example" for n in range(450, 455)
    ]
    assert [item["domain"] for item in items if item["change"] == "gone"] == [
        f"a{n}.example" for n in range(5)
    ]


async def test_what_it_is_held_against_must_be_there(api, batches):
    older, _ = batches
    answer = await api.get(f"/batch/{older}/diff")
    assert (answer.status, answer.faults) == (422, [("?against", "missing")])
    unknown = "01900000-0000-7000-8000-000000000000"
    assert (await api.get(f"/batch/{older}/diff?against={unknown}")).status == 404
    assert (await api.get(f"/batch/{older}/diff?against=x")).status == 404
