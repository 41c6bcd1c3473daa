"""Whether a link is worth a request: decided at sight, without asking anybody."""

from skybatch.crawl.frontier import Skip
from skybatch.crawl.robots import Robots
from skybatch.crawl.robots_rules import told
from skybatch.crawl.scope import Scope, is_trap
from skybatch.crawl.url import is_file, split
from skybatch.model.options import Options
from skybatch.model.state import SkipReason

_SCOPE, _TYPE, _TRAP = map(Skip, (SkipReason.SCOPE, SkipReason.TYPE, SkipReason.TRAP))


class Admission:
    """The rules of one crawl for new links."""

    def __init__(self, scope: Scope, options: Options, robots: Robots) -> None:
        self._scope = scope
        self._max_depth = options.max_depth
        self._robots = robots if options.respect_robots else None

    def judge(self, url: str, depth: int) -> Skip | None:
        """Why a URL will not be asked for; `None` = it will, as far as can be told."""
        parts = split(url)
        if not self._scope.contains(parts) or not self._scope.wants(parts):
            return _SCOPE
        if self._max_depth and depth > self._max_depth:
            return _SCOPE
        if is_file(parts.path):
            return _TYPE
        if is_trap(parts.path):
            return _TRAP
        if self._robots is not None:
            rules = self._robots.known(parts.origin)
            line = rules.forbidden_by(url) if rules is not None and rules.is_quick else None
            if line is not None:
                return Skip(SkipReason.ROBOTS, told(line))
        return None
