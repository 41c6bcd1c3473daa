"""What every key of the configuration accepts."""

import re
from collections.abc import Callable, Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

from skybatch.errors import suggest
from skybatch.model.message import MessageType
from skybatch.model.options import CHECKS as OPTION_CHECKS
from skybatch.model.options import one_of, seconds, whole, yes_no
from skybatch.model.signature import key_of

Check = Callable[[object], object]  # says no with ValueError; those of options are some


def _text(pattern: str, meaning: str) -> Check:
    """A check for text of a form; `meaning` ends the sentence "must be"."""
    form = re.compile(pattern)

    def check(value: object) -> str:
        if not isinstance(value, str) or not form.fullmatch(value):
            raise ValueError(f"must be {meaning}")
        return value

    return check


def _items(read: Callable[[str], object], meaning: str) -> Check:
    """A check for a list of texts that `read` accepts; it says no with ValueError."""

    def check(value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise ValueError(f"must be a list of {meaning}")
        for item in value:
            try:
                read(item)
            except ValueError:
                raise ValueError(f"must be a list of {meaning}, {item!r} is none") from None
        return tuple(value)

    return check


def _timeout(value: object) -> object:
    limit = seconds(3_600)(value)
    if not limit:
        raise ValueError("must be more than 0 seconds")
    return limit


def _address(text: str) -> None:
    """`1.2.3.4:53` or `[::1]:53`, the port from 1 to 65,535; ValueError otherwise."""
    host, _, port = text.rpartition(":")
    is_bracketed = host.startswith("[") and host.endswith("]")
    if ip_address(host[1:-1] if is_bracketed else host).version == (4 if is_bracketed else 6):
        raise ValueError(text)
    _port(port)


def _port(text: str) -> None:
    if not re.fullmatch(r"[0-9]{1,5}", text) or not 1 <= int(text) <= 65_535:
        raise ValueError(text)


def _name_server(text: str) -> None:
    try:
        ip_address(text)
    except ValueError:
        _address(text)


def _connect_to(value: object) -> dict[str, str]:
    if not isinstance(value, Mapping):
        raise ValueError('must be a table such as {"*:80" = "127.0.0.1:8080"}')
    for name, target in value.items():
        host, _, port = str(name).rpartition(":")
        try:
            if not re.fullmatch(r"\*|[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", host):
                raise ValueError(host)
            _port(port)
        except ValueError:
            raise ValueError(f'maps "name:port" or "*:port", {name!r} is neither') from None
        try:
            _address(str(target))
        except ValueError:
            raise ValueError(f'maps to "ip:port", {target!r} is none') from None
    return {name.lower(): target for name, target in value.items()}


def _existing_file(value: object) -> str:
    if not isinstance(value, str) or (value and not Path(value).is_file()):
        raise ValueError(f"must name a file that exists, {value!r} does not")
    return value


def _proxy(value: object) -> str:
    # The value may hold a password: no message repeats it.
    if not isinstance(value, str):
        raise ValueError("must be a URL such as http://127.0.0.1:3128")
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname):
        raise ValueError("must be a URL such as http://127.0.0.1:3128")
    return value


def _hook_url(value: object) -> str:
    told = "must be a URL in ASCII, without user or password, such as https://example.com/hook"
    if not isinstance(value, str) or not re.fullmatch(r"(https?://[\x21-\x7e]+)?", value):
        raise ValueError(told)
    try:
        parts = urlsplit(value)
        is_good = not value or (parts.hostname and parts.port != 0 and "@" not in parts.netloc)
    except ValueError:  # of a port or an address
        is_good = False
    if not is_good:
        raise ValueError(told)
    return value


def _webhook_secret(value: object) -> str:
    # No message repeats the value.
    if not isinstance(value, str):
        raise ValueError("must be a text")
    if value:
        key_of(value)
    return value


_FIELD_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_FIELD_MEMBERS: Mapping[str, type] = {"name": str, "selector": str, "attribute": str, "all": bool}


def _own_fields(value: object) -> tuple[Mapping[str, object], ...]:
    if not isinstance(value, list | tuple) or not all(isinstance(item, Mapping) for item in value):
        raise ValueError("must be tables [[extract.field]]")
    faults = [
        f"number {number}: {fault}"
        for number, item in enumerate(value, 1)
        for fault in _faults_of_field(item)
    ]
    names = [item.get("name") for item in value]
    faults += [f"{name!r} is there twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(value)


def _faults_of_field(item: Mapping[str, object]) -> Iterator[str]:
    for key, value in item.items():
        if key not in _FIELD_MEMBERS:
            yield f"there is no {key!r}{suggest(key, _FIELD_MEMBERS)}"
        elif not isinstance(value, _FIELD_MEMBERS[key]):
            yield f"{key} must be {'true or false' if key == 'all' else 'a text'}"
    if not _FIELD_NAME.fullmatch(str(item.get("name", ""))):
        yield "name must be lower-case letters, digits and _, and begin with a letter"
    if not item.get("selector"):
        yield "selector is missing"


_NAME = re.compile(r"[^\s/:@]+")


def _domain_name(text: str) -> None:
    if not _NAME.fullmatch(text):
        raise ValueError(text)


_NETWORKS = _items(ip_network, 'networks such as "127.0.0.0/8"')

# Every known section and key. A section without keys is known, and takes none yet.
CHECKS: Mapping[str, Mapping[str, Check]] = {
    "server": {
        "host": _text(r"[^\s/]+", "an address or a host name"),
        "port": whole(0, 65_535),
    },
    # What an Authorization header can carry, without spaces.
    "auth": {"token": _text(r"[\x21-\x7e]{0,500}", "plain ASCII text without spaces")},
    "store": {"data_dir": _text(r"[^\0]+", "the path of a folder")},
    "workers": {"count": whole(1, 1_000), "drain_s": seconds(3_600)},
    "crawl": {
        **OPTION_CHECKS,
        # It stands in the user agent, in parentheses.
        "contact": _text(
            r"|https?://[\x21-\x27\x2a-\x7e]+|[\x21-\x27\x2a-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+",
            "a URL or a mail address",
        ),
        "never": _items(_domain_name, "domain names"),
        "per_ip_concurrency": whole(1, 1_000),
        "max_retry_after_s": seconds(604_800),
    },
    "fetch": {
        "connect_to": _connect_to,
        "allow_networks": _NETWORKS,
        "ca_file": _existing_file,
        "proxy": _proxy,
        "dns_servers": _items(_name_server, "IP addresses, with or without a port"),
        "max_body_bytes": whole(1_024, 1_073_741_824),
        "connect_timeout_s": _timeout,
        "read_timeout_s": _timeout,
        "request_timeout_s": _timeout,
        "max_redirects": whole(0, 20),
    },
    "extract": {
        "processes": whole(-1, 64),
        "field": _own_fields,
        "technologies": _existing_file,
    },
    "monitor": {"stuck_after_s": _timeout},
    "webhooks": {
        "url": _hook_url,
        "events": _items(MessageType, ", ".join(MessageType)),
        "secret": _webhook_secret,
        "old_secret": _webhook_secret,
        "allow_networks": _NETWORKS,
        "timeout_s": _timeout,
        "first_retry_s": _timeout,
    },
    "log": {
        "format": one_of("auto", "json", "console"),
        "level": one_of("debug", "info", "warning", "error"),
        "emoji": yes_no,
    },
    "engine": {},
}
