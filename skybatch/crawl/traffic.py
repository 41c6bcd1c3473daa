"""What has gone over the wire since the start."""

from collections import Counter

from skybatch.model.durations import Durations
from skybatch.model.reason import Reason

_BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
CLASSES = 6  # of statuses; the first is what is none


class Traffic:
    """Requests of the crawl and their answers, counted."""

    def __init__(self) -> None:
        self.headers = Durations(_BOUNDS)  # from the start of a request to the head of its answer
        self.body = Durations(_BOUNDS)  # from there to the last byte read
        self.answers = [0] * CLASSES  # by the first digit of the status
        self.failures: Counter[Reason] = Counter()  # requests that got no answer to use
        self.body_bytes = 0  # as they came, still compressed

    def answered(self, status: int, size: int, headers_s: float, body_s: float) -> None:
        """An answer has come, and its body as far as it is wanted."""
        digit = status // 100
        self.answers[digit if digit < CLASSES else 0] += 1
        self.headers.add(headers_s)
        self.body.add(body_s)
        self.body_bytes += size
