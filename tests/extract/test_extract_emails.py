"""E-mail addresses: where they hide, and what only looks like one."""

import pytest

from skybatch.extract.mailboxes import kind_of
from skybatch.model.facts import EmailKind, Place
from tests.extract.pages import facts, jsonld


def values(page: str) -> list[str]:
    return [email.value for email in facts(page).emails]


def scrambled(address: str, key: int = 0x5A) -> str:
    """Cloudflare's code: the key, then every byte of the address XORed with it."""
    return bytes([key, *(byte ^ key for byte in address.encode())]).hex()


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("Write to Info@Acme.DE.", ["info@acme.de"]),
        ("(info@acme.de), sales@acme.co.uk;", ["info@acme.de", "sales@acme.co.uk"]),
        ("<b>info&#64;acme&#46;de</b>", ["info@acme.de"]),
        ("<p>info@acme.de</p><p>info@acme.de</p>", ["info@acme.de"]),
        ("o'neil+news@mail.acme.museum", ["o'neil+news@mail.acme.museum"]),
        ("info@bücher.de", ["info@xn--bcher-kva.de"]),
        ("info@xn--bcher-kva.xn--p1ai", ["info@xn--bcher-kva.xn--p1ai"]),
        ("'info@acme.de' E-Mail:post@acme.de", ["info@acme.de", "post@acme.de"]),
        (f"{'z' * 64}@acme.de", [f"{'z' * 64}@acme.de"]),
    ],
)
def test_an_address_in_the_text_is_found(page, found):
    assert values(page) == found


@pytest.mark.parametrize(
    "page",
    [
        "logo@2x.png",
        "7v64clg5u9.fsf@assigned-by-dhcp.cox.net",
        "pine.lnx.4.64.0702272039540.12485@woody.linux-foundation.org",
        "foo@1.2",
        "@acme",
        "info@",
        "info@acme",
        "info@-acme.de",
        "info@acme..de",
        "in..fo@acme.de",
        "info@acme.d",
        "info@acme.123",
        "jörg@acme.de",
        "a@b@acme.de",
        f"{'z' * 65}@acme.de",
        f"a@{'b' * 64}.de",
        f"{'z' * 64}@{'b' * 63}.{'c' * 63}.{'d' * 63}.de",
        "you@example.com",
        "you@example.org",
        "you@mail.example.net",
        "you@example.co.uk",
        "you@yourdomain.com",
        "yourname@acme.de",
        "0123456789abcdef0123456789abcdef@o1.ingest.sentry.io",
        "0123456789abcdef0123456789abcdef@sentry.wixpress.com",
        "0123456789abcdef0123456789abcdef@acme.de",
        "react@next.js",
        "look (at) this",
        "<script>var mail = 'info@acme.de'</script>",
        "<style>info@acme.de</style>",
    ],
)
def test_what_only_looks_like_an_address_is_none(page):
    assert values(page) == []


@pytest.mark.parametrize(
    ("href", "found"),
    [
        ("mailto:info@acme.de", ["info@acme.de"]),
        ("MAILTO:%20Info%40acme.de?subject=Hi%20you@other.de", ["info@acme.de"]),
        ("mailto:a@acme.de,b@acme.de;c@acme.de", ["a@acme.de", "b@acme.de", "c@acme.de"]),
        ("mailto:Acme <info@acme.de>", ["info@acme.de"]),
        ("mailto://info@acme.de", ["info@acme.de"]),
        ("mailto:info(at)acme.de", ["info@acme.de"]),
        ("&#109;ailto&#58;info&#64;acme&#46;de", ["info@acme.de"]),
        ("mailto:", []),
        (f"/cdn-cgi/l/email-protection#{scrambled('info@acme.de')}", ["info@acme.de"]),
        ("/cdn-cgi/l/email-protection#nothex", []),
        ("/cdn-cgi/l/email-protection", []),
    ],
)
def test_recipients_of_a_link_are_found(href, found):
    emails = facts(f'<a href="{href}">write</a>').emails
    assert [email.value for email in emails] == found
    assert all(email.place is Place.MAILTO for email in emails)


@pytest.mark.parametrize(
    "text",
    [
        "info [at] acme [dot] de",
        "info(at)acme.de",
        "info ( at ) acme (dot) de",
        "Info [AT] acme [Punkt] de",
    ],
)
def test_a_disguise_in_brackets_is_seen_through(text):
    assert values(f"<p>{text}</p>") == ["info@acme.de"]


def test_a_bare_at_is_no_disguise():
    assert values("meet at acme.de, look at this dot com") == []


def test_a_scrambled_address_is_read():
    page = f'<span class="__cf_email__" data-cfemail="{scrambled("info@acme.de")}">[email]</span>'
    assert values(page) == ["info@acme.de"]


def test_structured_data_names_addresses():
    page = jsonld('{"@type":"Person","contactPoint":[{"email":"mailto:Info@acme.de"}]}')
    (email,) = facts(page).emails
    assert (email.value, email.place) == ("info@acme.de", Place.JSONLD)


def test_an_address_is_reported_once_from_its_best_place():
    page = 'info@acme.de <a href="mailto:info@acme.de">write</a> sales@acme.de'
    first, second = facts(page).emails
    assert (first.value, first.place) == ("info@acme.de", Place.MAILTO)
    assert (second.value, second.place) == ("sales@acme.de", Place.TEXT)
    assert first.confidence > second.confidence


def test_a_page_gives_at_most_fifty():
    assert len(values(" ".join(f"a{n}@acme.de" for n in range(80)))) == 50


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("info@acme.de", EmailKind.ROLE),
        ("info-berlin@acme.de", EmailKind.ROLE),
        ("berlin.sales@acme.de", EmailKind.ROLE),
        ("support2@acme.de", EmailKind.ROLE),
        ("no-reply@acme.de", EmailKind.ROLE),
        ("reservas@acme.es", EmailKind.ROLE),
        ("anna-maria.schmidt@acme.de", EmailKind.PERSONAL),
        ("python-list@acme.org", EmailKind.UNKNOWN),
        ("openssl-core@acme.org", EmailKind.UNKNOWN),
        ("poststelle@acme.de", EmailKind.ROLE),
        ("bestel@acme.nl", EmailKind.ROLE),
        ("jo.doe@acme.de", EmailKind.PERSONAL),
        ("j.doe@acme.de", EmailKind.PERSONAL),
        ("jane_doe@acme.de", EmailKind.PERSONAL),
        ("jdoe@acme.de", EmailKind.UNKNOWN),
        ("x2.9@acme.de", EmailKind.UNKNOWN),
    ],
)
def test_the_local_part_tells_whose_mailbox_it_is(address, kind):
    assert kind_of(address) is kind
