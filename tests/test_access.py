"""Who may call the API, over a real database and a real token file."""

import stat
from pathlib import Path

import pytest

from skybatch.access import CONFIGURED, FILE, open_access
from skybatch.bus import Bus
from skybatch.errors import StoreUnusable
from skybatch.model.clock import SystemClock
from skybatch.store import opening
from skybatch.store.database import Store


@pytest.fixture
async def store(tmp_path: Path):
    store = Store(tmp_path / opening.FILE, SystemClock(), Bus().publish)
    await store.open()
    yield store
    await store.close()


def token_of(folder: Path) -> bytes:
    return (folder / FILE).read_bytes().strip()


async def test_a_token_is_made_at_the_first_start_and_kept(store, tmp_path):
    first = await open_access(store, tmp_path, "")
    token = token_of(tmp_path)
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    second = await open_access(store, tmp_path, "")
    assert token_of(tmp_path) == token
    owner = first.owner_of(token)
    assert owner is not None
    assert second.owner_of(token) == owner


@pytest.mark.parametrize(
    "wrong",
    [b"", b"x", b"\xff\xfe", b"skb_" + b"A" * 8 + b"_" + b"B" * 43, b"x" * 100_000],
    ids=["empty", "short", "no UTF-8", "of the right form", "long"],
)
async def test_any_other_token_is_nobodys(store, tmp_path, wrong):
    assert (await open_access(store, tmp_path, "")).owner_of(wrong) is None
    assert (await open_access(store, tmp_path, "configured")).owner_of(wrong) is None


async def test_a_configured_token_takes_the_place_of_the_one_in_the_file(store, tmp_path):
    await open_access(store, tmp_path, "")
    access = await open_access(store, tmp_path, "scraper_sky_2024")
    assert access.owner_of(b"scraper_sky_2024") == CONFIGURED
    assert access.owner_of(token_of(tmp_path)) is None


async def test_an_operator_may_write_a_token_of_his_own_into_the_file(store, tmp_path):
    (tmp_path / FILE).write_text("my own token\n")
    access = await open_access(store, tmp_path, "")
    assert access.owner_of(b"my own token") == CONFIGURED


async def test_the_database_keeps_no_secret(store, tmp_path):
    await open_access(store, tmp_path, "")
    secret = token_of(tmp_path).rpartition(b"_")[2]
    for file in tmp_path.glob(f"{opening.FILE}*"):
        assert secret not in file.read_bytes()


async def test_an_empty_token_file_is_refused(store, tmp_path):
    (tmp_path / FILE).write_text("\n")
    with pytest.raises(StoreUnusable, match="is empty"):
        await open_access(store, tmp_path, "")
