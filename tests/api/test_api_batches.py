"""Lists, status, long polls, cancel, jobs and scans."""

import asyncio

import pytest

from skybatch.api import status
from skybatch.api.context import PREFIX
from skybatch.model.ids import uuid7
from skybatch.model.outcome import Finished, Retry
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from skybatch.store import staging
from tests.api.conftest import NOTHING, Api
from tests.api.work import claim, fetch, finish
from tests.until import until

NOWHERE = "01a3185c-5000-7b68-abe3-986f0e3cc3d6"


async def test_a_status_has_the_members_of_the_contract(api: Api):
    batch_id = await api.submit(["a.example", "b.example"], label="mine", metadata={"k": [1]})
    (held,) = await claim(api.store)
    await fetch(api.store, held)
    await finish(api.store, held)
    answer = await api.get(f"/batch/{batch_id}/status")
    body = answer.json
    times = {body.pop(name) for name in ("created_at", "updated_at", "start_time")}
    assert all(time.endswith("Z") for time in times)
    jobs = body.pop("domain_statuses")
    assert body == {
        "batch_id": batch_id,
        "status": "running",
        "paused": False,
        "reextracting": False,
        "label": "mine",
        "total_domains": 2,
        "completed_domains": 1,
        "failed_domains": 0,
        "progress": 0.5,
        "counts": {
            "pending": 1,
            "running": 0,
            "complete": 1,
            "partial": 0,
            "failed": 0,
            "cancelled": 0,
        },
        "pages": body["pages"],
        "end_time": None,
        "processing_time": None,
        "error": None,
        "metadata": {"k": [1]},
    }
    receipt = body["pages"]
    assert receipt["discovered"] == receipt["fetched"] + sum(receipt["skipped"].values()) == 2
    assert list(jobs) == ["a.example", "b.example"]
    assert jobs["a.example"]["status"] == "complete"


async def test_a_job_has_the_members_of_the_contract(api: Api):
    batch_id = await api.submit(["https://a.example/shop"])
    (held,) = await claim(api.store)
    await finish(api.store, held, Retry(Reason.TIMEOUT, None, 60.0))
    (job,) = (await api.get(f"/batch/{batch_id}/jobs")).json["items"]
    assert job == (await api.get(f"/status/{job['job_id']}")).json
    expected = {
        "batch_id": batch_id,
        "domain": "a.example",
        "input": "https://a.example/shop",
        "input_row": 0,
        "status": "pending",
        "reason": "timeout",
        "paused": False,
        "attempt": 1,
        "pages_found": 0,
        "pages_processed": 0,
    }
    assert {name: job[name] for name in expected} == expected
    assert job["next_attempt_at"] > job["stage_at"]
    assert job["stage"]


async def test_a_status_is_not_sent_again_while_it_is_the_same(api: Api):
    path = f"/batch/{await api.submit(['a.example'])}/status"
    tag = (await api.get(path)).headers["ETag"]
    for known in (tag, f'"x", {tag}', f"W/{tag}"):
        again = await api.get(path, headers={"If-None-Match": known})
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", tag)
    await claim(api.store)
    changed = await api.get(path, headers={"If-None-Match": tag})
    assert changed.status == 200
    assert changed.headers["ETag"] != tag


@pytest.mark.parametrize("knows_tag", [True, False])
async def test_a_long_poll_answers_when_something_changes(api: Api, knows_tag):
    path = f"/batch/{await api.submit(['a.example', 'b.example'])}/status"
    tag = (await api.get(path)).headers["ETag"]
    headers = {"If-None-Match": tag} if knows_tag else {}
    async with asyncio.timeout(4):  # the poll itself would wait for 5 s
        async with asyncio.TaskGroup() as tasks:
            poll = tasks.create_task(api.get(f"{path}?wait=5", headers=headers))
            tasks.create_task(claim_once_polled(api))
    assert poll.result().json["status"] == "running"


async def claim_once_polled(api: Api) -> None:
    await until(lambda: api.bus._subscriptions)
    await claim(api.store)


async def test_a_long_poll_answers_soon_when_the_client_is_behind_or_it_is_over(api: Api):
    path = f"/batch/{await api.submit(['a.example'])}/status"
    async with asyncio.timeout(4):
        behind = await api.get(f"{path}?wait=5", headers={"If-None-Match": '"old"'})
        assert behind.status == 200
        (held,) = await claim(api.store)
        await finish(api.store, held)
        over = await api.get(f"{path}?wait=5")
        assert over.json["status"] == "complete"
        known = await api.get(f"{path}?wait=5", headers={"If-None-Match": over.headers["ETag"]})
        assert known.status == 304


async def test_a_long_poll_does_not_hold_up_a_daemon_that_ends(api: Api):
    path = f"/batch/{await api.submit(['a.example'])}/status"
    async with asyncio.timeout(4), asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(api.get(f"{path}?wait=5"))
        await until(lambda: api.bus._subscriptions)
        api.bus.close()
    assert poll.result().json["status"] == "pending"


