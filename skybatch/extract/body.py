"""The bytes of a page as its server meant them: content codings undone, never past a cap."""

import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import brotli  # type: ignore[import-untyped]

from skybatch.model.facts import RawPage

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_GZIP_MAGIC = b"\x1f\x8b"
_ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, section 3.1.1
_ZSTD_WINDOW = {int(zstd.DecompressionParameter.window_log_max): 23}  # 8 MB: RFC 9659
_SLICE = 4096  # what is lost at the damage of a stream is the output of one slice
_MAX_MEMBERS = 100  # each costs a copy of the rest of the body
_MAX_CODINGS = 3
_DAMAGE = (zlib.error, brotli.error, zstd.ZstdError)


@dataclass(frozen=True, slots=True)
class Body:
    """A decompressed body, as far as it could and may be read."""

    data: bytes
    truncated: bool


class _Stream(Protocol):
    """Decompresses one stream; as the objects of `zlib`."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Coding(NamedTuple):
    """How the streams of a content coding are read."""

    open: Callable[[], _Stream]
    magic: bytes | None  # how each stream begins: several may follow each other; None = only one


class _Brotli:
    """RFC 7932."""

    unused_data = b""

    def __init__(self) -> None:
        self._stream = brotli.Decompressor()

    @property
    def eof(self) -> bool:
        return bool(self._stream.is_finished())

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return bytes(self._stream.process(data, output_buffer_limit=max_length))


def compressed(data: bytes) -> bytes:
    """The data as `zstd`."""
    return bytes(zstd.compress(data))


def unpack(raw: RawPage) -> Body:
    """Undo gzip, deflate, br and zstd (RFC 9110, section 8.4.1) up to `raw.max_bytes`.

    A damaged stream gives what could be read of it; a body in an unknown coding, or that is not
    what its header says, stays as it is.
    """
    data, truncated = raw.body, raw.was_cut
    for name in _names(raw.content_encoding):
        coding = _coding(name, data)
        if coding is None:
            break
        out, is_whole = _decompress(data, coding, raw.max_bytes)
        if coding.magic is None and not out and not is_whole:
            break  # only trying tells that it is something else
        data, truncated = out, truncated or not is_whole
    if len(data) > raw.max_bytes:
        return Body(data[: raw.max_bytes], truncated=True)
    return Body(data, truncated)


def _names(header: str | None) -> list[str]:
    """The codings of a Content-Encoding header, the last applied first."""
    names = [name.strip().lower() for name in (header or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    return names[::-1] if len(names) <= _MAX_CODINGS else []


def _coding(name: str, data: bytes) -> _Coding | None:
    """How the data is to be read; `None` = not at all."""
    if not data:
        return None
    match name:
        case "gzip" | "x-gzip" if data.startswith(_GZIP_MAGIC):
            return _Coding(lambda: zlib.decompressobj(31), _GZIP_MAGIC)
        case "deflate":
            # A zlib stream (RFC 1950), but some servers send a bare one (RFC 1951).
            is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
            return _Coding(lambda: zlib.decompressobj(15 if is_zlib else -15), None)
        case "br":
            return _Coding(_Brotli, None)
        case "zstd" if data.startswith(_ZSTD_MAGIC):
            return _Coding(lambda: zstd.ZstdDecompressor(options=_ZSTD_WINDOW), _ZSTD_MAGIC)
    return None


def _decompress(data: bytes, coding: _Coding, limit: int) -> tuple[bytes, bool]:
    """The output of all streams (of gzip: RFC 1952, section 2.2), and whether it is everything."""
    out = bytearray()
    for _ in range(_MAX_MEMBERS):
        rest = _member(data, coding.open(), limit, out)
        if rest is None:
            return bytes(out[:limit]), False
        if coding.magic is None or not rest.startswith(coding.magic):
            return bytes(out), True  # what follows the last one is padding
        data = rest
    return bytes(out), False


def _member(data: bytes, stream: _Stream, limit: int, out: bytearray) -> bytes | None:
    """Append one stream to `out`; what follows it, or `None` if it has no end within `limit`."""
    for start in range(0, len(data), _SLICE):
        try:
            out += stream.decompress(data[start : start + _SLICE], limit - len(out) + 1)
        except _DAMAGE:
            return None
        if len(out) > limit:
            return None
        if stream.eof:
            return stream.unused_data + data[start + _SLICE :]
    return None
