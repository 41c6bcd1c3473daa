"""The reference says what the API takes; that what it answers is as it says, `conftest` checks."""

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from skybatch.api.cursor import Query
from skybatch.api.operations import OPERATIONS
from skybatch.intake.submission import CHECKS, MEANINGS
from skybatch.model.ids import uuid7
from skybatch.model.options import CHECKS as OPTION_CHECKS
from skybatch.model.options import MEANINGS as OPTION_MEANINGS
from tests.api.conftest import Api
from tests.api.reference import reference

# What belongs to the dashboard and to the reference itself.
OTHERS = {"/", "/assets/{path}", "/sign-in", "/docs", "/openapi.json"}
ID = uuid7(1_800_000_000.0)
# What is looked at before the query, and asks for a body or a daemon.
WITHOUT_QUERY = {"/livez", "/readyz", "/metrics"}


async def test_it_is_openapi_3_1_and_needs_no_token(api: Api):
    answer = await api.get("/openapi.json", prefix="", token=None)
    assert answer.status == 200
    assert answer.json == reference()
    assert answer.json["openapi"] == "3.1.0"
    validate(answer.json)
    again = await api.get(
        "/openapi.json", prefix="", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert again.status == 304


async def test_every_route_is_in_it(api: Api):
    routed = {
        (route.resource.canonical, route.method)
        for route in api.app.router.routes()
        if route.method != "HEAD" and route.resource.canonical not in OTHERS
    }
    assert routed == {
        (path, method.upper())
        for path, methods in reference()["paths"].items()
        for method in methods
    }


CALLS = [
    pytest.param(call, id=f"{call.method} {call.path}")
    for call in OPERATIONS
    if call.path not in WITHOUT_QUERY and call.body is None
]


@pytest.mark.parametrize("call", CALLS)
async def test_its_parameters_are_those_that_are_read(api: Api, call, monkeypatch):
    """Those of the query, all of them and no other."""
    read: set[str] = set()
    check = Query.check

    def listened(query: Query) -> None:
        read.update(query.known)
        check(query)

    monkeypatch.setattr(Query, "check", listened)
    path = call.path
    for name in ("batch_id", "job_id", "delivery_id"):
        path = path.replace(f"{{{name}}}", ID)
    told = {each.name for each in call.parameters if each.place == "query"}
    answer = await api.request(call.method, path, prefix="", params={"nothing_of_ours": "1"})
    assert ("?nothing_of_ours", "unknown") in answer.faults
    assert read == told


@pytest.mark.parametrize("call", CALLS)
async def test_every_word_that_it_names_is_taken(api: Api, call):
    path = call.path.replace("{batch_id}", await api.submit(["a.com"]))
    for name in ("job_id", "delivery_id"):
        path = path.replace(f"{{{name}}}", ID)
    for each in call.parameters:
        words = each.schema.get("enum") or each.schema.get("items", {}).get("enum", ())
        for word in words:
            answer = await api.request(call.method, path, prefix="", params={each.name: word})
            faults = answer.json["errors"] if answer.status == 422 else []
            details = [fault["detail"] for fault in faults]
            assert not any("none of" in told or "must be" in told for told in details)


def test_members_and_options_have_meanings():
    assert MEANINGS.keys() == CHECKS.keys()
    assert OPTION_MEANINGS.keys() == OPTION_CHECKS.keys()


GOOD = {
    "max_pages": [1, 100_000],
    "max_concurrent_jobs": [1_000],
    "max_concurrent": [2],
    "batch_id": [ID, None],
    "label": ["x" * 200, None],
    "metadata": [{"a": [1]}, None],
    "webhook_url": ["https://a.example/hook", None],
    "webhook_events": [["batch.finished", "domain.finished"], None],
}
BAD = {
    "max_pages": [0, 100_001, 1.5, "1", True],
    "max_concurrent_jobs": [0, 1_001],
    "max_concurrent": ["many"],
    "batch_id": [5],
    "label": ["x" * 201, 5],
    "metadata": [[]],
    "webhook_url": [5],
    "webhook_events": [[], ["batch.begun"], [5]],
}
GOOD_OPTIONS = {
    "scope": ["host", "domain"],
    "max_depth": [0, 1_000],
    "include": [[], ["/de/*", "*"]],
    "exclude": [["/x"]],
    "respect_robots": [True, False],
    "use_sitemaps": [False],
    "per_host_delay_s": [0, 3_600, 0.25],
    "per_host_concurrency": [1, 64],
    "deadline_s": [0.0],
    "max_attempts": [100],
    "priority": [0, 9],
    "until": [{}, {"email": 1, "phone": 50}],
    "store_html": [True],
    "text": [True],
    "headers": [{"X-A": "b c"}],
    "default_region": ["", "de"],
}
BAD_OPTIONS = {
    "scope": ["page", 5],
    "max_depth": [-1],
    "include": ["/de", ["de"], ["/" + "x" * 500]],
    "exclude": [["/"] * 101],
    "respect_robots": [1, "true"],
    "use_sitemaps": [None],
    "per_host_delay_s": [-0.1, 3_601, True],
    "per_host_concurrency": [65],
    "deadline_s": ["1"],
    "max_attempts": [0],
    "priority": [10],
    "until": [{"mail": 1}, {"email": 0}, {"email": 51}],
    "store_html": ["yes"],
    "text": [0],
    "headers": [{"X A": "b"}, {"X-A": "ü"}, {"X-A": 5}],
    "default_region": ["DEU", "1"],
}


@pytest.mark.parametrize(
    ("checks", "good", "bad"),
    [(CHECKS, GOOD, BAD), (OPTION_CHECKS, GOOD_OPTIONS, BAD_OPTIONS)],
    ids=["members", "options"],
)
def test_a_check_and_its_schema_agree(checks, good, bad):
    assert good.keys() == bad.keys() == checks.keys()
    for name, check in checks.items():
        validator = Draft202012Validator(check.schema)
        for value in good[name]:
            check(value)
            validator.validate(value)
        for value in bad[name]:
            with pytest.raises(ValueError):  # noqa: PT011 - the words are tested where they are made
                check(value)
            assert not validator.is_valid(value), (name, value)
