"""A memory with an end: entries expire, and the oldest make room."""

from collections import OrderedDict
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Values by name. Times are those of one monotonic clock, in seconds."""

    def __init__(self, max_entries: int) -> None:
        self._max_entries = max_entries
        self._entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def get(self, name: str, now: float) -> Value | None:
        """The value, if there is one that has not expired."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        expires_at, value = entry
        if expires_at <= now:
            del self._entries[name]
            return None
        self._entries.move_to_end(name)
        return value

    def put(self, name: str, value: Value, *, expires_at: float) -> None:
        """Keep a value; the one that was not asked for longest goes when there are too many."""
        self._entries[name] = (expires_at, value)
        self._entries.move_to_end(name)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
