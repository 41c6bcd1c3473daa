"""Pages that are stored are shown to those who watch; what was not stored is not."""

from dataclasses import replace

import pytest

from skybatch.bus import Bus
from skybatch.engine.gate import Gate
from skybatch.engine.queue import JobQueue
from skybatch.errors import LeaseLost
from skybatch.model.clock import SteadyClock, SystemClock
from skybatch.model.event import PageEvent, PageEventType
from skybatch.model.page import Page, PageWrite
from skybatch.model.profile import Profile
from skybatch.model.reason import Reason
from skybatch.model.state import PageState, SkipReason
from skybatch.recorder.flight import Recorder
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from tests.store.seeds import submit

URL = "http://a.example/"


@pytest.fixture
async def store(tmp_path):
    store = Store(tmp_path / FILE, SystemClock(), lambda _: None)
    await store.open()
    yield store
    await store.close()


async def test_what_is_stored_is_shown(store, tmp_path):
    bus, clock = Bus(), SteadyClock()
    queue = JobQueue(store, "boot", Gate(Recorder(tmp_path, "boot", clock)), clock, bus)
    await submit(store, "a.example")
    (claim,) = (await queue.claim(1, is_idle=True)).claims
    shown = []

    async def put(page, held=claim):
        await queue.store(held, PageWrite(page), Profile)

    await put(Page(URL, 0, PageState.FETCHED, status=200))  # nobody watches
    with bus.watch(shown.append):
        await put(Page(f"{URL}a", 1, PageState.FETCHED, status=200, bytes=7, elapsed_ms=3))
        await put(Page(f"{URL}b", 1, PageState.FAILED, Reason.TIMEOUT, tries=3))
        await put(Page(f"{URL}c", 1, PageState.SKIPPED, SkipReason.TYPE))
        with pytest.raises(LeaseLost):
            await put(Page(f"{URL}d", 1, PageState.FETCHED), replace(claim, attempt=0))
    await put(Page(f"{URL}e", 1, PageState.FETCHED))
    fetched, failed = shown
    assert (fetched.type, fetched.batch_id, fetched.job_id, fetched.attempt) == (
        PageEventType.PAGE_FETCHED, claim.batch_id, claim.job_id, 1
    )  # fmt: skip
    told = {"domain": "a.example", "url": f"{URL}a", "status": 200, "tries": 1}
    assert fetched.data == {**told, "bytes": 7, "elapsed_ms": 3}
    told = {"domain": "a.example", "url": f"{URL}b", "reason": "timeout", "tries": 3}
    assert (failed.type, failed.data) == (PageEventType.PAGE_FAILED, told)


async def test_a_watcher_that_fails_fails_alone():
    bus, seen = Bus(), []

    def broken(_):
        raise RuntimeError("broken")

    with bus.watch(broken), bus.watch(seen.append):
        assert bus.is_watched
        bus.show(PageEvent(0.0, PageEventType.PAGE_FETCHED, "b", "j", 1, {}))
    assert len(seen) == 1
    assert not bus.is_watched
