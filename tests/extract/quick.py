"""Times that are promised, on a machine that has its moods."""

import time
from collections.abc import Callable

_TRIES = 8  # what is slow is slow each time; what neighbours slow down is not


def is_within(seconds: float, function: Callable[[], object]) -> bool:
    """Whether a function takes less of the processor than so many seconds, once in some tries."""
    return any(_took(function) < seconds for _ in range(_TRIES))


def _took(function: Callable[[], object]) -> float:
    began = time.process_time()
    function()
    return time.process_time() - began