async def test_a_long_poll_ends_when_its_time_is_up(api: Api):
    path = f"/batch/{await api.submit(['a.example'])}/status"
    tag = (await api.get(path)).headers["ETag"]
    answer = await api.get(f"{path}?wait=0.05", headers={"If-None-Match": tag})
    assert answer.status == 304


async def test_who_polls_with_an_old_tag_again_and_again_gets_no_look_for_each(api, monkeypatch):
    monkeypatch.setattr(status, "SETTLE_SECONDS", 0.3)
    path = f"/batch/{await api.submit(['a.example'])}/status"
    began = asyncio.get_running_loop().time()
    answer = await api.get(f"{path}?wait=5", headers={"If-None-Match": '"old"'})
    assert answer.status == 200
    assert asyncio.get_running_loop().time() - began >= 0.3


async def test_cancel_ends_what_waits_and_may_be_said_twice(api: Api):
    batch_id = await api.submit(["a.example", "b.example"])
    for _ in range(2):
        answer = await api.post(f"/batch/{batch_id}/cancel")
        assert answer.status == 200
        assert answer.json["status"] == "cancelled"
    assert (await api.get(f"/batch/{batch_id}/status")).json["counts"]["cancelled"] == 2


async def test_batches_are_listed_newest_first_slice_by_slice(api: Api):
    ids = [await api.submit([f"{name}.example"], label=name) for name in "abcde"]
    found, cursor = [], ""
    for _ in range(5):
        body = (await api.get(f"/batch?limit=2{cursor}")).json
        found += [batch["batch_id"] for batch in body["items"]]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert found == ids[::-1]


async def test_batches_are_filtered_by_status_label_and_time(api: Api):
    first = await api.submit(["a.example"], label="x y")
    await api.post(f"/batch/{first}/cancel")
    second = await api.submit(["b.example"])
    since = (await api.get(f"/batch/{second}/status")).json["created_at"]

    async def ids(query: str) -> list[str]:
        return [row["batch_id"] for row in (await api.get(f"/batch?{query}")).json["items"]]

    assert await ids("status=cancelled") == [first]
    assert await ids("status=pending,cancelled") == [second, first]
    assert await ids("label=x%20y") == [first]
    assert await ids("since=2020-01-01T00:00:00Z") == [second, first]
    assert await ids("since=2020-01-01T01:00:00+01:00") == [second, first]
    assert await ids("since=0001-01-01T00:00:00%2B23:59") == [second, first]
    assert await ids("since=2120-01-01T00:00:00Z") == []
    assert second in await ids(f"since={since}")


async def test_jobs_are_filtered_by_status_reason_and_domain(api: Api):
    batch_id = await api.submit(["a.example", "b.example", "bücher.example"])
    first, _ = await claim(api.store, 2)
    await finish(api.store, first, Finished(JobState.FAILED, Reason.NXDOMAIN))

    async def domains(query: str) -> list[str]:
        body = (await api.get(f"/batch/{batch_id}/jobs?{query}")).json
        return [row["domain"] for row in body["items"]]

    assert await domains("status=failed") == ["a.example"]
    assert await domains("status=running,failed") == ["a.example", "b.example"]
    assert await domains("reason=nxdomain,timeout") == ["a.example"]
    assert await domains("domain=https://B.example/x") == ["b.example"]
    assert await domains("domain=b%C3%BCcher.example") == ["xn--bcher-kva.example"]
    assert await domains("domain=c.example") == []


@pytest.mark.parametrize(
    ("path", "pointers"),
    [
        ("/batch?limit=0&cursor=x&status=done&since=yesterday&foo=1", 5),
        ("/batch?limit=1001", 1),
        ("/batch?since=2026-01-01", 1),
        ("/batch?cursor=YzkyMjMzNzIwMzY4NTQ3NzU4MDg", 1),
        ("/batch/{id}/jobs?status=x&reason=y&domain=localhost", 3),
        ("/batch/{id}/status?wait=x", 1),
        ("/batch/{id}/status?wait=-1", 1),
        ("/batch/{id}/status?wait=1e9", 1),
        ("/batch/{id}/status?watch=1", 1),
        ("/status/{id}?x=1", 1),
    ],
)
async def test_every_fault_of_a_query_is_told(api: Api, path, pointers):
    answer = await api.get(path.format(id=NOWHERE))
    assert answer.status == 422
    assert len(answer.faults) == pointers


@pytest.mark.parametrize("id_", [NOWHERE, "x", "1", "%00", "..%2f..%2fetc", "a" * 5_000, "%ff"])
@pytest.mark.parametrize(
    "path",
    ["GET /batch/{}/status", "GET /batch/{}/jobs", "GET /batch/{}/results", "GET /status/{}",
     "POST /batch/{}/cancel"],
)  # fmt: skip
async def test_what_does_not_exist_is_a_404(api: Api, path, id_):
    method, _, where = path.partition(" ")
    answer = await api.request(method, where.format(id_))
    assert answer.status == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


