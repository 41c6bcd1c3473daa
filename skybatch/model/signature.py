"""Signatures of messages: https://github.com/standard-webhooks/standard-webhooks, version 1."""

import base64
import binascii
import hmac
from collections.abc import Mapping, Sequence

PREFIX = "whsec_"
_LEAST, _MOST = 24, 64  # bytes of a key


def key_of(secret: str) -> bytes:
    """The key in a secret as it is written. Raises ValueError."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(f"must be {PREFIX} and a key in base64") from error
    if not secret.startswith(PREFIX) or not _LEAST <= len(key) <= _MOST:
        raise ValueError(f"must be {PREFIX} and {_LEAST} to {_MOST} bytes in base64")
    return key


def headers_of(message_id: str, at: int, body: str, keys: Sequence[bytes]) -> Mapping[str, str]:
    """The headers of a message that is sent at a time, in seconds since the epoch. With two keys,
    while one takes the place of the other, there are two signatures."""
    signed = f"{message_id}.{at}.{body}".encode()
    digests = [base64.b64encode(hmac.digest(key, signed, "sha256")).decode() for key in keys]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(at),
        "webhook-signature": " ".join(f"v1,{digest}" for digest in digests),
    }
