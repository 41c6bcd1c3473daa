"""Pages folded into one record: precedence, order, bounds."""

from itertools import permutations

import msgspec
import pytest

from skybatch.extract.merge import add, goal_met, registered_domain
from skybatch.model.facts import (
    Email,
    EmailKind,
    Organization,
    PageFacts,
    Phone,
    Place,
    SocialLink,
    Technology,
)
from skybatch.model.profile import Profile, SourcedLink, SourcedOrganization

START, CONTACT, ABOUT = (f"https://acme.de/{path}" for path in ("", "contact", "about"))


def email(value: str, place: Place = Place.TEXT, confidence: float = 0.7) -> Email:
    return Email(value, place, EmailKind.UNKNOWN, confidence)


def phone(value: str, place: Place = Place.TEXT, confidence: float = 0.7) -> Phone:
    return Phone(value, place, confidence)


def merged(*pages: tuple[str, PageFacts], domain: str = "acme.de") -> Profile:
    profile = Profile()
    for url, facts in pages:
        profile = add(profile, url, facts, is_start=url == START, domain=domain)
    return profile


FULL = PageFacts(
    title="Acme",
    description="What we do",
    language="de",
    emails=(email("info@acme.de", Place.MAILTO, 0.95),),
    phones=(phone("+4930901820"),),
    faxes=(phone("+4930901821"),),
    social_links=(SocialLink("x", "https://x.com/acme"),),
    technologies=(Technology("WordPress", "CMS", "WordPress 6.8", "6.8"),),
    organization=Organization("Acme", "Acme AG", {"postalCode": "10115"}, Place.JSONLD),
    favicon_url="https://acme.de/favicon.ico",
    logo_url="https://acme.de/logo.png",
    custom={"vat": ("DE1",)},
)


def test_one_page_gives_every_field_its_source():
    profile = merged((START, FULL))
    assert profile.title == "Acme"
    assert profile.organization == SourcedOrganization(
        "Acme",
        "Acme AG",
        {"postalCode": "10115"},
        Place.JSONLD,
        source_url=START,
        sources={"legal_name": START, "address": START},
    )
    assert profile.emails[0].source_url == START
    assert profile.phones[0].value == "+4930901820"
    assert profile.faxes[0].value == "+4930901821"
    assert profile.social_links == {"x": (SourcedLink("https://x.com/acme", START),)}
    assert profile.technologies[0].evidence == "WordPress 6.8"
    assert (profile.is_wordpress, profile.wordpress_version) == (True, "6.8")
    assert profile.custom == {"vat": ("DE1",)}
    assert profile.sources == dict.fromkeys(
        ("title", "description", "language", "favicon_url", "logo_url"), START
    )


@pytest.mark.parametrize("facts", [FULL, PageFacts(), PageFacts(title="Contact")])
def test_a_page_that_adds_nothing_gives_back_the_same_object(facts):
    profile = merged((START, FULL))
    assert add(profile, CONTACT, facts, is_start=False, domain="acme.de") is profile


def test_the_start_page_again_gives_back_the_same_object():
    profile = merged((START, FULL))
    assert add(profile, START, FULL, is_start=True, domain="acme.de") is profile


@pytest.mark.parametrize("order", list(permutations((START, CONTACT, ABOUT))))
def test_the_start_page_wins_in_whatever_order_the_pages_come(order):
    pages = {
        START: PageFacts(title="Home", language="de", logo_url="https://acme.de/start.png"),
        CONTACT: PageFacts(title="C", description="C", language="en", favicon_url="https://a/f"),
        ABOUT: PageFacts(title="A", description="A", logo_url="https://acme.de/about.png"),
    }
    profile = merged(*((url, pages[url]) for url in order))
    assert profile.title == "Home"
    assert profile.description is None
    assert profile.language == "de"
    assert profile.logo_url == "https://acme.de/start.png"
    assert profile.favicon_url == "https://a/f"
    assert profile.sources == {
        "title": START,
        "language": START,
        "logo_url": START,
        "favicon_url": CONTACT,
    }


@pytest.mark.parametrize("order", list(permutations((START, CONTACT, ABOUT))))
def test_a_value_keeps_the_page_that_shows_it_best(order):
    pages = {
        START: PageFacts(emails=(email("a@acme.de"),)),
        CONTACT: PageFacts(emails=(email("a@acme.de", Place.MAILTO, 0.95),)),
        ABOUT: PageFacts(emails=(email("a@acme.de", Place.MICRODATA, 0.85),)),
    }
    (found,) = merged(*((url, pages[url]) for url in order)).emails
    assert (found.source_url, found.place, found.confidence) == (CONTACT, Place.MAILTO, 0.95)


def test_between_equal_places_the_first_page_stays_the_source():
    page = PageFacts(phones=(phone("+4930901820", Place.TEL, 0.95),))
    assert merged((CONTACT, page), (ABOUT, page)).phones[0].source_url == CONTACT


@pytest.mark.parametrize("order", list(permutations((START, CONTACT, ABOUT))))
def test_the_organization_is_that_of_the_best_place(order):
    pages = {
        START: PageFacts(organization=Organization("Some Ltd", "Some Ltd", place=Place.TEXT)),
        CONTACT: PageFacts(organization=Organization("Acme AG", place=Place.JSONLD)),
        ABOUT: PageFacts(organization=Organization("Micro", place=Place.MICRODATA)),
    }
    profile = merged(*((url, pages[url]) for url in order))
    assert profile.organization == SourcedOrganization(
        "Acme AG", place=Place.JSONLD, source_url=CONTACT
    )


