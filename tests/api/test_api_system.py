"""GET /hosts and GET /system over what a daemon knows; tests/e2e/test_operate.py has a real one."""

import msgspec
import pytest

from skybatch.model.vitals import HostState
from tests.api.conftest import Api

HOSTS = tuple(HostState(f"h{n}.test", 0, 0.0, 0.0, 0.0, None, 0) for n in range(5))


async def test_hosts_come_in_parts(api: Api):
    api.vitals.known_hosts = HOSTS
    found, cursor = [], ""
    while cursor is not None:
        part = (await api.get(f"/hosts?limit=2&cursor={cursor}")).json
        found += part["items"]
        cursor = part["next_cursor"]
    assert found == msgspec.to_builtins(list(HOSTS))


@pytest.mark.parametrize("path", ["/system", "/hosts"])
async def test_nobody_sees_inside_without_a_token(api: Api, path: str):
    assert (await api.get(path, token=None)).status == 401
    assert (await api.get(path)).status == 200


async def test_what_is_no_cursor_is_a_fault(api: Api):
    answer = await api.get("/hosts?cursor=x&limit=0")
    assert answer.status == 422
    assert answer.faults == [("?limit", "invalid"), ("?cursor", "invalid")]
