"""What a page says about its own encoding, before anybody can read it.

HTML Standard, "prescan a byte stream to determine its encoding" and "get an XML encoding",
https://html.spec.whatwg.org/multipage/parsing.html#prescan-a-byte-stream-to-determine-its-encoding
"""

import re
from collections.abc import Callable, Iterator

# The standard looks at 1,024 bytes, and reads again should a <meta> come later. Looking further
# at once comes to the same.
_LOOKED_AT = 64 * 1024
_SPACE = rb"\t\n\x0c\r "
_MARKUP = re.compile(rb"<(?:(!--)|(meta)[%b/]|/?[a-z]|([!/?]))" % _SPACE, re.IGNORECASE)
_NAME_END = re.compile(rb"[%b>]" % _SPACE)
_ATTRIBUTE = re.compile(
    rb"[%b/]*(?:>|([^%b/>][^%b/>=]*)[%b]*(?:=[%b]*(?:\"([^\"]*)\"|'([^']*)'|([^\"'%b>][^%b>]*)|"
    rb"(?=>)|([\"'])))?)" % ((_SPACE,) * 7)
)
_CHARSET = re.compile(
    r"charset[\t\n\x0c\r ]*=[\t\n\x0c\r ]*(?:\"([^\"]*)\"|'([^']*)'|([^\"'\s;][^\s;]*))"
)
_XML = re.compile(rb"<\?xml[^>]*?encoding[\t\n\r ]*=[\t\n\r ]*([\"'])([^\"'>\x00-\x20]*)\1")


def declared(data: bytes, known: Callable[[str], bool]) -> str | None:
    """The label that the page gives itself, the first one that is `known`."""
    head = data[:_LOOKED_AT]
    for attributes in _metas(head):
        label = _of_meta(attributes)
        if label is not None and known(label):
            return label
    if (xml := _XML.match(head)) and known(label := xml[2].decode("latin-1")):
        return label
    return None


def _metas(head: bytes) -> Iterator[dict[str, str]]:
    """The attributes of each <meta>; what comes first of one name counts."""
    at = 0
    while (markup := _MARKUP.search(head, at)) is not None:
        is_comment, is_meta, is_other = markup.groups()
        if is_comment:
            end = head.find(b"-->", markup.start() + 2)  # `<!-->` is one
            if end < 0:
                return
            at = end + 3
        elif is_other:
            at = head.find(b">", markup.end()) + 1 or len(head)
        else:
            named = None if is_meta else _NAME_END.search(head, markup.end())
            at, attributes = _attributes(head, named.start() if named else markup.end() - 1)
            if is_meta and attributes is not None:
                yield attributes


def _attributes(head: bytes, at: int) -> tuple[int, dict[str, str] | None]:
    """Where the tag ends, and its attributes; `None` when a quote is not closed."""
    found: dict[str, str] = {}
    while (match := _ATTRIBUTE.match(head, at)) is not None and match.end() > at:
        at = match.end()
        name, double, single, plain, unclosed = match.groups()
        if unclosed:
            return len(head), None
        if name is None:
            return at, found  # at its end
        value = next((each for each in (double, single, plain) if each is not None), b"")
        found.setdefault(_lower(name), _lower(value))
    return len(head), None


def _lower(text: bytes) -> str:
    return text.decode("latin-1").lower()


def _of_meta(attributes: dict[str, str]) -> str | None:
    if "charset" in attributes:
        return attributes["charset"]
    if attributes.get("http-equiv") != "content-type":
        return None
    found = _CHARSET.search(attributes.get("content", ""))
    return next((each for each in found.groups() if each is not None), None) if found else None
