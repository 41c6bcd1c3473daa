"""The closed list of reasons why a page or a job failed, and what each one means for us."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Reason(StrEnum):
    """Why it failed. Never a bare "failed"."""

    NXDOMAIN = "nxdomain"
    DNS_ERROR = "dns_error"
    NO_ADDRESS = "no_address"
    BLOCKED_ADDRESS = "blocked_address"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    TLS_EXPIRED = "tls_expired"
    TLS_NAME = "tls_name"
    TLS_UNTRUSTED = "tls_untrusted"
    TLS_ERROR = "tls_error"
    HTTP_4XX = "http_4xx"
    HTTP_5XX = "http_5xx"
    RATE_LIMITED = "rate_limited"
    ROBOTS_DISALLOWED = "robots_disallowed"
    ROBOTS_UNREACHABLE = "robots_unreachable"
    REDIRECT_LOOP = "redirect_loop"
    REDIRECT_OFF_SITE = "redirect_off_site"
    TOO_LARGE = "too_large"
    TOO_COMPLEX = "too_complex"
    NOT_HTML = "not_html"
    EMPTY = "empty"
    PROTOCOL_ERROR = "protocol_error"
    DEADLINE = "deadline"
    CANCELLED = "cancelled"
    INTERNAL = "internal"


class Reached(IntEnum):
    """How far a request got; of several candidates the one that got furthest gives the reason."""

    NOTHING = 0
    DNS = 1
    CONNECT = 2
    TLS = 3
    HTTP = 4


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a reason says to us and to the user."""

    is_passing: bool  # worth another try later
    reached: Reached
    sentence: str


_NO, _YES = False, True

MEANING: dict[Reason, Meaning] = {
    Reason.NXDOMAIN: Meaning(_NO, Reached.DNS, "The name does not exist in the DNS."),
    Reason.DNS_ERROR: Meaning(_YES, Reached.DNS, "The name servers did not give an answer."),
    Reason.NO_ADDRESS: Meaning(_NO, Reached.DNS, "The name exists, but has no address."),
    Reason.BLOCKED_ADDRESS: Meaning(
        _NO, Reached.DNS, "The address is not a public one, and is not dialled."
    ),
    Reason.REFUSED: Meaning(_YES, Reached.CONNECT, "The server refused the connection."),
    Reason.UNREACHABLE: Meaning(_YES, Reached.CONNECT, "There is no route to the server."),
    Reason.TIMEOUT: Meaning(_YES, Reached.CONNECT, "The server did not answer in time."),
    Reason.TLS_EXPIRED: Meaning(_NO, Reached.TLS, "The certificate has expired."),
    Reason.TLS_NAME: Meaning(_NO, Reached.TLS, "The certificate is for another name."),
    Reason.TLS_UNTRUSTED: Meaning(
        _NO, Reached.TLS, "The certificate is not signed by an authority we trust."
    ),
    Reason.TLS_ERROR: Meaning(_YES, Reached.TLS, "The encrypted connection could not be set up."),
    Reason.HTTP_4XX: Meaning(_NO, Reached.HTTP, "The server says that there is no such page."),
    Reason.HTTP_5XX: Meaning(_YES, Reached.HTTP, "The server failed."),
    Reason.RATE_LIMITED: Meaning(_YES, Reached.HTTP, "The server asks us to come back later."),
    Reason.ROBOTS_DISALLOWED: Meaning(_NO, Reached.HTTP, "robots.txt forbids the start page."),
    Reason.ROBOTS_UNREACHABLE: Meaning(
        _YES, Reached.HTTP, "robots.txt could not be read, which forbids everything (RFC 9309)."
    ),
    Reason.REDIRECT_LOOP: Meaning(_NO, Reached.HTTP, "The redirects do not end."),
    Reason.REDIRECT_OFF_SITE: Meaning(_NO, Reached.HTTP, "It redirects to another site."),
    Reason.TOO_LARGE: Meaning(_NO, Reached.HTTP, "The answer is larger than we read."),
    Reason.TOO_COMPLEX: Meaning(_NO, Reached.HTTP, "The page is built to be slow to read."),
    Reason.NOT_HTML: Meaning(_NO, Reached.HTTP, "It is not a page, but another type of file."),
    Reason.EMPTY: Meaning(_NO, Reached.HTTP, "The page is empty."),
    Reason.PROTOCOL_ERROR: Meaning(_YES, Reached.HTTP, "The answer breaks the rules of HTTP."),
    Reason.DEADLINE: Meaning(_NO, Reached.NOTHING, "The batch ran out of time."),
    Reason.CANCELLED: Meaning(_NO, Reached.NOTHING, "It was cancelled."),
    Reason.INTERNAL: Meaning(
        _YES, Reached.NOTHING, "A bug of skybatch; the log has the traceback."
    ),
}
