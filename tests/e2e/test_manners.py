"""How a host is asked, seen from the host: over two batches, a kill and a restart of the daemon."""

import asyncio
from itertools import pairwise

from tests.site import Asked, Page, Site
from tests.until import until

HOST = "shop.example"
# A twentieth may be lost between us and the host, which shares the machine with other tests.
DELAY_S, CLOSEST_S = 0.5, 0.475


def page(*targets: str) -> Page:
    return Page("".join(f'<a href="{target}">go</a>' for target in targets) + "<p>here")


async def test_no_two_requests_are_closer_than_the_delay_over_two_batches_and_a_kill(daemon_before):
    paths = {"/": page(*(f"/{n}" for n in range(9))), "*": page()}
    async with Site({HOST: paths}) as site:
        process = await asyncio.to_thread(daemon_before, site, delay_s=DELAY_S)

        site.hosts[f"www.{HOST}"] = paths
        options = {"options": {"per_host_concurrency": 1}, "max_pages": 5}

        def submit():
            return [process.submit(names, **options) for names in ([HOST], [f"www.{HOST}", HOST])]

        def kill_and_wait(batches):
            process.kill()
            process.start()
            return [process.wait(batch) for batch in batches]

        batches = await asyncio.to_thread(submit)
        await until(lambda: len(site.log) >= 6, timeout_s=30)
        ended = await asyncio.to_thread(kill_and_wait, batches)
        times = [asked.at for asked in site.log]
    assert [batch["status"] for batch in ended] == ["complete", "complete"]
    assert len(times) > 11
    assert min(later - earlier for earlier, later in pairwise(times)) >= CLOSEST_S


async def test_a_host_that_asks_for_three_seconds_is_given_them(daemon_before):
    asked_at: list[float] = []

    def busy(asked: Asked) -> Page:
        asked_at.append(asked.at)
        if len(asked_at) == 1:
            return Page(status=429, headers={"Retry-After": "3"})
        return page()

    async with Site({HOST: {"/": page("/a", "/b"), "/a": busy, "/b": busy}}) as site:
        process = await asyncio.to_thread(daemon_before, site, delay_s=DELAY_S)

        def play():
            return process.wait(process.submit([HOST], options={"per_host_concurrency": 1}))

        ended = await asyncio.to_thread(play)
    assert ended["status"] == "complete"
    assert ended["pages"]["fetched"] == 3
    assert asked_at[1] - asked_at[0] >= 3.0
