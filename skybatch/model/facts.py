"""What one page says: the facts that extraction finds in its bytes, each with its place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Place(StrEnum):
    """Where on a page a value stood; the better the place, the surer the value."""

    MAILTO = "mailto"
    TEL = "tel"
    JSONLD = "jsonld"
    MICRODATA = "microdata"
    TEXT = "text"
    META = "meta"
    HEADER = "header"


class EmailKind(StrEnum):
    """Whose mailbox an address is."""

    ROLE = "role"  # info@, sales@ …
    PERSONAL = "personal"  # a person's name
    UNKNOWN = "unknown"


class Diagnosis(StrEnum):
    """What a page is instead of a company's own."""

    PARKED = "parked"  # registered, and nobody's yet
    FOR_SALE = "for_sale"
    LOGIN_WALL = "login_wall"  # nothing without an account
    BOT_WALL = "bot_wall"  # a challenge instead of the page
    JS_ONLY = "js_only"  # nothing without scripts, not even in the data for them
    EMPTY = "empty"  # nothing at all, or what a web server shows before there is anything


@dataclass(frozen=True, slots=True)
class Email:
    """An e-mail address, lower-case."""

    value: str
    place: Place
    kind: EmailKind
    confidence: float  # 0 … 1


@dataclass(frozen=True, slots=True)
class Phone:
    """A telephone or fax number in E.164 form (`+49301234567`)."""

    value: str
    place: Place
    confidence: float  # 0 … 1


@dataclass(frozen=True, slots=True)
class SocialLink:
    """A profile on a social network: its canonical URL."""

    network: str  # lower-case: linkedin, x, facebook …
    url: str


@dataclass(frozen=True, slots=True)
class Technology:
    """A product that the page shows to be in use."""

    name: str
    category: str
    evidence: str  # the text that shows it
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """Who runs the site."""

    name: str | None = None
    legal_name: str | None = None
    address: Mapping[str, str] = field(default_factory=dict)  # schema.org PostalAddress members
    place: Place = Place.META  # of records before companies were read from text
    confidence: float = 0.9  # 0 … 1


@dataclass(frozen=True, slots=True)
class PageFacts:
    """Everything that one page says, and nothing that is not on it."""

    title: str | None = None
    description: str | None = None
    language: str | None = None  # BCP 47
    canonical_url: str | None = None
    h1: str | None = None
    emails: tuple[Email, ...] = ()
    phones: tuple[Phone, ...] = ()
    faxes: tuple[Phone, ...] = ()
    social_links: tuple[SocialLink, ...] = ()
    technologies: tuple[Technology, ...] = ()
    organization: Organization | None = None
    favicon_url: str | None = None
    logo_url: str | None = None
    feeds: tuple[str, ...] = ()  # URLs of RSS, Atom and JSON feeds
    open_graph: Mapping[str, str] = field(default_factory=dict)
    structured_data: tuple[Mapping[str, object], ...] = ()
    custom: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    links_internal: int = 0  # distinct links to the same host
    links_external: int = 0
    diagnosis: Diagnosis | None = None
    text: str | None = None  # the main text, where it was asked for


@dataclass(frozen=True, slots=True)
class RawPage:
    """A body as it came over the wire, with what is needed to read it."""

    url: str  # where it was found: the end of the redirects
    body: bytes  # still compressed
    content_type: str | None
    content_encoding: str | None
    language: str | None  # Content-Language
    was_cut: bool  # the body goes on, but was not read further
    max_bytes: int  # of the decompressed body that is read
    default_region: str = ""  # country of phone numbers without a prefix, may be empty
    is_sitemap: bool = False  # or a page
    is_alone: bool = False  # no other page that takes much memory is read meanwhile
    wants_text: bool = False
    signs: tuple[str, ...] = ()  # header lines and names of cookies that tell of software


class Link(NamedTuple):
    """Where a page leads."""

    url: str  # absolute, http or https, as WHATWG resolves it
    score: int = 0  # 0 … 100: how likely the page says who the company is


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one body gave: its facts, and where it leads."""

    facts: PageFacts
    links: tuple[Link, ...]  # distinct, in document order
    charset: str  # WHATWG label
    size: int  # bytes of the decompressed body, as far as read
    sha256: str  # of those bytes, hex
    truncated: bool
    nofollow: bool = False  # a meta robots says that the links are not to be followed
    is_blank: bool = False  # nothing on it: no text, no link, no title
    maps: tuple[str, ...] = ()  # of a sitemap: further ones that it leads to
