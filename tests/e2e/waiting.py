"""A condition that a test waits for from outside of the daemon."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(condition: Callable[[], T], timeout_s: float = 20.0) -> T:
    """What the condition gives, once that is true; AssertionError when it is not in time."""
    end = time.monotonic() + timeout_s
    while not (found := condition()):
        assert time.monotonic() < end, condition
        time.sleep(0.01)
    return found
