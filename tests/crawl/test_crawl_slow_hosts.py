"""Which hosts are read behind the others: those that owe time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.crawl.slow_hosts import _FREE_S, _MOST, _SLOW_S, SlowHosts

HOST = "shop.example"


def noted(*seconds: float) -> SlowHosts:
    hosts = SlowHosts()
    for each in seconds:
        hosts.note(HOST, each)
    return hosts


@pytest.mark.parametrize(
    ("seconds", "is_slow"),
    [
        ((), False),
        ((0.2,), False),
        ((0.26,), True),
        ((0.15, 0.15, 0.15), True),
        ((0.26, 0.003), False),  # one long page among short ones: the index of a documentation
        ((2.0, *10 * (0.003,)), True),
        ((0.003, 0.003, 0.26), True),  # what was short before is not saved up
    ],
)
def test_a_host_is_slow_while_it_owes(*, seconds: tuple[float, ...], is_slow: bool) -> None:
    assert (HOST in noted(*seconds)) is is_slow
    assert "other.example" not in noted(*seconds)


def test_a_page_that_kills_is_not_soon_forgiven() -> None:
    hosts = noted()
    hosts.blame(HOST)
    for _ in range(150):
        hosts.note(HOST, 0.0)
    assert HOST in hosts


@given(st.lists(st.floats(0.0, 2.0), max_size=50))
def test_who_is_not_slow_has_taken_no_more_than_is_free(seconds: list[float]) -> None:
    if HOST not in noted(*seconds):
        assert sum(seconds) < len(seconds) * _FREE_S + _SLOW_S + 1e-9


def test_so_many_are_remembered_and_no_more() -> None:
    hosts = SlowHosts()
    for number in range(_MOST + 5):
        hosts.note(f"h{number}.example", 1.0)
    assert f"h{_MOST - 1}.example" in hosts
    assert f"h{_MOST}.example" not in hosts
    hosts.note("h0.example", 100.0)
    assert "h0.example" in hosts
    hosts.note("short.example", 0.001)
    assert "short.example" not in hosts
