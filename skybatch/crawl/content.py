"""Which bodies are pages: by the type that the server names, else by their first bytes."""

import re
from dataclasses import replace

from skybatch.extract.body import unpack
from skybatch.model.facts import RawPage

_READ = frozenset({"text/html", "application/xhtml+xml"})
_SNIFFED_BYTES = 1_445  # WHATWG MIME Sniffing, section 5.2
# Section 7.1: the signatures of text/html, each ended by a space or `>`.
_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?[\t\n\x0c\r ]*(?:<!--|<\?xml|<(?:!doctype html|html|head|script|iframe|h1|"
    rb"div|font|table|a|style|title|b|body|br|p|meta|link)[\t\n\x0c\r />])",
    re.IGNORECASE,
)


def essence(content_type: str | None) -> str | None:
    """`text/html` of `Text/HTML; charset=utf-8`; `None` when there is none."""
    name = re.split("[;,]", content_type or "", maxsplit=1)[0].strip().lower()
    return name if "/" in name else None


def may_be_page(content_type: str | None) -> bool:
    """Whether a body of this type is worth reading; one without a type is looked at."""
    name = essence(content_type)
    return name is None or name in _READ


def looks_like_page(raw: RawPage) -> bool:
    """Whether a body whose type nobody names begins like HTML."""
    return bool(_HTML.match(unpack(replace(raw, max_bytes=_SNIFFED_BYTES)).data))
