"""Reads a domain as people write it: `Example.COM.`, a URL, `info@example.com`, an address."""

import re

import ada_url

from skybatch.errors import SkybatchError
from skybatch.model.target import Target

MAX_TEXT = 2_048  # characters, the longest URL that is worth anything in practice
MAX_LABEL, MAX_NAME = 63, 253  # RFC 1035, section 2.3.4
DEFAULT_PORT = {"http": 80, "https": 443}

# White space, control characters, lone surrogates, and what browsers take for a slash.
_UNFIT = re.compile(r"[\s\x00-\x1f\x7f-\x9f\ud800-\udfff\\]")
# Schemes that are written without `//`; what follows may look like a port or hold an `@`.
_OTHER_SCHEMES = frozenset({"mailto", "tel", "sms", "data", "javascript"})
_BEFORE_COLON = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):(.*)", re.DOTALL)
_PORT = re.compile(r"[0-9]*([/?#]|$)")
_HOST_AND_PORT = re.compile(r"(\[[^\]]*\]|[^:\[\]]*)(?::([0-9]*))?")
# A name as most lists have it. It means itself, found in a fifth of the time: its last label is no
# number, and there is no punycode to be checked.
_USUAL = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PUNYCODE = "xn--"
_LABEL = re.compile(r"(?!-)(?!_+$)[a-z0-9_-]+(?<!-)")
_IPV4 = re.compile(r"[0-9]+(\.[0-9]+){3}")
# URL Standard, section 3.5, "ends in a number": such a host is an IPv4 address, or nothing.
_ENDS_IN_NUMBER = re.compile(r"(.*\.)?([0-9]+|0x[0-9a-f]*)\.?", re.IGNORECASE)


class BadDomain(SkybatchError):
    """This is no domain, and no address."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def parse_target(text: str) -> Target:
    """The domain that a text means. Raises BadDomain, each cause with a code of its own.

    Hosts are read as browsers read them (WHATWG URL Standard, section 3.5): UTS #46 for names,
    and `127.1` is 127.0.0.1. The name is then held against the limits of the DNS.
    """
    if _USUAL.fullmatch(text) and len(text) <= MAX_NAME and _PUNYCODE not in text:
        return Target(domain=text, host=text)
    text = _plain(text)
    scheme, rest = _scheme(text)
    authority, path = _split(rest)
    written, port = _port(_without_mailbox(authority, has_scheme=bool(scheme), path=path))
    host = _host(written)
    if scheme and port == DEFAULT_PORT[scheme]:
        port = None
    name = f"[{host}]" if ":" in host else host
    return Target(
        domain=name if port is None else f"{name}:{port}",
        host=host,
        port=port,
        scheme=scheme,
        path=_path(path),
    )


def _plain(text: str) -> str:
    """The text without the white space around it, if it can be a domain at all."""
    text = text.strip()
    if not text:
        raise BadDomain("empty", "there is nothing written here")
    if len(text) > MAX_TEXT:
        raise BadDomain("too_long", f"a domain or URL has at most {MAX_TEXT:,} characters")
    if unfit := _UNFIT.search(text):
        what = "white space" if unfit[0].isspace() else f"character {unfit[0]!a}"
        raise BadDomain("bad_character", f"a domain or URL holds no {what}")
    return text


def _scheme(text: str) -> tuple[str | None, str]:
    """The written scheme, and what follows it without the slashes."""
    match = _BEFORE_COLON.fullmatch(text)
    if match is None:
        return None, text.removeprefix("//")
    word, rest = match[1].lower(), match[2]
    if word in DEFAULT_PORT:
        return word, rest.lstrip("/")
    if rest.startswith("//") or not _may_be_host(word, rest):
        raise BadDomain("bad_scheme", f"only http and https can be crawled, not {word[:20]}:")
    return None, text


def _may_be_host(word: str, rest: str) -> bool:
    """Whether the word before a colon is a host with a port, or a user with a password."""
    if word in _OTHER_SCHEMES:
        return False
    return "." in word or "@" in rest or _PORT.match(rest) is not None


def _split(rest: str) -> tuple[str, str]:
    """Authority, and what follows it: path, query and fragment."""
    end = re.search(r"[/?#]", rest)
    return (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])


def _without_mailbox(authority: str, *, has_scheme: bool, path: str) -> str:
    """The host of an e-mail address; anything else before an `@` is a credential."""
    if "@" not in authority:
        return authority
    mailbox, _, host = authority.rpartition("@")
    is_email = not has_scheme and not path and "@" not in mailbox and ":" not in authority
    if not is_email:
        raise BadDomain("credentials", "a URL with a user name or password is not accepted")
    if not mailbox:
        raise BadDomain("bad_name", "there is no mailbox before the @")
    return host


def _port(authority: str) -> tuple[str, int | None]:
    match = _HOST_AND_PORT.fullmatch(authority)
    if match is None and authority.count(":") > 1:
        raise BadDomain("bad_address", "an IPv6 address is written in brackets: [2001:db8::1]")
    if match is None:
        raise BadDomain("bad_port", "after the colon a port from 1 to 65535 is expected")
    host, port = match[1], match[2]
    if not port:
        return host, None
    if len(port) > MAX_LABEL or not 1 <= int(port) <= 65_535:
        raise BadDomain("bad_port", "a port is a number from 1 to 65535")
    return host, int(port)


def _host(written: str) -> str:
    """The ASCII form of a host: a name without final dot, an IPv4, an IPv6 without brackets."""
    if not written:
        raise BadDomain("empty", "there is no host")
    try:
        host = ada_url.URL(f"http://{written}/").hostname
    except ValueError:
        raise _bad_host(written) from None
    if host.startswith("["):
        return host[1:-1]
    host = host.removesuffix(".")
    if host.startswith("0.") and written.isdigit():
        # A number of some other column: as an address it would be one of "this network".
        raise BadDomain("single_label", "a domain has a dot: example.com, not a number")
    if not _IPV4.fullmatch(host):
        _check_name(host)
    return host


def _bad_host(written: str) -> BadDomain:
    """Why the URL Standard finds no host in it, as far as that can be told."""
    if written.startswith("["):
        return BadDomain("bad_address", "there is no IPv6 address in the brackets")
    if _ENDS_IN_NUMBER.fullmatch(written):
        return BadDomain("bad_address", "it ends in a number, but is no IPv4 address")
    return BadDomain("bad_character", "it holds characters that no domain name can have")


def _check_name(host: str) -> None:
    labels = host.split(".")
    if "" in labels:
        raise BadDomain("empty_label", "between two dots of a name there is something")
    if len(labels) == 1:
        raise BadDomain("single_label", "a domain has a dot: example.com, not example")
    if len(host) > MAX_NAME:
        raise BadDomain("name_too_long", f"a domain name has at most {MAX_NAME} characters")
    for label in labels:
        if len(label) > MAX_LABEL:
            raise BadDomain("label_too_long", f"a part has at most {MAX_LABEL} characters")
        if not _LABEL.fullmatch(label):
            raise BadDomain(
                "bad_name", "a part has letters, digits and hyphens, none of these at its ends"
            )


def _path(written: str) -> str:
    """Path and query as a request sends them; the fragment stays with the browser."""
    if not written:
        return "/"
    url = ada_url.URL(f"http://host.invalid{written}")
    path = str(url.pathname + url.search)
    if len(path) > MAX_TEXT:
        raise BadDomain("too_long", f"encoded, the path has more than {MAX_TEXT:,} characters")
    return path
