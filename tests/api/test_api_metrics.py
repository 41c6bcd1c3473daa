"""Who may scrape, and how requests are counted."""

import uuid

from tests.api.conftest import Api

ROUTE = "/api/v3/batch_page_scraper/batch/{batch_id}/status"


async def test_metrics_want_the_token(api: Api):
    assert (await api.get("/metrics", prefix="", token="")).status == 401
    assert (await api.get("/metrics", prefix="", token="wrong")).status == 401  # noqa: S106
    answer = await api.get("/metrics", prefix="")
    assert (answer.status, answer.headers["Content-Type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )


async def test_requests_count_by_the_template_of_their_route(api: Api):
    for _ in range(3):
        await api.get(f"/batch/{uuid.uuid4()}/status")
    assert api.answered == [(ROUTE, "GET", 404)] * 3


async def test_what_no_route_fits_is_one(api: Api):
    for path in ("/wp-login.php", f"/{uuid.uuid4()}", "/api/v3/batch_page_scraper/metrics"):
        await api.get(path, prefix="", token="")
    await api.request("PUT", "/metrics", prefix="")
    assert {route for route, _, _ in api.answered} == {"unmatched"}


async def test_what_is_refused_and_what_fails_counts(api: Api):
    api.vitals.is_broken = True
    await api.get("/health", token="")
    await api.get("/health")
    assert [status for _, _, status in api.answered] == [401, 500]
