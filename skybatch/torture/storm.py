"""A storm of cancellations, and of submissions that are broken off by a reset."""

import socket
import struct
import threading
import time
from collections.abc import Callable
from random import Random

from skybatch.torture import view
from skybatch.torture.child import API, LOST, ChildFailed
from skybatch.torture.clients import Load
from skybatch.torture.stage import Stage

LOAD = Load(tuple(f"site{number}" for number in range(6)), max_pages=10)
_CANCEL_S = 5.0
_CANCELLERS, _BREAKERS = 4, 2  # threads
_CUT_JOBS, _CUT_AT = 6_000, 60_000  # lines of a submission that breaks off, and after which byte


def storm(stage: Stage) -> None:
    """Several threads cancel and break off at the same time; then submissions work as before."""
    over = threading.Event()
    cancels = -(-stage.plan.strength.storm_cancels // _CANCELLERS)
    pause_s = stage.plan.strength.storm_s / cancels
    cancellers = [
        _thread(stage, lambda rng: _cancel_some(stage, rng, cancels, pause_s))
        for _ in range(_CANCELLERS)
    ]
    breakers = [
        _thread(stage, lambda rng: _break_off_until(stage, rng, over)) for _ in range(_BREAKERS)
    ]
    for thread in cancellers:
        thread.join()
    over.set()
    for thread in breakers:
        thread.join()
    stage.submit("calm")


def _thread(stage: Stage, action: Callable[[Random], None]) -> threading.Thread:
    """With dice of its own; what goes wrong in it is a complaint."""
    rng = Random(stage.rng.random())  # noqa: S311 - dice

    def run() -> None:
        try:
            action(rng)
        except (ChildFailed, *LOST) as error:
            stage.complain(f"in the storm: {error!r}")

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def _cancel_some(stage: Stage, rng: Random, times: int, pause_s: float) -> None:
    for _ in range(times):
        due = time.monotonic() + rng.uniform(0, 2 * pause_s)
        stage.until(lambda: bool(stage.clients.open_batches()), 20, "there is a batch to cancel")
        time.sleep(max(0.0, due - time.monotonic()))
        if batches := stage.clients.open_batches():
            _cancel(stage, rng.choice(batches))


def _cancel(stage: Stage, batch_id: str) -> None:
    stage.child.request("POST", f"{API}/batch/{batch_id}/cancel")
    stage.note("cancels of random batches")
    what = f"batch {batch_id} ends after its cancel"
    stage.until(lambda: view.has_ended(stage.child, batch_id), _CANCEL_S, what)
    if view.status(stage.child, batch_id) == "complete":
        stage.note("cancels that came too late")


def _break_off_until(stage: Stage, rng: Random, over: threading.Event) -> None:
    while not over.wait(rng.uniform(0, 0.1)):
        _break_off(stage, rng)


def _break_off(stage: Stage, rng: Random) -> None:
    """Send the first part of a long list, whose first lines are stored meanwhile, and a reset."""
    key = f"cut-{rng.getrandbits(64):x}"
    stage.ledger.invoked(key, _CUT_JOBS)
    stage.ledger.refused(key)
    lines = "".join(f"host{number:05}.invalid\n" for number in range(_CUT_JOBS)).encode()
    head = (
        f"POST {API}/batch?label={key} HTTP/1.1\r\nHost: localhost\r\n"
        f"Authorization: Bearer {stage.child.token}\r\nIdempotency-Key: {key}\r\n"
        f"Content-Type: text/plain\r\nContent-Length: {len(lines)}\r\n\r\n"
    )
    host, _, port = stage.child.url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(head.encode() + lines[: rng.randint(0, _CUT_AT)])
        time.sleep(rng.uniform(0, 0.1))
        # SO_LINGER of zero seconds: close() sends a reset, and no end of the body.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    stage.note("submissions broken off")