def test_of_two_equal_organizations_that_of_the_start_page_wins():
    ours = PageFacts(organization=Organization("Acme", place=Place.JSONLD))
    theirs = PageFacts(organization=Organization("Partner", place=Place.JSONLD))
    for pages in (((START, ours), (ABOUT, theirs)), ((ABOUT, theirs), (START, ours))):
        organization = merged(*pages).organization
        assert (organization.name, organization.source_url) == ("Acme", START)


@pytest.mark.parametrize("order", [(START, ABOUT), (ABOUT, START)])
def test_an_organization_is_completed_from_another_page_that_speaks_of_it(order):
    pages = {
        START: PageFacts(organization=Organization("Acme", place=Place.JSONLD)),
        ABOUT: PageFacts(
            organization=Organization("Acme AG", "Acme AG", {"postalCode": "10115"}, Place.TEXT)
        ),
    }
    assert merged(*((url, pages[url]) for url in order)).organization == SourcedOrganization(
        "Acme",
        "Acme AG",
        {"postalCode": "10115"},
        Place.JSONLD,
        source_url=START,
        sources={"legal_name": ABOUT, "address": ABOUT},
    )


@pytest.mark.parametrize("order", [(START, ABOUT), (ABOUT, START)])
def test_the_surer_of_two_companies_in_text_is_it(order):
    pages = {
        START: PageFacts(organization=Organization("Beteiligungs AG", None, {}, Place.TEXT, 0.65)),
        ABOUT: PageFacts(organization=Organization("Acme GmbH", None, {}, Place.TEXT, 0.95)),
    }
    assert merged(*((url, pages[url]) for url in order)).organization.name == "Acme GmbH"


def test_a_record_of_an_earlier_version_makes_room():
    known = msgspec.json.decode(
        b'{"organization":{"name":"Blumen Onlineshop","place":"meta"}}', type=Profile
    )
    page = PageFacts(organization=Organization("Handels GmbH", None, {}, Place.TEXT, 0.7))
    profile = add(known, ABOUT, page, is_start=False, domain="acme.de")
    assert profile.organization.name == "Handels GmbH"


def test_an_organization_is_not_completed_from_another_one():
    ours = PageFacts(organization=Organization("Acme GmbH", place=Place.JSONLD))
    theirs = PageFacts(organization=Organization("Host GmbH", "Host GmbH", place=Place.TEXT))
    assert merged((START, ours), (ABOUT, theirs)).organization.legal_name is None


def test_own_addresses_come_first_then_the_surest_then_the_first_seen():
    page = PageFacts(
        emails=(
            email("web@agency.com", Place.MAILTO, 0.95),
            email("first@acme.co.uk"),
            email("second@mail.acme.co.uk"),
            email("sure@acme.co.uk", Place.MAILTO, 0.95),
            email("other@gmail.com"),
        )
    )
    profile = merged((START, page), domain="shop.acme.co.uk:8443")
    assert [item.value for item in profile.emails] == [
        "sure@acme.co.uk",
        "first@acme.co.uk",
        "second@mail.acme.co.uk",
        "web@agency.com",
        "other@gmail.com",
    ]


@pytest.mark.parametrize(
    ("host", "domain"),
    [
        ("www.acme.de", "acme.de"),
        ("a.b.acme.co.uk", "acme.co.uk"),
        ("ACME.de:8080", "acme.de"),
        ("localhost", "localhost"),
        ("192.0.2.1:80", "192.0.2.1:80"),
        ("[2001:db8::1]:80", "[2001:db8::1]:80"),
        ("acme.github.io", "acme.github.io"),
    ],
)
def test_the_registered_domain_follows_the_public_suffix_list(host, domain):
    assert registered_domain(host) == domain


def test_a_technology_takes_its_version_from_the_page_that_tells_it():
    without = PageFacts(technologies=(Technology("WordPress", "CMS", "/wp-content/"),))
    known = PageFacts(technologies=(Technology("WordPress", "CMS", "WordPress 6.8", "6.8"),))
    for pages in (((START, without), (ABOUT, known)), ((ABOUT, known), (START, without))):
        profile = merged(*pages)
        (technology,) = profile.technologies
        assert (technology.version, technology.source_url) == ("6.8", ABOUT)
        assert profile.wordpress_version == "6.8"


def test_the_record_is_bounded():
    pages = [
        (
            f"https://acme.de/{n}",
            PageFacts(
                emails=(email(f"a{n}@acme.de"),),
                phones=(phone(f"+49301{n:06}"),),
                social_links=(SocialLink("x", f"https://x.com/a{n}"),),
            ),
        )
        for n in range(60)
    ]
    profile = merged(*pages)
    assert len(profile.emails) == 50
    assert len(profile.phones) == 50
    assert len(profile.social_links["x"]) == 10
    best = PageFacts(emails=(email("best@acme.de", Place.MAILTO, 0.95),))
    profile = add(profile, CONTACT, best, is_start=False, domain="acme.de")
    assert profile.emails[0].value == "best@acme.de"
    assert len(profile.emails) == 50


def test_a_profile_survives_its_way_through_the_store():
    profile = merged((START, FULL), (CONTACT, FULL))
    assert msgspec.json.decode(msgspec.json.encode(profile), type=Profile) == profile


@pytest.mark.parametrize(
    ("until", "met"),
    [
        ({}, False),
        ({"email": 1}, True),
        ({"email": 2}, False),
        ({"email": 1, "phone": 1, "social": 1, "organization": 1}, True),
        ({"email": 1, "social": 2}, False),
        ({"organization": 2}, False),
    ],
)
def test_the_goal_is_met_when_every_count_is_reached(until, met):
    assert goal_met(merged((START, FULL)), until) is met


def test_an_empty_profile_meets_no_goal():
    assert not goal_met(Profile(), {"organization": 1})
