"""Times that are promised, on a machine that has its moods."""

import time
from collections.abc import Callable

_TRIES = 8  # what is slow is slow each time; what neighbours slow down is not
_STEPS = 100_000
# What the steps take on the processor on which the times were measured, where a page of 38 KB
# takes 1.1 ms. A slower one, or one that others use at this moment, is given as much more.
_PROMISED_S = 0.0025


def is_within(seconds: float, function: Callable[[], object]) -> bool:
    """Whether a function takes less of the processor than so many seconds, once in some tries."""
    return any(_took(function) < seconds * _slowness() for _ in range(_TRIES))


def _slowness() -> float:
    """How much longer things take at this moment than they should; never less than 1."""
    return max(1.0, _took(_steps) / _PROMISED_S)


def _steps() -> int:
    total = 0
    for number in range(_STEPS):
        total += number & 7
    return total


def _took(function: Callable[[], object]) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began
