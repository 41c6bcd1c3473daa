"""Turns the query parameters of a streamed list into the members of a submission.

`max_pages=10`, `metadata={"a":1}`, `options.scope=domain`, `options={"scope":"domain"}`; path
patterns may be given again: `options.include=/de/*&options.include=/en/*`.
"""

from collections.abc import Iterable
from dataclasses import fields, replace

import msgspec

from skybatch.errors import Fault
from skybatch.model.options import Options

_NUMBERS = frozenset({"max_pages", "max_concurrent_jobs", "max_concurrent"})
_OBJECTS = frozenset({"options", "metadata"})
_OPTION = "options."
_OPTIONS = Options()
_TEXTS, _LISTS = (
    {field.name for field in fields(Options) if isinstance(getattr(_OPTIONS, field.name), kind)}
    for kind in (str, tuple)
)


def query_members(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, object], list[Fault]]:
    """The members that the parameters stand for, not checked yet, and what is wrong with the
    form of the parameters themselves."""
    members: dict[str, object] = {}
    options: dict[str, object] = {}
    faults: list[Fault] = []
    for name, text in pairs:
        option = name.removeprefix(_OPTION) if name.startswith(_OPTION) else None
        try:
            if option in _LISTS:
                _append(options, option, text)
            elif option is not None:
                _set(options, option, text if option in _TEXTS else _value(text))
            elif name == "options":
                for key, value in _object(text).items():
                    _set(options, key, value)
            else:
                _set(members, name, _member(name, text))
        except ValueError as error:
            faults.append(Fault(f"?{name}", "invalid", f"{name} {error}"))
    if options:
        members["options"] = options
    return members, faults


def at_query(fault: Fault) -> Fault:
    """The fault of a member, told of the parameter that it came from."""
    return replace(fault, pointer="?" + fault.pointer[1:].replace("/", "."))


def _member(name: str, text: str) -> object:
    if name in _OBJECTS:
        return _object(text)
    return _value(text) if name in _NUMBERS else text


def _value(text: str) -> object:
    """A number, `true`, `false`, an object or a list where it is one, else the text itself."""
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return text


def _object(text: str) -> dict[str, object]:
    value = _value(text)
    if not isinstance(value, dict):
        raise ValueError("must be a JSON object")
    return value


def _set(values: dict[str, object], name: str, value: object) -> None:
    if name in values:
        raise ValueError(f"is given twice: {name}" if name in _LISTS else "is given twice")
    values[name] = value


def _append(values: dict[str, object], name: str, text: str) -> None:
    held = values.setdefault(name, [])
    if not isinstance(held, list):
        raise ValueError("is given twice")
    held.append(text)
