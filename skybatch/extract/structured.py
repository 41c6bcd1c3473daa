"""What JSON-LD and microdata say of a company, told apart by where they say it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from skybatch.extract import jsonld, microdata
from skybatch.extract.document import Document
from skybatch.extract.organization import organization_of
from skybatch.model.facts import Organization, Place

_MAX_VALUES = 50  # of one kind


@dataclass(frozen=True, slots=True)
class Structured:
    """The structured data of a page, and the values in it that extractors ask for."""

    items: tuple[Mapping[str, object], ...] = ()
    organization: Organization | None = None
    logo: str | None = None  # as written
    emails: tuple[tuple[str, Place], ...] = ()
    phones: tuple[tuple[str, Place], ...] = ()
    faxes: tuple[tuple[str, Place], ...] = ()
    profiles: tuple[str, ...] = ()  # sameAs


def read(document: Document) -> Structured:
    """Everything in one look; JSON-LD first, it is what sites keep up to date."""
    placed = [(item, Place.JSONLD) for item in jsonld.items(document)]
    placed += [(item, Place.MICRODATA) for item in microdata.items(document)]
    if not placed:
        return Structured()
    objects = [(inner, place) for item, place in placed for inner in _objects(item)]
    values = {
        name: tuple(
            (value, place) for inner, place in objects for value in _strings(inner.get(name))
        )[:_MAX_VALUES]
        for name in ("email", "telephone", "faxNumber", "sameAs")
    }
    return Structured(
        items=tuple(item for item, _ in placed),
        organization=_first_organization(objects),
        logo=next((url for inner, _ in objects if (url := _url(inner.get("logo")))), None),
        emails=values["email"],
        phones=values["telephone"],
        faxes=values["faxNumber"],
        profiles=tuple(value for value, _ in values["sameAs"]),
    )


def _objects(value: object) -> Iterator[Mapping[str, object]]:
    """An object and all objects in it; the readers have bounded how deep that goes."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        yield str(value)


def _url(value: object) -> str | None:
    """A logo is a URL, an ImageObject, or a list of those."""
    if isinstance(value, list):
        value = value[0] if value else None
    if isinstance(value, dict):
        value = value.get("url") or value.get("contentUrl") or value.get("@id")
    return value if isinstance(value, str) else None


def _first_organization(
    objects: list[tuple[Mapping[str, object], Place]],
) -> Organization | None:
    """The first object that is an organization with a name."""
    for item, place in objects:
        if found := organization_of(item, place):
            return found
    return None
