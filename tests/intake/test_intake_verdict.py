"""What becomes of a line: accepted with its target, or rejected with a reason that can be shown."""

import pytest

from skybatch.intake.verdict import entry_of, judge
from skybatch.model.batch import Accepted, Rejected
from skybatch.model.target import Entry, Target

COLUMNS = (("company", "Acme"),)


def test_a_good_line_is_accepted_as_written_with_its_columns():
    line = judge(entry_of(3, " Example.COM ", COLUMNS))
    assert line == Accepted(
        Entry(3, " Example.COM ", COLUMNS), Target("example.com", "example.com")
    )


def test_a_bad_line_is_rejected_as_written_with_its_columns():
    line = judge(Entry(4, "localhost", COLUMNS))
    assert isinstance(line, Rejected)
    assert (line.entry, line.code) == (Entry(4, "localhost", COLUMNS), "single_label")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5"),
        (None, "null"),
        (True, "true"),
        (1.5, "1.5"),
        ({"domain": "a.com"}, '{"domain":"a.com"}'),
        (["a.com"], '["a.com"]'),
        (10**30, "1" + "0" * 30),
    ],
)
def test_a_value_that_is_no_text_is_rejected_and_shown_as_json(value, text):
    line = judge(entry_of(0, value))
    assert isinstance(line, Rejected)
    assert (line.entry.text, line.code) == (text, "not_text")


def test_what_is_kept_of_a_rejected_line_is_bounded_and_can_be_encoded():
    line = judge(Entry(0, "\ud800" + "x" * 10_000))
    assert isinstance(line, Rejected)
    assert line.entry.text == "?" + "x" * 2_047
