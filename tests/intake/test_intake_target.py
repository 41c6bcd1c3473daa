"""Written domains: what each of them means, and why some mean nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skybatch.intake.target import BadDomain, parse_target
from skybatch.model.target import Target

LABEL_63 = "a" * 63
LABELS = st.from_regex(r"[A-Za-z0-9_-]{1,12}", fullmatch=True) | st.sampled_from(
    ["xn--bcher-kva", "xn--", "0x1f", LABEL_63, LABEL_63 + "a"]
)
NAME_253 = ".".join([LABEL_63, LABEL_63, LABEL_63, "a" * 61])


def target(domain: str, host: str = "", **rest) -> Target:
    return Target(domain, host or domain, **rest)


GOOD = [
    # names
    ("example.com", target("example.com")),
    ("Example.COM.", target("example.com")),
    ("  example.com\r\n", target("example.com")),
    ("\ufeffexample.com", target("example.com")),
    ("www.example.co.uk", target("www.example.co.uk")),
    ("printer.local", target("printer.local")),
    ("my_shop.example.com", target("my_shop.example.com")),
    ("_dmarc.example.com", target("_dmarc.example.com")),
    ("1and1.com", target("1and1.com")),
    ("1e3.com", target("1e3.com")),
    (f"{LABEL_63}.com", target(f"{LABEL_63}.com")),
    (NAME_253, target(NAME_253)),
    (NAME_253 + ".", target(NAME_253)),
    # international names (UTS #46, as browsers do it)
    ("bücher.de", target("xn--bcher-kva.de")),
    ("BÜCHER.de", target("xn--bcher-kva.de")),
    ("xn--bcher-kva.de", target("xn--bcher-kva.de")),
    ("bu\u0308cher.de", target("xn--bcher-kva.de")),
    ("straße.de", target("xn--strae-oqa.de")),
    ("例え.テスト", target("xn--r8jz45g.xn--zckzah")),
    ("example。com", target("example.com")),
    ("\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45.com", target("example.com")),
    ("exam\u00adple.com", target("example.com")),
    ("exam\u200bple.com", target("example.com")),
    ("http://ex%61mple.com", target("example.com", scheme="http")),
    # URLs
    ("https://example.com", target("example.com", scheme="https")),
    ("HTTPS://EXAMPLE.COM/Path?x=1", target("example.com", scheme="https", path="/Path?x=1")),
    ("http://example.com/a/../b#top", target("example.com", scheme="http", path="/b")),
    ("http://example.com?x=1", target("example.com", scheme="http", path="/?x=1")),
    ("https://example.com/ü ".rstrip(), target("example.com", scheme="https", path="/%C3%BC")),
    ("example.com/shop", target("example.com", path="/shop")),
    ("example.com?x", target("example.com", path="/?x")),
    ("example.com#about", target("example.com")),
    ("example.com/a@b:c", target("example.com", path="/a@b:c")),
    ("//example.com/x", target("example.com", path="/x")),
    ("http:example.com", target("example.com", scheme="http")),
    ("https:/example.com", target("example.com", scheme="https")),
    # ports
    ("example.com:8080", target("example.com:8080", "example.com", port=8080)),
    ("example.com:8080/x", target("example.com:8080", "example.com", port=8080, path="/x")),
    ("example.com:443", target("example.com:443", "example.com", port=443)),
    ("example.com:80", target("example.com:80", "example.com", port=80)),
    ("example.com:00080", target("example.com:80", "example.com", port=80)),
    ("example.com:", target("example.com")),
    ("https://example.com:443/", target("example.com", scheme="https")),
    ("http://example.com:80", target("example.com", scheme="http")),
    (
        "http://example.com:443",
        target("example.com:443", "example.com", port=443, scheme="http"),
    ),
    ("example.com:65535", target("example.com:65535", "example.com", port=65535)),
    # e-mail addresses
    ("info@example.com", target("example.com")),
    ("First.Last+tag@Bücher.de", target("xn--bcher-kva.de")),
    # addresses; numeric spellings as the URL Standard reads them
    ("192.0.2.1", target("192.0.2.1")),
    ("10.1.2.3", target("10.1.2.3")),
    ("127.1", target("127.0.0.1")),
    ("0x7f.1", target("127.0.0.1")),
    ("0177.0.0.1", target("127.0.0.1")),
    ("2130706433", target("127.0.0.1")),
    ("http://127.0.0.1./", target("127.0.0.1", scheme="http")),
    ("①②⑦.⓪.⓪.①", target("127.0.0.1")),
    ("127.1:8080", target("127.0.0.1:8080", "127.0.0.1", port=8080)),
    ("[::1]", target("[::1]", "::1")),
    ("[2001:DB8:0::1]", target("[2001:db8::1]", "2001:db8::1")),
    ("[::ffff:127.0.0.1]", target("[::ffff:7f00:1]", "::ffff:7f00:1")),
    (
        "http://[2001:db8::1]:8080/x",
        Target("[2001:db8::1]:8080", "2001:db8::1", 8080, "http", "/x"),
    ),
]

BAD = [
    ("", "empty"),
    (" \t\n", "empty"),
    ("http://", "empty"),
    ("/path", "empty"),
    ("#", "empty"),
    ("x" * 2_049, "too_long"),
    ("example.com/" + "ü" * 1_000, "too_long"),
    # characters
    ("not a domain", "bad_character"),
    ("exam\u00a0ple.com", "bad_character"),
    ("example.com\r\nHost: x", "bad_character"),
    ("exam\tple.com", "bad_character"),
    ("example\x00.com", "bad_character"),
    ("example.com/\x7f", "bad_character"),
    ("a%00b.com", "bad_character"),
    ("a%20b.com", "bad_character"),
    ("<b>.com", "bad_character"),
    ("a|b.com", "bad_character"),
    ("\ud800.com", "bad_character"),
    ("example.com/\udfff", "bad_character"),
    ("example.com\\path", "bad_character"),
    ("info\uff20example.com", "bad_character"),
    # other schemes
    ("ftp://example.com", "bad_scheme"),
    ("file:///etc/passwd", "bad_scheme"),
    ("wss://example.com", "bad_scheme"),
    ("mailto:info@example.com", "bad_scheme"),
    ("javascript:alert(1)", "bad_scheme"),
    ("data:text/html,x", "bad_scheme"),
    ("tel:+4930123456", "bad_scheme"),
    ("tel:4930123456", "bad_scheme"),
    ("h.ttp://example.com", "bad_scheme"),
    # credentials
    ("user:pw@example.com", "credentials"),
    ("https://user@example.com", "credentials"),
    ("https://user:pw@example.com/", "credentials"),
    ("http://:@example.com/", "credentials"),
    ("info@example.com/path", "credentials"),
    ("a@b@example.com", "credentials"),
    ("info@example.com:8080", "credentials"),
    # ports
    ("example.com:0", "bad_port"),
    ("example.com:65536", "bad_port"),
    ("example.com:" + "9" * 1_000, "bad_port"),
    ("example.com:http", "bad_port"),
    ("example.com:-1", "bad_port"),
    ("example.com:٨٠", "bad_port"),
    # addresses
    ("256.1.1.1", "bad_address"),
    ("1.2.3.4.5", "bad_address"),
    ("example.123", "bad_address"),
    ("example.0x1", "bad_address"),
    ("09.0.0.1", "bad_address"),
    ("2001:db8::1", "bad_address"),
    ("[::1", "bad_address"),
    ("[example.com]", "bad_address"),
    ("[fe80::1%eth0]", "bad_address"),
    # names
    ("example", "single_label"),
    ("localhost", "single_label"),
    ("5", "single_label"),
    ("12000", "single_label"),
    ("localhost:8080", "single_label"),
    ("example.", "single_label"),
    ("http://intranet/", "single_label"),
    ("info@localhost", "single_label"),
    ("example..com", "empty_label"),
    (".example.com", "empty_label"),
    ("example.com..", "empty_label"),
    (".", "empty_label"),
    (f"a{LABEL_63}.com", "label_too_long"),
    ("ü" * 60 + ".com", "label_too_long"),
    (f"a{NAME_253}", "name_too_long"),
    ("a." * 150 + "com", "name_too_long"),
    ("_.com", "bad_name"),
    ("__._", "bad_name"),
    ("-example.com", "bad_name"),
    ("example-.com", "bad_name"),
    ("*.example.com", "bad_name"),
    ("example.com,", "bad_name"),
    ('"example.com"', "bad_name"),
    ("ex!ample.com", "bad_name"),
    ("@example.com", "bad_name"),
]


@pytest.mark.parametrize(("text", "expected"), GOOD, ids=[ascii(text)[:50] for text, _ in GOOD])
def test_a_written_domain_means_a_target(text, expected):
    assert parse_target(text) == expected


@pytest.mark.parametrize(("text", "code"), BAD, ids=[ascii(text)[:50] for text, _ in BAD])
def test_what_is_no_domain_is_rejected_with_a_code_and_a_sentence(text, code):
    with pytest.raises(BadDomain) as caught:
        parse_target(text)
    assert caught.value.code == code
    assert len(caught.value.detail.split()) > 3


WILD = st.one_of(
    st.text(),
    st.text(st.characters(codec=None)),  # lone surrogates included
    st.text(alphabet="abz019.-_:/@[]%?#x\\ ü。①\u200b\u00ad", max_size=40),
    st.from_regex(r"(https?://)?[a-zäß0-9-]{1,9}(\.[a-zé0-9-]{1,9}){1,3}(:\d{1,5})?(/.{0,9})?"),
    st.from_regex(r"xn--[a-z0-9-]{0,12}\.[a-z]{2,3}", fullmatch=True),
)


@given(WILD)
def test_any_text_is_a_target_or_a_bad_domain_and_a_domain_stays_itself(text):
    try:
        found = parse_target(text)
    except BadDomain:
        return
    assert parse_target(found.domain).domain == found.domain
    found.domain.encode("ascii")
    found.path.encode("ascii")
    assert found.path.startswith("/")
    assert found.scheme in (None, "http", "https")
    bare = f"[{found.host}]" if ":" in found.host else found.host
    assert found.domain == (bare if found.port is None else f"{bare}:{found.port}")


@given(st.lists(LABELS, min_size=1, max_size=6).map(".".join))
def test_a_usual_name_means_what_it_means_by_the_long_way(text):
    def meant(written: str) -> Target | str:
        try:
            return parse_target(written)
        except BadDomain as bad:
            return bad.code

    assert meant(text) == meant(text + "/")
