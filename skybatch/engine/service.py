"""The one loop that every background duty of the daemon runs in."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

import structlog

from skybatch.errors import StoreUnavailable, StoreUnreadable

log = structlog.get_logger()


class Service(Protocol):
    """A duty that is done again and again."""

    name: str

    async def run_once(self) -> float:
        """Do one round of work; return how many seconds to rest before the next."""


class Loop:
    """Runs a service until asked to stop; a failing round is logged and tried again."""

    def __init__(
        self,
        service: Service,
        *,
        unavailable: Callable[[StoreUnavailable], None],
        after_error_seconds: float = 1.0,
    ) -> None:
        self._service = service
        self._unavailable = unavailable  # told when the store is; that is said in one place
        self._after_error_seconds = after_error_seconds
        self._woken = asyncio.Event()
        self._is_stopping = False
        self.failures = 0  # rounds that raised what they must not: bugs

    @property
    def name(self) -> str:
        """Of the service."""
        return self._service.name

    def wake(self) -> None:
        """Cut the rest short; a wake during a round begins the next one at once."""
        self._woken.set()

    def stop(self) -> None:
        """End after the present round; never interrupts it."""
        self._is_stopping = True
        self._woken.set()

    async def run(self) -> None:
        """Rounds and rests, until stopped."""
        while not self._is_stopping:
            self._woken.clear()
            try:
                rest = await self._service.run_once()
            except StoreUnreadable as error:
                log.warning("service.unreadable", service=self._service.name, error=str(error))
                rest = self._after_error_seconds
            except StoreUnavailable as error:
                self._unavailable(error)
                rest = self._after_error_seconds
            except Exception:
                self.failures += 1
                log.exception("service.round_failed", service=self._service.name)
                rest = self._after_error_seconds
            with suppress(TimeoutError):
                async with asyncio.timeout(rest):
                    await self._woken.wait()
