"""The labels: what a careful person would copy from each page."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Label:
    """One page, and what is to be found on it."""

    id: str
    url: str
    region: str = ""  # of numbers without a prefix
    title: str | None = None
    description: str | None = None
    language: str | None = None
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()  # E.164
    faxes: tuple[str, ...] = ()
    social: tuple[str, ...] = ()  # canonical URLs of profiles
    organization: str = ""  # from structured data or an imprint
    technologies: tuple[str, ...] = ()  # "Bootstrap 5.3.2", "Hotjar"
    note: str = ""  # what was doubtful


def labels() -> Iterator[Label]:
    """All of them, in the order of their names."""
    for file in sorted((FOLDER / "labels").glob("*.toml")):
        told = tomllib.loads(file.read_text("utf-8"))
        yield Label(
            file.stem,
            **{k: tuple(v) if isinstance(v, list) else v for k, v in told.items()},
        )
