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
    advice: str  # what a user can do about it


_NO, _YES = False, True

MEANING: dict[Reason, Meaning] = {
    Reason.NXDOMAIN: Meaning(
        _NO,
        Reached.DNS,
        "The name does not exist in the DNS.",
        "Check the spelling, or drop the domain.",
    ),
    Reason.DNS_ERROR: Meaning(
        _YES,
        Reached.DNS,
        "The name servers did not give an answer.",
        "Try again later; if every domain fails so, look at this machine's name servers.",
    ),
    Reason.NO_ADDRESS: Meaning(
        _NO,
        Reached.DNS,
        "The name exists, but has no address.",
        "The company has a name but no web site there; it may use another domain.",
    ),
    Reason.BLOCKED_ADDRESS: Meaning(
        _NO,
        Reached.DNS,
        "The address is not a public one, and is not dialled.",
        "Nothing, unless it is a network of yours: then list it in fetch.allow_networks.",
    ),
    Reason.REFUSED: Meaning(
        _YES,
        Reached.CONNECT,
        "The server refused the connection.",
        "Try again later; nobody answers there at the moment.",
    ),
    Reason.UNREACHABLE: Meaning(
        _YES,
        Reached.CONNECT,
        "There is no route to the server.",
        "Try again later; if every domain fails so, look at this machine's network.",
    ),
    Reason.TIMEOUT: Meaning(
        _YES,
        Reached.CONNECT,
        "The server did not answer in time.",
        "Try again later, or give fetch.connect_timeout_s and its neighbours more time.",
    ),
    Reason.TLS_EXPIRED: Meaning(
        _NO,
        Reached.TLS,
        "The certificate has expired.",
        "Only the owner of the site can renew it; http://DOMAIN may answer.",
    ),
    Reason.TLS_NAME: Meaning(
        _NO,
        Reached.TLS,
        "The certificate is for another name.",
        "The site may be known under another name; http://DOMAIN may answer.",
    ),
    Reason.TLS_UNTRUSTED: Meaning(
        _NO,
        Reached.TLS,
        "The certificate is not signed by an authority we trust.",
        "If the authority is one of your own, name it in fetch.ca_file.",
    ),
    Reason.TLS_ERROR: Meaning(
        _YES,
        Reached.TLS,
        "The encrypted connection could not be set up.",
        "Try again later; http://DOMAIN may answer.",
    ),
    Reason.HTTP_4XX: Meaning(
        _NO,
        Reached.HTTP,
        "The server says that there is no such page.",
        "Open the site in a browser: it may want a log-in, block programs, or be gone.",
    ),
    Reason.HTTP_5XX: Meaning(
        _YES,
        Reached.HTTP,
        "The server failed.",
        "Try again later: skybatch retry BATCH --reason http_5xx.",
    ),
    Reason.RATE_LIMITED: Meaning(
        _YES,
        Reached.HTTP,
        "The server asks us to come back later.",
        "Try again later, with a larger per_host_delay_s.",
    ),
    Reason.ROBOTS_DISALLOWED: Meaning(
        _NO,
        Reached.HTTP,
        "robots.txt forbids the start page.",
        "Respect it, or ask the owner; respect_robots=false is yours to answer for.",
    ),
    Reason.ROBOTS_UNREACHABLE: Meaning(
        _YES,
        Reached.HTTP,
        "robots.txt could not be read, which forbids everything (RFC 9309).",
        "Try again later: while robots.txt fails, nothing may be asked for.",
    ),
    Reason.REDIRECT_LOOP: Meaning(
        _NO,
        Reached.HTTP,
        "The redirects do not end.",
        "Open the site in a browser: it may want cookies that no crawler has.",
    ),
    Reason.REDIRECT_OFF_SITE: Meaning(
        _NO,
        Reached.HTTP,
        "It redirects to another site.",
        "Submit the domain that it leads to; `final_url` names it.",
    ),
    Reason.TOO_LARGE: Meaning(
        _NO,
        Reached.HTTP,
        "The answer is larger than we read.",
        "Nothing: its headers are beyond what any server should send.",
    ),
    Reason.TOO_COMPLEX: Meaning(
        _NO,
        Reached.HTTP,
        "The page is built to be slow to read.",
        "Nothing: a browser would struggle with it, too.",
    ),
    Reason.NOT_HTML: Meaning(
        _NO,
        Reached.HTTP,
        "It is not a page, but another type of file.",
        "Submit the address of a page of the site.",
    ),
    Reason.EMPTY: Meaning(
        _NO,
        Reached.HTTP,
        "The page is empty.",
        "Open the site in a browser: there may be nothing yet.",
    ),
    Reason.PROTOCOL_ERROR: Meaning(
        _YES,
        Reached.HTTP,
        "The answer breaks the rules of HTTP.",
        "Try again later; what answers may be no web server.",
    ),
    Reason.DEADLINE: Meaning(
        _NO,
        Reached.NOTHING,
        "The batch ran out of time.",
        "Give the batch more time (deadline_s), and retry it.",
    ),
    Reason.CANCELLED: Meaning(
        _NO, Reached.NOTHING, "It was cancelled.", "Retry the batch if it was a mistake."
    ),
    Reason.INTERNAL: Meaning(
        _YES,
        Reached.NOTHING,
        "A bug of skybatch; the log has the traceback.",
        "Report it, with what skybatch trace JOB shows.",
    ),
}
