"""Content codings, caps, damage."""

import gzip
import hashlib
import sys
import zlib

import brotli
import pytest

from skybatch.extract.body import unpack
from tests.extract.pages import raw

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

PAGE = b"<p>" + b"a page that says something; " * 400


def bare_deflate(data: bytes) -> bytes:
    stream = zlib.compressobj(wbits=-15)
    return stream.compress(data) + stream.flush()


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        (None, PAGE),
        ("identity", PAGE),
        ("gzip", gzip.compress(PAGE)),
        ("X-GZIP", gzip.compress(PAGE)),
        ("deflate", zlib.compress(PAGE)),
        ("deflate", bare_deflate(PAGE)),
        ("br", brotli.compress(PAGE)),
        ("zstd", zstd.compress(PAGE)),
        ("zstd", zstd.compress(PAGE[:100]) + zstd.compress(PAGE[100:])),
        ("br, gzip", gzip.compress(brotli.compress(PAGE))),
        ("gzip, gzip", gzip.compress(gzip.compress(PAGE))),
        ("deflate, gzip", gzip.compress(zlib.compress(PAGE))),
        ("gzip", gzip.compress(PAGE[:100]) + gzip.compress(PAGE[100:])),
        ("gzip", gzip.compress(PAGE) + b"\0" * 50),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # a body tells the time
)
def test_a_known_coding_is_undone(coding, body):
    content = unpack(raw(body, content_encoding=coding))
    assert content.data == PAGE
    assert not content.truncated


@pytest.mark.parametrize("coding", ["br", "zstd", "nonsense", "gzip,gzip,gzip,gzip"])
def test_a_body_in_an_unknown_coding_stays_as_it_is(coding):
    assert unpack(raw(b"as it came", content_encoding=coding)).data == b"as it came"


def test_a_body_that_is_not_what_its_header_says_stays_as_it_is():
    content = unpack(raw(PAGE, content_encoding="gzip"))
    assert content.data == PAGE
    assert not content.truncated


NOISE = b"".join(hashlib.sha256(b"%d" % n).hexdigest().encode() for n in range(3_000))


def test_a_stream_that_ends_early_gives_what_is_there():
    stream = gzip.compress(NOISE)
    content = unpack(raw(stream[: len(stream) // 2], content_encoding="gzip"))
    assert NOISE.startswith(content.data)
    assert len(content.data) > len(NOISE) // 3
    assert content.truncated


def test_a_stream_damaged_in_the_middle_gives_what_comes_before():
    stream = bytearray(gzip.compress(NOISE))
    stream[len(stream) // 2 :] = b"\xff" * 5_000
    content = unpack(raw(bytes(stream), content_encoding="gzip"))
    assert content.data.startswith(NOISE[: len(NOISE) // 3])
    assert content.truncated


COMPRESS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstd.compress,
}


@pytest.mark.parametrize("coding", COMPRESS)
def test_a_bomb_is_cut_at_the_cap(coding):
    bomb = COMPRESS[coding](b"\0" * 50_000_000)
    content = unpack(raw(bomb, content_encoding=coding, max_bytes=1_000_000))
    assert len(content.data) == 1_000_000
    assert content.truncated


def test_a_bomb_within_a_bomb_is_cut_at_the_cap():
    bomb = zstd.compress(gzip.compress(b"\0" * 50_000_000))
    content = unpack(raw(bomb, content_encoding="gzip, zstd", max_bytes=1_000_000))
    assert len(content.data) == 1_000_000
    assert content.truncated


def test_a_stream_that_wants_a_window_of_many_megabytes_is_not_read():
    options = {
        zstd.CompressionParameter.window_log: 27,
        zstd.CompressionParameter.compression_level: 19,
    }
    stream = zstd.compress(NOISE * 60, options=options)
    content = unpack(raw(stream, content_encoding="zstd", max_bytes=50_000_000))
    assert content.data == b""
    assert content.truncated


@pytest.mark.parametrize(("cap", "truncated"), [(len(PAGE), False), (len(PAGE) - 1, True)])
@pytest.mark.parametrize("coding", [None, *COMPRESS])
def test_a_body_is_truncated_only_past_the_cap(coding, cap, truncated):
    body = COMPRESS[coding](PAGE) if coding else PAGE
    content = unpack(raw(body, content_encoding=coding, max_bytes=cap))
    assert content.data == PAGE[:cap]
    assert content.truncated is truncated


def test_a_body_that_was_cut_on_the_way_is_truncated():
    assert unpack(raw(PAGE, was_cut=True)).truncated


def test_thousands_of_empty_members_are_not_followed():
    content = unpack(raw(gzip.compress(b"") * 50_000, content_encoding="gzip"))
    assert content.data == b""
    assert content.truncated
