"""The bytes of a page as its server meant them: content codings undone, never past a cap."""

import zlib
from dataclasses import dataclass

from skybatch.model.facts import RawPage

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP, _ZLIB, _RAW = 31, 15, -15  # wbits of zlib.decompressobj
_SLICE = 4096  # what is lost at the damage of a stream is the output of one slice
_MAX_MEMBERS = 100  # each costs a copy of the rest of the body
_MAX_CODINGS = 3


@dataclass(frozen=True, slots=True)
class Body:
    """A decompressed body, as far as it could and may be read."""

    data: bytes
    truncated: bool


def unpack(raw: RawPage) -> Body:
    """Undo gzip and deflate (RFC 9110, section 8.4.1) up to `raw.max_bytes`.

    A damaged stream gives what could be read of it; a body in an unknown coding, or that is not
    what its header says, stays as it is.
    """
    data, truncated = raw.body, raw.was_cut
    for coding in _codings(raw.content_encoding):
        wbits = _window_bits(coding, data)
        if wbits is None:
            break
        data, is_whole = _inflate(data, wbits, raw.max_bytes)
        truncated = truncated or not is_whole
    if len(data) > raw.max_bytes:
        return Body(data[: raw.max_bytes], truncated=True)
    return Body(data, truncated)


def _codings(header: str | None) -> list[str]:
    """The codings of a Content-Encoding header, the last applied first."""
    names = [name.strip().lower() for name in (header or "").split(",")]
    names = [name for name in names if name not in ("", "identity")]
    return names[::-1] if len(names) <= _MAX_CODINGS else []


def _window_bits(coding: str, data: bytes) -> int | None:
    """How zlib is to read the data; `None` = not at all."""
    if coding in ("gzip", "x-gzip"):
        return _GZIP if data.startswith(_GZIP_MAGIC) else None
    if coding != "deflate" or not data:
        return None
    # "deflate" is a zlib stream (RFC 1950), but some servers send a bare one (RFC 1951).
    is_zlib = data[0] & 0x0F == 8 and int.from_bytes(data[:2], "big") % 31 == 0
    return _ZLIB if is_zlib else _RAW


def _inflate(data: bytes, wbits: int, limit: int) -> tuple[bytes, bool]:
    """The output of all members (RFC 1952, section 2.2), and whether that is everything."""
    out = bytearray()
    for _ in range(_MAX_MEMBERS):
        rest = _member(data, wbits, limit, out)
        if rest is None:
            return bytes(out[:limit]), False
        if not rest.startswith(_GZIP_MAGIC):
            return bytes(out), True  # what follows the last member is padding
        data = rest
    return bytes(out), False


def _member(data: bytes, wbits: int, limit: int, out: bytearray) -> bytes | None:
    """Append one stream to `out`; what follows it, or `None` if it has no end within `limit`."""
    stream = zlib.decompressobj(wbits)
    for start in range(0, len(data), _SLICE):
        try:
            out += stream.decompress(data[start : start + _SLICE], limit - len(out) + 1)
        except zlib.error:
            return None
        if len(out) > limit:
            return None
        if stream.eof:
            return stream.unused_data + data[start + _SLICE :]
    return None
