"""What the exceptions of a request mean."""

import errno

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey

from skybatch.crawl.failure import Phase, failure
from skybatch.crawl.guard import NotDialled
from skybatch.crawl.settings import FetchSettings
from skybatch.model.reason import Reached, Reason

SETTINGS = FetchSettings("test")
KEY = ConnectionKey("a.test", 443, True, True, None, None, None)  # noqa: FBT003 - not our class

BOTH = "Multiple exceptions: [Errno 101] Network is unreachable, [Errno 111] Connect call failed"


@pytest.mark.parametrize(
    ("error", "reason", "detail"),
    [
        (OSError(errno.ECONNREFUSED, "no"), Reason.REFUSED, "connect: refused"),
        (OSError(BOTH), Reason.REFUSED, "connect: refused"),
        (OSError(errno.EHOSTUNREACH, "no"), Reason.UNREACHABLE, "connect: EHOSTUNREACH"),
        (OSError(errno.ENETUNREACH, "no"), Reason.UNREACHABLE, "connect: ENETUNREACH"),
        (OSError(errno.EMFILE, "no"), Reason.UNREACHABLE, "connect: EMFILE"),
        (OSError("nothing known"), Reason.UNREACHABLE, "connect: no route"),
        (OSError(errno.ETIMEDOUT, "no"), Reason.TIMEOUT, "connect: no answer"),
        (
            OSError(errno.ECONNRESET, "no"),
            Reason.TLS_ERROR,
            "TLS: the server closed the connection",
        ),
        (NotDialled(Reason.NO_ADDRESS, "none"), Reason.NO_ADDRESS, "none"),
    ],
)
def test_a_connection_fails_for_a_reason(error: OSError, reason: Reason, detail: str) -> None:
    wrapped = aiohttp.ClientConnectorError(KEY, error)
    found = failure(wrapped, Phase.HEADERS, SETTINGS, is_tls=True)
    assert (found.reason, found.detail) == (reason, detail)
    assert found.reached < Reached.HTTP


def test_a_connection_that_breaks_before_http_is_no_fault_of_tls() -> None:
    wrapped = aiohttp.ClientConnectorError(KEY, OSError(errno.ECONNRESET, "no"))
    found = failure(wrapped, Phase.HEADERS, SETTINGS, is_tls=False)
    assert found.reason is Reason.UNREACHABLE


def test_an_exception_that_means_nothing_is_a_bug_and_leaves() -> None:
    with pytest.raises(ZeroDivisionError):
        failure(ZeroDivisionError(), Phase.BODY, SETTINGS, is_tls=False)


def test_connecting_takes_less_time_than_the_whole_request() -> None:
    assert FetchSettings("test", connect_timeout_s=3.0).connect_limit_s == 3.0
    short = FetchSettings("test", connect_timeout_s=10.0, request_timeout_s=10.0)
    assert short.connect_limit_s < 10.0
