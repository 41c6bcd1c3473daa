"""URLs are read as browsers read them: facts from web-platform-tests.

The cases are taken from url/resources/urltestdata.json, the test data of the WHATWG URL Standard,
as of July 2026. `parse` leaves out fragment and credentials, and takes only http and https: what is
expected is the href of the test data without these two, or None where the data says failure or the
href has another scheme. `resolve` leaves out only the fragment.
"""

import pytest

from skybatch.crawl.url import parse
from skybatch.extract.document import resolve

BASE = "http://example.org/foo/bar"
OTHER = "http://other.com/"
ORG = "http://example.org/"
NET = "http://example.net/"
COM = "http://www.example.com/test"
FAR = "ftp://base.test/"  # of another scheme: it says nothing about an absolute http(s) URL

# Input, base, href.
PATHS = [
    (".", COM, "http://www.example.com/"),
    ("..", COM, "http://www.example.com/"),
    ("test.txt", COM, "http://www.example.com/test.txt"),
    ("./test.txt", COM, "http://www.example.com/test.txt"),
    ("../aaa/test.txt", COM, "http://www.example.com/aaa/test.txt"),
    ("../../test.txt", COM, "http://www.example.com/test.txt"),
    ("http://example.com/././foo", None, "http://example.com/foo"),
    ("http://example.com/./.foo", None, "http://example.com/.foo"),
    ("http://example.com/foo/.", None, "http://example.com/foo/"),
    ("http://example.com/foo/./", None, "http://example.com/foo/"),
    ("http://example.com/foo/bar/..", None, "http://example.com/foo/"),
    ("http://example.com/foo/..bar", None, "http://example.com/foo/..bar"),
    ("http://example.com/foo/bar/../ton/../../a", None, "http://example.com/a"),
    ("http://example.com/foo/../../../ton", None, "http://example.com/ton"),
    ("http://example.com/foo/%2e", None, "http://example.com/foo/"),
    ("http://example.com/foo/%2e%2", None, "http://example.com/foo/%2e%2"),
    (
        "http://example.com/foo/%2e./%2e%2e/.%2e/%2e.bar",
        None,
        "http://example.com/%2e.bar",
    ),
    ("https://example.com/aaa/bbb/%2e%2e?query", None, "https://example.com/aaa/?query"),
    ("http://www/foo/%2E/html", None, "http://www/foo/html"),
    ("http://www/foo%2Ehtml", None, "http://www/foo%2Ehtml"),
    ("http://example.com////../..", None, "http://example.com//"),
    ("http://example.com/foo/bar//../..", None, "http://example.com/foo/"),
    ("http://example.com/foo/bar//..", None, "http://example.com/foo/bar/"),
    ("http://foo/path;a??e#f#g", BASE, "http://foo/path;a??e"),
]
SLASHES = [
    (r"\x", BASE, "http://example.org/x"),
    (r"\\x\hello", BASE, "http://x/hello"),
    (":foo.com\\", BASE, "http://example.org/foo/:foo.com/"),
    ("http:\\\\foo.com\\", BASE, "http://foo.com/"),
    (r"http:\\www.google.com\foo", None, "http://www.google.com/foo"),
    (r"http://example.com\\foo\\bar", None, "http://example.com//foo//bar"),
    (r"http://foo.com/\@", BASE, "http://foo.com//@"),
    ("//foo/bar", BASE, "http://foo/bar"),
    ("///test", ORG, "http://test/"),
    (r"///\//\//test", ORG, "http://test/"),
    ("///example.org/path", ORG, "http://example.org/path"),
    ("///example.org/../path/../../path", ORG, "http://example.org/path"),
    (r"/\/\//example.org/../path", ORG, "http://example.org/path"),
]
SCHEMES = [
    ("http:foo.com", BASE, "http://example.org/foo/foo.com"),
    ("http:example.com/", BASE, "http://example.org/foo/example.com/"),
    ("http:example.com/", None, "http://example.com/"),
    ("https:example.com/", BASE, "https://example.com/"),
    ("http:/example.com/", BASE, "http://example.org/example.com/"),
    ("http:/example.com/", None, "http://example.com/"),
    ("https:/example.com/", BASE, "https://example.com/"),
    ("http:/", "http://example.com/", "http://example.com/"),
    ("http:", BASE, "http://example.org/foo/bar"),
    ("http:", "https://example.org/foo/bar", None),
    ("http:[61:27]/:foo", BASE, "http://example.org/foo/[61:27]/:foo"),
    ("http::@c:29", BASE, "http://example.org/foo/:@c:29"),
    (":a", BASE, "http://example.org/foo/:a"),
    ("/:23", BASE, "http://example.org/:23"),
    ("::23", BASE, "http://example.org/foo/::23"),
]
REFERENCES = [
    ("", BASE, "http://example.org/foo/bar"),
    ("  \t", BASE, "http://example.org/foo/bar"),
    ("#", BASE, "http://example.org/foo/bar"),
    ("#β", BASE, "http://example.org/foo/bar"),
    ("#;?", BASE, "http://example.org/foo/bar"),
    (":#", BASE, "http://example.org/foo/:"),
    ("#link", "https://example.org/##link", "https://example.org/"),
    ("/", BASE, "http://example.org/"),
    ("?", BASE, "http://example.org/foo/bar?"),
    ("?a=b&c=d", BASE, "http://example.org/foo/bar?a=b&c=d"),
    ("??a=b&c=d", BASE, "http://example.org/foo/bar??a=b&c=d"),
    ("http://foo/abcd#foo?bar", BASE, "http://foo/abcd"),
    ("http://www.google.com/foo?bar=baz#", None, "http://www.google.com/foo?bar=baz"),
    ("http://example.org/test?#", None, "http://example.org/test?"),
    ("", None, None),
    ("#", None, None),
    ("?", None, None),
    ("a/", None, None),
]
SPACES = [
    (" foo.com  ", BASE, "http://example.org/foo/foo.com"),
    ("\t   :foo.com   \n", BASE, "http://example.org/foo/:foo.com"),
    ("http://example\t.\norg", BASE, "http://example.org/"),
    ("http://f:\n/c", BASE, "http://f/c"),
    ("http://f:21/ b ? d # e ", BASE, "http://f:21/%20b%20?%20d%20"),
    ("/a/ /c", BASE, "http://example.org/a/%20/c"),
    ("http://example.com/foo\tbar", None, "http://example.com/foobar"),
    ("http://ho\rst/", None, "http://host/"),
    ("\x00\x1b\x04\x12 http://example.com/\x1f \r ", None, "http://example.com/"),
    (
        "h\tt\nt\rp://h\to\ns\rt:9\t0\n0\r0/p\ta\nt\rh?q\tu\ne\rry#f\tr\na\rg",
        None,
        "http://host:9000/path?query",
    ),
]
HOSTS = [
    ("http://ExAmPlE.CoM", OTHER, "http://example.com/"),
    ("http://GOO\u200b\u2060\ufeffgoo.com", OTHER, "http://googoo.com/"),
    ("http://www.foo。bar.com", OTHER, "http://www.foo.bar.com/"),
    ("http://\uff27\uff4f.com", OTHER, "http://go.com/"),
    ("http://你好你好", OTHER, "http://xn--6qqa088eba/"),
    ("https://faß.ExAmPlE/", None, "https://xn--fa-hia.example/"),
    ("https://%e2%98%83", None, "https://xn--n3h/"),
    ("https://a%C2%ADb/", None, "https://ab/"),
    ("http://a.b.c.XN--pokxncvks", None, "http://a.b.c.xn--pokxncvks/"),
    ("https://xn--/", None, "https://xn--/"),
    ("http://./", None, "http://./"),
    ("http://foo.09..", None, "http://foo.09../"),
    ("http://!\"$&'()*+,-.;=_`{}~/", None, "http://!\"$&'()*+,-.;=_`{}~/"),
    ("http://GOO\xa0\u3000goo.com", OTHER, None),
    ("http://\ufdd0zyx.com", OTHER, None),
    ("https://\ufffd", None, None),
    ("https://\xad/", None, None),
    ("http://\uff05\uff14\uff11.com", OTHER, None),
    ("http://%zz%66%a.com", OTHER, None),
    ("http://%25", OTHER, None),
    ("http://hello%00", OTHER, None),
    ("http://ho%20st/", None, None),
    ("http://ho%2Fst/", None, None),
    ("http://example example.com", OTHER, None),
    ("http://a<b", None, None),
    ("http://a^b", None, None),
    ("http://a|b/", None, None),
    ("http://a\x7fb/", None, None),
    ("https://example.com%80/", None, None),
    ("http://?", None, None),
    ("http://#", None, None),
    ("http://user:pass@/", None, None),
    ("http://a:b@/www.example.com", None, None),
    ("https:@/www.example.com", None, None),
]
ADDRESSES = [
    ("http://1.2.3.4./", OTHER, "http://1.2.3.4/"),
    ("http://192.168.257", OTHER, "http://192.168.1.1/"),
    ("http://192.168.257.com", OTHER, "http://192.168.257.com/"),
    ("http://256", OTHER, "http://0.0.1.0/"),
    ("http://999999999.", OTHER, "http://59.154.201.255/"),
    ("http://4294967295", OTHER, "http://255.255.255.255/"),
    ("http://0xffffffff", OTHER, "http://255.255.255.255/"),
    ("http://192.0x00A80001", None, "http://192.168.0.1/"),
    ("https://0x.0x.0", None, "https://0.0.0.0/"),
    ("https://00.00.00.00", None, "https://0.0.0.0/"),
    (
        "https://0000000000000000000000000000000000000000177.0.0.1",
        None,
        "https://127.0.0.1/",
    ),
    ("http://%30%78%63%30%2e%30%32%35%30.01", OTHER, "http://192.168.0.1/"),
    (
        "http://\uff10\uff38\uff43\uff10\uff0e\uff10\uff12\uff15\uff10\uff0e\uff10\uff11",
        OTHER,
        "http://192.168.0.1/",
    ),
    ("http://0X7F.0.0.0X7G", None, "http://0x7f.0.0.0x7g/"),
    ("http://4294967296", OTHER, None),
    ("http://0xffffffff1", OTHER, None),
    ("http://192.168.0.257", OTHER, None),
    ("http://1.2.3.4.5", OTHER, None),
    ("http://1.2.3.08", None, None),
    ("http://foo.0x4", None, None),
    ("http://0..0x300/", None, None),
    ("http://💩.123/", None, None),
    ("http://[2001::1]:80", BASE, "http://[2001::1]/"),
    ("http://[::127.0.0.1]", BASE, "http://[::7f00:1]/"),
    ("http://[0:0:0:0:0:0:13.1.68.3]", BASE, "http://[::d01:4403]/"),
    ("http://[1:0::]", NET, "http://[1::]/"),
    ("http://[0:1:0:1:0:1:0:1]", None, "http://[0:1:0:1:0:1:0:1]/"),
    ("http://[1:0:1:0:1:0:1:0]", None, "http://[1:0:1:0:1:0:1:0]/"),
    ("http://[]", OTHER, None),
    ("http://[0:1:2:3:4:5:6:7:8]", NET, None),
    ("https://[0::0::0]", None, None),
    ("http://[::1.2.3.4x]", OTHER, None),
    ("http://[::127.0.0.1.]", BASE, None),
    ("http://[www.google.com]/", None, None),
    ("http://2001::1]:80", BASE, None),
]
PORTS = [
    ("http://foo:80/", None, "http://foo/"),
    ("https://foo:443/", None, "https://foo/"),
    ("https://foo:80/", None, "https://foo:80/"),
    ("http://foo:81/", None, "http://foo:81/"),
    ("http://f:/c", BASE, "http://f/c"),
    ("http://f:0/c", BASE, "http://f:0/c"),
    ("http://f:00000000000000000000080/c", BASE, "http://f/c"),
    ("http://foo:-80/", None, None),
    ("http://f:b/c", BASE, None),
    ("http://f: /c", BASE, None),
    ("http://f:999999/c", BASE, None),
    ("http://f:4294967377/c", ORG, None),
    ("http://[1::2]:3:4", BASE, None),
    ("https://x x:12", None, None),
]
ESCAPES = [
    ("/a%2fc", BASE, "http://example.org/a%2fc"),
    ("http://example.com/%20foo", None, "http://example.com/%20foo"),
    ("http://example.com/foo%", None, "http://example.com/foo%"),
    ("http://example.com/foo%2zbar", None, "http://example.com/foo%2zbar"),
    ("http://example.com/foo%2Â©zbar", None, "http://example.com/foo%2%C3%82%C2%A9zbar"),
    ("http://example.com/foo%41%7a", None, "http://example.com/foo%41%7a"),
    ("http://example.com/foo\t\x91%91", None, "http://example.com/foo%C2%91%91"),
    ("http://example.com/(%28:%3A%29)", None, "http://example.com/(%28:%3A%29)"),
    ("http://example.com/@asdf%40", None, "http://example.com/@asdf%40"),
    (
        "http://example.com/\u202e/foo/\u202d/bar",
        None,
        "http://example.com/%E2%80%AE/foo/%E2%80%AD/bar",
    ),
    ("中/test.txt", COM, "http://www.example.com/%E4%B8%AD/test.txt"),
    ('https://example.com/"quoted"', None, "https://example.com/%22quoted%22"),
    ("https://x/\x00y", None, "https://x/%00y"),
    ("https://x/\ufffd?\ufffd#\ufffd", None, "https://x/%EF%BF%BD?%EF%BF%BD"),
    ('http://example.org/test?"', None, "http://example.org/test?%22"),
    ("http://example.org/test?<", None, "http://example.org/test?%3C"),
    ("http://example.org/test?\u2323", None, "http://example.org/test?%E2%8C%A3"),
    ("http://example.org/test?%23%23", None, "http://example.org/test?%23%23"),
    ("http://example.org/test?%GH", None, "http://example.org/test?%GH"),
    ("http://host/?'", None, "http://host/?%27"),
    ("https://localhost?q=🔥", None, "https://localhost/?q=%F0%9F%94%A5"),
    ("http://facebook.com/?foo=%7B%22abc%22", None, "http://facebook.com/?foo=%7B%22abc%22"),
    (
        "https://www.example.com/path{\x7fpath.html?query'\x7f=query#fragment<\x7ffragment",
        None,
        "https://www.example.com/path%7B%7Fpath.html?query%27%7F=query",
    ),
]
OTHER_SCHEMES = [
    ("ftp:/example.com/", BASE, None),
    ("file:///foo/bar.txt", "file:///tmp/mock/path", None),
    ("ws://foo:80/", None, None),
    ("httpa://foo:80/", None, None),
    ("data:text/html,test#test", BASE, None),
    ("javascript:/example.com/", BASE, None),
    ("mailto:example.com/", BASE, None),
    ("tel:1234567890", BASE, None),
    ("blob:https://example.com:443/", None, None),
    ("c:/foo", BASE, None),
    ("foo://", BASE, None),
    ("test-a-colon.html", "a:", None),
]
CASES = [
    *PATHS,
    *SLASHES,
    *SCHEMES,
    *REFERENCES,
    *SPACES,
    *HOSTS,
    *ADDRESSES,
    *PORTS,
    *ESCAPES,
    *OTHER_SCHEMES,
]
# Input, base, href; href without credentials.
CREDENTIALS = [
    (
        "http://user:pass@foo:21/bar;par?b#c",
        BASE,
        "http://user:pass@foo:21/bar;par?b",
        "http://foo:21/bar;par?b",
    ),
    ("http://a:b@c:29/d", BASE, "http://a:b@c:29/d", "http://c:29/d"),
    ("http://::@c@d:2", BASE, "http://:%3A%40c@d:2/", "http://d:2/"),
    ("http://&a:foo(b]c@d:2/", BASE, "http://&a:foo(b%5Dc@d:2/", "http://d:2/"),
    (r"http:\\a\b:c\d@foo.com" + "\\", BASE, "http://a/b:c/d@foo.com/", "http://a/b:c/d@foo.com/"),
    ("http://a:b@c\\", None, "http://a:b@c/", "http://c/"),
    ("http:a:b@www.example.com", None, "http://a:b@www.example.com/", "http://www.example.com/"),
    ("http://:b@www.example.com", None, "http://:b@www.example.com/", "http://www.example.com/"),
    ("http://a:@www.example.com", None, "http://a@www.example.com/", "http://www.example.com/"),
    ("http://www.@pple.com", None, "http://www.@pple.com/", "http://pple.com/"),
    ("http://@pple.com", None, "http://pple.com/", "http://pple.com/"),
    ("https://:@test", None, "https://test/", "https://test/"),
    ("http://é@é", None, "http://%C3%A9@xn--9ca/", "http://xn--9ca/"),
    ("http://😀x@host/", None, "http://%F0%9F%98%80x@host/", "http://host/"),
    (
        "https://@test@test@example:800/",
        "http://doesnotmatter/",
        "https://%40test%40test@example:800/",
        "https://example:800/",
    ),
    (
        "http://`{}:`{}@h/`{}?`{}",
        "http://doesnotmatter/",
        "http://%60%7B%7D:%60%7B%7D@h/%60%7B%7D?`{}",
        "http://h/%60%7B%7D?`{}",
    ),
    (
        "",
        "http://user:pass@example.org:21/smth",
        "http://user:pass@example.org:21/smth",
        "http://example.org:21/smth",
    ),
    (
        "/some/path",
        "http://user@example.org/smth",
        "http://user@example.org/some/path",
        "http://example.org/some/path",
    ),
]


@pytest.mark.parametrize(("text", "base", "href"), CASES)
def test_a_url_is_read_as_the_test_data_says(text: str, base: str | None, href: str | None) -> None:
    assert parse(text, base) == href


@pytest.mark.parametrize(("text", "base", "href"), CASES)
def test_a_reference_on_a_page_is_read_as_the_test_data_says(
    text: str, base: str | None, href: str | None
) -> None:
    assert resolve(base or FAR, text) == href


@pytest.mark.parametrize("href", sorted({href for _, _, href in CASES if href}))
def test_what_was_read_is_read_again_the_same(href: str) -> None:
    assert parse(href) == href


@pytest.mark.parametrize(("text", "base", "whole", "href"), CREDENTIALS)
def test_credentials_are_left_out_of_a_url(
    text: str, base: str | None, whole: str, href: str
) -> None:
    assert parse(text, base) == href
    assert parse(whole) == href


@pytest.mark.parametrize(("text", "base", "whole"), [case[:3] for case in CREDENTIALS])
def test_credentials_are_kept_in_a_reference(text: str, base: str | None, whole: str) -> None:
    assert resolve(base or FAR, text) == whole
