"""JSON-LD as people write it, microdata, and the organization in them."""

import pytest

from skybatch.model.facts import Organization, Place
from tests.extract.pages import facts, jsonld

ACME = '{"@type":"Organization","name":"Acme"}'


@pytest.mark.parametrize(
    "text",
    [
        ACME,
        f" [{ACME}] ",
        f"<!-- {ACME} -->",
        f"//<![CDATA[\n{ACME}\n//]]>",
        f"/* <![CDATA[ */ {ACME} /* ]]> */",
        f"{ACME};",
        '{"@type":"Organization","name":"Acme",}',
        '{"@type":["Thing","Organization",],"name":["Acme",],}',
        '{"@context":"https://schema.org","@graph":[{"@type":"WebSite"},' + ACME + "]}",
        '{"@type":"http://schema.org/Corporation","name":"Acme"}',
        '{"@type":"schema:Organization","name":"\tAcme\n"}',
        '{"@type":"WebPage","publisher":' + ACME + "}",
        '{"@type":"LocalBusiness","legalName":"Acme AG","name":"Acme"}',
    ],
)
def test_json_ld_is_read_as_it_is_written_in_the_wild(text):
    organization = facts(jsonld(text)).organization
    assert organization is not None
    assert (organization.name, organization.place) == ("Acme", Place.JSONLD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "{",
        "[" * 100_000,
        '{"a":' * 100_000,
        "nonsense",
        '{"@graph":[[[[[[1]]]]]]}',
        "1e999",
    ],
)
def test_what_is_no_json_ld_gives_nothing(text):
    assert facts(jsonld(text)).structured_data == ()


def test_a_broken_block_does_not_spoil_the_next():
    assert facts(jsonld("{broken") + jsonld(ACME)).structured_data == (
        {"@type": "Organization", "name": "Acme"},
    )


def test_the_organization_has_its_address_and_legal_name():
    found = facts(
        jsonld(
            '{"@type":"Organization","name":"M&uuml;ller &amp; Co","legalName":"Müller KG",'
            '"address":[{"@type":"PostalAddress","streetAddress":" Weg  1 ","postalCode":10115,'
            '"addressLocality":"Berlin","addressCountry":{"@type":"Country","name":"DE"}}]}'
        )
    ).organization
    assert found == Organization(
        name="Müller & Co",
        legal_name="Müller KG",
        address={
            "streetAddress": "Weg 1",
            "postalCode": "10115",
            "addressLocality": "Berlin",
            "addressCountry": "DE",
        },
        place=Place.JSONLD,
    )


def test_an_address_in_one_line_is_its_street():
    found = facts(jsonld('{"@type":"Store","name":"Acme","address":"Weg 1, Berlin"}')).organization
    assert found is not None
    assert found.address == {"streetAddress": "Weg 1, Berlin"}


@pytest.mark.parametrize(
    "text",
    [
        '{"@type":"Person","name":"Jo"}',
        '{"@type":"Organization"}',
        '{"name":"Acme"}',
        '{"@type":7,"name":[]}',
        '{"@type":"Organization","name":{"a":1}}',
    ],
)
def test_what_is_no_named_organization_is_none(text):
    assert facts(jsonld(text)).organization is None


def test_the_name_of_a_site_is_no_proof_of_who_runs_it():
    assert facts('<meta property="og:site_name" content="Acme Shop">').organization is None


def test_microdata_is_read_in_the_shape_of_json_ld():
    page = """<div itemscope itemtype="https://schema.org/LocalBusiness">
        <h2 itemprop="name"> Acme <b>GmbH</b></h2> <img itemprop="logo" src="/logo.png">
        <div itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">
          <span itemprop="streetAddress">Weg 1</span><meta itemprop="postalCode" content="10115">
        </div>
        <a itemprop="email" href="mailto:info@acme.de">write</a>
        <span itemprop="telephone">030 901820</span><span itemprop="faxNumber">030 901821</span>
      </div>"""
    found = facts(page)
    assert found.organization == Organization(
        name="Acme GmbH",
        address={"streetAddress": "Weg 1", "postalCode": "10115"},
        place=Place.MICRODATA,
        confidence=0.85,
    )
    assert len(found.structured_data) == 1
    assert [(phone.value, phone.place) for phone in found.phones] == [
        ("+4930901820", Place.MICRODATA)
    ]
    assert [fax.value for fax in found.faxes] == ["+4930901821"]
    assert [email.value for email in found.emails] == ["info@acme.de"]
    assert found.logo_url == "https://www.acme.de/logo.png"


def test_structured_data_is_bounded():
    many = facts(jsonld("[" + ",".join([ACME] * 500) + "]")).structured_data
    assert len(many) == 50
    deep = facts(jsonld('{"a":' * 50 + "1" + "}" * 50)).structured_data
    assert str(deep).count("{") <= 11
