"""Finds the rule of a robots.txt that decides on a path, at a bounded cost however many there are.

Most rules are plain beginnings of paths: those are looked up by length. Patterns with wildcards are
tried one after the other, so there may be only so many of them.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MAX_RULES = 30_000  # of one file: each takes 250 bytes
_MAX_STARS = 1_000  # wildcards in the patterns of one file; each is a search in the path
_MAX_WILD = 100_000  # characters of patterns with wildcards: a search costs length times length
_LOOKUP = 1_300  # what looking a beginning up costs, against a character of a search


class Rule(NamedTuple):
    """One `Allow` or `Disallow` of ours."""

    allows: bool
    pattern: str  # normal form
    line: int  # in the file, from 1

    def matches(self, path: str) -> bool:
        """Whether it speaks of a path with its query, in normal form.

        Piece by piece, as each piece may be taken where it comes first: no pattern is slow.
        """
        pattern, is_anchored = self.pattern, self.pattern.endswith("$")
        if is_anchored:
            pattern = pattern[:-1]
        first, *rest = pattern.split("*")
        if not path.startswith(first):
            return False
        at = len(first)
        if not rest:
            return not is_anchored or at == len(path)
        *middle, last = rest
        for piece in middle:
            if (at := path.find(piece, at)) < 0:
                return False
            at += len(piece)
        if is_anchored:
            return path.endswith(last) and len(path) - len(last) >= at
        return path.find(last, at) >= 0


class Index:
    """The rules of one group.

    Of patterns beyond a thousand wildcards, or 100,000 characters with them, a `Disallow` is cut
    before its first one; of rules beyond thirty thousand it forbids everything; an `Allow` is
    dropped. So nothing is asked for that the file forbids.
    """

    def __init__(self, rules: Iterable[Rule] = ()) -> None:
        self._plain: dict[str, Rule] = {}  # by the beginning of a path
        self._whole: dict[str, Rule] = {}  # by a whole path
        self._wild: dict[tuple[bool, str], Rule] = {}
        self._lengths: dict[int, None] = {}  # of the beginnings
        self._all: Rule | None = None  # the one that forbids everything, as there are too many
        self._stars = self._size = 0  # of the patterns with wildcards
        for rule in rules:
            self.add(rule)

    def add(self, rule: Rule) -> None:
        """One rule more; the first of two that say the same stays."""
        stars = rule.pattern.rstrip("*").count("*")
        size = self._size + len(rule.pattern)
        if stars and self._stars + stars <= _MAX_STARS and size <= _MAX_WILD:
            if (rule.allows, rule.pattern) not in self._wild:
                self._wild[rule.allows, rule.pattern] = rule
                self._stars += stars
                self._size = size
        elif not (rule.allows and (stars or len(self) >= _MAX_RULES)):
            self._keep(rule)

    def _keep(self, rule: Rule) -> None:
        if len(self) >= _MAX_RULES:
            self._all = self._all or rule  # whatever it allows: there may be more than we know of
            return
        text, star, _ = rule.pattern.partition("*")
        is_whole = not star and text.endswith("$")
        rules, text = (self._whole, text[:-1]) if is_whole else (self._plain, text)
        held = rules.get(text)
        if held is None or _precedence(rule) < _precedence(held):
            rules[text] = rule
            if not is_whole:
                self._lengths[len(text)] = None

    def effort(self, length: int) -> int:
        """What deciding on a path of this length may cost; a million is 0.2 ms."""
        return self._size * length + _LOOKUP * len(self._lengths)

    def __len__(self) -> int:
        return len(self._plain) + len(self._whole) + len(self._wild)

    def decides(self, path: str) -> Rule | None:
        """The rule that decides on a path with its query, in normal form; `None` = none does."""
        if self._all is not None:
            return self._all
        # The longest pattern decides, and of two an `Allow` (RFC 9309, section 2.2.2).
        best = min(self._plainly(path), key=_precedence, default=None)
        for rule in self._wild.values():
            is_better = best is None or _precedence(rule) < _precedence(best)
            if is_better and rule.matches(path):
                best = rule
        return best

    def _plainly(self, path: str) -> Iterator[Rule]:
        if rule := self._whole.get(path):
            yield rule
        for length in self._lengths:
            if length <= len(path) and (rule := self._plain.get(path[:length])):
                yield rule


def _precedence(rule: Rule) -> tuple[int, bool]:
    return -len(rule.pattern), not rule.allows
