"""Where the daemon is, and the token that it takes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from skybatch.cli.exits import CommandError, Exit
from skybatch.config import Config
from skybatch.config.load import load

ADDRESS_FILE = "address"  # the daemon writes its URL there
TOKEN_FILE = "token"  # noqa: S105 - the name of a file
_ANY = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - what to dial when it listens on all


@dataclass(frozen=True, slots=True)
class Token:
    """A token and where it comes from; empty when there is none yet."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class Access:
    """What a client needs to know."""

    url: str  # without a slash at the end
    token: Token


def find_access(env: Mapping[str, str] = os.environ) -> Access:
    """By the environment, else by the configuration and the files of the data directory."""
    url, text = env.get("SKYBATCH_URL", ""), env.get("SKYBATCH_TOKEN", "")
    if url and not url.startswith(("http://", "https://")):
        raise CommandError(f"SKYBATCH_URL is no http URL: {url}", Exit.USAGE)
    # A broken file in this folder is of no concern to who asks another daemon.
    config = Config() if url and text else load(None, env, {})
    return Access((url or url_of(config)).rstrip("/"), token_of(env, config))


def url_of(config: Config) -> str:
    """Of the daemon that ran last on the data directory, else as configured."""
    file = Path(config.store.data_dir) / ADDRESS_FILE
    try:
        url = file.read_text("ascii").strip()
    except FileNotFoundError:
        host = config.server.host
        host = f"[{host}]" if ":" in host and host not in _ANY else host
        url = f"http://{host}:{config.server.port or 8000}"
    for written, dialled in _ANY.items():
        url = url.replace(f"//{written}:", f"//{dialled}:").replace(
            f"//[{written}]:", f"//{dialled}:"
        )
    return url


def token_of(env: Mapping[str, str], config: Config) -> Token:
    """By the environment, else configured, else of the data directory."""
    if text := env.get("SKYBATCH_TOKEN", ""):
        return Token(text, "SKYBATCH_TOKEN")
    if config.auth.token:
        return Token(config.auth.token, config.sources.get("auth.token", "configuration"))
    file = Path(config.store.data_dir) / TOKEN_FILE
    try:
        return Token(file.read_text("ascii").strip(), str(file))
    except FileNotFoundError:
        return Token("", str(file))
    except OSError as error:
        raise CommandError(f"{file} cannot be read: {error.strerror}", Exit.AUTH) from error
