"""Messages to webhooks, and what becomes of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from skybatch.model.event import EventType


class MessageType(StrEnum):
    """What a webhook may be told."""

    BATCH_FINISHED = "batch.finished"
    BATCH_STUCK = "batch.stuck"
    DOMAIN_FINISHED = "domain.finished"


USUAL = (MessageType.BATCH_FINISHED, MessageType.BATCH_STUCK)
OF_EVENT: Mapping[EventType, MessageType] = {
    EventType.BATCH_FINISHED: MessageType.BATCH_FINISHED,
    EventType.BATCH_STUCK: MessageType.BATCH_STUCK,
    EventType.JOB_FINISHED: MessageType.DOMAIN_FINISHED,
}


class DeliveryState(StrEnum):
    """How it goes with a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # nobody tries again, unless somebody asks for it


@dataclass(frozen=True, slots=True)
class Hook:
    """A URL, and what it wants to be told."""

    url: str
    types: tuple[MessageType, ...] = USUAL


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message on its way to a URL."""

    seq: int
    delivery_id: str
    batch_id: str
    type: MessageType
    url: str
    body: str
    state: DeliveryState
    attempt: int  # made so far
    run_after: float | None  # of a pending one; `None` = an earlier one of its batch goes first
    status: int | None  # of the last answer
    detail: str | None
    created_at: float
    updated_at: float
