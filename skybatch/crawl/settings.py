"""How requests are made: plain values, filled by whoever composes the process."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from skybatch.model.own import NONE, Additions

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """The same for every request of the process."""

    user_agent: str  # "skybatch/0.1 (+mailto:…)"
    # Like `curl --connect-to`: {"*:80": "127.0.0.1:8080", "shop.example:443": "127.0.0.5:8443"}.
    # Replaces the DNS and the address guard; `*` matches names, but no literals and no `.invalid`.
    connect_to: Mapping[str, str] = field(default_factory=dict)
    allow_networks: tuple[str, ...] = ()  # CIDR, dialled although they are not public
    ca_file: str | None = None  # PEM, trusted besides the authorities of the system
    proxy: str | None = None  # http://host:port; never taken from the environment
    dns_servers: tuple[str, ...] = ()  # "127.0.0.1:5353"; none = those of the system
    per_ip_concurrency: int = 16  # requests at a time to one public address, whatever the host
    never: tuple[str, ...] = ()  # domains, with their subdomains, that are left alone
    max_body_bytes: int = 3 * MIB  # of the decompressed body, and of the compressed one
    connect_timeout_s: float = 10.0  # name, connection and TLS together
    read_timeout_s: float = 10.0  # of silence
    request_timeout_s: float = 30.0  # the whole request with its body
    max_redirects: int = 5
    reading_processes: int = 0  # that read pages; 0 = they are read in this one
    additions: Additions = NONE  # to the extractors, by the user

    @property
    def connect_limit_s(self) -> float:
        """`connect_timeout_s`, but less than the whole request: the two must be told apart."""
        return min(self.connect_timeout_s, 0.9 * self.request_timeout_s)
