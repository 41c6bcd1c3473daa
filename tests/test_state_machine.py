"""The drawn state machine is the one in the code and in the schema."""

import importlib
import re
from pathlib import Path

import pytest

from skybatch.model.event import EventType
from skybatch.model.reason import Reason
from skybatch.model.state import (
    ALLOWED,
    BATCH_TERMINAL,
    TERMINAL,
    BatchState,
    JobState,
    PageState,
)
from skybatch.store import migrate
from tests.drawing import OUTSIDE, PAGE, section, words

PAGES, JOBS, BATCHES = section("## Page"), section("## Job"), section("## Batch")
ALL = [
    pytest.param(PAGES, PageState, "pages", id="page"),
    pytest.param(JOBS, JobState, "jobs", id="job"),
    pytest.param(BATCHES, BatchState, "batches", id="batch"),
]
SCHEMA = (Path(migrate.__file__).parent / "migrations" / "0001_first.sql").read_text("utf-8")


def checked(table, column):
    """The words that the schema allows in a column."""
    made = SCHEMA.split(f"CREATE TABLE {table} (", 1)[1].split(") STRICT", 1)[0]
    return set(re.findall(r"'(\w+)'", made.split(f"CHECK ({column} IN (", 1)[1].split("))", 1)[0]))


@pytest.mark.parametrize(("drawn", "states", "table"), ALL)
def test_the_drawing_the_code_and_the_schema_know_the_same_states(drawn, states, table):
    values = {state.value for state in states}
    assert drawn.states == values
    assert checked(table, "state") == values


@pytest.mark.parametrize(("drawn", "states", "table"), ALL)
def test_the_table_has_a_line_for_every_arrow_and_no_other(drawn, states, table):
    lines = {(row.before, row.after) for row in drawn.rows}
    assert lines == {arrow for arrow in drawn.arrows if arrow[1] != OUTSIDE}


def test_the_changes_of_a_job_are_the_allowed_ones():
    allowed = {(before.value, after.value) for before in ALLOWED for after in ALLOWED[before]}
    assert JOBS.changes == allowed


def test_the_states_that_end_are_the_terminal_ones():
    assert JOBS.final == {state.value for state in TERMINAL}
    assert BATCHES.final == {state.value for state in BATCH_TERMINAL}


@pytest.mark.parametrize(("drawn", "states", "table"), ALL)
def test_whoever_is_said_to_change_a_state_exists(drawn, states, table):
    for row in drawn.rows:
        assert row.who, row
        for name in row.who:
            module, _, function = name.rpartition(".")
            assert callable(getattr(importlib.import_module(f"skybatch.{module}"), function)), name


def test_every_event_is_named_and_every_named_one_exists():
    named = {word for word in words(PAGE.read_text("utf-8")) if re.match(r"(batch|job)\.", word)}
    assert named == {event.value for event in EventType}


def test_the_reasons_are_those_of_the_code_and_the_schema():
    values = {reason.value for reason in Reason}
    assert set(words(section("## Reasons").text)) == values
    assert checked("jobs", "reason") == values
