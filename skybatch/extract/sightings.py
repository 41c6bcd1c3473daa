"""Where texts stand in a page: one pass over it finds all that anybody looks for.

The automaton of Aho and Corasick ("Efficient string matching", 1975) takes as long for four hundred
texts as for one. To look for each by itself takes as long for every three.
"""

from collections.abc import Iterable, Iterator
from itertools import islice

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

_MOST = 10_000  # sightings in one text
_PIECE = 64 * 1024  # bytes; what is found in one is a list
_FEW = 64  # texts whose first bytes a processor compares at a time, ten times as fast


class Sought:
    """Texts that are looked for together; as written, letters in upper case are others."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = tuple(dict.fromkeys(texts))
        encoded = [text.encode() for text in self._texts]
        self._overlap = max(map(len, encoded), default=1) - 1
        self._each = BytesAhoCorasick(encoded, implementation=Implementation.DFA)
        self._some = BytesAhoCorasick(encoded, matchkind=MatchKind.LeftmostFirst)

    def among(self, source: bytes) -> frozenset[str]:
        """Those that stand in a text in UTF-8, if none of them begins within another."""
        return frozenset(
            self._texts[number]
            for _, piece in self._pieces(source)
            for number, _, _ in self._some.find_matches_as_indexes(piece)
        )

    def sightings(self, source: bytes) -> Iterator[tuple[str, int]]:
        """Each text that stands in one in UTF-8, also within others, and at which byte it begins;
        by where they end."""
        return islice(self._sightings(source), _MOST)

    def _sightings(self, source: bytes) -> Iterator[tuple[str, int]]:
        for start, piece in self._pieces(source):
            if len(self._texts) <= _FEW and not self._some.find_matches_as_indexes(piece):
                continue
            for number, at, _ in self._each.find_matches_as_indexes(piece, overlapping=True):
                if at < _PIECE:  # else it is of the next piece
                    yield self._texts[number], start + at

    def _pieces(self, source: bytes) -> Iterator[tuple[int, bytes]]:
        for start in range(0, len(source), _PIECE):
            yield start, source[start : start + _PIECE + self._overlap]
