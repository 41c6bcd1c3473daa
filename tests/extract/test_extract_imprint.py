# ruff: noqa: RUF001 - legal forms in Cyrillic
"""Who runs a site, from its text."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract.address import address_in
from skybatch.extract.imprint import organization_of
from skybatch.model.facts import Organization, Place
from tests.extract.pages import facts, jsonld

HOST = "kontor.example"


def name(*lines: str) -> str | None:
    found = organization_of([line.split() for line in lines], HOST)
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
    assert facts(page).organization == Organization("Acme GmbH", "Acme GmbH", address, Place.TEXT)
    stated = jsonld('{"@type":"Organization","name":"Acme"}')
    assert facts(page + stated).organization == Organization(
        "Acme", "Acme GmbH", address, Place.JSONLD
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
    organization_of([line.split() for line in lines if line.split()], host)


@pytest.mark.parametrize(
    "piece", ["A ", "Ltd ", "S. ", "A GmbH ", "ООО «", "1234 A", "a:", "株式会社"]
)
def test_lines_that_are_made_to_be_slow_are_not(piece):
    lines = [(piece * 250)[:250].split()] * 3_000
    began = time.process_time()
    organization_of(lines, HOST)
    assert time.process_time() - began < 0.25
