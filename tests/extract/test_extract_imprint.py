# ruff: noqa: RUF001 - legal forms in Cyrillic
"""Who runs a site, from its text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract.address import address_in
from skybatch.extract.document import parse
from skybatch.extract.imprint import bears_name_of, company_of, find
from skybatch.extract.same import is_same
from skybatch.extract.source import source_of
from skybatch.model.facts import Organization, Place
from tests.extract.pages import facts, jsonld
from tests.extract.quick import is_within

HOST = "kontor.example"


def name(*lines: str) -> str | None:
    found = company_of([line.split() for line in lines], HOST)
    return found and found.legal_name


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (
            ("Impressum", "Muster Technik GmbH", "Hafenweg 17", "13507 Berlin"),
            "Muster Technik GmbH",
        ),
        (("Angaben gemäß § 5 DDG", "Muster GmbH & Co. KG"), "Muster GmbH & Co. KG"),
        (("Anbieter: Muster UG (haftungsbeschränkt)",), "Muster UG (haftungsbeschränkt)"),
        (("© 2011\u20132024 Kontor LLC",), "Kontor LLC"),
        (("Copyright Kontor Ltd. All rights reserved",), "Kontor Ltd."),
        (("Titular:", "Clínica Muestra, S.L.P."), "Clínica Muestra, S.L.P."),
        (("Ragione sociale: Prova S.n.c. di Bianchi & Neri",), "Prova S.n.c. di Bianchi & Neri"),
        (("Colofon", "Drukkerij Proef B.V."), "Drukkerij Proef B.V."),
        (("Fakturační údaje", "Vzor s.r.o., Vzorná 541/23, 602 00 Brno"), "Vzor s.r.o."),
        (("Wydawca: Próba Sp. z o.o.",), "Próba Sp. z o.o."),
        (("Firmanavn", "Prøve ApS"), "Prøve ApS"),
        (("Raison sociale : SARL L'Exemple",), "SARL L'Exemple"),
        (("Unvan: Deneme Turizm Ltd. Şti.",), "Deneme Turizm Ltd. Şti."),
        (("Реквизиты", "ООО «Образец», ИНН 7712345678, р/с в АО «Банк»"), "ООО «Образец»"),
        (("社名", "株式会社見本工業(MIHON CO., LTD.)"), "株式会社見本工業"),
        (("公司名称\uff1a示例机械有限公司",), "示例机械有限公司"),
        (("예금주 주식회사 은행", "상호 : 주식회사 예시상회 | 대표"), "주식회사 예시상회"),
    ],
)
def test_the_line_with_a_legal_form_names_the_company(lines, expected):
    assert name(*lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ("Muster Technik GmbH",),  # anybody's
        ("Hosting: Muster GmbH", "Hafenweg 17", "13507 Berlin"),
        ("Webdesign", "Muster GmbH"),
        ("Company", "is as limited as it can be"),
        ("Our company SA",),
        ("Impressum",),
        (),
    ],
)
def test_other_lines_name_nobody(lines):
    assert name(*lines) is None


def test_of_several_companies_the_one_that_the_domain_is_named_for_is_it():
    assert name("Betreiber: Andere GmbH", "Kontor GmbH", "Weg 1", "10115 Berlin") == "Kontor GmbH"


def test_a_page_tells_its_company_with_its_address():
    page = "<h1>Impressum</h1><p>Acme GmbH<br>Weg 1<br>D-10115 Berlin<p>Tel. 030 901820"
    address = {"streetAddress": "Weg 1", "postalCode": "10115", "addressLocality": "Berlin"}
    assert facts(page).organization == Organization(
        "Acme GmbH", "Acme GmbH", address, Place.TEXT, 0.95
    )
    stated = jsonld('{"@type":"Organization","name":"Acme"}')
    assert facts(page + stated).organization == Organization(
        "Acme", "Acme GmbH", address, Place.JSONLD, 0.9
    )


@pytest.mark.parametrize(
    ("lines", "street", "code", "town"),
    [
        (("Hafenweg 17", "D-13507 Berlin"), "Hafenweg 17", "13507", "Berlin"),
        (("71 chemin du Lavoir", "13100 Aix-en-Provence"), "71 chemin du Lavoir", "13100", None),
        (
            ("Sede legale: Via Prova 55/A \u2013 40129 Bologna (BO)",),
            "Via Prova 55/A",
            "40129",
            "Bologna",
        ),
        (("Kade 30", "3512 AB Utrecht"), "Kade 30", "3512 AB", "Utrecht"),
        (("Vzorná 541/23, 602 00 Brno",), "Vzorná 541/23", "602 00", "Brno"),
        (("ul. Próbna 7, 50-123 Wrocław",), "ul. Próbna 7", "50-123", "Wrocław"),
        (("14 Sample Terrace", "Edinburgh EH3 6QG"), "14 Sample Terrace", "EH3 6QG", "Edinburgh"),
        (("1871 N Main Ave", "Chicago, IL 60614-0187"), "1871 N Main Ave", "60614-0187", "Chicago"),
        (("12 Main St, Springfield, IL 62701",), "12 Main St", "62701", "Springfield"),
        (
            ("Rua da Amostra, 1131", "01310-123 São Paulo"),
            "Rua da Amostra, 1131",
            "01310-123",
            None,
        ),
    ],
)
def test_an_address_is_a_street_and_a_postal_code(lines, street, code, town):
    found = address_in(lines)
    assert (found["streetAddress"], found["postalCode"]) == (street, code)
    assert town is None or found["addressLocality"] == town


@pytest.mark.parametrize(
    "lines",
    [("2024 Alle Rechte vorbehalten",), ("Berlin", "13507 Berlin"), ("Tel. 030 901820",), ()],
)
def test_what_lacks_one_of_them_is_none(lines):
    assert address_in(lines) == {}


@given(st.lists(st.text(max_size=100), max_size=20), st.text(max_size=30))
def test_any_lines_are_read(lines, host):
    company_of([line.split() for line in lines if line.split()], host)


@pytest.mark.parametrize(
    "piece",
    ["A ", "Ltd ", "S. ", "A GmbH ", "ООО «", "1234 A", "a:", "株式会社", "Abcdef ghij klm "],
)
def test_pages_that_are_made_to_be_slow_are_not(piece):
    line = (piece * 250)[:250]
    document = parse(source_of(f"<p>{line}" * 8_000), "http://kontor.example/")
    assert is_within(0.1, lambda: find(document))


FORMS = """
GmbH|GMBH|GmbH & Co. KG|SE & Co. KGaA|gUG|e.K.|e. V.|OG|KG|eG|Ltd|LTD|Ltd.|Limited|LLC|L.L.C.|LLP|LP
PLLC|Inc.|INC.|Corp.|SARL|Sàrl|S.à r.l.|SAS|S.A.S.|SASU|EURL|SELARL|SPRL|ASBL|vzw|CommV|S.L.|S.L.U.
S.A.|S.A. de C.V.|Ltda.|LTDA|Lda.|s.a.s.|S.r.l.|S.R.L.|S.r.l.s.|S.p.A.|S.P.A.|B.V.|N.V.|BV|VOF|Oy
Oy Ab|Sp. z o.o.|SP. Z O.O.|Sp. z o.o. Sp. k.|sp. j.|s.r.o.|spol. s r.o.|a.s.|d.o.o.|j.d.o.o.|d.d.
AD|Kft.|Zrt.|ApS|A/S|AS|AB|ASA|OÜ|Ltd. Şti.|LTD. ŞTİ.|A.Ş.|ЕООД|ΕΠΕ|ΙΚΕ|Α.Ε.|UAB|SIA
"""


@pytest.mark.parametrize("form", FORMS.strip().replace("\n", "|").split("|"))
def test_every_legal_form_ends_a_name(form):
    assert name("Impressum", f"Muster {form}", "Weg 1", "10115 Berlin") == f"Muster {form}"


@pytest.mark.parametrize(
    "lines",
    [
        # Others that stand on the pages of a company, with all that an imprint has.
        ("Wir nutzen", "Hetzner Online GmbH", "Industriestr. 25", "91710 Gunzenhausen"),
        ("Anbieter ist die Strato AG, Otto-Ostrowski-Str. 7, 10249 Berlin",),
        ("Anbieter:", "Cloudflare Inc.", "101 Townsend St", "San Francisco, CA 94107"),
        ("Universalschlichtungsstelle", "Zentrum für Schlichtung e.V.", "Weg 8", "77694 Kehl"),
        ("Ihre Daten an die SCHUFA Holding AG, Kormoranweg 5, 65201 Wiesbaden",),
        ("Bankverbindung:", "Volks Muster eG", "Weg 1", "10115 Berlin"),
        ("Gestaltung und Programmierung:", "Digitalfabrik GmbH", "Weg 2", "20095 Hamburg"),
        ("Hébergement", "O2switch SARL", "222 Boulevard G", "63000 Clermont"),
        ("Responsable: Google Ireland Ltd.",),
        ("Unser Steuerberater", "Steuer Huber GmbH", "Weg 2", "80331 München"),
        ("Ein Unternehmen der Muster Beteiligungs AG",),
        # Sentences and words that look like forms.
        ("Impressum", "Verkäufer (m/w/d) bei Blumen Max GmbH"),
        ("Impressum", "Wir versenden mit DHL Paket GmbH"),
        ("Firma", "1200 Pennsylvania Ave SE 20003 Washington"),
        ("THE SOFTWARE IS PROVIDED", "Bruk det AS IS"),
        ("We supply to United States Steel Corporation",),
    ],
)  # fmt: skip
def test_others_who_stand_on_its_pages_do_not_run_it(lines):
    assert name(*lines) is None


@pytest.mark.parametrize(
    ("company", "host", "is_so"),
    [
        ("Kontor GmbH", "kontor.de", True),
        ("Beispiel Fördertechnik Lohrmar GmbH", "beispiel-foerdertechnik-lohrmar.de", True),
        ("Les Délices SARL", "lesdelices.fr", True),
        ("Blumen Max e.K.", "shop.blumen-max.de:8080", True),
        ("Vetreria Muranello S.n.c. di Bianchi & Neri", "vetreria-muranello.it", True),
        ("Hetzner Online GmbH", "onlineshop.de", False),
        ("Hetzner Online GmbH", "acme.online", False),
        ("Google Ireland Limited", "visitireland.com", False),
        ("City Sightseeing Ltd", "mycity-tours.com", False),
        ("United States Steel Corporation", "steel.com", False),
        ("Eine GmbH", "gmbh-gruenden.de", False),
        ("GmbH", "localhost", False),
    ],
)
def test_a_host_is_named_for_a_company(company, host, is_so):
    assert bears_name_of(company, host) is is_so


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Acme", "Acme Tools GmbH", True),
        ("Müller", "Mueller GmbH & Co. KG", True),
        ("Acme GmbH", "Pixelwerk GmbH", False),
        ("Acme and Sons Limited", "Google Ireland Limited", False),
        ("Praxis Weber GbR", "PVS GbR", False),
        ("Acme The Shop", "The Mall Ltd", False),
        ("GmbH", "AG", False),
    ],
)
def test_two_names_are_of_the_same_company(one, other, same):
    assert is_same((one, None), (None, other)) is same
