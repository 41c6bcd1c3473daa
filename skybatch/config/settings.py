"""One key of the configuration with its value and its source, and the keys that there are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import msgspec

from skybatch.config import Config
from skybatch.config.checks import CHECKS
from skybatch.errors import Fault, suggest
from skybatch.model.options import CHECKS as OPTION_CHECKS

BUILT_IN, HIDDEN = "built-in", "(hidden)"
SECRETS = frozenset(
    {"auth.token", "fetch.proxy", "webhooks.secret", "webhooks.old_secret"}
)  # may come from `…_FILE`; never shown


@dataclass(frozen=True, slots=True)
class Setting:
    """One key with its value, and where the value comes from."""

    section: str
    key: str
    value: object
    source: str = BUILT_IN

    @property
    def name(self) -> str:
        return f"{self.section}.{self.key}"

    @property
    def shown(self) -> object:
        """The value, with secrets replaced: tokens, passwords, and what headers say."""
        if self.name in SECRETS and self.value:
            return HIDDEN
        if self.name == "webhooks.url" and "?" in str(self.value):
            return f"{str(self.value).partition('?')[0]}?{HIDDEN}"
        if self.name == "extract.field":
            return msgspec.to_builtins(self.value)
        if self.name == "crawl.headers" and isinstance(self.value, Mapping):
            return dict.fromkeys(self.value, HIDDEN)
        return self.value


def settings(config: Config) -> Iterator[Setting]:
    """Every key with the value in force, in the order of the sections."""
    for section, checks in CHECKS.items():
        for key in checks:
            part = getattr(config, section)
            if section == "crawl" and key in OPTION_CHECKS:
                part = part.options
            source = config.sources.get(f"{section}.{key}", BUILT_IN)
            yield Setting(section, key, getattr(part, key), source)


def is_known(setting: Setting, faults: list[Fault]) -> bool:
    """Whether section and key (unless empty) exist; a fault with a suggestion if not."""
    if setting.section not in CHECKS:
        detail = f"there is no section [{setting.section}]{suggest(setting.section, CHECKS)}"
        faults.append(fault_of(setting, detail, code="unknown"))
        return False
    keys = CHECKS[setting.section]
    if setting.key and setting.key not in keys:
        detail = f"[{setting.section}] has no key {setting.key!r}{suggest(setting.key, keys)}"
        faults.append(fault_of(setting, detail, code="unknown"))
        return False
    return True


def fault_of(setting: Setting, detail: str, *, code: str = "invalid") -> Fault:
    """A fault of a setting, with the place where it was set."""
    return Fault(setting.name.rstrip("."), code, f"{detail} (in {setting.source})")
