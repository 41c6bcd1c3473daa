"""When a message is sent again."""

import random

import pytest

from skybatch.webhooks.patience import LONGEST_S, MOST, delay_s


def test_delays_grow_to_hours_and_end():
    jitter = random.Random(1)  # noqa: S311 - not for secrets
    delays = [delay_s(n, first_s=5.0, asked_s=None, jitter=jitter) for n in range(1, MOST)]
    for number, delay in enumerate(delays):
        usual = min(LONGEST_S, 5.0 * 3.0**number)
        assert 0.8 * usual <= delay <= 1.2 * usual
    assert 2 * 86_400 < sum(delays) < 4 * 86_400
    assert delay_s(MOST, first_s=5.0, asked_s=None, jitter=jitter) is None


@pytest.mark.parametrize(("asked", "least"), [(100.0, 100.0), (1e9, LONGEST_S), (0.0, 4.0)])
def test_a_receiver_may_ask_for_more_time(asked, least):
    jitter = random.Random(1)  # noqa: S311 - not for secrets
    assert delay_s(1, first_s=5.0, asked_s=asked, jitter=jitter) >= least
