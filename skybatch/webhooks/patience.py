"""When a message that was not taken is sent again, and when it is given up."""

import random

MOST = 16  # attempts: over three days with the usual first delay
LONGEST_S = 8 * 3_600.0
_FACTOR = 3.0
_JITTER = 0.2  # of the delay, more or less: receivers that come back are not met by all at once


def delay_s(
    attempt: int, *, first_s: float, asked_s: float | None, jitter: random.Random
) -> float | None:
    """Seconds until the attempt behind this one, which is counted from 1; at least what the
    receiver asks for. `None` = there is none."""
    if attempt >= MOST:
        return None
    usual = usual_delay_s(attempt, first_s=first_s)
    spread = usual * jitter.uniform(1 - _JITTER, 1 + _JITTER)
    return max(spread, min(asked_s or 0.0, LONGEST_S))


def usual_delay_s(attempt: int, *, first_s: float) -> float:
    """Seconds behind an attempt, when nobody asks for more."""
    return min(LONGEST_S, first_s * _FACTOR ** min(attempt - 1, MOST))
