"""What changed of a company between two batches."""

from dataclasses import replace

import pytest

from skybatch.model.diff import Change, DomainDiff, diff
from skybatch.model.facts import EmailKind, Place
from skybatch.model.job import Job
from skybatch.model.profile import (
    Profile,
    SourcedEmail,
    SourcedLink,
    SourcedOrganization,
    SourcedPhone,
    SourcedTechnology,
)
from skybatch.model.reason import Reason
from skybatch.model.record import DomainRecord, domain_record
from skybatch.model.state import JobState

PAGE = "https://acme.example/"
JOB = Job(
    seq=1,
    job_id="j",
    batch_id="b",
    domain="acme.example",
    input="acme.example",
    input_row=0,
    state=JobState.COMPLETE,
)


def record(job: Job = JOB, **facts) -> DomainRecord:
    return domain_record(job, Profile(**facts))


def email(value: str) -> SourcedEmail:
    return SourcedEmail(value, PAGE, Place.TEXT, EmailKind.ROLE, 0.7)


@pytest.mark.parametrize(
    ("before", "after", "field", "change", "values"),
    [
        ({}, {"title": "Acme"}, "title", "new", (None, "Acme")),
        ({"title": "Acme"}, {"title": "Acme AG"}, "title", "changed", ("Acme", "Acme AG")),
        ({"language": "de"}, {}, "language", "gone", ("de", None)),
        ({}, {"emails": (email("a@b.de"),)}, "emails", "new", (None, "a@b.de")),
        ({"emails": (email("a@b.de"),)}, {}, "emails", "gone", ("a@b.de", None)),
        (
            {"phones": (SourcedPhone("+491", PAGE, Place.TEL, 0.9),)},
            {},
            "phones",
            "gone",
            ("+491", None),
        ),
        (
            {},
            {"social_links": {"x": (SourcedLink("https://x.com/a", PAGE),)}},
            "social_links",
            "new",
            (None, "https://x.com/a"),
        ),
        (
            {"technologies": (SourcedTechnology("WordPress", "6.4", "CMS", "", PAGE),)},
            {"technologies": (SourcedTechnology("WordPress", "6.5", "CMS", "", PAGE),)},
            "technologies",
            "changed",
            ("WordPress 6.4", "WordPress 6.5"),
        ),
        (
            {"organization": SourcedOrganization("Acme")},
            {"organization": SourcedOrganization(None, "Acme GmbH")},
            "organization",
            "changed",
            ("Acme", "Acme GmbH"),
        ),
        ({}, {"custom": {"vat": ("DE1",)}}, "custom", "new", (None, "vat=DE1")),
    ],
)
def test_each_field_tells_what_became_of_it(before, after, field, change, values):
    found = diff(record(**before), record(**after))
    assert found.change is Change.CHANGED
    (one,) = found.fields
    assert (one.field, one.change, (one.before, one.after)) == (field, change, values)


def test_the_order_and_the_page_of_values_are_no_change():
    one, two = email("a@b.de"), email("c@b.de")
    moved = replace(one, source_url=f"{PAGE}contact")
    assert diff(record(emails=(one, two)), record(emails=(two, moved))) is None


def test_what_failed_is_told_by_its_reason():
    failed = replace(JOB, state=JobState.FAILED, reason=Reason.NXDOMAIN)
    found = diff(record(title="Acme"), record(failed))
    assert [(each.field, each.after) for each in found.fields] == [
        ("status", "failed"),
        ("reason", "nxdomain"),
    ]


def test_a_domain_that_is_not_done_is_not_told():
    waiting = replace(JOB, state=JobState.PENDING)
    assert diff(record(title="Acme"), record(waiting)) is None


def test_a_domain_may_be_in_one_of_the_two_only():
    assert diff(None, record()) == DomainDiff("acme.example", Change.NEW)
    assert diff(record(), None) == DomainDiff("acme.example", Change.GONE)
    assert diff(None, None) is None
    assert diff(record(), record()) is None
