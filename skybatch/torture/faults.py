"""The faults that a daemon under load is hit with: a table of small functions."""

import signal
import socket
import struct
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from skybatch.model.state import JobState
from skybatch.torture.child import API, LOST, Child
from skybatch.torture.clients import ENDED, Load, Status
from skybatch.torture.stage import DRAIN_S, Stage

_CANCEL_S = 5.0
_AWAKE_S = 5.0
_SLOW_S = 3.0  # answers of sites, so that a drain takes longer than the second signal
_WHOLE = frozenset({JobState.COMPLETE})
_CUT_JOBS, _CUT_AT = 6_000, 60_000  # lines of a submission that breaks off, and after which byte


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to hit a daemon. When a strike is over, the daemon is up and ready again."""

    strike: Callable[[Stage], None]
    sentence: str
    load: Load = field(default_factory=Load)
    ends: frozenset[JobState] = _WHOLE  # how jobs may end


def kill(stage: Stage) -> None:
    stage.work_for(0.05, 3)
    stage.kill()
    stage.start()


def kill_again(stage: Stage) -> None:
    stage.work_for(0.05, 1)
    stage.kill()
    for _ in range(stage.rng.randint(1, 3)):
        stage.child.spawn()
        stage.until(lambda: stage.child.has_folder, 20, "a start takes its folder")
        stage.work_for(0, 0.3)
        stage.kill()
    stage.start()


def drain(stage: Stage) -> None:
    stage.work_for(0.05, 1)
    began = time.monotonic()
    stage.child.terminate()
    if (code := stage.ended(DRAIN_S + 2, after="SIGTERM")) not in (0, None):
        stage.complain(f"SIGTERM ended it with {code}, not 0")
    stage.allow_repeats(since=began)
    stage.start()


def two_signals(stage: Stage) -> None:
    usual, stage.origin.latency_s = stage.origin.latency_s, _SLOW_S
    stage.work_for(0.05, 0.5)  # the last quick answers are given meanwhile
    stage.until(lambda: stage.origin.in_flight() > 0, 20, "a slow page is asked for")
    began = time.monotonic()
    stage.child.terminate()
    stage.work_for(0.5, 0.5)
    stage.child.signal(signal.SIGINT)
    stage.ended(1, after="the second signal")
    stage.allow_repeats(since=began)
    stage.origin.latency_s = usual
    stage.start()


def freeze(stage: Stage) -> None:
    stage.work_for(0.05, 0.5)
    began = time.monotonic()
    stage.child.signal(signal.SIGSTOP)
    stage.work_for(1, 4)
    stage.child.signal(signal.SIGCONT)
    stage.allow_repeats(since=began)
    stage.until(lambda: _is_ready(stage.child), _AWAKE_S, "it answers after SIGCONT")


def cancel(stage: Stage) -> None:
    for _ in range(5):
        stage.work_for(0, 0.2)
        _cut_off(stage)
        if stage.clients.open_batches():
            _cancel(stage, stage.rng.choice(stage.clients.open_batches()))


def second_serve(stage: Stage) -> None:
    stage.work_for(0.05, 0.3)
    first, said = stage.child, len(stage.child.log_lines())
    with Child(first.folder, settings=first.config.read_text("utf-8")) as second:
        second.spawn()
        code = second.wait(stage.slowest_start_allowed)
    told = f"pid {first.pid}"
    if not code or not any(told in line for line in first.log_lines()[said:]):
        stage.complain(f"a second serve ended with {code}, and did not name {told}")
    if not _is_ready(first):
        stage.complain("a second serve disturbed the first")


def _is_ready(child: Child) -> bool:
    try:
        return child.request("GET", "/readyz", timeout_s=1).status == 200
    except LOST:
        return False


def _cancel(stage: Stage, batch_id: str) -> None:
    stage.child.request("POST", f"{API}/batch/{batch_id}/cancel")
    what = f"batch {batch_id} ends after its cancel"
    stage.until(lambda: _has_ended(stage.child, batch_id), _CANCEL_S, what)


def _has_ended(child: Child, batch_id: str) -> bool:
    return child.request("GET", f"{API}/batch/{batch_id}/status").read(Status).status in ENDED


def _cut_off(stage: Stage) -> None:
    """Send the first part of a long list, whose first lines are stored meanwhile, and a reset."""
    key = f"cut-{stage.rng.getrandbits(64):x}"
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
        connection.sendall(head.encode() + lines[: stage.rng.randint(0, _CUT_AT)])
        stage.work_for(0, 0.1)
        # SO_LINGER of zero seconds: close() sends a reset, and no end of the body.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


FAULTS: Mapping[str, Fault] = {
    "kill": Fault(kill, "kill -9 after 0.05 to 3 s of work"),
    "kill-again": Fault(kill_again, "kill -9, and again 0 to 300 ms into the recovery"),
    "drain": Fault(drain, "SIGTERM: ends with 0 within 12 s"),
    "two-signals": Fault(two_signals, "SIGTERM and, 0.5 s later, SIGINT: ends within 1 s"),
    "freeze": Fault(freeze, "SIGSTOP for 1 to 4 s, then SIGCONT: awake within 5 s"),
    "cancel": Fault(
        cancel,
        "batches cancelled, and submissions broken off by a reset",
        ends=frozenset({JobState.COMPLETE, JobState.PARTIAL, JobState.CANCELLED}),
    ),
    "limits": Fault(
        kill,
        "kill -9 with max_pages=10 and max_concurrent_jobs=1, which hold over all starts",
        Load(max_pages=10, max_concurrent_jobs=1),
    ),
    "second-serve": Fault(
        second_serve, "a second serve on the same folder: refused, names the pid"
    ),
}
