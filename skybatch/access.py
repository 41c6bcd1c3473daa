"""Who may call the API: the configured token, or the one made at the first start."""

import hashlib
import hmac
import os
import re
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from skybatch.errors import StoreUnusable
from skybatch.store import tokens
from skybatch.store.database import Store

FILE = "token"
CONFIGURED = "config"  # owner of what is submitted with the token of the configuration
_CODE_BYTES, _CODE_SECONDS = 24, 900.0
_FORM = re.compile(rb"skb_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43}")


class Access:
    """Tells who a bearer token belongs to. Compares hashes only, in constant time."""

    def __init__(self, configured: str, issued: dict[str, bytes]) -> None:
        self._configured = _hash(configured.encode()) if configured else None
        self._issued = issued

    def owner_of(self, token: bytes) -> str | None:
        """The id of the token, or `None` when it is not one of ours."""
        digest = _hash(token)
        if self._configured and hmac.compare_digest(digest, self._configured):
            return CONFIGURED
        form = _FORM.fullmatch(token)
        token_id = form[1].decode() if form else ""
        # Compared with something in any case: the time tells nothing about which ids exist.
        is_known = hmac.compare_digest(digest, self._issued.get(token_id, b"\0" * 32))
        return token_id if is_known else None


class Links:
    """Codes that stand for the token once, and not for long: a terminal shows a link with one."""

    def __init__(self, token: Callable[[], str]) -> None:
        self._token = token
        self._codes: dict[bytes, float] = {}  # hash -> monotonic time of its end

    def new(self) -> str:
        """Another code."""
        code = secrets.token_urlsafe(_CODE_BYTES)
        self._codes[_hash(code.encode())] = time.monotonic() + _CODE_SECONDS
        return code

    def exchange(self, code: str) -> str | None:
        """The token; `None` when the code is used up, too old, or none of ours."""
        end = self._codes.pop(_hash(code.encode("utf-8", "surrogatepass")), 0.0)
        return self._token() if time.monotonic() < end else None


async def open_access(store: Store, folder: Path, configured: str) -> Access:
    """Make the token file at the first start, and load what is known."""
    if not configured:
        token = read_or_make(folder / FILE, _new_token)
        if form := _FORM.fullmatch(token.encode()):
            token_id = form[1].decode()
            await store.write(lambda tx: tokens.add(tx, token_id, _hash(token.encode()), FILE))
        else:
            configured = token  # the operator wrote a token of his own into the file
    # Without the file's token when another is configured: that is how one gets rid of it.
    issued = await store.write(lambda tx: tokens.valid(tx, but=FILE if configured else ""))
    return Access(configured, issued)


def read_or_make(path: Path, make: Callable[[], str]) -> str:
    """The secret in the file; a new one, readable by the owner only, else.

    Raises StoreUnusable when the file cannot be read or written, or holds nothing.
    """
    try:
        secret = path.read_text("ascii").strip() if path.exists() else _keep(path, make())
    except (OSError, UnicodeError) as error:
        raise StoreUnusable(f"the {_what(path)} cannot be used: {error}") from error
    if not secret:
        raise StoreUnusable(f"the {_what(path)} is empty: remove it, and a new one is made")
    return secret


def _what(path: Path) -> str:
    return f"{path.name.replace('_', ' ')} file {path}"


def _new_token() -> str:
    """One of 256 random bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    token_id = "".join(secrets.choice(alphabet) for _ in range(8))
    return f"skb_{token_id}_{secrets.token_urlsafe(32)}"


def _keep(path: Path, secret: str) -> str:
    draft = path.with_name(path.name + ".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secret + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)
    return secret


def _hash(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()
