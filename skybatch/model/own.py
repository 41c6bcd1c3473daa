"""What users add to the extractors: fields and products of their own."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OwnField:
    """A value that a user wants of every page."""

    name: str  # in `custom` of pages and domains
    selector: str  # CSS
    attribute: str = ""  # of the elements found; empty = their text
    all: bool = False  # of all elements, or of the first that has a value


@dataclass(frozen=True, slots=True)
class Additions:
    """Everything that a user has added, as it was written."""

    fields: tuple[OwnField, ...] = ()
    technologies: str = ""  # a TOML document, as `extract/technologies.toml`


NONE = Additions()
