"""The service that sends messages to webhooks, and keeps at it."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import structlog

from skybatch.errors import StoreUnavailable
from skybatch.model.clock import Clock
from skybatch.model.event import Event
from skybatch.model.message import Delivery, DeliveryState
from skybatch.model.reason import Reason
from skybatch.model.signature import headers_of
from skybatch.store import deliveries
from skybatch.store.database import Store
from skybatch.store.outbox import Outbox
from skybatch.webhooks.patience import delay_s, usual_delay_s
from skybatch.webhooks.post import Taken

log = structlog.get_logger()

AT_A_TIME, AT_A_URL = 16, 4  # messages under way; of a batch to a URL only one
_LOOK_S = 60.0  # without a message that is due
_PRUNE_S = 3_600.0


class Sends(Protocol):
    """Sends a message: URL, headers, body."""

    def __call__(self, url: str, headers: Mapping[str, str], body: str, /) -> Awaitable[Taken]: ...


@dataclass(frozen=True, slots=True)
class _Sending:
    """A message under way."""

    delivery: Delivery
    task: "asyncio.Task[None]"


@dataclass(frozen=True, slots=True)
class _PutOff:
    """A message of which it could not be stored what became of it."""

    times: int
    until: float  # on the monotonic clock


class Deliverer:
    """A service: a round starts what is due, and each message takes the time that it takes. A URL
    has a few places of all: one that is slow does not hold up the messages to the others."""

    name = "deliverer"

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        send: Sends,
        clock: Clock,
        keys: Sequence[bytes],
        *,
        first_retry_s: float,
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._send = send
        self._clock = clock
        self._keys = keys
        self._first_retry_s = first_retry_s
        self._jitter = random.SystemRandom()
        self._under_way: dict[int, _Sending] = {}  # by the row of the message
        self._put_off: dict[int, _PutOff] = {}  # likewise
        self._pruned_at = float("-inf")
        self.wake: Callable[[], None] = lambda: None  # begin a round at once
        self.outcomes: Counter[str] = Counter()  # attempts: delivered, retried, failed

    def hear(self, event: Event) -> None:
        """A listener of the bus: the messages of a transaction are there when its events are."""
        if self._outbox.has_messages_of(event):
            self.wake()

    async def run_once(self) -> float:
        """Start what is due; returns the seconds to the next."""
        now = self._clock.now()
        if self._clock.monotonic() - self._pruned_at > _PRUNE_S:
            is_more = await self._store.write(deliveries.prune)
            self._pruned_at = float("-inf") if is_more else self._clock.monotonic()
        while len(self._under_way) < AT_A_TIME:
            if not await self._start_some(now):
                return await self._pause_s(now)
        return _LOOK_S  # whoever ends wakes us

    async def _pause_s(self, now: float) -> float:
        next_at = await self._store.read(partial(deliveries.next_due_at, after=now))
        pauses = [each.until - self._clock.monotonic() for each in self._put_off.values()]
        if next_at is not None:
            pauses.append(next_at - now)
        return min([_LOOK_S, *(pause for pause in pauses if pause > 0)])

    async def _start_some(self, now: float) -> bool:
        """Start messages that are due to URLs with a free place; returns whether there were any."""
        # Of before the read: what ends meanwhile may be due in what is read, and is no more.
        monotonic = self._clock.monotonic()
        busy = {seq for seq, each in self._put_off.items() if each.until > monotonic}
        busy.update(self._under_way)
        places = Counter(each.delivery.url for each in self._under_way.values())
        full = [url for url, count in places.items() if count >= AT_A_URL]
        limit = AT_A_TIME + len(busy)
        found = await self._store.read(partial(deliveries.due, now=now, limit=limit, without=full))
        started = 0
        for delivery in found:
            if len(self._under_way) >= AT_A_TIME:
                break
            if delivery.seq in busy or places[delivery.url] >= AT_A_URL:
                continue
            places[delivery.url] += 1
            started += 1
            self._start(delivery)
        return started > 0

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._deliver(delivery), name=f"delivery {delivery.seq}")
        self._under_way[delivery.seq] = _Sending(delivery, task)
        task.add_done_callback(lambda _: self._ended(delivery.seq))

    def _ended(self, seq: int) -> None:
        del self._under_way[seq]
        self.wake()

    async def close(self) -> None:
        """Break off what is under way: without an answer that is recorded it is sent again."""
        tasks = [each.task for each in self._under_way.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, delivery: Delivery) -> None:
        """Send it, and store what became of that. What cannot be stored is sent once more, which
        its id tells; not at once."""
        try:
            await self._record(delivery, await self._sent(delivery))
            self._put_off.pop(delivery.seq, None)
            return
        except StoreUnavailable as error:
            log.error("webhook.not_recorded", delivery=delivery.delivery_id, error=str(error))
        except Exception:
            log.exception("webhook.not_recorded", delivery=delivery.delivery_id)
        # It waits without a place, and not for long: the store may be good again.
        before = self._put_off.get(delivery.seq)
        times = 1 if before is None else before.times + 1
        pause = min(_LOOK_S, usual_delay_s(times, first_s=self._first_retry_s))
        self._put_off[delivery.seq] = _PutOff(times, self._clock.monotonic() + pause)

    async def _sent(self, delivery: Delivery) -> Taken:
        now = int(self._clock.now())
        try:
            headers = headers_of(delivery.delivery_id, now, delivery.body, self._keys)
            return await self._send(delivery.url, headers, delivery.body)
        except Exception:  # counts and waits as any other vain attempt
            log.exception("webhook.broken", delivery=delivery.delivery_id)
            return Taken(detail=f"{Reason.INTERNAL}: a bug of skybatch; the log has the traceback")

    async def _record(self, sent: Delivery, taken: Taken) -> None:
        if taken.detail is None:
            self.outcomes["delivered"] += 1
            await self._end(sent, DeliveryState.DELIVERED, taken)
            return
        told = {
            "delivery": sent.delivery_id,
            "batch_id": sent.batch_id,
            "type": sent.type.value,
            "detail": taken.detail,
        }
        delay = delay_s(
            sent.attempt + 1,
            first_s=self._first_retry_s,
            asked_s=taken.retry_after_s,
            jitter=self._jitter,
        )
        if taken.is_final or delay is None:
            self.outcomes["failed"] += 1
            log.error("webhook.given_up", **told)
            await self._end(sent, DeliveryState.FAILED, taken)
        else:
            self.outcomes["retried"] += 1
            log.warning("webhook.not_taken", **told, next_in_s=round(delay, 1))
            again = partial(
                deliveries.put_back,
                sent=sent,
                delay_s=delay,
                status=taken.status,
                detail=taken.detail,
            )
            await self._store.write(again)

    async def _end(self, sent: Delivery, state: DeliveryState, taken: Taken) -> None:
        await self._store.write(
            lambda tx: deliveries.end(tx, sent, state, status=taken.status, detail=taken.detail)
        )
