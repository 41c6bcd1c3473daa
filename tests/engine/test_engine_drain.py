"""Stopping: what is claimed, late or unwritable when the daemon is asked to end."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.web import open_web
from skybatch.engine.pool import Pool
from skybatch.engine.worker import Worker
from skybatch.model.clock import SystemClock
from skybatch.model.state import JobState
from skybatch.store import batches
from tests.engine.workbench import bench_of
from tests.store.seeds import submit
from tests.until import until


@pytest.fixture
async def pool(store, tmp_path):
    async with open_web(FetchSettings(user_agent="skybatch-test"), SystemClock()) as web:
        with bench_of(store, web, tmp_path) as (bench, _):
            yield Pool(300, bench)


async def for_ever(worker):
    await asyncio.Event().wait()


async def counts_of(store, batch_id):
    return (await store.read(lambda db: batches.find(db, batch_id))).counts


async def test_jobs_that_are_being_claimed_when_a_drain_begins_are_given_back(store, pool):
    batch_id = await submit(store, "a.invalid", "b.invalid")
    claiming = asyncio.create_task(pool.run_once())
    await asyncio.sleep(0)  # the claim is on its way to the writer
    await pool.drain(5)
    await claiming
    assert pool.held == []
    counts = await counts_of(store, batch_id)
    assert (counts[JobState.RUNNING], counts[JobState.PENDING]) == (0, 2)


async def test_late_jobs_are_given_back_together(store, pool, monkeypatch):
    """One after the other, 200 of them took four seconds more than the drain may."""
    monkeypatch.setattr(Worker, "run", for_ever)
    batch_id = await submit(store, *(f"{number}.invalid" for number in range(300)))
    await pool.run_once()
    assert len(pool.held) == 200, "what the batch allows"
    async with asyncio.timeout(2):
        await pool.drain(0)
    assert (await counts_of(store, batch_id))[JobState.PENDING] == 300


async def test_a_drain_ends_although_nothing_can_be_written(store, pool, monkeypatch):
    monkeypatch.setattr(Worker, "run", for_ever)
    await submit(store, "a.invalid", "b.invalid")
    await pool.run_once()
    await store._writer.close()
    await pool.drain(0)
    assert pool.held == []


@pytest.fixture
def daemon(tmp_path):
    program = Path(sys.executable).with_name("skybatch")
    with subprocess.Popen(
        [program, "serve", "--port", "0", "--data-dir", "data"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        yield process
        process.kill()


async def test_a_second_signal_ends_the_daemon_also_while_it_closes(daemon, tmp_path):
    line = await asyncio.to_thread(daemon.stdout.readline)
    host, port = line.decode().split("http://")[1].strip().split(":")
    token = (tmp_path / "data" / "token").read_text().strip()
    with socket.create_connection((host, int(port))) as slow:
        slow.sendall(
            b"POST /api/v3/batch_page_scraper/batch HTTP/1.1\r\nHost: x\r\n"
            b"Content-Type: application/json\r\nContent-Length: 100\r\n"
            b"Authorization: Bearer " + token.encode() + b"\r\nExpect: 100-continue\r\n\r\n"
        )
        assert b"100" in await asyncio.to_thread(slow.recv, 100), "its body is awaited"
        daemon.send_signal(signal.SIGTERM)

        def is_closing():
            try:
                socket.create_connection((host, int(port))).close()
            except ConnectionRefusedError:
                return True
            return False

        await until(is_closing)
        assert daemon.poll() is None, "it waits for the body"
        daemon.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(daemon.wait, 2) == 1
