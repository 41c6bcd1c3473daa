"""Settings as they are written: in a TOML file, in the environment."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path

from skybatch.config import Config
from skybatch.config.settings import SECRETS, Setting, fault_of, is_known, settings
from skybatch.errors import Fault


def from_file(path: Path, faults: list[Fault]) -> Iterator[Setting]:
    """The settings of a file, unchecked but for their names; faults are added to the list."""
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        faults.append(Fault(str(path), "unreadable", f"cannot be read: {error.strerror}"))
        return
    except ValueError as error:  # not UTF-8, or not TOML
        faults.append(Fault(str(path), "malformed", f"is not a TOML file: {error}"))
        return
    for section, content in document.items():
        if not is_known(Setting(section, "", None, str(path)), faults):
            continue
        if not isinstance(content, Mapping):
            faults.append(Fault(section, "invalid", f"must be a section [{section}] (in {path})"))
            continue
        for key, value in content.items():
            setting = Setting(section, key, value, str(path))
            if is_known(setting, faults):
                yield setting


def from_env(env: Mapping[str, str], faults: list[Fault]) -> Iterator[Setting]:
    """The settings of `SKYBATCH_SECTION__KEY` variables; faults are added to the list."""
    types = {setting.name: setting.value for setting in settings(Config())}
    for variable in sorted(env):
        match = re.fullmatch(r"SKYBATCH_(.+?)__(.+)", variable)
        if not match:
            continue
        section, key, text = match[1].lower(), match[2].lower(), env[variable]
        if f"{section}.{key.removesuffix('_file')}" in SECRETS and key.endswith("_file"):
            key = key.removesuffix("_file")
            text = _secret(Setting(section, key, text, variable), env, faults)
        setting = Setting(section, key, text, variable)
        if is_known(setting, faults):
            try:
                yield Setting(section, key, from_text(text, types[setting.name]), variable)
            except ValueError as error:
                faults.append(fault_of(setting, f"{key} {error}"))


def _secret(setting: Setting, env: Mapping[str, str], faults: list[Fault]) -> str:
    """The content of the file that a `…_FILE` variable names."""
    if setting.source.removesuffix("_FILE") in env:
        faults.append(fault_of(setting, f"{setting.key} is also set without _FILE"))
    try:
        return Path(str(setting.value)).read_text("utf-8").strip()
    except (OSError, ValueError) as error:
        faults.append(fault_of(setting, f"{setting.value} cannot be read: {error}"))
        return ""


def from_text(text: str, like: object) -> object:
    """A value written as text, read as the type of `like`: lists and tables are JSON.

    Raises ValueError, worded to follow the name of the key.
    """
    if isinstance(like, str):
        return text
    try:
        value: object = json.loads(text)
    except ValueError:
        # The text is not repeated: a table of headers may hold a secret.
        what = "true or false" if isinstance(like, bool) else "a number"
        what = what if isinstance(like, bool | int | float) else "JSON"
        raise ValueError(f"must be {what}") from None
    return value
