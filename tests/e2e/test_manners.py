"""How a host is asked, seen from the host: over two batches, a kill and a restart of the daemon."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.process import DaemonProcess
from tests.site import Asked, Page, Site

HOST = "shop.example"
# A twentieth may be lost between us and the host, which shares the machine with other tests.
DELAY_S, CLOSEST_S = 0.5, 0.475


def page(*targets: str) -> Page:
    return Page("".join(f'<a href="{target}">go</a>' for target in targets) + "<p>here")


@pytest.fixture
def daemon(tmp_path: Path):
    made: list[DaemonProcess] = []

    def start(site: Site, settings: str = "") -> DaemonProcess:
        connect = f'connect_to = {{"*:80" = "127.0.0.1:{site.port}", "*:443" = "127.0.0.1:1"}}'
        made.append(DaemonProcess(tmp_path, f"{settings}\n[fetch]\n{connect}", delay_s=DELAY_S))
        made[0].start()
        return made[0]

    yield start
    for each in made:
        each.stop()


async def test_no_two_requests_are_closer_than_the_delay_over_two_batches_and_a_kill(daemon):
    paths = {"/": page(*(f"/{n}" for n in range(9))), "*": page()}
    async with Site({HOST: paths}) as site:
        process = await asyncio.to_thread(daemon, site)

        def play():
            options = {"options": {"per_host_concurrency": 1}, "max_pages": 7}
            first = process.submit([HOST], **options)
            second = process.submit([f"www.{HOST}", HOST], **options)
            while len(site.log) < 8:
                process.get("/livez", prefix="")
            process.kill()
            process.start()
            return [process.wait(batch) for batch in (first, second)]

        site.hosts[f"www.{HOST}"] = paths
        ended = await asyncio.to_thread(play)
        times = [asked.at for asked in site.log]
    assert [batch["status"] for batch in ended] == ["complete", "complete"]
    assert len(times) > 15
    assert min(later - earlier for earlier, later in pairwise(times)) >= CLOSEST_S


async def test_a_host_that_asks_for_three_seconds_is_given_them(daemon):
    asked_at: list[float] = []

    def busy(asked: Asked) -> Page:
        asked_at.append(asked.at)
        if len(asked_at) == 1:
            return Page(status=429, headers={"Retry-After": "3"})
        return page()

    async with Site({HOST: {"/": page("/a", "/b"), "/a": busy, "/b": busy}}) as site:
        process = await asyncio.to_thread(daemon, site)

        def play():
            return process.wait(process.submit([HOST], options={"per_host_concurrency": 1}))

        ended = await asyncio.to_thread(play)
    assert ended["status"] == "complete"
    assert ended["pages"]["fetched"] == 3
    assert asked_at[1] - asked_at[0] >= 3.0
