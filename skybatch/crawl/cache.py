"""A memory with an end: entries expire, and the oldest make room."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Cache(Generic[Value]):
    """Values by name. Times are those of one monotonic clock, in seconds."""

    def __init__(self, most: int, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        """`most` is what all values may weigh together."""
        self._most = most
        self._weigh = weigh
        self._weight = 0
        self._entries: OrderedDict[str, tuple[float, Value]] = OrderedDict()

    def get(self, name: str, now: float) -> Value | None:
        """The value, if there is one that has not expired."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        expires_at, value = entry
        if expires_at <= now:
            self._drop(name)
            return None
        self._entries.move_to_end(name)
        return value

    def put(self, name: str, value: Value, *, expires_at: float) -> None:
        """Keep a value; those that were not asked for longest go when there are too many. The one
        that was put last stays, whatever it weighs."""
        if name in self._entries:
            self._drop(name)
        self._entries[name] = (expires_at, value)
        self._weight += self._weigh(value)
        while self._weight > self._most and len(self._entries) > 1:
            self._drop(next(iter(self._entries)))

    def _drop(self, name: str) -> None:
        _, value = self._entries.pop(name)
        self._weight -= self._weigh(value)
