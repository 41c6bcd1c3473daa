# ruff: noqa: RUF001 - labels in other scripts
"""Telephone and fax numbers: labels, regions, and what is no number to dial."""

import pytest

from skybatch.extract.regions import region_of
from skybatch.extract.spoken import spoken
from skybatch.model.facts import Place
from tests.extract.pages import facts, jsonld
from tests.extract.quick import is_within


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


@pytest.mark.parametrize("label", ["Tel./Fax", "Tel. + Telefax", "Telefon u. Fax", "Phone/Fax"])
def test_a_number_for_phone_and_fax_is_both(label):
    page = f"{label}: 030 901820"
    assert (numbers(page), faxes(page)) == (["+4930901820"], ["+4930901820"])


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
        ("acme.io", "cs", "", "CZ"),
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


@pytest.mark.parametrize(
    ("region", "text", "number"),
    [
        ("US", "(317) 585-8468", "+13175858468"),
        ("", "(317) 585-8468", "+13175858468"),
        ("", "Call us at 206-555-0163", "+12065550163"),
        ("US", "Portland, OR 97214-0142 503.555.0142 x12", "+15035550142"),
        ("DE", "(089) 9 99 98 \u2013 443", "+498999998443"),
        ("GB", "Returns or 0113 496 0200 (9-5)", "+441134960200"),
        ("CZ", "Rezervace: 731 234 567 | mail", "+420731234567"),
        ("CZ", "Zavolejte Honzovi: 603 456 789", "+420603456789"),
        ("DK", "akuttelefon 20 12 34 56", "+4520123456"),
        ("SE", "Telefon verkstad 031\u2013390 06 12 (7\u201316)", "+46313900612"),
        ("RU", "Москва: 8 (495) 123-45-67, доб. 123", "+74951234567"),
        ("JP", "自動予約 050\u20103123\u20104567(24時間)", "+815031234567"),
        ("AE", "هاتف: ٠٤ ٣٤٥ ٦٧٨٩", "+97143456789"),
        ("CN", "电话\uff1a\uff08021\uff096123-4567", "+862161234567"),
        ("PL", "Tel. (0-58) 123 45 67", "+48581234567"),
        ("PL", "tel. kom.: 0 692 12 34 56", "+48692123456"),
        ("AT", "Büro: 01 / 534 00 DW 12", "+4315340012"),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(region, text, number):
    assert numbers(f"<p>{text}", url="https://acme.com/", default_region=region) == [number]


@pytest.mark.parametrize(
    ("region", "text", "found"),
    [
        ("DE", "Tel. 0221 47 10 - 211 | Sprechstunde: -212", ["+492214710211", "+492214710212"]),
        ("FR", "Tél. 03 53 01 22 33 ou 34", ["+33353012233", "+33353012234"]),
        ("AR", "Tel. (011) 4123-4567/68 (int. 3)", ["+541141234567", "+541141234568"]),
        ("BR", "Tel. (41) 3012-3456 / 99123-4567", ["+554130123456", "+5541991234567"]),
        ("ES", "Tlf. 91 012 34 56 / 91 012 34 50", ["+34910123456", "+34910123450"]),
        ("FR", "05.36.49.33.21 \u2013 06.98.76.54.32", ["+33536493321", "+33698765432"]),
        ("DE", "Tel. 030 901820, 10 bis 12 Uhr", ["+4930901820"]),
        ("DE", "Tel. 030 901820 oder 10% Rabatt", ["+4930901820"]),
    ],
)
def test_of_a_second_number_only_the_end_may_be_written(region, text, found):
    assert numbers(f"<p>{text}", url="https://acme.com/", default_region=region) == found


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("DE", "Tel. 030 901820 oder 110"),
        ("ES", "Tel. 912 345 678 o 112 en emergencias"),
        ("GB", "Tel 020 7946 0958 or 999 in emergencies"),
        ("FR", "Tél. 01 42 68 53 00 ou 15 (SAMU)"),
        ("FR", "Tél. 01 42 68 53 00 ou 3 clics"),
        ("FR", "Tél. 01 42 68 53 33 et 2 parkings"),
        ("ES", "Tel. 912 345 678 y 3 plantas"),
        ("ES", "Tel. 912 345 670 o 24 horas"),
        ("IT", "Tel. 02 12345678 e 2 sedi"),
        ("US", "Call 212-555-0123 or 1 of our agents"),
        ("DE", "Tel.: 0221 4710815 Mo - 9 bis 12"),
        ("DE", "Tel.: 0221 4710815 oder 5 Filialen"),
        ("DE", "Tel.: 0221 4710815 Seite - 2 -"),
        ("DE", "+49 30 901820 und 4 Mitarbeiter"),
    ],
)
def test_what_is_counted_behind_a_number_is_no_end_of_another(region, text):
    assert len(numbers(f"<p>{text}", url="https://acme.com/", default_region=region)) == 1


