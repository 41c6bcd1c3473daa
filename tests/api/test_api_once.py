"""The same submission again gives the same answer; another one under its name is refused."""

import asyncio

import pytest

from skybatch.api import once
from skybatch.model.ids import uuid7
from skybatch.store.idempotency import KEPT_SECONDS
from tests.api.conftest import Api
from tests.until import until

KEY = {"Idempotency-Key": "order-17"}
BODY = {"domains": ["a.example", "b.example", "nonsense"], "max_pages": 3}
LIST = b"a.example\nb.example\nnonsense\n"


def kind_of(answer) -> str:
    return answer.json["type"].rpartition(":")[2]


async def test_the_same_submission_again_gets_the_first_answer(api: Api):
    first = await api.post("/batch", BODY, headers=KEY)
    again = await api.post("/batch", BODY, headers=KEY)
    assert (first.status, again.status) == (202, 202)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"]
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await api.stored())["batches"] == 1


async def test_another_body_under_the_same_key_is_refused(api: Api):
    await api.post("/batch", BODY, headers=KEY)
    other = await api.post("/batch", {**BODY, "max_pages": 4}, headers=KEY)
    assert (other.status, kind_of(other)) == (409, "idempotency_mismatch")
    assert (await api.stored())["batches"] == 1


async def test_a_stream_is_compared_to_its_end_and_with_its_query(api: Api):
    async def post(content, query):
        return await api.post(
            "/batch", content, content_type="text/plain", headers=KEY, params=query
        )

    first = await post(LIST, {"max_pages": "3"})
    assert (await post(LIST, {"max_pages": "3"})).body == first.body
    assert kind_of(await post(LIST + b"c.example\n", {"max_pages": "3"})) == "idempotency_mismatch"
    assert kind_of(await post(LIST, {"max_pages": "4"})) == "idempotency_mismatch"
    assert (await api.stored())["batches"] == 1


async def test_a_chosen_batch_id_is_a_key_of_its_own(api: Api):
    body = {**BODY, "batch_id": uuid7(1_800_000_000.0)}
    first = await api.post("/batch", body)
    again = await api.post("/batch", body)
    assert again.body == first.body
    assert again.headers["Idempotency-Replayed"] == "true"
    other = await api.post("/batch", {**body, "max_pages": 4})
    assert kind_of(other) == "idempotency_mismatch"


async def test_without_a_key_every_submission_is_a_batch(api: Api):
    await api.post("/batch", BODY)
    await api.post("/batch", BODY)
    assert (await api.stored())["batches"] == 2


async def test_while_the_first_is_taken_in_the_second_is_told_so(api: Api):
    may_end = asyncio.Event()

    async def slowly():
        yield LIST
        await may_end.wait()

    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(
            api.post("/batch", slowly(), content_type="text/plain", headers=KEY)
        )
        await until(lambda: api.under_way)
        second = await api.post("/batch", LIST, content_type="text/plain", headers=KEY)
        may_end.set()
    assert (second.status, kind_of(second)) == (409, "in_progress")
    assert first.result().status == 202
    assert not api.under_way


async def test_fifty_at_once_make_one_batch(api: Api):
    async with asyncio.TaskGroup() as tasks:
        posts = [tasks.create_task(api.post("/batch", BODY, headers=KEY)) for _ in range(50)]
    answers = [post.result() for post in posts]
    assert len({answer.body for answer in answers if answer.status == 202}) == 1
    assert {kind_of(answer) for answer in answers if answer.status != 202} <= {"in_progress"}
    assert (await api.stored())["batches"] == 1


async def test_a_submission_that_was_refused_leaves_its_key_free(api: Api):
    refused = await api.post("/batch", {"domains": ["nonsense"]}, headers=KEY)
    assert refused.status == 422
    assert (await api.post("/batch", BODY, headers=KEY)).status == 202


async def test_a_key_is_remembered_for_a_day(api: Api):
    first = await api.post("/batch", BODY, headers=KEY)
    await api.store.write(
        lambda tx: tx.execute("UPDATE idempotency SET created_at = created_at - ?", (KEPT_SECONDS,))
    )
    later = await api.post("/batch", BODY, headers=KEY)
    assert later.status == 202
    assert later.json["batch_id"] != first.json["batch_id"]
    assert await api.rows("idempotency") == 1


async def test_a_dry_run_takes_no_key(api: Api):
    assert (await api.post("/batch?dry_run=1", BODY, headers=KEY)).status == 200
    assert await api.rows("idempotency") == 0


@pytest.mark.parametrize("key", ["", "two words", "ü", "x" * 256])
async def test_a_key_that_is_none_is_refused(api: Api, key):
    answer = await api.post("/batch", BODY, headers={once.HEADER: key})
    assert (answer.status, kind_of(answer)) == (400, "bad_request")
    assert (await api.stored())["batches"] == 0


async def test_a_scan_is_taken_in_once_too(api: Api):
    body = {"base_url": "a.example", "max_pages": 2}
    first = await api.post("/scan", body, headers=KEY)
    again = await api.post("/scan", body, headers=KEY)
    assert (first.status, again.status) == (202, 202)
    assert again.body == first.body
    assert again.headers["Location"] == first.headers["Location"] == first.json["status_url"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (await api.stored())["batches"] == 1
