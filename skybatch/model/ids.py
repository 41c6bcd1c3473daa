"""UUID version 7 (RFC 9562, section 5.7): ids that sort by time and cannot be guessed."""

import os
import re
import uuid

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def uuid7(now: float) -> str:
    """A new id: 48 bits of milliseconds since the epoch, 74 random bits."""
    milliseconds = max(0, int(now * 1000)) & (1 << 48) - 1
    random = int.from_bytes(os.urandom(10), "big")
    value = milliseconds << 80 | 0x7 << 76 | (random >> 68 & 0xFFF) << 64
    value |= 0b10 << 62 | random & (1 << 62) - 1
    return str(uuid.UUID(int=value))


def is_uuid(text: str) -> bool:
    """Whether the text is a UUID as we write one: lower case, with hyphens."""
    return _UUID.fullmatch(text) is not None
