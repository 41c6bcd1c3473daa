"""What the crawl is told of the configuration."""

import os
import ssl
from pathlib import Path

import skybatch
from skybatch.config import Config
from skybatch.crawl.settings import FetchSettings
from skybatch.errors import Fault, Invalid
from skybatch.model.own import NONE, Additions


def fetch_settings(config: Config) -> FetchSettings:
    """Raises Invalid for files that cannot be used, and with every fault of what the user adds to
    the extractors."""
    fetch = config.fetch
    if fetch.ca_file:
        _check_authorities(fetch.ca_file)
    contact = f" (+{config.crawl.contact})" if config.crawl.contact else ""
    return FetchSettings(
        user_agent=f"skybatch/{skybatch.__version__}{contact}",
        connect_to=fetch.connect_to,
        allow_networks=fetch.allow_networks,
        ca_file=fetch.ca_file or None,
        proxy=fetch.proxy or None,
        dns_servers=fetch.dns_servers,
        per_ip_concurrency=config.crawl.per_ip_concurrency,
        never=config.crawl.never,
        max_body_bytes=fetch.max_body_bytes,
        connect_timeout_s=fetch.connect_timeout_s,
        read_timeout_s=fetch.read_timeout_s,
        request_timeout_s=fetch.request_timeout_s,
        max_redirects=fetch.max_redirects,
        reading_processes=_processes(config.extract.processes),
        additions=additions(config),
    )


def _check_authorities(file: str) -> None:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except (OSError, ssl.SSLError) as error:
        fault = f"{file} cannot be read as certificates (PEM): {error.strerror or error}"
        raise Invalid((Fault("fetch.ca_file", "invalid", fault),)) from error


def additions(config: Config) -> Additions:
    """What the user adds to the extractors. Raises Invalid with every fault."""
    file = config.extract.technologies
    try:
        added = Additions(config.extract.field, Path(file).read_text("utf-8") if file else "")
        if added != NONE:
            _check(added)
    except (OSError, ValueError) as error:
        faults = str(error).splitlines()
        raise Invalid(tuple(Fault("extract", "invalid", fault) for fault in faults)) from error
    return added


def _check(added: Additions) -> None:
    # Imported only where something is added: the parser takes a tenth of the start.
    from skybatch.extract.own import prepare

    prepare(added)


def _processes(configured: int) -> int:
    """How many processes read pages."""
    return len(os.sched_getaffinity(0)) if configured < 0 else configured
