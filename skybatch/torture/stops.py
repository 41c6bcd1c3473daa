"""Faults that ask the daemon to stop, or stop it for a while."""

import signal
import time

from skybatch.torture import view
from skybatch.torture.child import Child
from skybatch.torture.stage import DRAIN_S, Stage

_DRAINING = "daemon.draining"
_AWAKE_S = 5.0
_BRIEF_S = 0.5  # answers of sites, so that a drain lasts as long as a submission
_LONG_S = 3.0  # so that it lasts longer than until the second signal
_AGAIN_S = 0.5


def drain(stage: Stage) -> None:
    """SIGTERM, and a submission during the drain."""
    stage.work_for(0.05, min(1.0, stage.plan.strength.work_s))
    with stage.slow_sites(_BRIEF_S):
        _begin_drain(stage)
        _submit_meanwhile(stage)
    if (code := stage.ended(DRAIN_S + 2, after="SIGTERM")) not in (0, None):
        stage.complain(f"SIGTERM ended it with {code}, not 0")
    stage.start()


def two_signals(stage: Stage) -> None:
    """SIGTERM and, during the drain, SIGINT."""
    stage.work_for(0.05, 0.5)
    with stage.slow_sites(_LONG_S):
        _begin_drain(stage)
        stage.work_for(_AGAIN_S, _AGAIN_S)
        if stage.child.exit_code is not None:
            stage.complain("the drain was over before the second signal")
        at = time.monotonic()
        stage.child.signal(signal.SIGINT)
        if stage.ended(1, after="the second signal") == 0:
            stage.complain("the second signal ended it with 0, as if all were done")
        stage.cut_off(at)
    stage.start()


def _begin_drain(stage: Stage) -> None:
    said = stage.child.log_size
    stage.child.terminate()
    stage.until(lambda: stage.child.has_logged(_DRAINING, since=said), 2, "the log tells the drain")


def _submit_meanwhile(stage: Stage) -> None:
    """A submission is taken, and then kept, or it is refused so that the client can tell."""
    key = stage.key("drain")
    tried = stage.clients.try_once(key, stage.clients.load)
    if tried.batch_id is not None:
        stage.clients.follow(tried.batch_id)
        stage.note("submissions acknowledged during a drain")
    elif tried.status == 503 or not tried.was_heard:
        stage.note("submissions refused during a drain")
    else:
        stage.complain(f"a submission during the drain was answered with {tried.status}")


def freeze(stage: Stage) -> None:
    """SIGSTOP, for longer than a lease in a thorough run, and SIGCONT."""
    stage.work_for(0.05, 0.5)
    stage.child.signal(signal.SIGSTOP)
    stage.work_for(*stage.plan.strength.freeze_s)
    stage.child.signal(signal.SIGCONT)
    stage.until(lambda: view.is_ready(stage.child), _AWAKE_S, "it answers after SIGCONT")


def nothing_ran_twice(stage: Stage) -> None:
    """The monitor may have wondered once per freeze; no job needed a second attempt."""
    found = view.health(stage.child).monitor.totals
    if sum(found.values()) > stage.plan.rounds:
        stage.complain(f"the monitor found {found} in {stage.plan.rounds} freezes")
    for sentence in view.findings(stage.child):
        stage.complain(f"the monitor says at rest: {sentence}")
    for batch_id in stage.acknowledged():
        for job in view.jobs(stage.child, batch_id):
            if job.attempt != 1:
                stage.complain(f"job {job.job_id} ({job.domain}) took {job.attempt} attempts")


def second_serve(stage: Stage) -> None:
    """Another daemon on the same folder."""
    stage.work_for(0.05, 0.3)
    first, said = stage.child, stage.child.log_size
    with Child(first.folder, settings=first.config.read_text("utf-8")) as second:
        second.spawn()
        code = second.wait(stage.slowest_start_allowed)
    told = f"pid {first.pid}"
    if not code or not first.has_logged(told, since=said):
        stage.complain(f"a second serve ended with {code}, and did not name {told}")
    if not view.is_ready(first):
        stage.complain("a second serve disturbed the first")
