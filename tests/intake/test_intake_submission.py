"""The members of a submission: defaults, ranges, and every fault of them at once."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.errors import Fault, Invalid
from skybatch.intake.query import at_query, query_members
from skybatch.intake.submission import parse_submission
from skybatch.model.batch import Submission
from skybatch.model.options import Options

OURS = "01a3185c-5000-76e7-9aea-ec65e3d02f71"
THEIRS = "0193E4A0-0000-7000-8000-00000000ABCD"


def parse(members: dict[str, object]) -> Submission:
    return parse_submission(
        members,
        defaults=Options(max_attempts=7),
        default_concurrency=200,
        owner="token",
        batch_id=OURS,
    )


def faults_of(members: dict[str, object]) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as caught:
        parse(members)
    return [(fault.pointer, fault.code) for fault in caught.value.faults]


def test_without_members_everything_has_its_default():
    assert parse({}) == Submission(
        batch_id=OURS,
        owner="token",
        max_pages=10,
        max_concurrent_jobs=200,
        options=Options(max_attempts=7),
    )


def test_every_member_is_taken():
    members = {
        "max_pages": 100_000,
        "max_concurrent_jobs": 1_000,
        "options": {"scope": "domain", "until": {"email": 1}, "include": ["/de/*"]},
        "batch_id": THEIRS,
        "label": "Q3 · müller",
        "metadata": {"a": [1, {"b": None}]},
        "webhook_url": "https://hooks.example/x?y",
    }
    assert parse(members) == Submission(
        batch_id=THEIRS.lower(),
        owner="token",
        max_pages=100_000,
        max_concurrent_jobs=1_000,
        options=Options(max_attempts=7, scope="domain", until={"email": 1}, include=("/de/*",)),
        label="Q3 · müller",
        metadata={"a": [1, {"b": None}]},
        webhook_url="https://hooks.example/x?y",
    )


@pytest.mark.parametrize("name", ["batch_id", "label", "metadata", "webhook_url"])
def test_null_is_no_value_where_there_is_no_default(name):
    assert parse({name: None}) == parse({})


def test_max_concurrent_is_an_alias():
    assert parse({"max_concurrent": 3}).max_concurrent_jobs == 3
    assert parse({"max_concurrent": 3, "max_concurrent_jobs": 3}).max_concurrent_jobs == 3
    assert faults_of({"max_concurrent": 3, "max_concurrent_jobs": 4}) == [
        ("/max_concurrent", "conflict")
    ]


def nested(levels: int) -> dict[str, object]:
    value: dict[str, object] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


BAD_VALUES = [
    *[("max_pages", value) for value in (0, -1, 10**9, 10**300, True, 1.5, 10.0, "10", None, [])],
    *[("max_concurrent_jobs", value) for value in (0, 1_001, False, "50", {})],
    *[("max_concurrent", value) for value in (0, 1_001, "x")],
    *[("options", value) for value in (None, [], "host", 5)],
    *[
        ("batch_id", value)
        for value in ("", "x", 5, OURS[:-1], f"{{{OURS}}}", OURS.replace("-", ""))
    ],
    *[("label", value) for value in (5, [], "x" * 201, "a\nb", "a\x00b", "a\x1bb", "\ud800")],
    *[("metadata", value) for value in ([], "x", 5, {"a": "x" * 16_384}, nested(900))],
    *[
        ("webhook_url", value)
        for value in (
            "",
            5,
            "/hook",
            "hooks.example",
            "ftp://hooks.example/",
            "javascript:alert(1)",
            "https://user:pw@hooks.example/",
            "https://user@hooks.example/",
            "https://hooks.example/" + "x" * 2_048,
            "https://hooks.example/\r\nX: y",
            "https://a b/",
            "https://",
        )
    ],
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES, ids=lambda value: repr(value)[:40])
def test_a_bad_value_is_a_fault_at_its_member(name, value):
    assert faults_of({name: value}) == [(f"/{name}", "invalid")]


def test_metadata_of_megabytes_is_refused_by_its_size_before_it_is_walked_through():
    class Watched(list):
        def __iter__(self):
            raise AssertionError("walked through")

    with pytest.raises(Invalid, match="bytes of JSON"):
        parse({"metadata": {"a": Watched([1] * 10_000)}})


def test_all_faults_are_told_at_once_each_with_its_place():
    members = {
        "max_pages": 0,
        "max_page": 5,
        "max_concurrent_jobs": "x",
        "options": {"scope": "hots", "max_dept": 1, "per_host_delay_s": -1, "until": {"mail": 1}},
        "label": 5,
        "a/b~c": 1,
    }
    assert sorted(faults_of(members)) == [
        ("/a~1b~0c", "unknown"),
        ("/label", "invalid"),
        ("/max_concurrent_jobs", "invalid"),
        ("/max_page", "unknown"),
        ("/max_pages", "invalid"),
        ("/options/max_dept", "unknown"),
        ("/options/per_host_delay_s", "invalid"),
        ("/options/scope", "invalid"),
        ("/options/until", "invalid"),
    ]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ({"max_page": 1}, "max_pages"),
        ({"max_concurent_jobs": 1}, "max_concurrent_jobs"),
        ({"domain": []}, "domains"),
        ({"option": {}}, "options"),
        ({"options": {"max_dept": 1}}, "max_depth"),
        ({"options": {"scope": "subdomain"}}, "subdomains"),
    ],
)
def test_an_unknown_word_is_answered_with_the_one_that_was_meant(wrong, right):
    with pytest.raises(Invalid) as caught:
        parse(wrong)
    assert f'did you mean "{right}"?' in caught.value.faults[0].detail


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, -(10**400), True, "1"])
def test_numbers_that_are_none_are_faults_of_their_option(value):
    assert faults_of({"options": {"per_host_delay_s": value}}) == [
        ("/options/per_host_delay_s", "invalid")
    ]


def test_a_hundred_thousand_unknown_members_are_told_in_a_few_faults():
    crowd = {f"x{number}": number for number in range(100_000)}
    found = faults_of({**crowd, "options": crowd, "y" * 1_000_000: 1})
    assert len(found) <= 202
    assert ("", "unknown") in found


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
NAMES = st.sampled_from(
    ["max_pages", "max_concurrent", "options", "label", "metadata", "webhook_url", "batch_id"]
)
OPTIONS = st.dictionaries(st.sampled_from([field.name for field in fields(Options)]), JSON)


@given(st.dictionaries(NAMES | st.text(max_size=5), JSON | OPTIONS))
def test_any_members_are_a_submission_or_faults(members):
    try:
        parse(members)
        told = True
    except Invalid as invalid:
        told = all(fault.detail for fault in invalid.faults) and bool(invalid.faults)
    assert told


# Query parameters of a streamed list


def test_parameters_become_members_of_their_types():
    members, faults = query_members(
        [
            ("max_pages", "20"),
            ("max_concurrent", "5"),
            ("label", "7"),
            ("metadata", '{"a":1}'),
            ("options.scope", "domain"),
            ("options.respect_robots", "false"),
            ("options.per_host_delay_s", "0.25"),
            ("options.default_region", "DE"),
            ("options.until", '{"email":1}'),
            ("options.include", "/de/*"),
            ("options.include", "/1"),
        ]
    )
    assert faults == []
    found = parse(members)
    assert (found.max_pages, found.max_concurrent_jobs, found.label) == (20, 5, "7")
    assert found.metadata == {"a": 1}
    assert found.options == Options(
        max_attempts=7,
        scope="domain",
        respect_robots=False,
        per_host_delay_s=0.25,
        default_region="DE",
        until={"email": 1},
        include=("/de/*", "/1"),
    )


def test_options_may_come_as_one_object_beside_single_ones():
    members, faults = query_members([("options", '{"scope":"domain"}'), ("options.max_depth", "2")])
    assert faults == []
    assert members == {"options": {"scope": "domain", "max_depth": 2}}


@pytest.mark.parametrize(
    ("pairs", "pointer"),
    [
        ([("max_pages", "1"), ("max_pages", "2")], "?max_pages"),
        ([("options", '{"scope":"host"}'), ("options.scope", "domain")], "?options.scope"),
        ([("options.scope", "host"), ("options", '{"scope":"domain"}')], "?options"),
        ([("options", '{"include":5}'), ("options.include", "/x")], "?options.include"),
        ([("metadata", "{")], "?metadata"),
        ([("metadata", "[]")], "?metadata"),
        ([("options", "host")], "?options"),
        ([("options", "{" * 100_000)], "?options"),
    ],
)
def test_a_parameter_of_a_bad_form_is_a_fault(pairs, pointer):
    _, faults = query_members(pairs)
    assert [(fault.pointer, fault.code) for fault in faults] == [(pointer, "invalid")]


@pytest.mark.parametrize(
    ("pair", "pointer"),
    [
        (("max_pages", "0"), "?max_pages"),
        (("max_pages", ""), "?max_pages"),
        (("max_pages", "1e1"), "?max_pages"),
        (("max_pages", "9" * 5_000), "?max_pages"),
        (("max_pages", "true"), "?max_pages"),
        (("max_page", "5"), "?max_page"),
        (("options.scope", "hots"), "?options.scope"),
        (("options.max_depth", "x"), "?options.max_depth"),
        (("options.respect_robots", "1"), "?options.respect_robots"),
        (("options.", "1"), "?options."),
        (("options.include", "x"), "?options.include"),
    ],
)
def test_a_bad_value_is_a_fault_at_its_parameter(pair, pointer):
    members, faults = query_members([pair])
    assert faults == []
    with pytest.raises(Invalid) as caught:
        parse(members)
    assert [at_query(fault).pointer for fault in caught.value.faults] == [pointer]


def test_a_fault_keeps_its_words_at_its_parameter():
    fault = Fault("/options/scope", "invalid", "scope must be …")
    assert at_query(fault) == Fault("?options.scope", "invalid", "scope must be …")
