"""One company domain: the facts of its pages merged, each value with its source page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from skybatch.model.facts import Diagnosis, EmailKind, Place


@dataclass(frozen=True, slots=True)
class SourcedEmail:
    """An e-mail address and the page that shows it best."""

    value: str
    source_url: str
    place: Place
    kind: EmailKind
    confidence: float


@dataclass(frozen=True, slots=True)
class SourcedPhone:
    """A number in E.164 form and the page that shows it best."""

    value: str
    source_url: str
    place: Place
    confidence: float


@dataclass(frozen=True, slots=True)
class SourcedLink:
    """A social profile and the first page that links to it."""

    url: str
    source_url: str


@dataclass(frozen=True, slots=True)
class SourcedTechnology:
    """A product in use, and the page that shows it."""

    name: str
    version: str | None
    category: str
    evidence: str
    source_url: str


@dataclass(frozen=True, slots=True)
class SourcedOrganization:
    """Who runs the site, and the page that says it best."""

    name: str | None = None
    legal_name: str | None = None
    address: Mapping[str, str] = field(default_factory=dict)  # schema.org PostalAddress members
    place: Place = Place.META  # of records before companies were read from text
    confidence: float = 0.9  # 0 … 1
    source_url: str = ""  # where its name stands
    sources: Mapping[str, str] = field(default_factory=dict)  # legal_name, address -> their page


@dataclass(frozen=True, slots=True)
class Profile:
    """One trustworthy record of a company domain."""

    diagnosis: Diagnosis | None = None  # of the start page
    title: str | None = None  # likewise, as are description and language
    description: str | None = None
    language: str | None = None
    organization: SourcedOrganization | None = None
    emails: tuple[SourcedEmail, ...] = ()  # best first
    phones: tuple[SourcedPhone, ...] = ()
    faxes: tuple[SourcedPhone, ...] = ()
    social_links: Mapping[str, tuple[SourcedLink, ...]] = field(default_factory=dict)
    technologies: tuple[SourcedTechnology, ...] = ()
    is_wordpress: bool = False
    wordpress_version: str | None = None
    favicon_url: str | None = None
    logo_url: str | None = None
    custom: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)  # single-valued field -> its page
