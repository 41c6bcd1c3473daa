"""Requests to the API, counted by what there is a fixed number of."""

from collections import Counter

from skybatch.model.durations import Durations

_BOUNDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 60.0)
_METHODS = frozenset({"DELETE", "GET", "HEAD", "POST"})  # a client may make up any other


class Requests:
    """What was asked of the API, and how long its answers took."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, str]] = Counter()  # route, method, class of status
        self.durations: dict[str, Durations] = {}  # by route
        self.bugs = 0  # answers with status 500; 503 and 507 are none

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """An answer has been sent. `route` is a template of ours, never a path of a client."""
        known = method if method in _METHODS else "other"
        self.answers[route, known, f"{status // 100}xx"] += 1
        self.bugs += status == 500
        durations = self.durations.get(route)
        if durations is None:
            durations = self.durations[route] = Durations(_BOUNDS)
        durations.add(seconds)
