"""What goes between the daemon and the processes that read pages: frames with a length in front."""

from dataclasses import dataclass
from struct import Struct

import msgspec

from skybatch.model.facts import RawPage, Reading
from skybatch.model.own import Additions

HEAD = Struct(">I")  # bytes of what follows
PAGE_CPU_S = 2.0  # of the processor, that a process may take for one page
LARGE_WITHIN = 1024 * 1024  # bytes of a page that is read alone
HELLO = HEAD.pack(0)  # a process is ready to read


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of one page: one of the first four."""

    reading: Reading | None = None
    refusal: str | None = None  # why the page is too complex to be read
    bug: str | None = None  # the traceback of an exception that reading must not raise
    is_large: bool = False  # it was not read: it takes much memory, and is to be read alone
    cpu_s: float = 0.0  # what reading it took


_ENCODER = msgspec.msgpack.Encoder()
_RAW, _REPLY = msgspec.msgpack.Decoder(RawPage), msgspec.msgpack.Decoder(Reply)
_ADDITIONS = msgspec.msgpack.Decoder(Additions)


def framed(message: RawPage | Reply | Additions) -> bytes:
    """The message as it goes over the wire."""
    body = _ENCODER.encode(message)
    return HEAD.pack(len(body)) + body


def additions(body: bytes) -> Additions:
    """What is added to the extractors: the first frame that a process gets."""
    return _ADDITIONS.decode(body)


def raw_page(body: bytes) -> RawPage:
    """The page of a frame."""
    return _RAW.decode(body)


def reply(body: bytes) -> Reply:
    """The reply of a frame."""
    return _REPLY.decode(body)
