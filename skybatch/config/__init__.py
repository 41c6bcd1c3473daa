"""The configuration as values: one frozen struct per section, defaults built in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from skybatch.model.message import USUAL
from skybatch.model.options import Options
from skybatch.model.own import OwnField


@dataclass(frozen=True, slots=True)
class Server:
    """Where the API listens."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0 = one that is free


@dataclass(frozen=True, slots=True)
class Auth:
    """Who may call the API."""

    token: str = ""  # empty = one is made at the first start


@dataclass(frozen=True, slots=True)
class Store:
    """Where everything is kept."""

    data_dir: str = "data"


@dataclass(frozen=True, slots=True)
class Workers:
    """Who does the work."""

    count: int = 200
    drain_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Crawl:
    """How sites are crawled when a batch does not say otherwise, and what no batch can change."""

    options: Options = field(default_factory=Options)  # its fields are keys of the section
    contact: str = ""
    never: tuple[str, ...] = ()
    per_ip_concurrency: int = 16
    max_retry_after_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Fetch:
    """How a single request is made."""

    connect_to: Mapping[str, str] = field(default_factory=dict)
    allow_networks: tuple[str, ...] = ()
    ca_file: str = ""
    proxy: str = ""
    dns_servers: tuple[str, ...] = ()
    max_body_bytes: int = 3_145_728
    connect_timeout_s: float = 10.0
    read_timeout_s: float = 10.0
    request_timeout_s: float = 30.0
    max_redirects: int = 5


@dataclass(frozen=True, slots=True)
class Extract:
    """How pages are read."""

    processes: int = -1  # at most; -1 = one per processor, 0 = none: the daemon itself does it
    field: tuple[OwnField, ...] = ()
    technologies: str = ""  # a file of rules


@dataclass(frozen=True, slots=True)
class Monitor:
    """How patient the daemon is with itself."""

    stuck_after_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Webhooks:
    """Who is told what, besides the URL that a batch brings."""

    url: str = ""  # told of all batches; empty = nobody
    events: tuple[str, ...] = USUAL  # that it is told of
    secret: str = ""  # empty = one is made at the first start
    old_secret: str = ""  # signs as well, until everybody knows the new one
    allow_networks: tuple[str, ...] = ()
    timeout_s: float = 15.0
    first_retry_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Log:
    """What the log looks like."""

    format: str = "auto"
    level: str = "info"
    emoji: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """The configuration in force."""

    server: Server = field(default_factory=Server)
    auth: Auth = field(default_factory=Auth)
    store: Store = field(default_factory=Store)
    workers: Workers = field(default_factory=Workers)
    crawl: Crawl = field(default_factory=Crawl)
    fetch: Fetch = field(default_factory=Fetch)
    extract: Extract = field(default_factory=Extract)
    monitor: Monitor = field(default_factory=Monitor)
    webhooks: Webhooks = field(default_factory=Webhooks)
    log: Log = field(default_factory=Log)
    sources: Mapping[str, str] = field(default_factory=dict)  # `section.key` -> where it was set
