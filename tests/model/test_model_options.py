"""Options: defaults, ranges, and every fault at once; ids; reasons."""

import dataclasses
import uuid

import pytest

from skybatch.model.ids import is_uuid, uuid7
from skybatch.model.options import CHECKS, Options, check_options
from skybatch.model.reason import MEANING, Reason


def test_every_option_has_a_check():
    assert list(CHECKS) == [field.name for field in dataclasses.fields(Options)]


def test_the_defaults_pass_their_own_checks():
    defaults = Options()
    values = {field.name: getattr(defaults, field.name) for field in dataclasses.fields(Options)}
    assert check_options(values, defaults) == (defaults, ())


def test_every_fault_is_named_with_its_place():
    given = {"max_depth": -1, "scoop": 1, "respect_robots": "yes", "priority": 5}
    _, faults = check_options(given, Options())
    assert [fault.pointer for fault in faults] == [
        "/options/max_depth", "/options/scoop", "/options/respect_robots"
    ]  # fmt: skip
    assert 'did you mean "scope"?' in faults[1].detail


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_depth", True),
        ("max_depth", 1.5),
        ("max_depth", 10**30),
        ("per_host_delay_s", float("nan")),
        ("per_host_delay_s", float("inf")),
        ("per_host_delay_s", -0.1),
        ("per_host_concurrency", 0),
        ("priority", 10),
        ("scope", "everything"),
        ("include", "/a"),
        ("include", ["a"]),
        ("until", {"emails": 1}),
        ("until", {"email": 0}),
        ("headers", {"bad name": "x"}),
        ("headers", {"X-A": "line\r\nbreak"}),
        ("headers", {"Host": "other.example"}),
        ("default_region", "Germany"),
        ("store_html", 1),
    ],
)
def test_a_bad_value_is_a_fault(name, value):
    options, faults = check_options({name: value}, Options())
    assert [fault.pointer for fault in faults] == [f"/options/{name}"]
    assert options == Options()


def test_ids_sort_by_time_and_are_version_7():
    ids = [uuid7(1_800_000_000 + second) for second in range(5)]
    assert ids == sorted(ids)
    for text in ids:
        assert is_uuid(text)
        assert (uuid.UUID(text).version, uuid.UUID(text).variant) == (7, uuid.RFC_4122)
    assert not is_uuid(ids[0].upper())


def test_every_reason_has_a_meaning():
    assert set(MEANING) == set(Reason)
