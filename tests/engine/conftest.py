"""A real database, and sample sites on loopback."""

import pytest

from skybatch.bus import Bus
from skybatch.demo.server import serving
from skybatch.demo.sites import sites
from skybatch.model.clock import SystemClock
from skybatch.store.database import Store
from skybatch.store.opening import FILE
from tests.engine.workbench import HOSTS, PAGES


@pytest.fixture
def bus():
    return Bus()


@pytest.fixture
async def store(tmp_path, bus):
    store = Store(tmp_path / FILE, SystemClock(), bus.publish)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
async def port():
    async with serving(sites(HOSTS, PAGES, page_kb=1)) as bound:
        yield bound
