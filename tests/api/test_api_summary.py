"""GET /batch/{id}/summary."""

from skybatch.model.outcome import Finished
from skybatch.model.reason import Reason
from skybatch.model.state import JobState
from tests.api.work import claim, fetch, finish


async def test_a_summary_counts_what_the_domains_have_and_why_they_failed(api):
    domains = ["a.example", "b.example", "c.example", "d.example"]
    batch_id = (await api.post("/batch", {"domains": domains})).json["batch_id"]
    first, *others = await claim(api.store, 4)
    await fetch(api.store, first)
    await finish(api.store, first)
    for held, reason in zip(others, (Reason.TIMEOUT, Reason.NXDOMAIN, Reason.TIMEOUT), strict=True):
        await finish(api.store, held, Finished(JobState.FAILED, reason))
    body = (await api.get(f"/batch/{batch_id}/summary")).json
    assert (body["status"], body["domains"]) == ("partial", 4)
    assert body["found"]["email"] == {"domains": 1, "share": 0.25}
    assert body["found"]["organization"] == {"domains": 1, "share": 0.25}
    assert [(each["reason"], each["domains"]) for each in body["reasons"]] == [
        ("timeout", 2),
        ("nxdomain", 1),
    ]
    assert all(each["meaning"] and each["advice"] for each in body["reasons"])
    assert body["diagnoses"] == {}


async def test_a_batch_without_a_page_has_found_nothing(api):
    batch_id = (await api.post("/batch", {"domains": ["a.example"]})).json["batch_id"]
    body = (await api.get(f"/batch/{batch_id}/summary")).json
    assert {kind: each["domains"] for kind, each in body["found"].items()} == {
        "email": 0,
        "phone": 0,
        "social": 0,
        "organization": 0,
    }
    assert body["reasons"] == []


async def test_every_domain_of_a_long_list_is_counted(api):
    domains = [f"a{number}.example" for number in range(4_500)]
    batch_id = (await api.post("/batch", {"domains": domains})).json["batch_id"]
    assert (await api.get(f"/batch/{batch_id}/summary")).json["domains"] == 4_500
