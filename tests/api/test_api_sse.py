"""The wire format, read back by a reader of the standard."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.api import sse
from skybatch.api.glance import SECONDS, Glance
from skybatch.model.event import PageEvent, PageEventType
from tests.api.sse_reader import SseReader

TEXTS = st.text(st.characters(codec="utf-8"))


@given(st.lists(st.tuples(TEXTS, st.integers(1, 2**60) | st.none())), st.integers(1, 7))
def test_what_is_sent_is_what_is_read_however_it_is_cut(sent, size):
    stream = b"".join(sse.message(text.encode(), event="a.b", number=n) for text, n in sent)
    reader = SseReader()
    for start in range(0, len(stream), size):
        reader.feed(stream[start : start + size])
    told = [text.replace("\r\n", "\n").replace("\r", "\n") for text, _ in sent]
    assert [message.data for message in reader.messages] == told
    assert all(message.type == "a.b" for message in reader.messages)
    numbers = [str(number) for _, number in sent if number is not None]
    assert reader.last_id == (numbers[-1] if numbers else "")


def test_a_beat_is_a_comment_and_tells_nothing():
    reader = SseReader()
    assert reader.feed(sse.retry(2.0) + sse.BEAT) == []
    assert (reader.retry_ms, reader.comments) == ([2000], 1)


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "x", " 1", "1\n", "٣", "9" * 19])
def test_what_is_no_id_is_none(text):
    with pytest.raises(ValueError, match="is not the id of an event"):
        sse.event_id(text)


ACCEPTS = {
    "": False,
    "*/*": False,
    "application/json": False,
    "application/*": False,
    "text/event-stream": True,
    "Text/Event-Stream; charset=utf-8": True,
    "text/event-stream, */*": True,
    "application/json, text/event-stream": True,
    "application/json;q=0.9, text/event-stream;q=0.5": False,
    "text/event-stream;q=0, */*": False,
    "text/*": True,
    "text/csv": None,
    "text/event-stream;q=0": None,
    "text/html, application/xhtml+xml, */*;q=0.8": False,
}


@pytest.mark.parametrize(("accept", "is_stream"), ACCEPTS.items())
def test_a_stream_is_for_those_who_name_it(accept, is_stream):
    assert sse.is_asked_for(accept) is is_stream


def page(number: int) -> PageEvent:
    return PageEvent(0.0, PageEventType.PAGE_FETCHED, "b", "j", 1, {"bytes": number})


@given(st.lists(st.floats(0, SECONDS / 2), max_size=60))
def test_every_page_is_shown_or_counted_and_few_are_shown(steps):
    glance, now, shown = Glance(lambda _: True), 100.0, []
    for number, step in enumerate(steps):
        now += step
        glance.hear(page(number))
        if (taken := glance.take(now)) is not None:
            shown.append((now, taken))
    if glance.due_at is not None:
        shown.append((glance.due_at, glance.take(glance.due_at)))
    assert glance.due_at is None
    assert sum(1 + each.data.get("left_out", 0) for _, each in shown) == len(steps)
    assert [each.data["bytes"] for _, each in shown][-1:] == list(range(len(steps)))[-1:]
    times = [at for at, _ in shown]
    assert all(b - a >= SECONDS - 1e-9 for a, b in pairwise(times))


def test_a_page_that_nobody_wants_wakes_nobody():
    glance, woken = Glance(lambda _: False), []
    glance.wake = lambda: woken.append(None)
    glance.hear(page(1))
    assert (woken, glance.due_at, glance.take(1.0)) == ([], None, None)
