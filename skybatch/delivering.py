"""What the webhooks are told of the configuration."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from skybatch.access import read_or_make
from skybatch.config import Config
from skybatch.crawl.settings import FetchSettings
from skybatch.crawl.url import parse
from skybatch.errors import StoreUnusable
from skybatch.model.clock import Clock
from skybatch.model.message import Hook, MessageType
from skybatch.model.signature import key_of
from skybatch.store.database import Store
from skybatch.store.outbox import Outbox
from skybatch.webhooks.deliverer import Deliverer
from skybatch.webhooks.post import open_post
from skybatch.webhooks.secret import FILE, new_secret


def outbox_of(config: Config) -> Outbox:
    """With the URL that is told of all batches, if there is one."""
    url, events = config.webhooks.url, config.webhooks.events
    # In the form of those of batches: one that both name is told once.
    return Outbox(Hook(parse(url) or url, tuple(map(MessageType, events))) if url else None)


@asynccontextmanager
async def open_deliverer(
    config: Config,
    fetching: FetchSettings,
    folder: Path,
    store: Store,
    outbox: Outbox,
    clock: Clock,
) -> AsyncIterator[Deliverer]:
    """Raises StoreUnusable when the file with the secret cannot be used."""
    settings = config.webhooks
    async with open_post(
        fetching,
        clock,
        allow_networks=settings.allow_networks,
        timeout_s=settings.timeout_s,
    ) as post:
        keys = [key_of(settings.secret) if settings.secret else _own_key(folder / FILE)]
        if settings.old_secret:
            keys.append(key_of(settings.old_secret))
        deliverer = Deliverer(
            store, outbox, post, clock, keys, first_retry_s=settings.first_retry_s
        )
        try:
            yield deliverer
        finally:
            await deliverer.close()


def _own_key(file: Path) -> bytes:
    try:
        return key_of(read_or_make(file, new_secret))
    except ValueError as error:
        raise StoreUnusable(f"the webhook secret in {file} {error}") from error
