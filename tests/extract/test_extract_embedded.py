"""The data that pages built by scripts bring along."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.extract import embedded
from skybatch.extract.document import parse
from skybatch.extract.source import source_of
from tests.extract.pages import facts
from tests.extract.quick import is_within

NEXT = (
    '<div id=__next></div><script id="__NEXT_DATA__" type="application/json">{"props":{"office":'
    '{"phone":"030 901820","fax":"+49 30 901821","email":"info@firma.de","x":"https://x.com/firma"}'
    "}}</script>"
)
NUXT = (
    '<script>window.__NUXT__=(function(a){return {data:[{tel:"030 901820",faxNumber:"030 901821",'
    'mail:a,links:["https:\\u002F\\u002Fx.com\\u002Ffirma"]}]}}("info\\u0040firma.de"))</script>'
)
FLIGHT = (
    '<script>self.__next_f.push([1,"5:{\\"phone\\":\\"030 901820\\",\\"fax\\":\\"030 901821\\",'
    '\\"email\\":\\"info@firma.de\\",\\"sameAs\\":[\\"https://x.com/firma\\"]}"])</script>'
)
STATE = (
    '<script>window.__INITIAL_STATE__ = {"telephone":"030 901820","fax":"030 901821",'
    '"e":"info@firma.de","u":"https:\\/\\/x.com\\/firma"};</script>'
)


@pytest.mark.parametrize("page", [NEXT, NUXT, FLIGHT, STATE])
def test_contacts_in_the_data_of_scripts_are_found(page):
    found = facts(page)
    assert [email.value for email in found.emails] == ["info@firma.de"]
    assert [phone.value for phone in found.phones] == ["+4930901820"]
    assert [fax.value for fax in found.faxes] == ["+4930901821"]
    assert [link.url for link in found.social_links] == ["https://x.com/firma"]


@pytest.mark.parametrize(
    "script",
    [
        '<script>var a = {"email":"info@firma.de","phone":"030 901820"}</script>',
        '<script type="text/template">{"email":"info@firma.de"}</script>',
        '<script type="application/json">{"order":"030 901820","id":"+49 30 901821"}</script>',
    ],
)
def test_what_is_no_data_or_no_contact_is_not(script):
    found = facts(script)
    assert (found.emails, found.phones, found.faxes) == ((), (), ())


def test_a_profile_in_the_data_counts_only_where_no_link_leads_to_one():
    page = NEXT + '<a href="https://twitter.com/other">x</a>'
    assert [link.url for link in facts(page).social_links] == ["https://x.com/other"]


def test_addresses_of_others_in_the_data_count_only_where_the_page_shows_none():
    data = '<script type="application/json">["jo@visitor.example","vera@acme.de"]</script>'
    assert [email.value for email in facts(data).emails] == ["jo@visitor.example", "vera@acme.de"]
    assert [email.value for email in facts(f"{data}<p>info [at] acme [dot] de").emails] == [
        "info@acme.de",
        "vera@acme.de",
    ]


@given(st.text(max_size=300))
def test_any_text_is_data(text):
    page = f'<script type="application/json">{text}</script>'
    for name, value in embedded.strings(parse(source_of(page), "http://a.example/")):
        assert name == name.lower()
        assert value.encode()  # no lone surrogates


@pytest.mark.parametrize("piece", ['"a', "a", '"a":', '\\"', "a ", '"', '"a":"' + "b" * 600])
def test_data_that_is_made_to_be_slow_is_not(piece):
    page = '<script type="application/json">' + piece * (1_000_000 // len(piece))
    document = parse(source_of(page), "http://a.example/")
    assert is_within(0.25, lambda: embedded.strings(document))
