"""Which products a page shows to be in use, by the rules of `technologies.toml`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

from skybatch.extract.document import Document
from skybatch.extract.technology_rules import Rule, Rulebook, built_in
from skybatch.model.facts import Technology

_COOKIE = "Cookie: "
_MAX_EVIDENCE = 200  # characters
_MAX_CHARACTERS = 100_000  # characters of one channel
_MAX_COMMENTS = 100
_MAX_COMMENT = 300


class _Channel(NamedTuple):
    source: bytes  # one entry a line
    marks: Mapping[str, int]  # those that stand in it, and where


def find(
    document: Document, signs: Sequence[str] = (), book: Rulebook | None = None
) -> tuple[Technology, ...]:
    """The products in use, in the order of the rules; `signs` are those of the answer's headers."""
    book = book or built_in()
    channels: dict[str, _Channel] = {}
    seen: set[int] = set()
    for name, source, lowered in _channels(document, signs, book):
        marks = book.marks_in(name, lowered) if source else {}
        channels[name] = _Channel(source, marks)
        for mark in marks:
            seen.update(book.having(name, mark))
    return tuple(_apply(book.rules[number], channels) for number in sorted(seen))


def _apply(rule: Rule, channels: Mapping[str, _Channel]) -> Technology:
    """What a rule finds of which a mark was seen: the first evidence, or the first that tells the
    version."""
    lines = list(_evidence(rule, channels))
    for line in lines:
        if version := rule.version_in(line):
            return Technology(rule.name, rule.category, line, version)
    return Technology(rule.name, rule.category, lines[0])


def _evidence(rule: Rule, channels: Mapping[str, _Channel]) -> Iterator[str]:
    """The lines in which a mark of the rule stands, one for each mark."""
    for name, marks in rule.marks.items():
        channel = channels[name]
        for mark in marks:
            if mark in channel.marks:
                yield _line(channel.source, channel.marks[mark])


def _line(source: bytes, position: int) -> str:
    start = max(source.rfind(b"\n", 0, position) + 1, position - _MAX_EVIDENCE // 2)
    end = source.find(b"\n", position)
    end = len(source) if end < 0 else end
    line = source[start : min(end, start + 4 * _MAX_EVIDENCE)].decode("utf-8", "ignore")
    return line[:_MAX_EVIDENCE].strip()


def _channels(
    document: Document, signs: Sequence[str], book: Rulebook
) -> Iterator[tuple[str, bytes, bytes]]:
    """What the rules are applied to: the name of each channel, and its entries, one a line, as
    written and in lower case."""
    for name, lines in _lines(document, signs, book):
        source = _joined(lines)
        yield name, source, source.lower()
    if len(document.html) <= _MAX_CHARACTERS:
        yield "markup", document.source, document.lowered
    else:
        markup = document.html[:_MAX_CHARACTERS].encode("utf-8", "replace")
        yield "markup", markup, markup.lower()


def _lines(
    document: Document, signs: Sequence[str], book: Rulebook
) -> Iterator[tuple[str, Iterable[str]]]:
    yield "generator", document.meta.get("generator", ())
    yield "headers", (line for line in signs if not line.startswith(_COOKIE))
    yield "cookies", (line for line in signs if line.startswith(_COOKIE))
    # All of the tree is walked for them: only where the source has what is looked for.
    has_marks = book.marks_in("comments", document.lowered)
    yield "comments", _comments(document) if has_marks else ()
    yield "assets", _assets(document)
    yield "inline", _inline(document)


def _joined(lines: Iterable[str]) -> bytes:
    kept: list[str] = []
    left = _MAX_CHARACTERS
    for line in lines:
        if left <= 0:
            break
        kept.append(line[:left])
        left -= len(line) + 1
    return "\n".join(kept).encode("utf-8", "replace")


def _comments(document: Document) -> Iterator[str]:
    return (comment[:_MAX_COMMENT] for comment in islice(document.comments(), _MAX_COMMENTS))


def _assets(document: Document) -> Iterator[str]:
    """URLs of scripts, style sheets and frames; pictures are too often those of others."""
    for node in document.nodes["script"]:
        if source := node.attributes.get("src"):
            yield source
    for tag, attributes, _ in document.leads:
        if tag in ("link", "iframe") and (url := attributes.get("href") or attributes.get("src")):
            yield url


def _inline(document: Document) -> Iterator[str]:
    for node in document.nodes["script"]:
        attributes = node.attributes
        if not attributes.get("src") and "json" not in (attributes.get("type") or ""):
            yield node.text()
