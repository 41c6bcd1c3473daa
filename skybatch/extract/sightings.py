"""Where texts stand in a page: one pass over it finds all that anybody looks for.

The automaton of Aho and Corasick ("Efficient string matching", 1975) takes as long for hundreds of
texts as for one. Whether any of a few stands there at all, the library sees ten times as fast: it
compares the first bytes of up to 64 texts at a time (`aho_corasick::packed`).
"""

from collections.abc import Iterable, Iterator
from functools import cached_property

from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind

_PIECE = 64 * 1024  # bytes; what is found in one is a list
_FEW = 64


class Sought:
    """Texts that are looked for together; as written, letters in upper case are others."""

    def __init__(self, texts: Iterable[str]) -> None:
        self.texts = tuple(dict.fromkeys(texts))
        self._encoded = [text.encode() for text in self.texts]
        self._overlap = max(map(len, self._encoded), default=1) - 1

    def among(self, source: bytes) -> frozenset[str]:
        """Those that stand in a text in UTF-8; one that only begins within another is not seen."""
        return frozenset(
            self.texts[number]
            for _, piece in self._pieces(source)
            for number, _, _ in self._apart.find_matches_as_indexes(piece)
        )

    def count(self, source: bytes) -> int:
        """How many of them stand in a text in UTF-8, none of which stands within another."""
        return sum(
            sum(at < _PIECE for _, at, _ in self._apart.find_matches_as_indexes(piece))
            for _, piece in self._pieces(source)
        )

    def sightings(self, source: bytes) -> Iterator[tuple[str, int]]:
        """Each text that stands in one in UTF-8, also within others, and at which byte it begins;
        by where they end. There may be as many as bytes."""
        for start, piece in self._pieces(source):
            if len(self.texts) <= _FEW and not self._apart.find_matches_as_indexes(piece):
                continue
            for number, at, _ in self._overlapping.find_matches_as_indexes(piece, overlapping=True):
                if at < _PIECE:  # else it is of the next piece
                    yield self.texts[number], start + at

    def _pieces(self, source: bytes) -> Iterator[tuple[int, bytes]]:
        for start in range(0, len(source), _PIECE):
            yield start, source[start : start + _PIECE + self._overlap]

    @cached_property
    def _apart(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(self._encoded, matchkind=MatchKind.LeftmostFirst)

    @cached_property
    def _overlapping(self) -> BytesAhoCorasick:
        return BytesAhoCorasick(self._encoded, implementation=Implementation.DFA)
