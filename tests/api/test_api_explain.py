"""GET /batch/{id}/explain: what it says, and to whom it says nothing."""

import re

import pytest

from skybatch.model.outcome import Finished, Released, Retry
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from tests.api.conftest import Api
from tests.api.work import claim, fetch, finish

UNKNOWN = "01999999-0000-7000-8000-000000000000"


async def explanation(api: Api, batch_id: str):
    answer = await api.get(f"/batch/{batch_id}/explain")
    assert answer.status == 200, answer.body
    return answer.json


async def test_the_answer_has_the_members_of_the_contract(api: Api):
    batch_id = await api.submit(["a.example", "b.example"])
    found = await explanation(api, batch_id)
    assert set(found) == {"batch_id", "status", "sentences", "problems"}
    assert (found["batch_id"], found["status"], found["problems"]) == (batch_id, "pending", [])
    where, why = found["sentences"]
    assert re.fullmatch(r"pending for \d s: none of 2 domains has started", where)
    assert why == "2 domains are about to start"


async def test_a_host_that_asked_to_wait_is_explained_with_its_pages(api: Api):
    batch_id = await api.submit(["shop.example"], max_pages=10)
    (held,) = await claim(api.store)
    await fetch(api.store, held)
    await finish(api.store, held, Released(waits=1, delay_s=120.0, detail="status 429"))
    found = await explanation(api, batch_id)
    assert found["status"] == "running"
    assert re.fullmatch(
        r"shop\.example asked to wait 120 s, 1[12]\d s left; 1 of 10 pages stored; "
        r"1 skipped by robots\.txt",
        found["sentences"][1],
    )
    assert found["problems"] == []


async def test_attempts_are_counted_against_the_limit_of_the_batch(api: Api):
    batch_id = await api.submit(["down.example"], options={"max_attempts": 7})
    (held,) = await claim(api.store)
    await finish(api.store, held, Retry(Reason.REFUSED, "connect: refused", delay_s=60.0))
    assert re.fullmatch(
        r"down\.example: attempt 1 of 7 failed \(connect: refused\), next attempt in \d+ s",
        (await explanation(api, batch_id))["sentences"][1],
    )


async def test_a_problem_is_in_both_lists(api: Api):
    batch_id = await api.submit(["a.example"])
    (held,) = await claim(api.store)
    await finish(api.store, held, Finished(JobState.FAILED, Reason.INTERNAL))
    found = await explanation(api, batch_id)
    (problem,) = found["problems"]
    assert held.job_id in problem
    assert problem in found["sentences"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"/batch/{UNKNOWN}/explain", 404),
        ("/batch/no-id/explain", 404),
        (f"/batch/{UNKNOWN}/explain?why=1", 422),
    ],
)
async def test_what_is_not_there_is_not_explained(api: Api, path, status):
    answer = await api.get(path)
    assert (answer.status, answer.headers["Content-Type"]) == (status, "application/problem+json")


async def test_only_who_has_a_token_gets_an_explanation(api: Api):
    batch_id = await api.submit(["a.example"])
    assert (await api.get(f"/batch/{batch_id}/explain", token="")).status == 401
