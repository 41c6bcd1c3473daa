"""The table of domains: which job of a batch has which, by a hash of its name.

An index over the names themselves is changed all over by each slice of a list, which is in no order
that the index knows: of a million domains, that was most of the work. So a list is compared with
the hashes of what came before, and the table gets them in order, page after page, at the end.
"""

from array import array
from collections.abc import Iterator, Sequence
from hashlib import blake2b

from skybatch.store.tx import Tx, Value, many

KEY_BITS = 36  # of a hash; two domains that share one are told apart by their jobs
_SEQ_BITS = 64 - KEY_BITS
_MOST = 1 << _SEQ_BITS  # jobs that may be made, by all, while one list comes in
_FIRST_BITS = 10
TOGETHER = 10_000  # keys that a unit adds
_ROWS = 250  # of one statement

Keyed = tuple[int, int]  # a key, and the `seq` of the job that has it


def key_of(domain: str) -> int:
    """The hash by which a domain is found, of 36 bits."""
    return int.from_bytes(blake2b(domain.encode(), digest_size=8).digest(), "big") >> _SEQ_BITS


class Seen:
    """The domains of one list as far as it has come, at 11 to 22 bytes each.

    A hash table with open addressing. A slot is a key and the number of its job, counted from the
    first; the place of a key are its upper bits, so that the slots are nearly in order.
    """

    def __init__(self) -> None:
        self._bits = _FIRST_BITS
        self._slots = _empty(self._bits)
        self._count = 0
        self._before_first = -1  # the highest `seq` before the first job; -1 = there is none yet

    def __len__(self) -> int:
        return self._count

    def jobs_of(self, key: int) -> Sequence[int]:
        """The jobs whose domains have this key: nearly always one at most."""
        slots, last = self._slots, len(self._slots) - 1
        place = key >> KEY_BITS - self._bits
        found: Sequence[int] = ()
        while slot := slots[place]:
            if slot >> _SEQ_BITS == key:
                found = (*found, self._before_first + (slot & _MOST - 1))
            place = place + 1 & last
        return found

    def add(self, key: int, seq: int) -> None:
        """Note the job of a domain; jobs come in the order of their numbers."""
        if self._before_first < 0:
            self._before_first = seq - 1
        number = seq - self._before_first
        if number >= _MOST:
            raise OverflowError(f"{number} jobs were made while a list came in")
        if self._count * 3 > len(self._slots) * 2:
            self._grow()
        self._put(key << _SEQ_BITS | number)
        self._count += 1

    def in_order(self) -> Iterator[list[Keyed]]:
        """All of them, some 10,000 at a time, in the order of the table."""
        part: list[int] = []
        for start in range(0, len(self._slots), TOGETHER):
            part += filter(None, self._slots[start : start + TOGETHER])
            if len(part) >= TOGETHER:
                yield self._keyed(part)
                part = []
        if part:
            yield self._keyed(part)

    def _keyed(self, slots: Sequence[int]) -> list[Keyed]:
        return [
            (slot >> _SEQ_BITS, self._before_first + (slot & _MOST - 1)) for slot in sorted(slots)
        ]

    def _grow(self) -> None:
        slots = self._slots
        self._bits += 1
        self._slots = _empty(self._bits)
        for slot in filter(None, slots):
            self._put(slot)

    def _put(self, slot: int) -> None:
        slots, last = self._slots, len(self._slots) - 1
        place = slot >> 64 - self._bits
        while slots[place]:
            place = place + 1 & last
        slots[place] = slot


def _empty(bits: int) -> "array[int]":
    return array("Q", bytes(8 << bits))


def add(tx: Tx, batch: int, keyed: Sequence[Keyed]) -> None:
    """Let jobs of the batch be found by their domains."""
    for start in range(0, len(keyed), _ROWS):
        parameters: list[Value] = [batch]
        for pair in keyed[start : start + _ROWS]:
            parameters += pair
        parameters += [None] * (1 + 2 * _ROWS - len(parameters))
        tx.execute(_INSERT, parameters)


# Always as many rows, as for jobs.
_INSERT = f"""
INSERT INTO domains (batch, key, job)
SELECT ?1, * FROM (VALUES {many(_ROWS, 2)}) WHERE column1 IS NOT NULL
"""  # noqa: S608 - only question marks are put in
