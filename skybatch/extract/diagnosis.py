"""What a page is instead of a company's own: parked, for sale, behind a wall, or nothing at all."""

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from skybatch.extract.document import Document
from skybatch.extract.sightings import Sought
from skybatch.model.facts import Diagnosis, PageFacts

_TABLE = Path(__file__).with_name("diagnoses.toml")
_LITTLE = 200  # characters of text that a page built by scripts may show without them
_NOTHING = 20
_FEW_LINKS = 3
_UNAUTHORIZED = 401  # RFC 9110, section 15.5.2
# Where the frameworks put what they build.
_SHELLS = ('id="root"', 'id="app"', 'id="__next"', 'id="__nuxt"', 'id="react-root"', "<app-root")
_OF_A_NAME = re.compile(r"[\w-]\Z")  # before a mark: it is the end of a longer name
_WIDEST = 4  # bytes of a character
_NEEDS_TITLE_AND_MARK = frozenset({Diagnosis.LOGIN_WALL})


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one of them is recognised."""

    diagnosis: Diagnosis
    most: int
    title: re.Pattern[str]
    texts: tuple[str, ...]
    marks: Sought
    headers: tuple[str, ...]


def of_page(document: Document, facts: PageFacts) -> Diagnosis | None:
    """What a page that was answered with success is; `None` = a page of somebody's own."""
    title, size = (facts.title or "").lower(), len(document.text)
    for kind in kinds():
        if size <= kind.most and _fits(kind, title, document):
            return kind.diagnosis
    if size > _LITTLE or facts.links_internal > _FEW_LINKS or _has_contacts(facts):
        return None
    leads_on = document.first_meta("refresh") or any(lead.tag == "frame" for lead in document.leads)
    if leads_on:
        return None
    is_bare = size <= _NOTHING and not document.nodes["img"]
    if document.nodes["script"] and (is_bare or _is_shell(document)):
        return Diagnosis.JS_ONLY
    leads = facts.links_internal or facts.links_external
    return Diagnosis.EMPTY if is_bare and not leads else None


def of_refusal(status: int, headers: Sequence[str]) -> Diagnosis | None:
    """What an answer that is no success says of the site, by its header lines."""
    lines = [line.lower() for line in headers]
    for kind in kinds():
        if any(line.startswith(mark) for mark in kind.headers for line in lines):
            return kind.diagnosis
    return Diagnosis.LOGIN_WALL if status == _UNAUTHORIZED else None


def _fits(kind: _Kind, title: str, document: Document) -> bool:
    by_title = kind.title.search(title) is not None
    if kind.diagnosis in _NEEDS_TITLE_AND_MARK:
        return by_title and _is_marked(kind, document)
    return (
        by_title or any(part in document.text for part in kind.texts) or _is_marked(kind, document)
    )


def _is_marked(kind: _Kind, document: Document) -> bool:
    return any(
        not _OF_A_NAME.search(document.lowered[max(0, at - _WIDEST) : at].decode("utf-8", "ignore"))
        for _, at in kind.marks.sightings(document.lowered)
    )


def _is_shell(document: Document) -> bool:
    """Whether it is what scripts are to fill, or says that it needs them."""
    if "javascript" in document.text:
        return True
    return "<form" not in document.html and any(mark in document.html for mark in _SHELLS)


def _has_contacts(facts: PageFacts) -> bool:
    return bool(facts.emails or facts.phones or facts.organization)


@cache
def kinds() -> tuple[_Kind, ...]:
    """The table, read once."""
    tables = tomllib.loads(_TABLE.read_text("utf-8"))["kind"]
    return tuple(
        _Kind(
            Diagnosis(table["name"]),
            table["most"],
            re.compile(rf"(?<!\w)(?:{'|'.join(table['titles']) or '(?!)'})(?!\w)"),
            tuple(table["texts"]),
            Sought(table["marks"]),
            tuple(table.get("headers", ())),
        )
        for table in tables
    )