def test_the_end_of_a_number_is_a_fax_if_it_is_called_one():
    page = "Tel. 0221 47 10 - 211, Fax -299"
    assert (numbers(page), faxes(page)) == (["+492214710211"], ["+492214710299"])


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("CZ", "cena 731 234 567 Kč"),
        ("CZ", "č. ú. 603456780/2010, ref. 731 234 567"),
        ("US", "order no. 206-555-0163"),
        ("ES", "ref. 612 345 678"),
        ("ES", "612.345 €"),
        ("DE", "Format: +49 30 901820"),
        ("PL", "nr kat. 712 345 679"),
        ("IT", "dal 02.08.2024 - 09.08.2024"),
        ("FI", "02.06.2024 - 07.06.2024"),
        ("AT", "03.04.2024 – 05.06.2024 (6)"),
        ("DE", "Vom 02.08.2024 – 09.08.2024 geschlossen"),
        ("DE", "06.09.2025 / 07.09.2025"),
        ("SE", "2024-06-07 / 08.00-17.00"),
        ("DE", "03.04.2024 10.30 Uhr"),
        ("US", "London office: tel. 020 7946 0958"),
        ("US", "Berlin: Tel. 0307 890 1234"),
        ("US", "Serial: 312 555 0188"),
        ("US", "Patent 202-555-0143"),
        ("US", "215 225 2350 lbs"),
        ("US", "UPC 212 555 0123"),
        ("US", "License # 312-555-0189"),
        ("US", "P/N 212-555-0129"),
        ("US", "Catalog # 212-555-0129"),
        ("DK", "ordrenummer 32 34 56 70"),
        ("DK", "Kontonummer 32 34 56 71"),
        ("DK", "Årstal 20 21 20 22"),
        ("PT", "NIPC 212 345 678 / Contribuinte"),
        ("GR", "ΑΦΜ 210 123 4567"),
        ("TR", "Vergi No: 212 345 67 89"),
        ("RU", "ОКПО 495 123 45 67"),
        ("CZ", "602 345 678 korun"),
        ("CZ", "Spisová značka C 234 567 890"),
        ("AU", "BSB 062 Acc 0412 345 678"),
        ("ES", "912 345 678 habitantes"),
        ("DE", "Artikelnummer 030 901 820 11"),
        ("BE", "KBO 0478.123.456"),
        ("BE", "BTW BE 0478.123.456"),
        ("BE", "Ondernemingsnummer 0478.123.456"),
        ("US", "$312 555 0188"),
    ],
)
def test_what_is_counted_or_filed_is_no_number_to_dial(region, text):
    assert numbers(f"<p>{text}", url="https://acme.com/", default_region=region) == []


def test_without_a_region_numbers_are_of_the_country_of_the_first_with_a_prefix():
    page = "<a href='tel:+4930901820'>x</a> Tel. 030 901821"
    assert numbers(page, url="https://acme.com/") == ["+4930901820", "+4930901821"]


@pytest.mark.parametrize("piece", ["1 ", "(0", "030 901820 ", "tel 1/", "-12 ou ", "00420 "])
def test_text_that_is_made_to_be_slow_is_not(piece):
    text = (piece * 200_000)[:200_000]
    assert is_within(0.1, lambda: list(spoken(text, "DE")))


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


def test_a_chat_link_counts_however_its_slashes_are_written():
    page = '<a href="https:&#x2F;&#x2F;wa.me&#x2F;4930123456789">chat</a>'
    assert [(phone.value, phone.place) for phone in facts(page).phones] == [
        ("+4930123456789", Place.TEL)
    ]
