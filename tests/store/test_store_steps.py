"""The clock of the machine is set: whoever waits for a time waits for as long as before."""

import pytest

from skybatch.engine.gate import Gate
from skybatch.engine.queue import JobQueue
from skybatch.engine.timekeeper import Timekeeper
from skybatch.model.clock import SteadyClock, SystemClock
from skybatch.model.ids import uuid7
from skybatch.model.outcome import Released
from skybatch.recorder.flight import Recorder
from skybatch.store import attempts, batches, steps
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from tests.store.seeds import submit
from tests.store.test_store_claims import claim, job_of

DAY, TEN_YEARS = 86_400.0, 3_650 * 86_400.0


class Wall(SystemClock):
    """A machine whose clock a test sets, and on which no time passes by itself."""

    def __init__(self) -> None:
        self.time, self.passed = 1_800_000_000.0, 0.0

    def now(self) -> float:
        return self.time + self.passed

    def monotonic(self) -> float:
        return self.passed


@pytest.fixture
def wall():
    return Wall()


@pytest.fixture
def clock(wall):
    return SteadyClock(wall)


@pytest.fixture
def keeper(store, clock, tmp_path):
    recorder = Recorder(tmp_path, "boot", clock)
    yield Timekeeper(JobQueue(store, "boot", Gate(recorder), clock), clock)
    recorder.close()


@pytest.mark.parametrize("step", [DAY, -3_600.0, -TEN_YEARS])
async def test_a_wait_and_a_deadline_last_as_long_as_before(store, wall, clock, keeper, step):
    batch_id = await submit(store, "a.example", "b.example", deadline_s=600)
    first, second = await claim(store, limit=2)
    await store.write(lambda tx: attempts.finish(tx, first, Released(waits=1, delay_s=120)))
    wall.time += step
    assert await claim(store) == [], "nobody notices before the waits have moved too"
    await keeper.run_once()
    assert clock.now() == pytest.approx(wall.now())
    assert await claim(store) == []
    assert await store.write(batches.end_stopped) is None
    wall.passed += 119
    assert await claim(store) == []
    wall.passed += 2
    (again,) = await claim(store)
    assert again.job_id == first.job_id
    wall.passed += 600
    assert (await job_of(store, second.job_id)).state == "running"
    assert (await store.read(lambda db: batches.find(db, batch_id))).created_at == 1_800_000_000.0


async def test_a_small_correction_is_taken_over_and_moves_no_wait(store, wall, clock, keeper):
    wall.time += 0.3
    await keeper.run_once()
    assert clock.now() == wall.now()


async def test_a_clock_set_back_while_nobody_ran_is_noticed_at_the_start(tmp_path, wall):
    clock = SteadyClock(wall)
    store = Store(tmp_path / FILE, clock, lambda _: None)
    await store.open()
    try:
        await submit(store, "a.example")
        (held,) = await claim(store)
        await store.write(lambda tx: attempts.finish(tx, held, Released(waits=1, delay_s=120)))
        await store.write(steps.see)
    finally:
        await store.close()
    wall.time -= DAY
    store = Store(tmp_path / FILE, SteadyClock(wall), lambda _: None)
    await store.open()
    try:
        assert await store.write(steps.resume) == -DAY
        wall.passed += 121
        assert len(await claim(store)) == 1
    finally:
        await store.close()


def test_ids_stay_unique_when_the_clock_goes_back(wall, clock):
    ids = {uuid7(clock.now()) for _ in range(100)}
    clock.step(-TEN_YEARS)
    ids |= {uuid7(clock.now()) for _ in range(100)}
    assert len(ids) == 200
