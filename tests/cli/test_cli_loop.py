"""The event loop of the daemon."""

import asyncio
import selectors
import socket

import pytest

from skybatch.cli.loop import Selector, new


@pytest.mark.parametrize(("late_s", "found"), [(90.0, 1), (0.1, 0)])
def test_what_has_come_while_the_process_was_stopped_is_looked_at(monkeypatch, late_s, found):
    """As Python's selectors say after EINTR: the time is over, and nothing is there."""
    real, now = selectors.DefaultSelector.select, [100.0]

    def interrupted(self, timeout=None):
        if timeout == 0:
            return real(self, 0)
        now[0] += timeout + late_s
        return []

    monkeypatch.setattr(selectors.DefaultSelector, "select", interrupted)
    ours, theirs = socket.socketpair()
    with ours, theirs, Selector() as selector:
        selector._monotonic = lambda: now[0]
        selector.register(ours, selectors.EVENT_READ)
        theirs.send(b"x")
        assert len(selector.select(1.0)) == found


def test_the_loop_runs_as_any_other():
    with asyncio.Runner(loop_factory=new) as runner:
        assert runner.run(asyncio.sleep(0.01, "done")) == "done"