async def test_a_scan_is_a_batch_of_one_domain(api: Api):
    answer = await api.post("/scan", {"base_url": "https://a.example/shop", "max_pages": 3})
    assert answer.status == 202
    body = answer.json
    assert sorted(body) == ["batch_id", "created_at", "job_id", "status_url"]
    assert body["status_url"] == f"{PREFIX}/status/{body['job_id']}" == answer.headers["Location"]
    assert (await api.get(f"/status/{body['job_id']}")).json["domain"] == "a.example"
    (held,) = await claim(api.store)
    assert (held.max_pages, held.target.path) == (3, "/shop")
    assert len(api.wakes) == 1


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ({}, [("/base_url", "missing")]),
        ({"base_url": 5}, [("/base_url", "not_text")]),
        ({"base_url": "ftp://a.example"}, [("/base_url", "bad_scheme")]),
        (
            {"base_url": "x", "max_pages": 0, "max_page": 1, "label": "y"},
            [
                ("/base_url", "single_label"),
                ("/label", "unknown"),
                ("/max_page", "unknown"),
                ("/max_pages", "invalid"),
            ],
        ),
        ([], [("", "invalid")]),
    ],
)
async def test_a_scan_with_faults_is_a_422_that_names_every_one(api: Api, body, faults):
    answer = await api.post("/scan", body)
    assert answer.status == 422
    assert sorted(answer.faults) == faults
    assert await api.stored() == NOTHING


async def test_a_batch_is_paused_and_resumed_as_often_as_one_likes(api: Api):
    batch_id = await api.submit(["a.example"])
    for what, paused in (("pause", True), ("pause", True), ("resume", False), ("resume", False)):
        answer = await api.post(f"/batch/{batch_id}/{what}")
        assert (answer.status, answer.json["paused"]) == (200, paused)
        assert (await api.get(f"/batch/{batch_id}/status")).json["paused"] is paused
        (job,) = (await api.get(f"/batch/{batch_id}/jobs")).json["items"]
        assert job["paused"] is paused
    paused_batch = await api.submit(["b.example"])
    await api.post(f"/batch/{paused_batch}/pause")
    assert [held.batch_id for held in await claim(api.store, limit=9)] == [batch_id]


async def test_a_batch_that_has_ended_cannot_be_paused(api: Api):
    batch_id = await api.submit(["a.example"])
    (held,) = await claim(api.store)
    await finish(api.store, held)
    assert (await api.post(f"/batch/{batch_id}/pause")).json["paused"] is False


@pytest.mark.parametrize("what", ["pause", "resume"])
async def test_pausing_what_is_not_there_is_a_404(api: Api, what):
    assert (await api.post(f"/batch/{uuid7(1.0)}/{what}")).status == 404


async def test_what_failed_is_put_back_by_reason_and_wakes_the_workers(api: Api):
    batch_id = await api.submit(["a.example", "b.example"])
    for held, reason in zip(
        await claim(api.store, limit=2), (Reason.TIMEOUT, Reason.NXDOMAIN), strict=True
    ):
        await finish(api.store, held, Finished(JobState.FAILED, reason))
    api.wakes.clear()
    answer = await api.post(f"/batch/{batch_id}/retry?reason=timeout")
    assert answer.status == 200
    assert answer.json["status"] == "running"
    assert answer.json["counts"]["pending"] == 1
    assert answer.json["end_time"] is None
    assert api.wakes
    everything = await api.post(f"/batch/{batch_id}/retry")
    assert everything.json["counts"]["pending"] == 2


async def test_a_retry_for_a_reason_that_is_none_names_the_close_one(api: Api):
    batch_id = await api.submit(["a.example"])
    answer = await api.post(f"/batch/{batch_id}/retry?reason=timeot")
    assert answer.status == 422
    assert answer.faults == [("?reason", "invalid")]
    assert 'did you mean "timeout"?' in answer.json["errors"][0]["detail"]


async def test_a_batch_that_has_ended_is_forgotten_whole(api: Api):
    kept = await api.submit(["kept.example"])
    batch_id = await api.submit(["a.example", "a.example", "nonsense"])
    (_, held) = await claim(api.store, limit=2)
    refused = await api.request("DELETE", f"/batch/{batch_id}")
    assert refused.status == 409
    await fetch(api.store, held)
    await finish(api.store, held)
    assert (await api.request("DELETE", f"/batch/{batch_id}")).status == 204
    assert (await api.get(f"/batch/{batch_id}/status")).status == 404
    assert (await api.get(f"/status/{held.job_id}")).status == 404

    async def is_gone():
        await api.store.write(staging.discard)
        return await api.rows("batches") == await api.rows("jobs") == 1

    await until(is_gone)
    for table in ("pages", "profiles", "leftovers", "outside"):
        assert await api.rows(table) == 0, table
    assert await api.rows("attempts") == 1
    assert (await api.get(f"/batch/{kept}/status")).json["total_domains"] == 1
    assert (await api.request("DELETE", f"/batch/{batch_id}")).status == 404
