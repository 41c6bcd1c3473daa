"""The key that signs messages."""

import base64
import secrets

from skybatch.model.signature import PREFIX

FILE = "webhook_secret"
_BYTES = 32


def new_secret() -> str:
    """A key that nobody has."""
    return PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()
