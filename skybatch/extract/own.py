"""Fields of the user's own, by CSS selectors, and products by rules of the user's own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from skybatch.extract.document import Document, text_of
from skybatch.extract.lettering import squeeze
from skybatch.extract.technology_rules import Rule, Rulebook, read_rules, with_own
from skybatch.model.own import Additions, OwnField

_MAX_VALUES = 50  # of one field on one page
_MAX_VALUE = 1_000  # characters
_REFERENCES = frozenset({"href", "src"})  # given as absolute URLs


@dataclass(frozen=True, slots=True)
class Own:
    """What is looked for on every page, ready to be used."""

    fields: tuple[OwnField, ...] = ()
    rules: Rulebook | None = None  # the built-in ones, when there are none of the user


NOTHING = Own()


def prepare(additions: Additions) -> Own:
    """Raises ValueError with everything that is wrong, a fault a line."""
    faults = list(_faults(additions.fields))
    rules: tuple[Rule, ...] = ()
    try:
        rules = read_rules(additions.technologies)
    except ValueError as error:
        faults.append(str(error))
    if faults:
        raise ValueError("\n".join(faults))
    return Own(additions.fields, with_own(rules) if rules else None)


def _faults(fields: Sequence[OwnField]) -> Iterator[str]:
    page = LexborHTMLParser("<p>")
    for field in fields:
        try:
            page.css(field.selector)
        except SelectolaxError:
            yield f"field {field.name!r}: {field.selector!r} is no CSS selector"


def values(document: Document, fields: Sequence[OwnField]) -> Mapping[str, tuple[str, ...]]:
    """The values of each field that has any, distinct, in document order."""
    found = {field.name: tuple(_values(document, field)) for field in fields}
    return {name: value for name, value in found.items() if value}


def _values(document: Document, field: OwnField) -> Iterator[str]:
    seen: set[str] = set()
    for node in document.tree.css(field.selector):
        value = _value(document, field, node)
        if value is None or value in seen:
            continue
        seen.add(value)
        yield value
        if not field.all or len(seen) == _MAX_VALUES:
            return


def _value(document: Document, field: OwnField, node: LexborNode) -> str | None:
    if not field.attribute:
        return text_of(node, _MAX_VALUE)
    written = node.attributes.get(field.attribute)
    if field.attribute in _REFERENCES:
        return document.resolve(written)
    return squeeze(written, _MAX_VALUE)
