"""Lays the sources of the configuration over each other, and finds every fault of all of them."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import msgspec

from skybatch.config import Config
from skybatch.config.checks import CHECKS
from skybatch.config.settings import Setting, fault_of
from skybatch.config.sources import from_env, from_file
from skybatch.errors import Fault, Invalid
from skybatch.model.options import CHECKS as OPTION_CHECKS

FILE = Path("skybatch.toml")


def load(path: Path | None, env: Mapping[str, str], flags: Mapping[str, object]) -> Config:
    """The configuration in force: flag, then environment, then file, then built-in.

    `path` is the file to read, `None` means `./skybatch.toml` when there is one. `flags` maps
    `section.key` to a value, or to `None` when the flag was not given. Raises Invalid with every
    fault of all sources; pointers are `section.key`, or the file when it cannot be read.
    """
    faults: list[Fault] = []
    if path is None and FILE.is_file():
        path = FILE
    given = [] if path is None else list(from_file(path, faults))
    return _merge(given, env, flags, faults)


def load_without_file(env: Mapping[str, str], flags: Mapping[str, object]) -> Config:
    """As `load`, for commands that bring their own settings and read no file."""
    return _merge([], env, flags, [])


def _merge(
    given: list[Setting], env: Mapping[str, str], flags: Mapping[str, object], faults: list[Fault]
) -> Config:
    given += from_env(env, faults)
    for name, value in flags.items():
        if value is not None:
            section, _, key = name.partition(".")
            given.append(Setting(section, key, value, f"--{key.replace('_', '-')}"))
    good: dict[str, dict[str, object]] = {section: {} for section in CHECKS}
    sources: dict[str, str] = {}
    for setting in given:  # the weakest source first: a later one replaces
        try:
            good[setting.section][setting.key] = CHECKS[setting.section][setting.key](setting.value)
            sources[setting.name] = setting.source
        except ValueError as error:
            faults.append(fault_of(setting, f"{setting.key} {error}"))
    if faults:
        raise Invalid(tuple(faults))
    return _build(good, sources)


def _build(values: Mapping[str, dict[str, object]], sources: Mapping[str, str]) -> Config:
    crawl = values["crawl"]
    options = {key: crawl.pop(key) for key in list(crawl) if key in OPTION_CHECKS}
    known = {part.name for part in fields(Config)}
    tree: dict[str, object] = {name: part for name, part in values.items() if name in known}
    return msgspec.convert(
        tree | {"crawl": {**crawl, "options": options}, "sources": sources}, Config
    )
