"""Telephone and fax numbers: labels, regions, and what is no number to dial."""

import pytest

from skybatch.extract.regions import region_of
from skybatch.model.facts import Place
from tests.extract.pages import facts, jsonld


def numbers(page: str, **changes) -> list[str]:
    return [phone.value for phone in facts(page, **changes).phones]


def faxes(page: str) -> list[str]:
    return [phone.value for phone in facts(page).faxes]


@pytest.mark.parametrize(
    "text",
    [
        "Tel.: 030 901820",
        "Telefon 030/901820",
        "Telefon: (030) 90 18 20",
        "<dt>Phone</dt>\n\n   <dd>030 &nbsp; 901820</dd>",
        "Fon 030 - 90 18 20",
        "Call us today: 030 901820",
        "+49 30 901820",
        "+49 (0)30 901820",
        "+49.30.901820",
        "Tel. 0049 30 901820",
        "Mobil oder Tel 030\u2013901820",
    ],
)
def test_a_number_near_a_label_or_with_a_prefix_is_found(text):
    assert numbers(f"<p>{text}</p>") == ["+4930901820"]


@pytest.mark.parametrize(
    "text",
    [
        "030 901820",
        "Order 030 901820",
        "Tel. USt-IdNr. 030 901820",
        "Tel. am 12.03.2024",
        "Telefon, Stand 2024-01-02",
        "Call 2020 - 2024",
        "Tel. DE030901820",
        "Tel. 030901820abc",
        "Tel. 1",
        "Tel. 030 90182012345678901234567890123456",
        "1+4930901820",
        "Hotel 030 901820",
        "<script>tel = '+4930901820'</script>",
    ],
)
def test_what_is_no_number_to_dial_is_not_found(text):
    assert numbers(f"<p>{text}</p>") == []


@pytest.mark.parametrize(
    "href",
    [
        "tel:+4930901820",
        "TEL:+49-30-901820",
        "tel:+49%2030%20901820",
        "tel:030901820",
        "tel://+4930901820",
        "tel:+4930901820;ext=5",
        "callto:+4930901820",
    ],
)
def test_a_link_to_dial_is_found(href):
    (phone,) = facts(f'<a href="{href}">call</a>').phones
    assert (phone.value, phone.place) == ("+4930901820", Place.TEL)


@pytest.mark.parametrize("href", ["tel:", "tel:call-me", "tel:1", "sms:+4930901820"])
def test_a_link_without_a_possible_number_is_none(href):
    assert numbers(f'<a href="{href}">call</a>') == []


def test_structured_data_names_numbers_and_faxes():
    found = facts(jsonld('{"telephone":["030 901820"],"faxNumber":"+49 30 901821"}'))
    assert [(phone.value, phone.place) for phone in found.phones] == [("+4930901820", Place.JSONLD)]
    assert [(fax.value, fax.place) for fax in found.faxes] == [("+4930901821", Place.JSONLD)]


@pytest.mark.parametrize(
    "text",
    ["Fax: 030 901821", "Telefax 030 901821", "Tel. 030 901820, Fax +49 30 901821"],
)
def test_a_number_called_fax_is_one(text):
    assert faxes(text) == ["+4930901821"]
    assert "+4930901821" not in numbers(text)


def test_a_fax_that_is_linked_like_a_phone_is_still_a_fax():
    page = 'Fax: <a href="tel:+4930901821">+49 30 901821</a>'
    assert (numbers(page), faxes(page)) == ([], ["+4930901821"])


def test_a_number_for_phone_and_fax_is_a_phone():
    assert numbers("Tel./Fax: 030 901820") == ["+4930901820"]


def test_a_number_shown_as_phone_and_as_fax_is_both():
    page = "Tel: 030 901820<br>Fax: 030 901820"
    assert (numbers(page), faxes(page)) == (["+4930901820"], ["+4930901820"])


def test_a_label_and_a_link_are_surer_than_a_prefix_alone():
    link, labelled, bare = facts(
        '<a href="tel:+4930901820">x</a> Tel: 030 901821 <p>and then there is +4930901822'
    ).phones
    assert link.confidence > labelled.confidence > bare.confidence


def test_the_region_decides_how_a_national_number_is_read():
    assert numbers("Tel 020 7946 0018", url="https://acme.co.uk/") == ["+442079460018"]
    assert numbers("Tel 020 7946 0018", url="https://acme.com/") == []
    assert numbers("Tel 020 7946 0018", url="https://acme.com/", default_region="GB") == [
        "+442079460018"
    ]


@pytest.mark.parametrize(
    ("host", "language", "default", "region"),
    [
        ("acme.de", "en-US", "", "DE"),
        ("acme.de:8080", None, "", "DE"),
        ("acme.co.uk", None, "", "GB"),
        ("acme.com", "de-AT", "", "AT"),
        ("acme.com", "zh-Hant-TW", "", "TW"),
        ("acme.io", "de", "", None),
        ("acme.tv", "fr-CH", "", "CH"),
        ("acme.de", "de-DE", "CH", "CH"),
        ("", None, "", None),
        ("192.0.2.1", None, "", None),
    ],
)
def test_the_region_is_the_users_then_the_domains_then_the_languages(
    host, language, default, region
):
    assert region_of(host, language, default) == region


def test_no_more_than_forty_candidates_are_read():
    page = "".join(f'<a href="tel:+4930901{n}">x</a>' for n in range(100, 200))
    assert len(numbers(page)) == 40


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Tel.: 030 901820-1, (030) 901820-2", ["+4930901820" + "1", "+49309018202"]),
        ("Anmeldung 0221 / 47 10 211", ["+492214710211"]),
        ("geöffnet 09.00-17.00 und 08.30 - 12.30", []),
        ("USt 0221 / 47 10 211", []),
        ("HRB 0221 47 10 211", []),
        ("WhatsApp: 0171 39 200 12", ["+491713920012"]),
        ("T: 030 9018201", ["+49309018201"]),
    ],
)
def test_national_numbers_are_known_by_their_form_or_their_neighbour(text, numbers):
    found = facts(f"<p>{text}", default_region="DE").phones
    assert [phone.value for phone in found] == numbers


def test_a_chat_is_a_number():
    page = """<a href="https://wa.me/4930901820">chat</a>
      <a href="https://api.whatsapp.com/send?text=hi&amp;phone=%2B4930901821">chat</a>"""
    assert [phone.value for phone in facts(page).phones] == ["+4930901820", "+4930901821"]
