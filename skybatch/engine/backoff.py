"""How long a failed job rests before its next attempt."""

import random

BASE_SECONDS = 5.0
LIMIT_SECONDS = 600.0


def job_delay(charged: int, *, jitter: random.Random) -> float:
    """Seconds to rest after `charged` failed attempts: 5 s doubling to 10 minutes, half of it
    random, so that jobs that failed together do not come back together."""
    full = min(LIMIT_SECONDS, BASE_SECONDS * 2.0 ** max(0, charged - 1))
    return full / 2 + jitter.uniform(0, full / 2)
