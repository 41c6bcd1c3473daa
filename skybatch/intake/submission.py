"""Reads what a batch is to be, apart from its domains, and finds every fault of it at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import cast

import ada_url
import msgspec

from skybatch.errors import Fault, Invalid, suggest
from skybatch.model.batch import Submission
from skybatch.model.ids import is_uuid
from skybatch.model.message import MessageType
from skybatch.model.options import (
    MAX_CONCURRENT_JOBS,
    MAX_PAGES,
    Check,
    Options,
    check_options,
    whole,
)

DEFAULT_MAX_PAGES = 10
MAX_LABEL = 200  # characters
MAX_METADATA = 16_384  # bytes of JSON
MAX_DEPTH = 32  # of objects and lists in the metadata
MAX_URL = 2_048  # characters
MAX_MEMBERS, MAX_NAME = 100, 100  # past these no name is meant, and telling each would not end

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def _label(value: object) -> str:
    if not isinstance(value, str) or len(value) > MAX_LABEL or _CONTROL.search(value):
        raise ValueError(f"must be a text of at most {MAX_LABEL} characters, on one line")
    return value


def _metadata(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    too_deep = f"must not nest deeper than {MAX_DEPTH} levels"
    try:
        size = len(msgspec.json.encode(value))
    except RecursionError:
        raise ValueError(too_deep) from None
    if size > MAX_METADATA:  # looked at first: walking through megabytes would stop the loop
        raise ValueError(f"must have at most {MAX_METADATA:,} bytes of JSON")
    if _is_deeper(value, MAX_DEPTH):
        raise ValueError(too_deep)
    return value


def _is_deeper(value: object, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inner: Sequence[object] = list(value.values()) if isinstance(value, dict) else value
    return levels == 0 or any(_is_deeper(item, levels - 1) for item in inner)


def _webhook_url(value: object) -> str:
    """The URL of a webhook in the form in which it is asked for. Raises ValueError."""
    if not isinstance(value, str) or len(value) > MAX_URL or _CONTROL.search(value):
        raise ValueError(f"must be a URL of at most {MAX_URL:,} characters")
    try:
        url = ada_url.URL(value)
    except ValueError:
        raise ValueError("must be an absolute URL") from None
    if url.protocol not in ("http:", "https:"):
        raise ValueError("must begin with http:// or https://")
    if url.username or url.password:
        raise ValueError("must not hold a user name or password")
    return str(url.href)


def _webhook_events(value: object) -> tuple[MessageType, ...]:
    names = value.split(",") if isinstance(value, str) else value  # of a query, or of JSON
    known = ", ".join(MessageType)
    if not isinstance(names, list) or not names:
        raise ValueError(f"must be a list of {known}")
    try:
        return tuple(dict.fromkeys(MessageType(name) for name in names))
    except ValueError:
        raise ValueError(f"must be a list of {known}") from None


def _batch_id(value: object) -> str:
    if not isinstance(value, str) or not is_uuid(value.lower()):
        raise ValueError("must be a UUID")
    return value.lower()


def _or_none(read: Callable[[object], object], schema: Mapping[str, object]) -> Check:
    """`null` is the same as no value."""
    return Check(
        lambda value: None if value is None else read(value),
        {**schema, "type": [schema["type"], "null"]},
    )


CHECKS: Mapping[str, Check] = {
    "max_pages": whole(*MAX_PAGES),
    "max_concurrent_jobs": whole(*MAX_CONCURRENT_JOBS),
    "max_concurrent": whole(*MAX_CONCURRENT_JOBS),
    "batch_id": _or_none(_batch_id, {"type": "string", "format": "uuid"}),
    "label": _or_none(_label, {"type": "string", "maxLength": MAX_LABEL}),
    "metadata": _or_none(_metadata, {"type": "object"}),
    "webhook_url": _or_none(
        _webhook_url, {"type": "string", "format": "uri", "maxLength": MAX_URL}
    ),
    "webhook_events": _or_none(
        _webhook_events,
        {"type": "array", "minItems": 1, "items": {"enum": [each.value for each in MessageType]}},
    ),
}
MEANINGS: Mapping[str, str] = {  # for people
    "max_pages": f"Pages that are fetched of a domain at most; {DEFAULT_MAX_PAGES} when not given",
    "max_concurrent_jobs": "Domains that are crawled at a time; all workers when not given",
    "max_concurrent": "The same as max_concurrent_jobs",
    "batch_id": "An id of your own for the batch; the same submission again is answered as before",
    "label": "A name for people, by which lists can be filtered",
    "metadata": "Whatever you want to find again in the status of the batch",
    "webhook_url": "Where messages about the batch are sent",
    "webhook_events": "Which messages are sent; batch.finished and batch.stuck when not given",
}
MEMBERS = (*CHECKS, "options")  # of a submission, besides `domains`


def parse_submission(
    members: Mapping[str, object],
    *,
    defaults: Options,
    default_concurrency: int,
    owner: str,
    batch_id: str,
) -> Submission:
    """The submission that these members ask for; raises Invalid with all their faults.

    `batch_id` is the id of a submission that brings none. `null` is the same as no value where
    there is no default.
    """
    given, faults = _sensible(members, "")
    good: dict[str, object] = {}
    for name, value in given.items():
        if name not in MEMBERS:
            detail = f"there is no member {name!r}{suggest(name, (*MEMBERS, 'domains'))}"
            faults.append(Fault(pointer(name), "unknown", detail))
        elif name != "options":
            try:
                good[name] = CHECKS[name](value)
            except ValueError as error:
                faults.append(Fault(pointer(name), "invalid", f"{name} {error}"))
    options, wrong = _options(given.get("options", {}), defaults)
    faults += [*wrong, *_two_names(good)]
    if faults:
        raise Invalid(tuple(faults))
    concurrency = good.get("max_concurrent_jobs", good.get("max_concurrent", default_concurrency))
    return Submission(
        batch_id=cast(str, good.get("batch_id") or batch_id),
        owner=owner,
        max_pages=cast(int, good.get("max_pages", DEFAULT_MAX_PAGES)),
        max_concurrent_jobs=cast(int, concurrency),
        options=options,
        label=cast(str | None, good.get("label")),
        metadata=cast(Mapping[str, object] | None, good.get("metadata")),
        webhook_url=cast(str | None, good.get("webhook_url")),
        webhook_events=cast(tuple[MessageType, ...] | None, good.get("webhook_events")),
    )


def pointer(*names: str | int) -> str:
    """A JSON pointer (RFC 6901) to a member."""
    return "".join("/" + str(name).replace("~", "~0").replace("/", "~1") for name in names)


def _sensible(given: Mapping[str, object], at: str) -> tuple[dict[str, object], list[Fault]]:
    """The members that may mean something, and a fault when there are others."""
    names = [name for name in given if len(name) <= MAX_NAME][:MAX_MEMBERS]
    kept = {name: given[name] for name in names}
    others = len(given) - len(kept)
    detail = f"{others:,} members have names that mean nothing here"
    return kept, [Fault(at, "unknown", detail)] if others else []


def _options(given: object, defaults: Options) -> tuple[Options, list[Fault]]:
    if not isinstance(given, dict):
        return defaults, [Fault("/options", "invalid", "options must be an object")]
    kept, faults = _sensible(given, "/options")
    options, wrong = check_options(kept, defaults)
    return options, [*faults, *wrong]


def _two_names(good: Mapping[str, object]) -> list[Fault]:
    """A member and its alias say the same, or one of them is not given."""
    wanted = good.get("max_concurrent_jobs")
    alias = good.get("max_concurrent", wanted)
    if wanted is None or alias == wanted:
        return []
    detail = f"max_concurrent is {alias}, max_concurrent_jobs is {wanted}: give one of them"
    return [Fault("/max_concurrent", "conflict", detail)]
