"""Every way in which aiohttp can fail, as one reason, and how far the request had got."""

import asyncio
import errno
import ssl
from enum import StrEnum

import aiohttp
from aiohttp.http_exceptions import LineTooLong

from skybatch.crawl.fetcher import FetchError
from skybatch.crawl.guard import NotDialled
from skybatch.crawl.settings import FetchSettings
from skybatch.model.reason import Reached, Reason

# X509_V_ERR_* of OpenSSL, https://docs.openssl.org/master/man3/X509_STORE_CTX_get_error/
_CERTIFICATE = {
    10: (Reason.TLS_EXPIRED, "the certificate has expired"),
    18: (Reason.TLS_UNTRUSTED, "the certificate is self-signed"),
    19: (Reason.TLS_UNTRUSTED, "the certificate chain ends in one that is self-signed"),
    20: (Reason.TLS_UNTRUSTED, "the issuer of the certificate is not known"),
    21: (Reason.TLS_UNTRUSTED, "the certificate chain is not complete"),
    62: (Reason.TLS_NAME, "the certificate is for another name"),
    64: (Reason.TLS_NAME, "the certificate is for another address"),
}
_CUT = (errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE)


class NoAnswer(aiohttp.ClientError):
    """The connection was closed, or broke, before an answer came."""


class Phase(StrEnum):
    """What a request was waiting for."""

    HEADERS = "headers"  # of the answer; everything before is told apart by the kind of error
    BODY = "body"


def failure(error: Exception, phase: Phase, settings: FetchSettings, *, is_tls: bool) -> FetchError:
    """The failure that an exception of a request means. Raises the exception if it is a bug."""
    match error:
        case aiohttp.ClientConnectorCertificateError():
            return _certificate(error.certificate_error)
        case aiohttp.ClientSSLError():
            return FetchError(Reason.TLS_ERROR, f"TLS: {_tls_text(error.os_error)}")
        case aiohttp.ClientConnectorError():
            return _connection(error.os_error, is_tls=is_tls)
        case TimeoutError():
            return _timeout(error, phase, settings)
        case aiohttp.ClientResponseError() if _is_too_long(error):
            return FetchError(Reason.TOO_LARGE, f"{phase}: a line of 8 KiB and more")
        case _:
            return _answer(error, phase)


def _is_too_long(error: BaseException | None) -> bool:
    """Whether a line of the headers was longer than we read."""
    return error is not None and (isinstance(error, LineTooLong) or _is_too_long(error.__cause__))


def _certificate(error: Exception) -> FetchError:
    code = error.verify_code if isinstance(error, ssl.SSLCertVerificationError) else 0
    reason, detail = _CERTIFICATE.get(code, (Reason.TLS_ERROR, ""))
    return FetchError(reason, detail or f"TLS: {getattr(error, 'verify_message', error)}")


def _tls_text(error: OSError) -> str:
    name = error.reason if isinstance(error, ssl.SSLError) else None
    return (name or "the handshake failed").lower().replace("_", " ")


def _connection(error: OSError, *, is_tls: bool) -> FetchError:
    if isinstance(error, NotDialled):
        return FetchError(error.reason, error.detail)
    if isinstance(error, ssl.SSLError):
        return FetchError(Reason.TLS_ERROR, f"TLS: {_tls_text(error)}")
    code = error.errno
    if is_tls and code in _CUT:
        return FetchError(Reason.TLS_ERROR, "TLS: the server closed the connection")
    # Several addresses that failed in different ways come as one text.
    if code == errno.ECONNREFUSED or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return FetchError(Reason.REFUSED, "connect: refused")
    if code == errno.ETIMEDOUT:
        return FetchError(Reason.TIMEOUT, "connect: no answer")
    text = errno.errorcode.get(code, "") if code else ""
    return FetchError(Reason.UNREACHABLE, f"connect: {text or 'no route'}")


def _timeout(error: Exception, phase: Phase, settings: FetchSettings) -> FetchError:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        detail = f"connect: not done within {settings.connect_limit_s:g} s"
        return FetchError(Reason.TIMEOUT, detail, reached=Reached.CONNECT)
    if isinstance(error, aiohttp.SocketTimeoutError):
        detail = f"{phase}: silence for {settings.read_timeout_s:g} s"
    else:
        detail = f"{phase}: not complete within {settings.request_timeout_s:g} s"
    return FetchError(Reason.TIMEOUT, detail, reached=Reached.HTTP)


def _answer(error: Exception, phase: Phase) -> FetchError:
    """Something came back, or the connection broke, but it is not HTTP as it should be."""
    match error:
        case aiohttp.InvalidURL() | UnicodeError():
            return FetchError(Reason.NXDOMAIN, "there can be no such name")
        case NoAnswer():
            detail = "the connection was closed without an answer"
        case aiohttp.ClientPayloadError():
            detail = "the connection was closed before the end"
        case aiohttp.ClientHttpProxyError():
            detail = f"the proxy answers with status {error.status}"
        case aiohttp.ClientResponseError():
            detail = "the answer is no HTTP"
        case OSError():
            detail = "the connection broke"
        case aiohttp.ClientError():
            detail = type(error).__name__
        case _:
            raise error
    return FetchError(Reason.PROTOCOL_ERROR, f"{phase}: {detail}", reached=Reached.HTTP)


ERRORS = (aiohttp.ClientError, asyncio.TimeoutError, OSError, UnicodeError)
