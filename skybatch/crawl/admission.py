"""Whether a link is worth a request: decided at sight, without asking anybody."""

from skybatch.crawl.frontier import Skip
from skybatch.crawl.robots import Robots
from skybatch.crawl.robots_rules import Rules, told
from skybatch.crawl.scope import Scope, is_trap
from skybatch.crawl.url import is_file, split
from skybatch.model.options import Options
from skybatch.model.state import SkipReason

# Of holding links against robots.txt, for all links of a crawl: 20 ms. A thousand links and forty
# patterns cost half of it.
_EFFORT = 100_000_000
_SCOPE, _TYPE, _TRAP = map(Skip, (SkipReason.SCOPE, SkipReason.TYPE, SkipReason.TRAP))


class Admission:
    """The rules of one crawl for new links."""

    def __init__(self, scope: Scope, options: Options, robots: Robots) -> None:
        self._scope = scope
        self._max_depth = options.max_depth
        self._robots = robots if options.respect_robots else None
        self._effort = _EFFORT

    def judge(self, url: str, depth: int, is_full: bool = False) -> Skip | None:  # noqa: FBT001, FBT002
        """Why a URL will not be asked for; `None` = it will, as far as can be told. When it will
        only be counted (`is_full`), nothing is looked at but its scope."""
        parts = split(url)
        if not self._scope.contains(parts) or not self._scope.wants(parts):
            return _SCOPE
        if self._max_depth and depth > self._max_depth:
            return _SCOPE
        if is_full:
            return None
        if is_file(parts.path):
            return _TYPE
        if is_trap(parts.path):
            return _TRAP
        if self._robots is not None:
            line = self._forbidden_by(url, self._robots.known(parts.origin))
            if line is not None:
                return Skip(SkipReason.ROBOTS, told(line))
        return None

    def _forbidden_by(self, url: str, rules: Rules | None) -> int | None:
        """As the rules decide, as long as that costs little; else when it is to be asked for."""
        effort = rules.effort(url) if rules else 0
        if rules is None or effort > self._effort:
            return None
        self._effort -= effort
        return rules.forbidden_by(url)
